"""How to train: one small recipe, with a rate by the model's size.

The corpus decides how many steps that makes and whether a pass can be chosen by watched passages; of the changes that
were tried for a corpus of its own none gained (docs/lab-notes.md).
"""

import math
from dataclasses import asdict, dataclass, fields
from typing import Any

_SMALL, _SMALL_RATE = 135e6, 2e-3
_LARGE, _LARGE_RATE = 3e9, 2e-4
"""Parameters and the learning rate that is taken there. That it falls by a power law between them is assumed."""
MAX_TOKENS = 1024
"""Tokens of one sample, context included."""


@dataclass(frozen=True)
class Recipe:
    """A LoRA on every linear layer (arXiv 2106.09685), trained with AdamW under a cosine after a warm-up.

    `batch` counts samples per step, `warmup` is the share of the steps in which the rate rises, `average` what a step
    leaves of the running mean of the weights (0: the last step's weights are kept, no mean).
    """

    rank: int = 16
    alpha: int = 16
    lr: float = _SMALL_RATE
    epochs: int = 3
    batch: int = 4
    warmup: float = 0.1
    dropout: float = 0.0
    seed: int = 0
    rslora: bool = False
    average: float = 0.9
    max_tokens: int = MAX_TOKENS

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Recipe":
        return cls(**{item.name: value[item.name] for item in fields(cls) if item.name in value})

    def steps(self, samples: int) -> int:
        """Optimizer steps for so many training samples."""
        return self.epochs * math.ceil(samples / self.batch)

    def rate(self, step: int, steps: int) -> float:
        """The learning rate of step `step` of `steps`, counted from 0."""
        rising = max(1, round(self.warmup * steps))
        if step < rising:
            return self.lr * (step + 1) / rising
        done = (step - rising) / max(1, steps - rising)
        return self.lr * 0.5 * (1 + math.cos(math.pi * done))


def recipe_for(parameters: int, *, seed: int = 0) -> Recipe:
    """The recipe for a model with so many weights.

    The packaged 135M model gains well with 2e-3 for three epochs, in prose and verse alike. No grid of rates was run
    for larger ones: 2e-4 is what is usual for a LoRA on models of 3 to 8 thousand million weights.
    """
    slope = math.log(_SMALL_RATE / _LARGE_RATE) / math.log(_LARGE / _SMALL)
    rate = _SMALL_RATE * (_SMALL / max(parameters, 1)) ** slope
    return Recipe(lr=float(f"{min(max(rate, _LARGE_RATE), _SMALL_RATE):.2g}"), seed=seed)

"""What can be done otherwise than the product does it: a lesson with knobs, around the product's own loop."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from ownhand.training.averaging import RunningMean
from ownhand.training.batches import batches
from ownhand.training.recipe import Recipe
from ownhand.training.trainer import Lesson, padded

_LARGEST_GRADIENT = 1.0
_TIMES = "times"
_ATTENTION = ("q_proj", "k_proj", "v_proj", "o_proj")


@dataclass(frozen=True)
class Variation:
    """The defaults are what the product does.

    `lora_plus`: the rate of B over that of A (arXiv 2402.12354); `attention`: factor of the rate in attention layers;
    `neftune`: noise on the embeddings (arXiv 2310.05914); `order`: "chance" or "written", as the manuscript goes;
    `keep`: the "best" pass by the watched passages, or the "last"; `everything`: learn the watched passages too;
    `focus`: tokens count by (1 - p) to this power, or where it is negative by p to its amount, p being the chance that
    the model gives them now; so hard tokens count more (arXiv 1708.02002), or those it almost knows;
    `soup`: the mean of what so many runs changed, each with a seed of its own (arXiv 2203.05482);
    `averages`: further adapters of the same run, "ema0.9" (exponential, per step), "last20" (of the last 20% of steps)
    or "times0.8" (what was chosen, that much of it).
    """

    lora_plus: float = 1.0
    attention: float = 1.0
    neftune: float = 0.0
    decay: float = 0.0
    beta2: float = 0.999
    schedule: str = "cosine"
    order: str = "chance"
    keep: str = "best"
    everything: bool = False
    init: str = "usual"
    focus: float = 0.0
    soup: int = 1
    averages: tuple[str, ...] = ()


@dataclass(frozen=True)
class LabRecipe(Recipe):
    """A recipe whose rate may fall otherwise."""

    schedule: str = "cosine"

    def rate(self, step: int, steps: int) -> float:
        if self.schedule == "cosine" or step < round(self.warmup * steps):
            return super().rate(step, steps)
        if self.schedule == "constant":
            return self.lr
        return self.lr * (1 - step / steps) / (1 - self.warmup)


def focused(nats: torch.Tensor, focus: float) -> torch.Tensor:
    """The sum of `nats`, one for each token, weighted by what they are; the weights are 1 on average."""
    chances = (-nats.detach()).exp()
    weights = (1 - chances) ** focus if focus > 0 else chances**-focus
    total: torch.Tensor = (nats * weights).sum() / weights.mean()
    return total


class LabLesson(Lesson):
    """`averaged` holds the averages of the run, by name, once it is over."""

    def __init__(self, variation: Variation, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.variation = variation
        self.averaged: dict[str, dict[str, torch.Tensor]] = {}
        self._averages = {name: self._average(name) for name in variation.averages if not name.startswith(_TIMES)}
        self._vary_optimizer()
        self._begin_otherwise()
        self._hook = self.model.get_input_embeddings().register_forward_hook(self._noise) if variation.neftune else None

    def run(self) -> Any:
        progress = super().run()
        self.averaged = {name: average.values for name, average in self._averages.items()}
        self.averaged |= {name: self._scaled(name) for name in self.variation.averages if name.startswith(_TIMES)}
        return progress

    def end(self) -> None:
        """The model may be used for something else."""
        if self._hook is not None:
            self._hook.remove()

    def _vary_optimizer(self) -> None:
        """Groups by the factor of their rate. The loop sets one rate for all and clips the first group alone, so a hook
        before each step does the rest."""
        variation = self.variation
        factors: dict[float, list[torch.nn.Parameter]] = {}
        for name, parameter in self.trained.items():
            factor = variation.lora_plus if ".lora_B." in name else 1.0
            factor *= variation.attention if any(kind in name for kind in _ATTENTION) else 1.0
            factors.setdefault(factor, []).append(parameter)
        groups = [{"params": parameters, "factor": factor} for factor, parameters in factors.items()]
        self.optimizer = torch.optim.AdamW(
            groups, lr=self.job.recipe.lr, betas=(0.9, variation.beta2), weight_decay=variation.decay
        )
        if len(groups) > 1 or variation.lora_plus != 1:
            self.optimizer.register_step_pre_hook(_by_factor)

    def _begin_otherwise(self) -> None:
        if self.variation.init == "orthogonal":
            for name, parameter in self.trained.items():
                if ".lora_A." in name:
                    torch.nn.init.orthogonal_(parameter.data)

    def _noise(self, _module: torch.nn.Module, _input: Any, output: torch.Tensor) -> torch.Tensor:
        if not self.model.training:
            return output
        most = self.variation.neftune / math.sqrt(output.shape[1] * output.shape[2])
        return output + torch.empty_like(output).uniform_(-most, most)

    def _loss(self, samples: Sequence[Any]) -> torch.Tensor:
        if not self.variation.focus or not self.model.training:
            return super()._loss(samples)
        ids, labels, mask = padded(samples, self.head.device)
        learned = labels[:, 1:] >= 0
        scores = (self.body(ids, mask)[:, :-1][learned] @ self.head.T).float()
        nats = torch.nn.functional.cross_entropy(scores, labels[:, 1:][learned], reduction="none")
        return focused(nats, self.variation.focus)

    def _left(self) -> Iterator[list[int]]:
        if self.variation.order == "chance":
            yield from super()._left()
            return
        size = self.job.recipe.batch
        for epoch in range(self.job.recipe.epochs):
            count = len(batches(self.lengths, self.job.recipe, epoch))
            for number in range(count):
                yield list(range(len(self.lengths)))[number * size : (number + 1) * size]

    def _after_step(self) -> None:
        for average in self._averages.values():
            average.add(self.progress.step)
        super()._after_step()

    def _average(self, name: str) -> RunningMean:
        if name.startswith("ema"):
            return RunningMean(self.trained, float(name.removeprefix("ema")))
        last = max(1, self.steps * int(name.removeprefix("last")) // 100)
        return _LastMean(self.trained, self.steps - last)

    def _scaled(self, name: str) -> dict[str, torch.Tensor]:
        factor = float(name.removeprefix(_TIMES))
        return {name: value.detach() * (factor if ".lora_B." in name else 1.0) for name, value in self.trained.items()}

    def _take_best(self) -> None:
        if self.variation.keep == "best":
            super()._take_best()


def _by_factor(optimizer: torch.optim.Optimizer, *_: Any) -> None:
    everything = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    torch.nn.utils.clip_grad_norm_(everything, _LARGEST_GRADIENT)
    for group in optimizer.param_groups:
        group["lr"] *= group["factor"]


class _LastMean(RunningMean):
    """All steps after the first so many, evenly."""

    def __init__(self, trained: Mapping[str, torch.nn.Parameter], after: int) -> None:
        super().__init__(trained, decay=1.0)
        self._after = after

    def add(self, step: int) -> None:
        if step > self._after:
            super().add(step - self._after)

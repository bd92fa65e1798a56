"""The trainer's side of the log-probability test: shifts in 32 bits, and probe adapters. Runs in the trainer's child.

Probe adapters are random and touch one kind of weight at a time, strongly enough to stand out of the engine's rounding.
With one of each kind an export to GGUF is proved for an architecture; a trained adapter is too gentle to prove it.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from safetensors.torch import save_file

from ownhand.voices.peft_folder import CONFIG, WEIGHTS
from ownhand.voices.probe import TOP, Place

KINDS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
PROBE_SPREAD = 0.3
"""Standard deviation, in nats, that a probe adapter's shifts are brought to."""
PROBE_RANK = 8
_TRIES = 4


class TrainerSide:
    """What the trainer's model says at `places`, bare and with adapters. `tokens` are the vocabulary's bytes by id."""

    def __init__(self, model: Any, places: Sequence[Place], tokens: Sequence[bytes]) -> None:
        self.model, self._places, self._tokens = model, places, tokens
        self._plain = log_probabilities(model, places)

    def shifts(self, adapter: Path) -> list[dict[bytes, float]]:
        """Shifts of the bare model's likeliest tokens: twice as many as the engine compares, since the engine's
        likeliest may differ a little."""
        changed = PeftModel.from_pretrained(self.model, str(adapter), is_trainable=False).eval()
        try:
            after = log_probabilities(changed, self._places)
        finally:
            self.model = changed.unload()
        return [
            {self._tokens[token]: float(late[token] - early[token]) for token in early.topk(2 * TOP).indices.tolist()}
            for early, late in zip(self._plain, after, strict=True)
        ]

    def spread(self, adapter: Path) -> float:
        """Standard deviation, in nats, of the shifts that an engine would be compared on."""
        values = [shift for place in self.shifts(adapter) for shift in list(place.values())[:TOP]]
        return float(torch.tensor(values).std())


def log_probabilities(model: Any, places: Sequence[Place]) -> list[torch.Tensor]:
    """Log-probabilities of the next token, (vocabulary,) for each place.

    Places of one text begin alike: whatever is the beginning of a longer place is read off the longer one's pass.
    """
    found: dict[tuple[int, ...], torch.Tensor] = {}
    for place in sorted(places, key=lambda place: len(place.ids), reverse=True):
        if place.ids in found:
            continue
        inside = [other.ids for other in places if other.ids == place.ids[: len(other.ids)]]
        ends = torch.tensor(sorted({len(ids) - 1 for ids in inside}))
        with torch.inference_mode():
            logits = model(input_ids=torch.tensor([place.ids], device=model.device), logits_to_keep=ends).logits[0]
            rows = dict(zip(ends.tolist(), torch.log_softmax(logits.float(), -1).cpu(), strict=True))
        found |= {ids: rows[len(ids) - 1] for ids in inside}
    return [found[place.ids] for place in places]


def make_probe(trainer: TrainerSide, kinds: Sequence[str], target: Path, *, seed: int = 1) -> float:
    """Write a random adapter on all weights of `kinds` to the folder `target`; returns how strong it had to be made."""
    strength = 0.1
    for _ in range(_TRIES):
        write_probe(trainer.model, kinds, target, strength, seed=seed)
        found = trainer.spread(target)
        if 0.8 < found / PROBE_SPREAD < 1.25:
            break
        strength *= PROBE_SPREAD / max(found, 1e-3)
    return strength


def write_probe(model: Any, kinds: Sequence[str], target: Path, strength: float, *, seed: int = 1) -> None:
    """A random adapter: A spreads as 1 / sqrt(in), B as `strength`."""
    random = torch.Generator().manual_seed(seed)
    tensors: dict[str, torch.Tensor] = {}
    for name, module in model.named_modules():
        if name.rpartition(".")[2] in kinds:
            out, fan_in = module.weight.shape
            prefix = f"base_model.model.{name}"
            tensors[f"{prefix}.lora_A.weight"] = torch.randn(PROBE_RANK, fan_in, generator=random) / fan_in**0.5
            tensors[f"{prefix}.lora_B.weight"] = torch.randn(out, PROBE_RANK, generator=random) * strength
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    save_file(tensors, target / WEIGHTS)
    (target / CONFIG).write_text(json.dumps(_config(kinds)), encoding="utf-8")


def _config(kinds: Sequence[str]) -> Mapping[str, object]:
    return {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "r": PROBE_RANK,
        "lora_alpha": PROBE_RANK,
        "target_modules": list(kinds),
        "bias": "none",
        "inference_mode": True,
    }

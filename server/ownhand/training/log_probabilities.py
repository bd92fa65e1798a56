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
from transformers import AutoModelForCausalLM

from ownhand.voices.peft_folder import CONFIG, WEIGHTS
from ownhand.voices.probe import TOP, Place

KINDS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
PROBE_SPREAD = 0.3
"""Standard deviation, in nats, that a probe adapter's shifts are brought to."""
_RANK = 8


def load_model(folder: Path) -> Any:
    """The base in 32 bits, ready to be asked."""
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, local_files_only=True)
    return model.eval().requires_grad_(False)


def trainer_shifts(
    model: Any, adapter: Path, places: Sequence[Place], tokens: Sequence[bytes]
) -> list[dict[bytes, float]]:
    """Shifts of the bare model's likeliest tokens at `places`. `tokens` are the vocabulary's bytes by id.

    Twice as many tokens as the engine compares, since the engine's likeliest may differ a little.
    """
    before = _log_probabilities(model, places)
    changed = PeftModel.from_pretrained(model, str(adapter), is_trainable=False)
    try:
        after = _log_probabilities(changed, places)
    finally:
        changed.unload()
    likeliest = [row.topk(2 * TOP).indices.tolist() for row in before]
    return [
        {tokens[token]: float(late[token] - early[token]) for token in chosen}
        for early, late, chosen in zip(before, after, likeliest, strict=True)
    ]


def _log_probabilities(model: Any, places: Sequence[Place]) -> list[torch.Tensor]:
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
            logits = model(input_ids=torch.tensor([place.ids]), logits_to_keep=ends).logits[0]
        rows = dict(zip(ends.tolist(), torch.log_softmax(logits.float(), -1), strict=True))
        found |= {ids: rows[len(ids) - 1] for ids in inside}
    return [found[place.ids] for place in places]


def make_probe(model: Any, kind: str, target: Path, places: Sequence[Place], *, seed: int = 1) -> float:
    """Write a random adapter on all weights of `kind` to the folder `target`; returns its shifts' spread."""
    strength = 0.1
    for _ in range(4):
        _write_random(model, kind, target, strength, seed)
        spread = _spread(model, target, places)
        if 0.8 < spread / PROBE_SPREAD < 1.25:
            break
        strength *= PROBE_SPREAD / max(spread, 1e-4)
    return spread


def _spread(model: Any, adapter: Path, places: Sequence[Place]) -> float:
    names = [str(number).encode() for number in range(model.config.vocab_size)]
    values = [value for place in trainer_shifts(model, adapter, places, names) for value in list(place.values())[:TOP]]
    return float(torch.tensor(values).std())


def _write_random(model: Any, kind: str, target: Path, strength: float, seed: int) -> None:
    random = torch.Generator().manual_seed(seed)
    tensors: dict[str, torch.Tensor] = {}
    for name, module in model.named_modules():
        if name.endswith(f".{kind}"):
            out, fan_in = module.weight.shape
            prefix = f"base_model.model.{name}"
            tensors[f"{prefix}.lora_A.weight"] = torch.randn(_RANK, fan_in, generator=random) / fan_in**0.5
            tensors[f"{prefix}.lora_B.weight"] = torch.randn(out, _RANK, generator=random) * strength
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    save_file(tensors, target / WEIGHTS)
    (target / CONFIG).write_text(json.dumps(_probe_config(kind)), encoding="utf-8")


def _probe_config(kind: str) -> Mapping[str, object]:
    return {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "r": _RANK,
        "lora_alpha": _RANK,
        "target_modules": [kind],
        "bias": "none",
        "inference_mode": True,
    }

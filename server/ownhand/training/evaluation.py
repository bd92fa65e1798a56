"""Scores a plan with the base and with adapters: bits of every block under every arm. Runs in the trainer's child.

Reads `evaluation.json` of the job folder (a plan, the adapters' folders, places to probe) and writes `bits.json`, and
the challenger as the engine loads it. What the base needs
is kept from one run to the next, as long as every token of the plan, the base and this code are the same.
"""

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

from ownhand.engines.gguf_header import read_header
from ownhand.engines.vocabulary import token_bytes
from ownhand.home import write_json
from ownhand.training.architecture import SMALL
from ownhand.training.bits import Scorer
from ownhand.training.evaluation_files import BITS_FILE, FORMAT, Planned, read_plan
from ownhand.training.evaluation_plan import HELD_OUT, Plan, Scored
from ownhand.training.kept import forget_old
from ownhand.training.log_probabilities import TrainerSide
from ownhand.training.metrics import BASE, CHALLENGER
from ownhand.voices.gguf_export import export_gguf
from ownhand.voices.store import GGUF

CODE_VERSION = 1
"""Changes whenever the same plan would give other figures."""

Progress = Callable[[int, int], None]


def load_model(folder: Path, threads: int, device: str = "cpu") -> Any:
    """The base, in 32 bits and with fixed threads when it is small, so that figures repeat to the last digit."""
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True, warn_only=True)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype="auto", local_files_only=True)
    if model.num_parameters() < SMALL:
        model = model.float()
    return model.to(device).eval().requires_grad_(False)


def evaluate(
    job: Path, base: Path, base_digest: str, cache: Path, *, threads: int, device: str = "cpu", progress: Progress
) -> None:
    """Score the plan in `job` and write the bits. Raises WriterError when the disk refuses."""
    planned = read_plan(job)
    plan, adapters = planned.plan, planned.adapters
    kept = cache / f"bits-{_key(base, base_digest, plan)}.json"
    known = _read(kept)
    arms = {name: [item for item in plan.scored if name == CHALLENGER or item.group == HELD_OUT] for name in adapters}
    steps = sum(map(len, arms.values())) + (0 if known else len(plan.scored))
    count = _Counter(steps, progress)
    model = load_model(base, threads, device)
    if known is None:
        known = _scored(Scorer(model), plan.scored, count)
        write_json(kept, {"format": FORMAT, "bits": known})
        forget_old(cache)
    bits: dict[str, Mapping[str, float]] = {BASE: known}
    for name, items in arms.items():
        changed = PeftModel.from_pretrained(model, str(adapters[name]), is_trainable=False).eval()
        bits[name] = _scored(Scorer(changed), items, count)
        model = changed.unload()
    write_json(job / BITS_FILE, {"format": FORMAT, "bits": bits, "shifts": _exported(model, planned)})


def _exported(model: Any, planned: Planned) -> list[dict[str, float]]:
    """Write the challenger for the engine, and tell what it does to the likeliest tokens at the places to probe.

    Tokens are named by their bytes in hexadecimal.
    """
    if not planned.places:
        return []
    header, challenger = read_header(planned.gguf), planned.adapters[CHALLENGER]
    export_gguf(challenger, header, challenger / GGUF)
    found = TrainerSide(model, planned.places, token_bytes(header.metadata)).shifts(challenger)
    return [{token.hex(): shift for token, shift in at.items()} for at in found]


class _Counter:
    def __init__(self, steps: int, progress: Progress) -> None:
        self._done, self._steps, self._progress = 0, steps, progress

    def __call__(self) -> None:
        self._done += 1
        self._progress(self._done, self._steps)


def _scored(scorer: Scorer, items: Sequence[Scored], count: _Counter) -> dict[str, float]:
    bits = {}
    for item in items:
        bits[item.name] = scorer.bits(item.context, item.ids)
        count()
    return bits


def _key(base: Path, base_digest: str, plan: Plan) -> str:
    """With the folder: one of the writer's own may hold other weights than the file that serves."""
    facts = f"{base}\n{base_digest}\n{plan.digest()}\n{CODE_VERSION}\n{torch.__version__}"
    return hashlib.sha256(facts.encode()).hexdigest()[:24]


def _read(path: Path) -> dict[str, float] | None:
    try:
        values = json.loads(path.read_bytes())
        os.utime(path)
        return dict(values["bits"]) if values["format"] == FORMAT else None
    except (OSError, ValueError, KeyError, TypeError):
        return None

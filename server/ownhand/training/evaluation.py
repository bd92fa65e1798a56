"""Scores a plan with the base and with adapters: bits of every block under every arm. Runs in the trainer's child.

Reads `evaluation.json` of the job folder (a plan, the adapters' folders, places to probe) and writes `bits.json`, and
the challenger as the engine loads it. What a model needs for a block is kept from one run to the next.
"""

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
import transformers
from peft import PeftModel
from transformers import AutoModelForCausalLM

from ownhand.engines.gguf_header import read_header
from ownhand.engines.vocabulary import token_bytes
from ownhand.home import write_json
from ownhand.training.architecture import SMALL
from ownhand.training.bits import Scorer
from ownhand.training.evaluation_files import BITS_FILE, FORMAT, Planned, read_plan
from ownhand.training.evaluation_plan import HELD_OUT, Scored
from ownhand.training.kept import Kept, digest
from ownhand.training.log_probabilities import TrainerSide
from ownhand.training.metrics import BASE, CHALLENGER
from ownhand.voices.gguf_export import export_gguf
from ownhand.voices.peft_folder import CONFIG, WEIGHTS
from ownhand.voices.store import GGUF

_SAVE_EVERY = 40.0
"""Seconds."""
CODE_VERSION = 1
"""Changes whenever the same block would give other figures."""

Progress = Callable[[int, int, float], None]
"""Hears of blocks that are done, of all of them, and of the seconds of work that are left."""


def load_model(folder: Path, threads: int, device: str = "cpu") -> Any:
    """The base, in 32 bits and with fixed threads when it is small, so that figures repeat to the last digit."""
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True, warn_only=True)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype="auto", local_files_only=True)
    if model.num_parameters() < SMALL:
        model = model.float()
    return model.to(device).eval().requires_grad_(False)


def circumstances(base: Path) -> tuple[object, ...]:
    """What else a figure depends on: it is not asked for again only while all of this is the same."""
    weights = [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in base.glob("*.safetensors")]
    return torch.__version__, transformers.__version__, sorted(weights)


def evaluate(
    job: Path, base: Path, base_digest: str, cache: Path, *, threads: int, device: str = "cpu", progress: Progress
) -> None:
    """Score the plan in `job` and write the bits. Raises WriterError when the disk refuses."""
    planned = read_plan(job)
    plan, adapters = planned.plan, planned.adapters
    every = {BASE: plan.scored} | {
        name: [item for item in plan.scored if name == CHALLENGER or item.group == HELD_OUT] for name in adapters
    }
    about = "\n".join(map(str, (base, base_digest, CODE_VERSION, *circumstances(base), device, threads)))
    kept = {name: Kept(cache, "bits", about + _weights(adapters.get(name))) for name in every}
    arms = {name: _Arm(items, kept[name]) for name, items in every.items()}
    model = load_model(base, threads, device)
    count = _Counter([item for arm in arms.values() for item in arm.left], progress)
    arms[BASE].score(model, count)
    for name, folder in adapters.items():
        if arms[name].left:
            changed = PeftModel.from_pretrained(model, str(folder), is_trainable=False).eval()
            arms[name].score(changed, count)
            model = changed.unload()
    bits = {name: arm.bits for name, arm in arms.items()}
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
    """Blocks as steps; the time that is left goes by tokens. A pause is spent in `progress`, and is no work."""

    def __init__(
        self, items: Sequence[Scored], progress: Progress, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._steps, self._progress, self._clock = len(items), progress, clock
        self._left = sum(_tokens(item) for item in items)
        self._done, self._read, self._worked, self._since = 0, 0, 0.0, clock()

    def begin(self) -> None:
        """Scoring begins, perhaps again: what it took to load a model is no measure of what is left."""
        self._since = self._clock()

    def __call__(self, item: Scored) -> None:
        self._worked += self._clock() - self._since
        self._done += 1
        self._read += _tokens(item)
        self._left -= _tokens(item)
        self._progress(self._done, self._steps, round(self._left * self._worked / self._read, 1))
        self._since = self._clock()


def _tokens(item: Scored) -> int:
    return len(item.context) + len(item.ids)


class _Arm:
    """What one model is asked. Blocks are known again by their tokens: new pages change few of them."""

    def __init__(self, items: Sequence[Scored], kept: Kept) -> None:
        self._items, self._kept = items, kept
        self.left = [item for item in items if kept.get(_key(item)) is None]

    def score(self, model: Any, count: "_Counter") -> None:
        """What is known is kept, also where `count` ends it, and from time to time for a machine that goes out."""
        scorer, saved = Scorer(model), time.monotonic()
        count.begin()
        try:
            for item in self.left:
                self._kept.keep(_key(item), scorer.bits(item.context, item.ids, item.left_out))
                count(item)
                if time.monotonic() - saved > _SAVE_EVERY:
                    self._kept.save()
                    saved = time.monotonic()
        finally:
            self._kept.save()

    @property
    def bits(self) -> dict[str, float]:
        return {item.name: self._kept.get(_key(item)) for item in self._items}


def _key(item: Scored) -> str:
    """Where all tokens count it is what it was before any could be left out, so that nothing is measured anew."""
    what = [item.context, item.ids]
    return digest(json.dumps([*what, item.left_out] if item.left_out else what))


def _weights(adapter: Path | None) -> str:
    """Stands for an adapter's weights and how they are applied; "" for none."""
    if adapter is None:
        return ""
    return "".join(f"\n{hashlib.sha256((adapter / name).read_bytes()).hexdigest()}" for name in (WEIGHTS, CONFIG))

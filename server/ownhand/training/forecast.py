"""What a training would be, before it starts: how much, how long, what it needs."""

import os
import platform
import sys
from collections.abc import Set
from dataclasses import dataclass
from importlib import metadata
from typing import Any

from ownhand.engines.gguf_header import Header
from ownhand.engines.room import Card, free_memory, graphics_cards, is_model_loaded, loaded_size
from ownhand.text.words import count_words
from ownhand.training.architecture import shape_of
from ownhand.training.base import Base
from ownhand.training.beside import Beside, Inventory, beside
from ownhand.training.dataset import LearnedPiece, Sample, spread
from ownhand.training.memory import plan_within
from ownhand.training.prepare import Prepared
from ownhand.voices.store import VoiceStore

_OPERATIONS_PER_SECOND = 3e10
"""Of one processor core with 256-bit vectors, in the sums of a training."""
_CARD_OPERATIONS_PER_SECOND = 1e13
"""Of a graphics card of the middle sort, in 16 bits: a guess until the first training told better."""
_MOST_THREADS = 8
_SHOWN = 6


@dataclass(frozen=True)
class Forecast:
    """`beside` says where, and how it lives beside what writes there. `disk` in bytes, `seconds` of work."""

    prepared: Prepared
    threads: int
    steps: int
    seconds: float
    beside: Beside
    disk: int

    def to_json(self) -> dict[str, Any]:
        dataset, found = self.prepared.dataset, self.prepared.material
        return {
            "pieces": len(found.teaching),
            "words": dataset.words,
            "tokens": dataset.tokens,
            "samples": len(dataset.train),
            "validation": {
                "samples": len(dataset.validation),
                "words": sum(sample.words for sample in dataset.validation),
            },
            "held_out": {"pieces": len(found.held_out), "words": sum(piece.words for piece in found.held_out)},
            "left_out": dataset.left_out,
            "recipe": self.prepared.recipe.to_json(),
            "base": self.prepared.base.source.name,
            "steps": self.steps,
            "minutes": round(self.seconds / 60, 1),
            "memory_mb": round(self.beside.bytes / 1e6),
            "placement": self.beside.mode,
            "disk_mb": round(self.disk / 1e6),
            "examples": [example(self.prepared.dataset.pieces, sample) for sample in self.shown],
        }

    @property
    def shown(self) -> list[Sample]:
        """A few samples, spread over the manuscript."""
        return list(spread(self.prepared.dataset.train, _SHOWN))


def forecast(prepared: Prepared, base: Base, how: Beside, rate: float | None = None) -> Forecast:
    """`how` is its `placement`, `rate` what an earlier training did there, in tokens per second."""
    recipe, dataset, threads = prepared.recipe, prepared.dataset, threads_here()
    rate = rate or likely_rate(base.header, threads, on_card=how.on_card)
    return Forecast(
        prepared, threads, recipe.steps(len(dataset.train)), recipe.epochs * dataset.tokens / rate, how, base.disk
    )


def placement(prepared: Prepared, base: Base, machine: Inventory, device: str) -> Beside:
    """Raises WriterError: memory is too small."""
    shape, dataset = shape_of(base.header), prepared.dataset
    longest = max(len(sample.input_ids) for sample in (*dataset.train, *dataset.validation))

    def need(free: int, gpu: bool) -> int:
        return plan_within(free, shape, prepared.recipe, longest=longest, gpu=gpu).bytes

    return beside(machine, need, device)


async def inventory(base: Base, *, engine_on_card: bool) -> Inventory:
    """What is there now. `engine_on_card`: the engine uses graphics cards where there are any."""
    every, loaded = await graphics_cards(), await is_model_loaded()
    size = loaded_size(base.file_bytes) if loaded else 0
    usable = tuple(card for card in every if _can_learn_on(card))
    return Inventory(free_memory(), usable, size, engine_on_card=engine_on_card and bool(every))


def _can_learn_on(card: Card) -> bool:
    """Is the torch that is installed one for such cards, and does the writer's environment show it this one?"""
    try:
        version = metadata.version("torch")
    except metadata.PackageNotFoundError:
        return False
    if card.index is None:
        return "+rocm" in version
    shown = os.environ.get("CUDA_VISIBLE_DEVICES")
    # On Linux the package index has torch for NVIDIA's cards under its plain version.
    made_for = "+cu" in version or ("+" not in version and sys.platform == "linux")
    return made_for and (shown is None or str(card.index) in [name.strip() for name in shown.split(",")])


def likely_rate(header: Header, threads: int, *, on_card: bool = False) -> float:
    """Tokens per second: two operations per weight there, two on the way back to a token's inputs."""
    operations = _CARD_OPERATIONS_PER_SECOND if on_card else threads * _OPERATIONS_PER_SECOND
    return operations / (4 * shape_of(header).parameters)


def rate_before(store: VoiceStore, base_digest: str, devices: Set[str]) -> float | None:
    """Tokens per second of the last training with this base on one of these devices.

    An adapter whose card does not say where it was learned is passed over: a guess is nearer than the rate of a
    graphics card is to a processor's.
    """
    rates = [
        adapter.card.tokens_per_second
        for adapter in store.adapters()
        if adapter.card.base.digest == base_digest
        and adapter.card.device in devices
        and adapter.card.tokens_per_second > 0
    ]
    return rates[-1] if rates else None


def likely_devices(wished: str, how: Beside) -> Set[str]:
    """Where the trainer's child will learn: any of these."""
    if how.instead or wished != "auto":
        return {"cpu" if how.instead else wished}
    if how.on_card:
        return {"cuda", "xpu"}
    return {"mps" if _apple() else "cpu"}


def _apple() -> bool:
    """Is it one of Apple's machines whose graphics part learns in the memory that the processor has too?"""
    return sys.platform == "darwin" and platform.machine() == "arm64"


def threads_here() -> int:
    """Cores that this process may use; training runs at the lowest priority, so it may have all of them."""
    import psutil

    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(psutil.cpu_count(logical=False) or allowed, allowed, _MOST_THREADS))


def example(pieces: tuple[LearnedPiece, ...], sample: Sample) -> dict[str, Any]:
    """One sample as a person can judge it: what text, from where, whether its piece begins and ends in it."""
    piece = next(learned.piece for learned in pieces if learned.piece.id == sample.piece)
    text = piece.text[sample.start : sample.stop]
    return {
        "piece": piece.id,
        "title": piece.title,
        "form": piece.form.value,
        "text": text,
        "words": count_words(text),
        "tokens": len(sample.input_ids),
        "begins": sample.start == 0 and piece.part <= 1,
        "ends": sample.stop == len(piece.text) and piece.part == piece.parts,
    }

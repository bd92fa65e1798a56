"""What a training takes of memory, beside what `training/memory.py` foretells: one row a child process, Linux alone.

Measured is the highest resident size (`VmHWM`) while the trainer's own loop takes a few steps, with a watched passage
and the adapter that is kept. What the child has before there is a model is told apart: it is the same for every model.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from bench.figures import Figure
from ownhand.engines.gguf_header import read_header
from ownhand.engines.room import free_memory
from ownhand.errors import WriterError
from ownhand.home import Home
from ownhand.training.architecture import Shape, shape_of
from ownhand.training.base import checked_base, described, make_ready
from ownhand.training.memory import need
from ownhand.training.recipe import Recipe

STEPS = 2
_LOW, _SHARE_OF_FREE = 0.8, 0.9
"""Foretold may be so much of measured; a row is left out that would take more of the free memory."""
_HF_SIZES = {
    "num_hidden_layers": "layers",
    "hidden_size": "hidden",
    "intermediate_size": "feed_forward",
    "num_attention_heads": "heads",
    "num_key_value_heads": "kv_heads",
    "head_dim": "head_size",
    "vocab_size": "vocabulary",
    "tie_word_embeddings": "tied",
}


def _random(name: str, layers: int, widths: tuple[int, int], heads: tuple[int, int], rest: tuple[int, bool]) -> "Model":
    (hidden, feed_forward), (queries, keys), (vocabulary, tied) = widths, heads, rest
    attention = 2 * hidden * (queries + keys) * 64
    weights = layers * (attention + 3 * hidden * feed_forward + 2 * hidden) + hidden
    weights += vocabulary * hidden * (1 if tied else 2)
    return Model(name, Shape(layers, hidden, feed_forward, queries, keys, 64, vocabulary, weights, tied))


@dataclass(frozen=True)
class Model:
    """Weights by chance, for memory does not depend on what they are; of the packaged model those that it has."""

    name: str
    shape: Shape | None = None


PACKAGED = Model("SmolLM2-135M")
MIDDLE = _random("SmolLM2-360M", 32, (960, 2560), (15, 5), (49152, True))
LARGE = _random("Llama-3.2-1B", 16, (2048, 8192), (32, 8), (128256, True))
UNTIED = _random("Llama-3.2-1B, untied", 16, (2048, 8192), (32, 8), (128256, False))


@dataclass(frozen=True)
class Row:
    """One training. `lengths`: of the samples that go through the model together."""

    model: Model
    lengths: tuple[int, ...]
    rank: int = 16
    recompute: bool = False

    @property
    def tokens(self) -> int:
        return len(self.lengths) * max(self.lengths)

    @property
    def recipe(self) -> Recipe:
        return Recipe(rank=self.rank, batch=len(self.lengths), epochs=1)

    def __str__(self) -> str:
        samples = f"{len(self.lengths)} × {max(self.lengths)}"
        padded = " padded" if len(set(self.lengths)) > 1 else ""
        return f"{self.model.name}, rank {self.rank}, {samples}{padded}{', recomputed' if self.recompute else ''}"


ROWS = (
    Row(PACKAGED, (256,)),
    Row(PACKAGED, (512,)),
    Row(PACKAGED, (1024,)),
    Row(PACKAGED, (1024,) * 2),
    Row(PACKAGED, (256,) * 4),
    Row(PACKAGED, (256, 250, 240, 230)),
    Row(PACKAGED, (512,), rank=4),
    Row(PACKAGED, (512,), rank=64),
    Row(PACKAGED, (1024,), recompute=True),
    Row(MIDDLE, (256,)),
    Row(MIDDLE, (1024,)),
    Row(MIDDLE, (1024,), recompute=True),
    Row(LARGE, (256,)),
    Row(LARGE, (512,)),
    Row(LARGE, (512,), rank=64),
    Row(LARGE, (512,), recompute=True),
    Row(UNTIED, (256,)),
)


def measure(packaged: Path, scratch: Path) -> Iterator[Figure]:
    """A figure for each row: foretold by measured. Raises WriterError: the machine doesn't tell, too little is free."""
    if not Path("/proc/self/clear_refs").exists():
        raise WriterError("Only Linux tells what a process took at most.", "Measure there.")
    base = described(checked_base(packaged), Home(scratch / "home"))
    make_ready(base)
    left_out = []
    for row in ROWS:
        shape = row.model.shape or shape_of(read_header(packaged))
        foretold = need(shape, row.recipe, row.tokens, recompute=row.recompute)
        if foretold > _SHARE_OF_FREE * free_memory():
            left_out.append(row)
            continue
        took = _in_child(row, base.to_json(), Path(mkdtemp(dir=scratch)))
        yield _figure(row, foretold, took)
    if left_out:
        rows = "; ".join(map(str, left_out))
        raise WriterError(f"Not measured, for too little memory is free: {rows}.", "Close other programs.")


def _figure(row: Row, foretold: int, took: dict[str, int]) -> Figure:
    """`took` is the child's: "before" there was a model, while "loading" it, while "training"."""
    measured = max(took["loading"], took["training"])
    note = f"foretold {_mb(foretold)}, measured {_mb(measured)} MB, {_mb(took['before'])} of them without a model"
    return Figure(f"memory: {row}", foretold / measured, "times", _LOW, at_least=True, note=note)


def _in_child(row: Row, base: dict[str, Any], folder: Path) -> dict[str, int]:
    order = {
        "base": base,
        "folder": str(folder),
        "recipe": row.recipe.to_json(),
        "lengths": row.lengths,
        "recompute": row.recompute,
        "steps": STEPS,
        "config": row.model.shape and config(row.model.shape),
    }
    child = [sys.executable, "-m", "bench.memory_child", json.dumps(order)]
    answer = subprocess.run(child, check=True, stdout=subprocess.PIPE)
    return dict(json.loads(answer.stdout))


def config(shape: Shape) -> dict[str, Any]:
    """transformers' words for it."""
    sizes = asdict(shape)
    return {theirs: sizes[ours] for theirs, ours in _HF_SIZES.items()}


def _mb(size: int) -> str:
    return f"{size / 1e6:,.0f}"

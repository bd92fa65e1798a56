"""Packs: one selection of one author in tokens, ready to be learned, scored and written on by a machine that has
nothing but torch. `packing.py` makes them.

A pack holds text: it lies in the cache, never in the repository.
"""

import gzip
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.voice.authors import fetched
from ownhand.training.evaluation_plan import Plan


@dataclass(frozen=True)
class Start:
    """A prompt to write on from, and how to draw: the fields of the product's sampling that matter here."""

    form: str
    greedy: bool
    prompt: str
    ids: tuple[int, ...]
    draw: dict[str, float]


@dataclass(frozen=True)
class Pack:
    """`train` and `validation` hold samples as the job folder does, `taught` the texts that they were cut from."""

    name: str
    words: int
    train: list[dict[str, Any]]
    validation: list[dict[str, Any]]
    taught: list[str]
    held_out: dict[str, int]
    """Words that are kept aside, by form."""
    plan: Plan
    starts: list[Start]

    def save(self, folder: Path) -> None:
        values = {key: getattr(self, key) for key in ("name", "words", "train", "validation", "taught", "held_out")}
        values |= {"plan": self.plan.to_json(), "starts": [asdict(start) for start in self.starts]}
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{self.name}.json.gz").write_bytes(gzip.compress(json.dumps(values).encode(), 9))

    @classmethod
    def load(cls, folder: Path, name: str) -> "Pack":
        values = json.loads(gzip.decompress((folder / f"{name}.json.gz").read_bytes()))
        plan, starts = Plan.from_json(values.pop("plan")), [Start(**start) for start in values.pop("starts")]
        return cls(**values, plan=plan, starts=starts)


def cache() -> Path:
    return fetched().parent / "voice-packs"


def pack_name(author: str, samples: int = 50, cut: str = "passages") -> str:
    """`samples` of about 200 words."""
    return f"{author}-{samples}" + ("" if cut == "passages" else f"-{cut}")

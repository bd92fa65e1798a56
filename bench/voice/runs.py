"""The experiments, each a list of runs. A run is known by what it does, so that two experiments share it and a log that
broke off goes on."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from bench.voice.authors import CHOSEN_BY
from bench.voice.packs import pack_name
from bench.voice.variation import LabRecipe, Variation

SEEDS = (0, 1, 2)
CURVE = (5, 10, 20, 50, 100, 200)
"""Samples of about 200 words; the example manuscript has 50."""
_OWN = 50
EPOCHS, RANKS = (3, 10, 30, 100), (1, 4, 16, 64)
_LEARNED_BY_HEART = ("kalve", "melville")


@dataclass(frozen=True)
class Run:
    """One training and what is measured of it. `change` is what differs from the product's recipe, by the names of
    `LabRecipe` and `Variation`. `whole`: scored with passages in front too, not on the
    empty page alone. `bare`: no training."""

    pack: str
    seed: int = 0
    change: dict[str, Any] = field(default_factory=dict)
    whole: bool = False
    write: bool = True
    bare: bool = False
    dtype: str = "float32"

    @property
    def key(self) -> str:
        facts = json.dumps([self.pack, self.seed, self.change, self.bare, self.dtype], sort_keys=True)
        return hashlib.blake2b(facts.encode(), digest_size=8).hexdigest()

    @property
    def label(self) -> str:
        """The change, as it stands in tables."""
        return ", ".join(f"{name} {value}" for name, value in sorted(self.change.items())) or "as it is"

    @property
    def recipe(self) -> LabRecipe:
        return LabRecipe.from_json({"seed": self.seed, **self.change})

    @property
    def variation(self) -> Variation:
        known = {key: value for key, value in self.change.items() if key in Variation.__dataclass_fields__}
        return Variation(**known | {"averages": tuple(known.get("averages", ()))})

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def figures(authors: Sequence[str] = CHOSEN_BY, seeds: Iterable[int] = SEEDS) -> list[Run]:
    """About 10,000 words, everything measured; beside it in 16 bits, as the product trains on a graphics card."""
    packs = [pack_name(author) for author in authors]
    found = [Run(pack, seed, whole=True) for seed in seeds for pack in packs]
    return found + [Run(pack, seed, whole=True, write=False, dtype="bfloat16") for seed in seeds for pack in packs]


def anatomy(authors: Sequence[str] = CHOSEN_BY, seeds: Iterable[int] = (0,)) -> list[Run]:
    return [Run(pack_name(author), seed, write=False) for seed in seeds for author in authors]


def curve(authors: Sequence[str] = CHOSEN_BY, seeds: Iterable[int] = SEEDS) -> list[Run]:
    sizes = [(author, samples) for samples in CURVE for author in authors if author != "kalve" or samples <= _OWN]
    return [Run(pack_name(author, samples), seed, whole=True) for seed in seeds for author, samples in sizes]


def memorize(authors: Sequence[str] = _LEARNED_BY_HEART, seeds: Iterable[int] = (0,)) -> list[Run]:
    """Ten samples learned ever more often, at ever higher rank; the pass that foretells best is not chosen. Then 50."""
    last = {"keep": "last"}
    grid = [(epochs, rank) for epochs in sorted(EPOCHS, reverse=True) for rank in RANKS]
    few = [(10, {"epochs": epochs, "rank": rank, "alpha": rank}) for epochs, rank in grid]
    more = [(_OWN, {"epochs": 10})]
    return [
        Run(pack_name(author, samples), seed, change | last)
        for samples, change in few + more
        for seed in seeds
        for author in authors
    ]


_CHANGES: tuple[dict[str, Any], ...] = (
    {"averages": ["ema0.8", "ema0.9", "ema0.95", "last20", "last40"]},
    {"averages": ["times0.8", "times0.9", "times1.2"]},
    {"soup": 3},
    {"lr": 1e-3},
    {"lr": 3e-3},
    {"lr": 4e-3},
    {"keep": "last"},
    {"keep": "last", "everything": True},
    {"batch": 2},
    {"batch": 8},
    {"epochs": 4},
    {"epochs": 6, "lr": 1e-3},
    {"lora_plus": 4.0},
    {"alpha": 32},
    {"rslora": True, "lr": 1e-3},
    {"dropout": 0.1},
    {"neftune": 5.0},
    {"schedule": "linear"},
    {"focus": 0.5},
    {"focus": -0.25},
    {"rank": 4, "alpha": 4},
    {"rank": 64, "alpha": 64},
    {"attention": 0.5},
    {"attention": 2.0},
    {"order": "written"},
    {"decay": 0.1},
    {"beta2": 0.95},
    {"lora_plus": 16.0, "lr": 1e-3},
    {"rank": 64, "rslora": True, "lr": 1e-3},
    {"init": "orthogonal"},
    {"warmup": 0.3},
    {"schedule": "constant"},
    {"epochs": 5},
    {"batch": 1, "lr": 1e-3},
    {"dropout": 0.2, "epochs": 4},
    {"warmup": 0.03},
)
CUT_CHANGES: tuple[tuple[str, dict[str, Any]], ...] = (("short", {"batch": 8}), ("long", {}), ("long", {"batch": 2}))
"""Passages cut otherwise, with batches of about as many tokens, and of more."""


def recipes(authors: Sequence[str] = CHOSEN_BY, seeds: Iterable[int] = SEEDS) -> list[Run]:
    """One change at a time."""
    usual = [("passages", change) for change in _CHANGES]
    single = [*usual[:12], *CUT_CHANGES, *usual[12:]]
    return [
        Run(pack_name(author, cut=cut), seed, change, write=False)
        for cut, change in single
        for seed in seeds
        for author in authors
    ]


def together(changes: Iterable[dict[str, Any]], packs: Sequence[str], seeds: Iterable[int] = SEEDS) -> list[Run]:
    return [Run(pack, seed, change) for change in changes for seed in seeds for pack in packs]


def bare(runs: Iterable[Run]) -> list[Run]:
    """The base itself, once for each pack; it writes where an adapter does."""
    every = list(runs)
    writing = {run.pack for run in every if run.write}
    packs = dict.fromkeys(run.pack for run in every)
    return [Run(pack, whole=True, write=pack in writing, bare=True) for pack in packs]


EXPERIMENTS = {"figures": figures, "curve": curve, "memorize": memorize, "recipes": recipes}

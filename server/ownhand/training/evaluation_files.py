"""The two files between the server and the trainer's child: what is to be measured, and what was measured.

    evaluation.json   the plan, the adapters' folders by name, the base's GGUF, the places of the log-probability test,
                      and which text is held out
    bits.json         bits by adapter and block; the trainer's shifts at those places

Both hold the writer's text in tokens and are private like everything in the job folder.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ownhand.errors import WriterError
from ownhand.home import check_format, write_json
from ownhand.training.evaluation_plan import Plan, Text
from ownhand.voices.probe import Place

FORMAT = 1
PLAN_FILE, BITS_FILE = "evaluation.json", "bits.json"


@dataclass(frozen=True)
class HeldOut:
    """What is held out, as it was when the plan was made: `words` of the writer's, in so many `pieces`. `digest` stands
    for the text (`texts.digest_of_texts`)."""

    digest: str
    words: int
    pieces: int

    @classmethod
    def of(cls, texts: Sequence[Text], digest: str) -> "HeldOut":
        words = [text.own_words for text in texts]
        return cls(digest, sum(words), sum(count > 0 for count in words))


@dataclass(frozen=True)
class Planned:
    """What the child has to measure. `adapters`: their folders, by name; `gguf`: the file of the base; `held_out` is
    None where an older Ownhand planned."""

    plan: Plan
    places: Sequence[Place]
    adapters: Mapping[str, Path]
    gguf: Path
    held_out: HeldOut | None = None


@dataclass(frozen=True)
class Measured:
    """What the child found. `shifts`: at each place, what the trainer's adapter does to tokens (by their bytes)."""

    bits: Mapping[str, Mapping[str, float]]
    shifts: Sequence[Mapping[bytes, float]]


def write_plan(
    job: Path,
    plan: Plan,
    adapters: Mapping[str, Path],
    gguf: Path,
    places: Sequence[Place],
    held_out: HeldOut | None = None,
) -> None:
    """Raises WriterError when the disk refuses."""
    values = {
        "format": FORMAT,
        "plan": plan.to_json(),
        "adapters": {name: str(folder) for name, folder in adapters.items()},
        "gguf": str(gguf),
        "places": [{"prompt": place.prompt, "ids": place.ids} for place in places],
        "held_out": asdict(held_out) if held_out else None,
    }
    write_json(job / PLAN_FILE, values)


def read_plan(job: Path) -> Planned:
    """Raises WriterError when it can't be read."""
    values = _read(job / PLAN_FILE)
    places = [Place(place["prompt"], tuple(place["ids"])) for place in values["places"]]
    adapters = {name: Path(folder) for name, folder in values["adapters"].items()}
    held_out = HeldOut(**values["held_out"]) if values.get("held_out") else None
    return Planned(Plan.from_json(values["plan"]), places, adapters, Path(values["gguf"]), held_out)


def read_bits(job: Path) -> Measured:
    """Raises WriterError when the child has not written them, or not to the end."""
    values = _read(job / BITS_FILE)
    shifts = [{bytes.fromhex(token): shift for token, shift in at.items()} for at in values["shifts"]]
    return Measured(values["bits"], shifts)


def _read(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_bytes())
        check_format(values["format"], FORMAT, path)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WriterError("What was measured can't be read.", "Train again.") from error
    return dict(values)

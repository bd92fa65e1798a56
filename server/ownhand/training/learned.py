"""What a job learns, as `passages.json` holds it: the pieces with their text, and which stretches of them.

A job keeps its pieces whole, but what they share with held-out ones is not learned, nor what goes beyond the budget.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ownhand.errors import WriterError
from ownhand.manuscript.model import Form
from ownhand.training.dataset import CharacterSpan
from ownhand.training.job import Job, read_passages


@dataclass(frozen=True)
class LearnedText:
    """A piece as it was when the job was made. `stretches` of its text are learned or watch the learning."""

    piece: str
    form: Form
    title: str
    path: str
    text: str
    stretches: tuple[CharacterSpan, ...]


def learned_of(job: Job) -> list[LearnedText]:
    """All pieces of the job, those of which nothing is learned too. Raises WriterError.

    A job from before its rows said where they stand counts as one that learns its pieces whole.
    """
    try:
        passages = read_passages(job.folder)
        rows = [*passages["train"], *passages["validation"]]
        told = all("start" in row for row in rows)
        stretches = _stretches(rows) if told else {one["piece"]: [(0, len(one["text"]))] for one in passages["pieces"]}
        return [_learned(one, stretches.get(one["piece"], ())) for one in passages["pieces"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WriterError("The training's copy of your pages can't be read.", "Train again.") from error


def _learned(one: Mapping[str, Any], stretches: Iterable[CharacterSpan]) -> LearnedText:
    return LearnedText(one["piece"], Form(one["form"]), one["title"], one["path"], one["text"], tuple(stretches))


def _stretches(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[CharacterSpan]]:
    """By piece where its passages stand; those that follow each other are one stretch."""
    found: dict[str, list[CharacterSpan]] = {}
    for row in sorted(rows, key=lambda row: (row["piece"], row["start"])):
        stretches = found.setdefault(row["piece"], [])
        before = stretches.pop() if stretches and stretches[-1][1] >= row["start"] else (row["start"], 0)
        stretches.append((before[0], row["stop"]))
    return found

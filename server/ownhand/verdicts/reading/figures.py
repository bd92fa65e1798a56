"""What the ledger adds up to, and what was offered last. Reading never keeps a writer of the ledger waiting."""

import sqlite3
from dataclasses import asdict, astuple, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from ownhand.verdicts.facts import Whose
from ownhand.verdicts.ledger import chunks, schema
from ownhand.verdicts.ledger.opening import reading

_BEFORE = 200
"""Characters of the text in front of a suggestion that `recent` gives."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many suggestions came to what; a suggestion has one fate. `removed` and `kept_300s` are accepted ones that
    are gone again, or were there after five minutes; of `looked_300s` it is known. `keystrokes_saved` are the accepted
    characters without the accept keys and without what was deleted within 30 s."""

    offered: int = 0
    shown: int = 0
    accepted: int = 0
    partial: int = 0
    typed_through: int = 0
    typed_past: int = 0
    dismissed: int = 0
    rejected: int = 0
    ignored: int = 0
    unknown: int = 0
    removed: int = 0
    kept_300s: int = 0
    looked_300s: int = 0
    keystrokes_saved: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(*(one + more for one, more in zip(astuple(self), astuple(other), strict=True)))

    @property
    def unseen(self) -> int:
        return self.offered - self.shown

    @property
    def acceptance_rate(self) -> float:
        """The share of those shown that were accepted, wholly or in part; 0 when none was shown."""
        return (self.accepted + self.partial) / self.shown if self.shown else 0.0

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "unseen": self.unseen, "acceptance_rate": round(self.acceptance_rate, 4)}


@dataclass(frozen=True, slots=True)
class Statistics:
    """All suggestions of a voice, and the same by the form of the place, by the words of the suggestion ("4-7"), by
    model and by adapter ("none" without one)."""

    total: Tally = Tally()
    by_form: dict[str, Tally] = field(default_factory=dict)
    by_length: dict[str, Tally] = field(default_factory=dict)
    by_model: dict[str, Tally] = field(default_factory=dict)
    by_adapter: dict[str, Tally] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        parts = {"by_form": self.by_form, "by_length": self.by_length, "by_model": self.by_model}
        parts["by_adapter"] = self.by_adapter
        return {
            **self.total.to_json(),
            **{name: {key: tally.to_json() for key, tally in part.items()} for name, part in parts.items()},
        }


_LENGTHS = ("1", "2-3", "4-7", "8-15", "16-31", "32+")


def read_statistics(path: Path) -> Statistics:
    """Raises WriterError when the ledger can't be read."""
    total, by = Tally(), [dict[str, Tally]() for _ in range(4)]
    query = f"SELECT form, length, model, adapter, {', '.join(schema.COUNTS)} FROM tallies ORDER BY id"  # noqa: S608
    with reading(path) as connection:
        for form, length, model, adapter, *counts in connection.execute(query):
            tally = Tally(*counts)
            total += tally
            for part, key in zip(by, (form, length, model, adapter or "none"), strict=True):
                part[key] = part.get(key, Tally()) + tally
    by_form, by_length, by_model, by_adapter = by
    ordered = {length: by_length[length] for length in _LENGTHS if length in by_length}
    return Statistics(total, by_form, ordered, by_model, by_adapter)


@dataclass(frozen=True, slots=True)
class Recent:
    """A suggestion that was shown. `fate` is None while nothing is known of it, and then `learned` and `sure` tell of
    nothing. Texts are None where they were not kept, or are dropped."""

    suggestion: str
    document: str
    at: float
    fate: str | None
    learned: str | None
    sure: float
    form: str
    length: str
    model: str
    adapter: str | None
    before: str
    text: str | None
    instead: str | None
    settled: str | None
    kept_300s: bool | None
    removed: bool
    reason: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


_RECENT = """
SELECT offered.id AS number, suggestion, documents.key AS document,
    coalesce(judged.at, (SELECT max(at) FROM shown WHERE shown.offered = fates.offered), offered.at) AS at,
    fate, CASE WHEN fate IS NOT NULL THEN learned END AS learned, coalesce(sure, 0.0) AS sure,
    form, length, model, nullif(adapter, '') AS adapter, text, instead, settled,
    kept AS kept_300s, fates.removed AS removed, coalesce(nullif(judged.reason, ''), texts.reason, '') AS reason
FROM fates JOIN offered ON offered.id = fates.offered JOIN documents ON documents.id = offered.document
JOIN sources ON sources.id = offered.source LEFT JOIN judged ON judged.id = fates.judged
LEFT JOIN texts ON texts.offered = fates.offered
WHERE fates.seen ORDER BY fates.offered DESC LIMIT ?
"""


def recent(path: Path, limit: int = 50) -> list[Recent]:
    """The suggestions that were shown last, the last one first. Raises WriterError when the ledger can't be read."""
    with reading(path) as connection:
        connection.row_factory = sqlite3.Row
        return [_recent(connection, row) for row in connection.execute(_RECENT, (limit,))]


def _recent(connection: sqlite3.Connection, row: sqlite3.Row) -> Recent:
    values = dict(row)
    before, _ = chunks.load(connection, values.pop("number"))
    for name in ("kept_300s", "removed"):
        values[name] = None if values[name] is None else bool(values[name])
    return Recent(before=before[-_BEFORE:], **values)


@dataclass(frozen=True, slots=True)
class Rejection:
    """A suggestion that the writer called not theirs; `before` are up to MOST_BEFORE characters in front of it."""

    document: str
    before: str
    text: str
    reason: str
    at: float


_REJECTED = """
SELECT fates.offered, documents.key, texts.text, coalesce(nullif(judged.reason, ''), texts.reason), judged.at
FROM judged JOIN fates ON fates.judged = judged.id JOIN offered ON offered.id = fates.offered
JOIN documents ON documents.id = offered.document JOIN texts ON texts.offered = fates.offered
WHERE judged.verdict = 'rejected' AND texts.text IS NOT NULL ORDER BY judged.id DESC LIMIT ?
"""


def rejections(path: Path, limit: int = 10_000) -> list[Rejection]:
    """The last ones, the last one first, as long as their texts are kept. Raises WriterError."""
    with reading(path) as connection:
        return [
            Rejection(document, chunks.load(connection, offered)[0], text, reason, at)
            for offered, document, text, reason, at in connection.execute(_REJECTED, (limit,))
        ]


_ACCEPTED = """
SELECT coalesce(texts.settled, accepted_text.text)
FROM accepted_text JOIN fates ON fates.offered = accepted_text.offered JOIN texts ON texts.offered = fates.offered
WHERE NOT removed AND texts.text <> '' ORDER BY texts.offered DESC LIMIT ?
"""


def accepted_texts(path: Path, limit: int = 1000) -> list[str]:
    """Accepted texts that are still there, as they stood at the last look; the last one first. Raises WriterError."""
    with reading(path) as connection:
        return [text for (text,) in connection.execute(_ACCEPTED, (limit,))]


_WHOSE = "SELECT key, at, digest, runs, tokens FROM whose JOIN documents ON documents.id = whose.document"


def verdicts_since(path: Path, moment: str) -> int:
    """Verdicts since a date with time (ISO 8601). Raises WriterError, and ValueError for what is no date."""
    since = datetime.fromisoformat(moment).timestamp()
    with reading(path) as connection:
        (count,) = connection.execute("SELECT count(*) FROM judged WHERE at > ?", (since,)).fetchone()
        return int(count)


def load_whose(path: Path, document: str) -> Whose | None:
    """Whose words the document was made of when it was last noted. Raises WriterError."""
    with reading(path) as connection:
        row = connection.execute(f"{_WHOSE} WHERE key = ?", (chunks.clean(document),)).fetchone()
        return None if row is None else Whose(*row)


def all_whose(path: Path) -> list[Whose]:
    """The same for all documents, in the order of their names. Raises WriterError."""
    with reading(path) as connection:
        return [Whose(*row) for row in connection.execute(f"{_WHOSE} ORDER BY key")]

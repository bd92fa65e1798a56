"""Whose words a document is made of, kept up to date with every change.

Knows characters of the text with "\\n" line ends, and nothing of files or editors. What comes in is never called typed:
a program that writes by small changes looks like a writer.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ownhand.verdicts.whose.carry import carry, marks_of
from ownhand.verdicts.whose.removals import Removals
from ownhand.verdicts.whose.stretches import NOT_OBSERVED, Kind, Origin, Stretch, Stretches
from ownhand.verdicts.whose.tokens import tokens_of

__all__ = ["PASTE", "Kind", "Origin", "Run", "WhoseWords", "shares_of"]

PASTE = 50
"""Characters of one change from which on it counts as pasted (the bound of Amazon Q)."""
_ALIKE = 20
"""A change whose two sides differ more than so many times in length is not looked at for what it kept."""
_WORD = 8
"""Characters up to which both sides of a change are taken for single words."""
_LIVE_EFFORT = 1_000_000
_FRESH = Origin(Kind.NOT_FROM_OWNHAND, "\0")
"""Stands for what is new while a replaced stretch is looked through."""


@dataclass(frozen=True, slots=True)
class Run:
    """[start, end) in code points; `suggestion` is the suggestion's id for text from Ownhand."""

    start: int
    end: int
    kind: Kind
    suggestion: str | None = None


class WhoseWords:
    """One document's runs of one origin each. Not safe for threads: hand a `copy` to another one."""

    def __init__(self, stretches: Iterable[Stretch] = ()) -> None:
        self._stretches = Stretches(stretches)
        self._removals = Removals()

    @classmethod
    def unobserved(cls, length: int) -> "WhoseWords":
        """A document that is seen for the first time."""
        return cls([(length, NOT_OBSERVED)])

    def __len__(self) -> int:
        """Characters of the text."""
        return len(self._stretches)

    def copy(self) -> "WhoseWords":
        """The same runs, without the memory of what was removed."""
        return WhoseWords(self._stretches)

    def edit(self, offset: int, removed: str, inserted: str, *, pasted: bool = False) -> None:
        """One change: at `offset`, `removed` gave way to `inserted`. Both with "\\n" line ends.

        `pasted`: it is one change of `PASTE` characters or more that is not ours. The same text in the same place as
        lately removed is what it was (undo, redo), and so is a long one that was moved within the document. Of a
        change that replaces text, what both sides have in common stays what it was: formatters replace whole pages.
        Raises ValueError when the document has no such place.
        """
        end = offset + len(removed)
        if not 0 <= offset <= end <= len(self):
            raise ValueError(f"a change of [{offset}, {end}) in a text of {len(self)} characters")
        if not removed and not inserted:
            return
        fresh = Origin(Kind.PASTED if pasted else Kind.NOT_FROM_OWNHAND)
        recalled = self._removals.recall(offset, inserted) if inserted else None
        new = recalled or self._incoming(offset, removed, inserted, fresh)
        old = self._stretches.replace(offset, end, new)
        self._removals.changed(offset, removed, old, len(inserted), restored=recalled is not None)

    def mark(self, start: int, end: int, suggestion: str) -> None:
        """[start, end) came from this suggestion. Told after the change: editors run the accept command later.

        What lies outside the text is passed over.
        """
        start, end = max(start, 0), min(end, len(self))
        if start < end:
            self._stretches.replace(start, end, [(end - start, Origin(Kind.FROM_OWNHAND, suggestion))])

    @property
    def stretches(self) -> list[Stretch]:
        """Lengths and origins in the order of the text."""
        return list(self._stretches)

    @property
    def runs(self) -> list[Run]:
        """In the order of the text, without gaps; neighbours differ."""
        runs, start = [], 0
        for length, origin in self._stretches:
            runs.append(Run(start, start + length, *origin))
            start += length
        return runs

    def shares(self) -> dict[Kind, float]:
        """Each kind's share of the characters; all 0 for an empty document."""
        return shares_of(self.counts())

    def counts(self) -> dict[Kind, int]:
        """Characters of each kind."""
        counts = dict.fromkeys(Kind, 0)
        for length, origin in self._stretches:
            counts[origin.kind] += length
        return counts

    def _incoming(self, offset: int, removed: str, inserted: str, fresh: Origin) -> list[Stretch]:
        if not inserted:
            return []
        if not removed or _has_nothing_in_common(removed, inserted):
            return [(len(inserted), fresh)]
        old = tokens_of(removed)
        marks = marks_of(self._stretches.between(offset, offset + len(removed)), old)
        short = Origin(Kind.NOT_FROM_OWNHAND)
        # What is new in a page that was replaced as a whole is pasted only where there is much of it in one place.
        return [
            (length, origin if origin != _FRESH else fresh if length >= PASTE else short)
            for length, origin in carry(old.hashes, marks, tokens_of(inserted), _FRESH, _LIVE_EFFORT)
        ]


def _has_nothing_in_common(removed: str, inserted: str) -> bool:
    """A cheap look: one word for another, or a page for a few letters."""
    short, long = sorted((len(removed), len(inserted)))
    is_space = removed.isspace() and inserted.isspace()
    return long > _ALIKE * short or (long <= _WORD and not is_space)


def shares_of(counts: Mapping[Kind, int]) -> dict[Kind, float]:
    total = sum(counts.values())
    return {kind: counts.get(kind, 0) / total if total else 0.0 for kind in Kind}

"""What was lately removed from a document, so that undo, redo and moving a paragraph don't change where it came from.

An editor doesn't say that a change is an undo. The same text that comes back to the same place is taken for the same
words; so is a long text that comes back elsewhere in the document. Kept in memory only, and only the latest.
"""

from dataclasses import dataclass

from ownhand.verdicts.whose.stretches import Stretch, joined

ELSEWHERE = 20
"""Characters from which on the very same text counts as moved when it turns up in another place."""
_SHORT = 4
"""A text shorter than this is taken back only while nothing new came in: anybody types "the" again."""
_MOST = 128
_MOST_CHARACTERS = 1_000_000


@dataclass(slots=True)
class _Removal:
    """The place is known as [low, high]: of text that came in there later, any part may lie on either side of it.

    `side`: this removal went on from the one before, to its left (-1: backspace) or its right (1: delete), else 0.
    """

    text: str
    stretches: list[Stretch]
    low: int
    high: int
    side: int
    stale: bool = False

    def is_at(self, offset: int) -> bool:
        return self.low <= offset <= self.high


class Removals:
    """The removals of one document, oldest first."""

    def __init__(self) -> None:
        self._removals: list[_Removal] = []
        self._characters = 0
        self._open = False
        """The last change was a removal alone, so that the next one may go on from it."""

    def recall(self, offset: int, text: str) -> list[Stretch] | None:
        """The stretches of `text` if it was lately removed and may come back at `offset` as what it was."""
        if not self._removals:
            return None
        return self._single(offset, text) or self._chain(offset, text)

    def changed(self, offset: int, removed: str, stretches: list[Stretch], inserted: int, *, restored: bool) -> None:
        """Take note of a change: `removed` (with its `stretches`) at `offset` gave way to `inserted` characters.

        `restored`: what came in was recalled.
        """
        side = self._side(offset, len(removed)) if self._open and removed and not inserted else 0
        for removal in self._removals:
            _move(removal, offset, len(removed), inserted)
            if inserted and not restored:
                removal.stale = True
        if removed:
            self._add(_Removal(removed, stretches, offset, offset, side))
        self._open = bool(removed) and not inserted

    def _single(self, offset: int, text: str) -> list[Stretch] | None:
        for index in range(len(self._removals) - 1, -1, -1):
            removal = self._removals[index]
            if removal.text != text or (removal.stale and len(text) < _SHORT):
                continue
            if removal.is_at(offset):
                self._drop(index)
                return removal.stretches
            if len(text) >= ELSEWHERE:
                return removal.stretches  # stays: a text that was cut may be pasted more than once
        return None

    def _chain(self, offset: int, text: str) -> list[Stretch] | None:
        """Editors undo many single deletions in one change: the latest ones joined."""
        whole, stretches = "", list[Stretch]()
        side = 0
        for index in range(len(self._removals) - 1, -1, -1):
            removal = self._removals[index]
            if not removal.is_at(offset) or len(whole) + len(removal.text) > len(text):
                return None
            before = side > 0
            whole = removal.text + whole if before else whole + removal.text
            stretches = [*removal.stretches, *stretches] if before else [*stretches, *removal.stretches]
            if whole == text and (not removal.stale or len(text) >= _SHORT):
                self._drop(index, len(self._removals))
                return joined(stretches)
            side = removal.side
            if side == 0:
                return None
        return None

    def _side(self, offset: int, length: int) -> int:
        last = self._removals[-1]
        if offset + length == last.low:
            return -1
        return 1 if offset == last.low else 0

    def _add(self, removal: _Removal) -> None:
        if len(removal.text) > _MOST_CHARACTERS:
            return
        self._removals.append(removal)
        self._characters += len(removal.text)
        while len(self._removals) > _MOST or self._characters > _MOST_CHARACTERS:
            self._drop(0)

    def _drop(self, first: int, end: int | None = None) -> None:
        end = first + 1 if end is None else end
        self._characters -= sum(len(removal.text) for removal in self._removals[first:end])
        del self._removals[first:end]


def _move(removal: _Removal, offset: int, removed: int, inserted: int) -> None:
    end = offset + removed
    if removal.low > offset:
        removal.low = removal.low + inserted - removed if removal.low >= end else offset
    if removal.high >= offset:
        removal.high = removal.high + inserted - removed if removal.high >= end else offset + inserted
    # Text that went while the place lay in it leaves the place at one of its ends.
    removal.low = min(removal.low, removal.high)

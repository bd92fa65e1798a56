"""A text as stretches of one origin each, without the text: what an edit costs does not grow with the text.

Lengths and origins are two lists; absolute offsets are counted from the place of the last edit (the finger), because
a writer mostly goes on where they were. All numbers are code points of the text with "\\n" line ends.
"""

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """Where a stretch of text came from, as far as the editor told. Nobody can know what was typed."""

    FROM_OWNHAND = "from Ownhand"
    """Text of an accepted suggestion that is still there."""
    NOT_FROM_OWNHAND = "not from Ownhand"
    """It came in while the editor told of every change, and not from a suggestion."""
    PASTED = "pasted"
    """The same, `PASTE` characters or more in one change."""
    NOT_OBSERVED = "not observed"
    """It was there before, or was changed while no editor told."""
    UNKNOWN = "unknown"
    """It was known once; after changes elsewhere it can't be told any more which text is which."""


class Origin(NamedTuple):
    """`suggestion` is the suggestion's id for text from Ownhand."""

    kind: Kind
    suggestion: str | None = None


NOT_OBSERVED = Origin(Kind.NOT_OBSERVED)
UNKNOWN = Origin(Kind.UNKNOWN)
Stretch = tuple[int, Origin]
"""Length and origin."""
_BLOCK = 128
"""Stretches that are passed at C speed when the next edit is far from the last."""


class Stretches:
    """Neighbours always differ in origin, and none is empty."""

    def __init__(self, stretches: Iterable[Stretch] = ()) -> None:
        self._lengths: list[int] = []
        self._origins: list[Origin] = []
        for length, origin in joined(stretches):
            self._lengths.append(length)
            self._origins.append(origin)
        self._total = sum(self._lengths)
        self._finger, self._finger_start = 0, 0

    def __len__(self) -> int:
        """Characters."""
        return self._total

    def __iter__(self) -> Iterator[Stretch]:
        return zip(self._lengths, self._origins, strict=True)

    def copy(self) -> "Stretches":
        return Stretches(self)

    def between(self, start: int, end: int) -> list[Stretch]:
        """The stretches of [start, end), the outer ones cut to size."""
        index, at = self._seek(start)
        found = []
        while at < end:
            after = at + self._lengths[index]
            found.append((min(after, end) - max(at, start), self._origins[index]))
            index, at = index + 1, after
        return found if start < end else []

    def replace(self, start: int, end: int, new: Sequence[Stretch]) -> list[Stretch]:
        """Put `new` in the place of [start, end); returns what was there. 0 <= start <= end <= length."""
        if start == end and len(new) == 1 and self._grown(start, *new[0]):
            return []
        old = self.between(start, end)
        first, first_start = self._seek(start)
        last, last_start = self._seek(end)
        head = [(start - first_start, self._origins[first])] if start > first_start else []
        if not head and first:
            # The neighbour may be of the same origin as what comes in.
            first, first_start = first - 1, first_start - self._lengths[first - 1]
            head = [(self._lengths[first], self._origins[first])]
        tail = []
        if last < len(self._lengths):
            tail = [(last_start + self._lengths[last] - end, self._origins[last])]
            last += 1
        merged = joined([*head, *new, *tail])
        self._lengths[first:last] = [length for length, _ in merged]
        self._origins[first:last] = [origin for _, origin in merged]
        self._total += sum(length for length, _ in new) - (end - start)
        self._finger, self._finger_start = first, first_start
        return old

    def _grown(self, at: int, length: int, origin: Origin) -> bool:
        """The usual keystroke: more of what stands right before or around it."""
        index, start = self._seek(at)
        if start == at and index and self._origins[index - 1] == origin:
            index, start = index - 1, start - self._lengths[index - 1]
        elif index == len(self._lengths) or self._origins[index] != origin:
            return False
        self._lengths[index] += length
        self._total += length
        self._finger, self._finger_start = index, start
        return True

    def _seek(self, offset: int) -> tuple[int, int]:
        """The stretch that holds the character at `offset` and its start; behind the last one at the text's end."""
        index, start, lengths = self._finger, self._finger_start, self._lengths
        while start > offset:
            step = min(_BLOCK, index)
            start -= sum(lengths[index - step : index])
            index -= step
        while index + _BLOCK < len(lengths) and start + (block := sum(lengths[index : index + _BLOCK])) <= offset:
            index, start = index + _BLOCK, start + block
        while index < len(lengths) and start + lengths[index] <= offset:
            start += lengths[index]
            index += 1
        self._finger, self._finger_start = index, start
        return index, start


def joined(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Empty ones left out, neighbours of one origin made one."""
    result: list[Stretch] = []
    for length, origin in stretches:
        if result and result[-1][1] == origin:
            result[-1] = (result[-1][0] + length, origin)
        elif length:
            result.append((length, origin))
    return result

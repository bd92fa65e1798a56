"""Accepted text, followed through whatever happens to the document afterwards."""

from dataclasses import dataclass, field

from ownhand.text.distance import distance
from ownhand.text.words import matching_words
from ownhand.verdicts.observer.edits import Edit

_TELLING = 3
"""Words by which a text is known again."""
_REMEMBERED = 8
"""Deletions that an undo or a redo may bring back."""


@dataclass(frozen=True)
class _Lost:
    """A deletion that touched the span: `whole` went at `place` from the span's start; `whole[first:last]` stood in the
    span at `position`."""

    place: int
    whole: str
    first: int
    last: int
    position: int


@dataclass
class Span:
    """Text from a suggestion: where it stands now and what has become of it.

    `accepted` is the text as it was taken. `deleted` counts its characters that went, less those that came back.
    """

    start: int
    accepted: str
    text: str = field(init=False)
    deleted: int = 0
    _lost: list[_Lost] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.text = self.accepted

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    @property
    def is_gone(self) -> bool:
        return not self.text.strip()

    @property
    def distance(self) -> float:
        """Token edit distance (Levenshtein over words) between accepted and present text, over the accepted words."""
        return word_distance(self.accepted, self.text)

    def apply(self, edit: Edit) -> None:
        if not edit.removed and self._restored(edit):
            return
        start, end = edit.offset, edit.offset + len(edit.removed)
        if end <= self.start and not (start == self.start and end > start):
            self.start += len(edit.inserted) - len(edit.removed)
        elif start < self.end:
            self._cut(edit, start, end)

    def _cut(self, edit: Edit, start: int, end: int) -> None:
        first, last = max(start, self.start), min(end, self.end)
        position, old_start = first - self.start, self.start
        inside, text = start >= old_start and end <= self.end, self.text
        head, tail = self.text[:position], self.text[last - old_start :]
        self.text = head + edit.inserted + tail if inside else head + tail
        if not inside and not matching_words(self.text) and self._found_in(edit, text):
            return
        if start < old_start:
            self.start = start + (0 if inside else len(edit.inserted))
        self.deleted += last - first
        if last > first:
            self._remember(_Lost(start - self.start, edit.removed, first - start, last - start, position))

    def _found_in(self, edit: Edit, text: str) -> bool:
        """A page that was replaced as a whole, by what was too much to compare, may hold the very text once."""
        at = edit.inserted.find(text) if len(matching_words(text)) >= _TELLING else -1
        if at < 0 or edit.inserted.find(text, at + 1) >= 0:
            return False
        self.start, self.text = edit.offset + at, text
        return True

    def _remember(self, lost: _Lost) -> None:
        self._lost = [lost, *self._lost[: _REMEMBERED - 1]]

    def _restored(self, edit: Edit) -> bool:
        """Did an undo or a redo put back the very text that had gone from this place?"""
        for lost in self._lost:
            same = edit.inserted == lost.whole and edit.offset == self.start + lost.place
            if same and lost.position <= len(self.text):
                self._put_back(edit, lost)
                return True
        return False

    def _put_back(self, edit: Edit, lost: _Lost) -> None:
        back = lost.whole[lost.first : lost.last]
        self.text = self.text[: lost.position] + back + self.text[lost.position :]
        self.deleted -= len(back)
        if lost.position == 0:
            self.start = edit.offset + lost.first
        self._lost.remove(lost)


def word_distance(accepted: str, present: str) -> float:
    """Levenshtein distance over words, as a share of the words of `accepted`; between 0 and 1."""
    if accepted == present:
        return 0.0
    theirs, mine = matching_words(accepted), matching_words(present)
    if not theirs:
        return 0.0 if accepted.strip() == present.strip() else 1.0
    return min(1.0, distance(theirs, mine) / len(theirs))

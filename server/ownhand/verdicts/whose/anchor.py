"""Whose words a document is made of when it is opened again, perhaps changed, renamed, split or merged meanwhile."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain

from ownhand.verdicts.facts import Whose
from ownhand.verdicts.whose.carry import carry
from ownhand.verdicts.whose.packing import Damaged, unpack, unpack_tokens
from ownhand.verdicts.whose.stretches import NOT_OBSERVED, UNKNOWN
from ownhand.verdicts.whose.tokens import digest_of, tokens_of
from ownhand.verdicts.whose.words import WhoseWords

_ROW = 4
_ENOUGH = 20
"""Tokens that a text has to have to be recognized under another name."""
_MOSTLY = 0.5
"""Share of the rows of `_ROW` tokens, of the smaller text, that one has in common with what it was or was a part of."""
_CHANCE = 10
"""Rows of a short text that may stand in any long one."""


def reopen(whose: Whose | None, text: str) -> WhoseWords:
    """What is known of `text`, given what was noted of the document.

    Nothing noted: not observed. The same text: as noted. Else what is found again in `text` keeps its origin, what is
    new there is not observed, and where that can't be told within bounds, or the note is damaged, it is unknown.
    A text that is gone is gone. Up to about two seconds for 5 MB that changed much; a blink for a chapter.
    """
    if whose is None:
        return WhoseWords.unobserved(len(text))
    try:
        noted = unpack(whose.runs, whose.tokens)
    except Damaged:
        return WhoseWords([(len(text), UNKNOWN)])
    if whose.digest == digest_of(text) and sum(length for length, _ in noted.stretches) == len(text):
        return WhoseWords(noted.stretches)
    return WhoseWords(carry(noted.hashes, noted.marks, tokens_of(text), NOT_OBSERVED))


def find_renamed(gone: Iterable[Whose], text: str) -> Whose | None:
    """The note of the document that `text` was, or was a part of, out of those whose files are `gone`.

    The same text, else the one with most in common. None when there is none, or too little text to tell.
    """
    return Notes(gone).find(text)


class Notes:
    """Notes of documents, to be asked from which of them several texts come."""

    def __init__(self, notes: Iterable[Whose]) -> None:
        self._notes = sorted(notes, key=lambda whose: whose.at, reverse=True)

    def find(self, text: str) -> Whose | None:
        """As `find_renamed`."""
        return next(self.find_all(text), None)

    def find_all(self, text: str, *, but: str | None = None) -> Iterator[Whose]:
        """Each tells of a part of `text` that those before it don't have; of equally good ones the newest.

        `but` is a document that is not asked.
        """
        hashes = tokens_of(text).hashes
        if not self._notes or len(hashes) <= _ENOUGH:
            return
        digest = digest_of(text)
        same = next((whose for whose in self._notes if whose.digest == digest and whose.document != but), None)
        if same:
            yield same
        else:
            yield from self._with_parts_of(_rows(hashes), but)

    def _with_parts_of(self, rows: set[int], but: str | None) -> Iterator[Whose]:
        size, left = len(rows), rows
        while (number := self._best(left, size, but)) is not None:
            yield self._notes[number]
            left = {row for row in left if number not in self._holders.get(row, ())}

    def _best(self, left: set[int], size: int, but: str | None) -> int | None:
        """The number of the note with most of the rows that are `left` of a text's `size` rows."""
        common = Counter(chain.from_iterable(self._holders.get(row, ()) for row in left))
        known = [
            (count, -number)
            for number, count in common.items()
            if _is_enough(count, size, self._sizes[number]) and self._notes[number].document != but
        ]
        return -max(known)[1] if known else None

    @cached_property
    def _holders(self) -> dict[int, tuple[int, ...]]:
        """The numbers of the notes that have a row."""
        holders: dict[int, tuple[int, ...]] = {}
        for number, whose in enumerate(self._notes):
            alone = (number,)  # one for all rows, of which most are in one note only
            for row in _rows_of(whose):
                holders[row] = holders[row] + alone if row in holders else alone
        return holders

    @cached_property
    def _sizes(self) -> Counter[int]:
        """The rows of each note."""
        return Counter(chain.from_iterable(self._holders.values()))


def _is_enough(common: int, *sizes: int) -> bool:
    """Were texts of these sizes one text, or one a part of the other? All in rows."""
    return common > _MOSTLY * max(sizes) or common > _MOSTLY * min(sizes) + _CHANCE


def _rows_of(whose: Whose) -> set[int]:
    try:
        return _rows(unpack_tokens(whose.tokens))
    except Damaged:
        return set()


def _rows(hashes: Sequence[int]) -> set[int]:
    return set(map(hash, zip(*(hashes[start:] for start in range(_ROW)), strict=False)))

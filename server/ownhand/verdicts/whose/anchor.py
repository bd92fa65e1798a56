"""Whose words a document is made of when it is opened again, perhaps changed or renamed meanwhile."""

from collections.abc import Iterable, Sequence

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
"""Share of its rows of `_ROW` tokens that a renamed file has in common with what it was."""


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
    """The note of the document that `text` was before it was renamed, out of those whose files are `gone`.

    The same text, else the one with most in common. None when there is none, or too little text to tell.
    """
    return Gone(gone).find(text)


class Gone:
    """Notes of documents whose files are gone, to be asked about several texts."""

    def __init__(self, notes: Iterable[Whose]) -> None:
        self._notes = sorted(notes, key=lambda whose: whose.at, reverse=True)
        self._rows: dict[str, set[int]] = {}

    def find(self, text: str) -> Whose | None:
        """As `find_renamed`."""
        if not self._notes:
            return None
        hashes = tokens_of(text).hashes
        if len(hashes) <= _ENOUGH:
            return None
        digest = digest_of(text)
        same = next((whose for whose in self._notes if whose.digest == digest), None)
        if same:
            return same
        rows = _rows(hashes)
        shares = [self._in_common(whose, rows) for whose in self._notes]
        return self._notes[shares.index(max(shares))] if max(shares) > _MOSTLY else None

    def _in_common(self, whose: Whose, rows: set[int]) -> float:
        """Rows in common over those of the larger text."""
        theirs = self._rows.get(whose.document)
        if theirs is None:
            theirs = self._rows[whose.document] = _rows_of(whose)
        return len(rows & theirs) / max(len(rows), len(theirs), 1)


def _rows_of(whose: Whose) -> set[int]:
    try:
        return _rows(unpack_tokens(whose.tokens))
    except Damaged:
        return set()


def _rows(hashes: Sequence[int]) -> set[int]:
    return set(map(hash, zip(*(hashes[start:] for start in range(_ROW)), strict=False)))

"""Which pieces are kept from training, so that what was learned can be measured on text it never saw.

A seventh of each form; once there are 12 pieces at least 3 of them and 800 words; never more than a quarter of all
words (of a form's too, unless a minimum asks for more, then half). A piece is decided once, when it is first seen, by
the hash of its id; nothing decided is ever decided again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b

from ownhand.manuscript.model import Form

ONE_IN = 7
LARGEST_SHARE = 4
"""At most one word in so many."""
LARGEST_SHARE_OF_FORM = 2
"""The same for one form while a minimum isn't met: both forms together may have enough where neither has."""
ENOUGH_PIECES = 12
FEWEST_PIECES = 3
FEWEST_WORDS = 800

CHOSEN = "kept aside to test what was learned"
FOLLOWS = "shares text with a piece that is kept aside"
HOLDS = "holds a passage of a piece that is kept aside"


@dataclass(frozen=True)
class Undecided:
    """A piece seen for the first time."""

    id: str
    form: Form
    words: int


@dataclass(frozen=True)
class Tally:
    """Pieces of one form that were decided before."""

    pieces: int = 0
    words: int = 0
    held_pieces: int = 0
    held_words: int = 0


def choose(new: Sequence[Undecided], decided: Mapping[Form, Tally]) -> set[str]:
    """The ids among `new` that are held out.

    Pieces are drawn in the order of their ids' hashes. Where that order misses a minimum because a large piece used
    up the quarter, the smallest or the largest go first instead.
    """
    orders: tuple[Callable[[Undecided], tuple[float, bytes]], ...] = (
        lambda piece: (0, _draw(piece.id)),
        lambda piece: (piece.words, _draw(piece.id)),
        lambda piece: (-piece.words, _draw(piece.id)),
    )
    drawings = [_Drawing(sorted(new, key=order), decided) for order in orders]
    for drawing in drawings:
        drawing.run()
    return max(drawings, key=lambda drawing: drawing.minima_met).held


def _draw(piece_id: str) -> bytes:
    return blake2b(piece_id.encode(), digest_size=8, person=b"held out").digest()


class _Drawing:
    """One attempt: takes pieces in a given order and keeps count."""

    def __init__(self, order: Sequence[Undecided], decided: Mapping[Form, Tally]) -> None:
        self.order = order
        self.held: set[str] = set()
        self.all = {form: _Sum(0, 0) for form in Form}
        self.kept = {form: _Sum(0, 0) for form in Form}
        for form, tally in decided.items():
            self.all[form] = _Sum(tally.pieces, tally.words)
            self.kept[form] = _Sum(tally.held_pieces, tally.held_words)
        for piece in order:
            self.all[piece.form] = self.all[piece.form].with_piece(piece)

    def run(self) -> None:
        for form in Form:
            of_form = [piece for piece in self.order if piece.form is form]
            self._take_while(of_form, partial(self._wants_more, form), LARGEST_SHARE)
        self._take_while(self.order, lambda: not self.minima_met[0], LARGEST_SHARE_OF_FORM)
        self._take_while(self.order, lambda: not self.minima_met[1], LARGEST_SHARE_OF_FORM)

    @property
    def minima_met(self) -> tuple[bool, bool]:
        """Enough pieces, enough words? Pieces are asked for step by step, so that a manuscript that grows by one piece
        at a time has 3 when it has 12."""
        pieces = _total(self.all).pieces
        kept = _total(self.kept)
        return (
            kept.pieces >= min(FEWEST_PIECES, pieces * FEWEST_PIECES // ENOUGH_PIECES),
            kept.words >= FEWEST_WORDS or pieces < ENOUGH_PIECES,
        )

    def _take_while(self, pieces: Sequence[Undecided], wanting: Callable[[], bool], share: int) -> None:
        for piece in pieces:
            if not wanting():
                return
            if piece.id not in self.held and self._fits(piece, share):
                self.held.add(piece.id)
                self.kept[piece.form] = self.kept[piece.form].with_piece(piece)

    def _wants_more(self, form: Form) -> bool:
        return self.kept[form].pieces < round(self.all[form].pieces / ONE_IN)

    def _fits(self, piece: Undecided, share: int) -> bool:
        of_form = (self.kept[piece.form].words + piece.words) * share <= self.all[piece.form].words
        return of_form and (_total(self.kept).words + piece.words) * LARGEST_SHARE <= _total(self.all).words


@dataclass(frozen=True, slots=True)
class _Sum:
    pieces: int
    words: int

    def with_piece(self, piece: Undecided) -> "_Sum":
        return _Sum(self.pieces + 1, self.words + piece.words)


def _total(sums: Mapping[Form, _Sum]) -> _Sum:
    return _Sum(sum(each.pieces for each in sums.values()), sum(each.words for each in sums.values()))

"""Which pieces are kept from training, so that what was learned can be measured on text it never saw.

A seventh of each form; once there are 12 pieces at least 3 of them and 800 words; never more than a quarter of a form's
words. A piece is decided once, when it is first seen, by the hash of its id; nothing decided is ever decided again.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b

from ownhand.manuscript.model import Form

ONE_IN = 7
LARGEST_SHARE = 4
"""At most one word in so many."""
ENOUGH_PIECES = 12
FEWEST_PIECES = 3
FEWEST_WORDS = 800

CHOSEN = "kept aside to test what was learned"
FOLLOWS = "shares text with a piece that is kept aside"


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


@dataclass
class _Drawing:
    order: Sequence[Undecided]
    decided: Mapping[Form, Tally]
    held: set[str] = field(default_factory=set)

    def run(self) -> None:
        for form in Form:
            of_form = [piece for piece in self.order if piece.form is form]
            self._take_while(of_form, partial(self._wants_more, form))
        self._take_while(self.order, lambda: self._pieces(Form, held=True) < self._fewest_pieces)
        self._take_while(self.order, lambda: self._words(Form, held=True) < self._fewest_words)

    @property
    def minima_met(self) -> tuple[bool, bool]:
        return (
            self._pieces(Form, held=True) >= self._fewest_pieces,
            self._words(Form, held=True) >= self._fewest_words,
        )

    def _take_while(self, pieces: Sequence[Undecided], wanting: Callable[[], bool]) -> None:
        for piece in pieces:
            if not wanting():
                return
            if piece.id not in self.held and self._fits(piece):
                self.held.add(piece.id)

    def _wants_more(self, form: Form) -> bool:
        return self._pieces([form], held=True) < round(self._pieces([form]) / ONE_IN)

    @property
    def _fewest_pieces(self) -> int:
        """Reached step by step, so that a manuscript that grows by one piece at a time has 3 when it has 12."""
        return min(FEWEST_PIECES, self._pieces(Form) * FEWEST_PIECES // ENOUGH_PIECES)

    @property
    def _fewest_words(self) -> int:
        return FEWEST_WORDS if self._pieces(Form) >= ENOUGH_PIECES else 0

    def _fits(self, piece: Undecided) -> bool:
        of_form = [piece.form]
        return (self._words(of_form, held=True) + piece.words) * LARGEST_SHARE <= self._words(of_form)

    def _pieces(self, forms: Iterable[Form], *, held: bool = False) -> int:
        return self._sum(forms, held, "held_pieces" if held else "pieces", lambda _: 1)

    def _words(self, forms: Iterable[Form], *, held: bool = False) -> int:
        return self._sum(forms, held, "held_words" if held else "words", lambda piece: piece.words)

    def _sum(self, forms: Iterable[Form], held: bool, before: str, size: Callable[[Undecided], int]) -> int:
        wanted = set(forms)
        earlier = sum(getattr(tally, before) for form, tally in self.decided.items() if form in wanted)
        return int(earlier) + sum(
            size(piece) for piece in self.order if piece.form in wanted and (not held or piece.id in self.held)
        )

"""What a replay adds up to: figures with bootstrap intervals over pieces.

A figure is a ratio of sums over the pieces. Its interval holds the middle 95% of the same ratio over 2,000 draws of as
many pieces with replacement (percentile bootstrap; Efron and Tibshirani, "An Introduction to the Bootstrap", 1993,
section 13.3). For two arms the same pieces are drawn, so that the difference is a paired one.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from random import Random
from typing import Any

DRAWS = 2000
_MIDDLE = 0.95


@dataclass(frozen=True)
class Tally:
    """Counts of one typed stretch. `characters` and `words` are what was written, `accept_keys` the keys that took
    `accepted_characters` of it. `offered` and `accepted` count each suggestion once, `generations` the engine's answers
    that were begun, dropped ones included."""

    piece: str
    form: str
    characters: int
    words: int
    rests: int
    offered: int
    accepted: int
    accepted_words: int
    accepted_characters: int
    accept_keys: int
    generations: int

    @property
    def saved(self) -> int:
        """Keys that did not have to be pressed."""
        return self.accepted_characters - self.accept_keys

    @property
    def wasted(self) -> int:
        """Generations of which nothing was taken."""
        return self.generations - self.accepted


@dataclass(frozen=True)
class Figure:
    """`share` of `of`, in hundredths."""

    key: str
    title: str
    share: Callable[[Tally], int]
    of: Callable[[Tally], int]

    def over(self, tallies: Sequence[Tally]) -> float:
        """0 where there is nothing to share."""
        whole = sum(map(self.of, tallies))
        return 100 * sum(map(self.share, tallies)) / whole if whole else 0.0


FIGURES = (
    Figure(
        "keystrokes_saved_per_100_characters",
        "Keystrokes saved per 100 characters",
        lambda tally: tally.saved,
        lambda tally: tally.characters,
    ),
    Figure(
        "offered_per_100_words",
        "Offered per 100 words",
        lambda tally: tally.offered,
        lambda tally: tally.words,
    ),
    Figure(
        "accepted_per_100_words",
        "Accepted, a word at least, per 100 words",
        lambda tally: tally.accepted,
        lambda tally: tally.words,
    ),
    Figure(
        "wasted_generations_percent",
        "Wasted generations in 100",
        lambda tally: tally.wasted,
        lambda tally: tally.generations,
    ),
)


@dataclass(frozen=True)
class Estimate:
    """`low` and `high` bound the interval; None over a single piece, which has none."""

    value: float
    low: float | None
    high: float | None

    def to_json(self) -> dict[str, float | None]:
        return {key: None if value is None else round(value, 3) for key, value in asdict(self).items()}


def estimate(figure: Figure, tallies: Sequence[Tally], seed: int) -> Estimate:
    """The figure over all pieces and its interval. `tallies` holds one at least."""
    return _estimate(lambda pieces: figure.over([tallies[piece] for piece in pieces]), len(tallies), seed)


def difference(figure: Figure, one: Sequence[Tally], other: Sequence[Tally], seed: int) -> Estimate:
    """The figure of `one` less that of `other`, which typed the same pieces in the same order."""

    def less(pieces: Sequence[int]) -> float:
        return figure.over([one[piece] for piece in pieces]) - figure.over([other[piece] for piece in pieces])

    return _estimate(less, len(one), seed)


def _estimate(value_of: Callable[[Sequence[int]], float], pieces: int, seed: int) -> Estimate:
    value = value_of(range(pieces))
    if pieces < 2:
        return Estimate(value, None, None)
    random = Random(seed)
    drawn = sorted(value_of(random.choices(range(pieces), k=pieces)) for _ in range(DRAWS))
    outside = round(DRAWS * (1 - _MIDDLE) / 2)
    return Estimate(value, drawn[outside], drawn[-1 - outside])


def totals(tallies: Sequence[Tally]) -> dict[str, Any]:
    """The plain sums, for those who reckon themselves."""
    counted = [key for key in asdict(tallies[0]) if key not in ("piece", "form")]
    return {key: sum(getattr(tally, key) for tally in tallies) for key in counted}

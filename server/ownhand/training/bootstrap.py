"""Intervals by resampling: whole pieces first, then the blocks within each (cluster bootstrap).

Blocks of one piece are alike, so drawing blocks alone would promise too much. Source: Davison & Hinkley, "Bootstrap
Methods and their Application", 3.8. Percentile intervals, a fixed seed: the same figures give the same interval.

Draws from few pieces differ less than other pieces would, so the bounds are moved away from the figure itself as far as
Student's t with that many pieces demands (Hesterberg, "What Teachers Should Know About the Bootstrap", 2015).
"""

import math
import random
from collections.abc import Callable, Sequence
from statistics import NormalDist
from typing import TypeVar

ROUNDS = 2000
LEVEL = 0.95
_SEED = 20260101
Row = TypeVar("Row")
Pieces = Sequence[Sequence[Row]]
"""The rows (one per block) of each piece."""


def interval(statistic: Callable[..., float], *samples: Pieces[Row], rounds: int = ROUNDS) -> tuple[float, float]:
    """The bounds between which `statistic` would lie for 95 of 100 writers' choices of pages.

    `statistic` takes the rows of each sample as flat lists. Draws for which it is no number are left out; when none is
    left, both bounds are NaN.
    """
    draw = random.Random(_SEED)
    values = sorted(
        value
        for _ in range(rounds)
        if math.isfinite(value := statistic(*(_resampled(pieces, draw) for pieces in samples)))
    )
    if not values:
        return math.nan, math.nan
    tail = (1 - LEVEL) / 2
    low, high = _quantile(values, tail), _quantile(values, 1 - tail)
    value = statistic(*([row for piece in pieces for row in piece] for pieces in samples))
    wider = _wider(min(map(len, samples)))
    return value - wider * max(0.0, value - low), value + wider * max(0.0, high - value)


def _wider(pieces: int) -> float:
    """By how much draws from so many pieces fall short; 1 for a single one, of which nothing is known."""
    if pieces < 2:
        return 1.0
    z = NormalDist().inv_cdf((1 + LEVEL) / 2)
    return math.sqrt(pieces / (pieces - 1)) * _student(z, pieces - 1) / z


def _student(z: float, degrees: int) -> float:
    """The quantile of Student's t where the normal's is `z` (Abramowitz & Stegun 26.7.5)."""
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + math.fsum(term / float(degrees) ** power for power, term in enumerate(terms, 1))


def _resampled(pieces: Pieces[Row], draw: random.Random) -> list[Row]:
    chosen = draw.choices(pieces, k=len(pieces)) if pieces else []
    return [row for piece in chosen for row in draw.choices(piece, k=len(piece))]


def _quantile(ordered: Sequence[float], share: float) -> float:
    """Linear between the two nearest values."""
    at = share * (len(ordered) - 1)
    low = math.floor(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)

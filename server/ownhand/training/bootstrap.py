"""Intervals by resampling: whole pieces first, then the blocks within each (cluster bootstrap).

Blocks of one piece are alike, so drawing blocks alone would promise too much. Source: Davison & Hinkley, "Bootstrap
Methods and their Application", 3.8. Percentile intervals, a fixed seed: the same figures give the same interval.
"""

import math
import random
from collections.abc import Callable, Sequence
from typing import TypeVar

ROUNDS = 2000
LEVEL = 0.95
_SEED = 20260101
Row = TypeVar("Row")
Pieces = Sequence[Sequence[Row]]
"""The rows (one per block) of each piece."""


def interval(statistic: Callable[..., float], *samples: Pieces[Row], rounds: int = ROUNDS) -> tuple[float, float]:
    """The bounds between which `statistic` lies in 95 of 100 draws.

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
    return _quantile(values, tail), _quantile(values, 1 - tail)


def _resampled(pieces: Pieces[Row], draw: random.Random) -> list[Row]:
    chosen = draw.choices(pieces, k=len(pieces)) if pieces else []
    return [row for piece in chosen for row in draw.choices(piece, k=len(piece))]


def _quantile(ordered: Sequence[float], share: float) -> float:
    """Linear between the two nearest values."""
    at = share * (len(ordered) - 1)
    low = math.floor(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)

"""The report's plot: how much easier the writer's words became to foretell, with the interval of each figure. SVG."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _ROW, _TOP, _FOOT = 640, 50, 8, 40
_LEFT, _RIGHT = 14, 96
"""Left of the scale's beginning, and right of its end, where the figures stand."""
_TICKS = (1, 2, 5, 10, 20, 50)


@dataclass(frozen=True)
class Bar:
    """One row. `value`, `low` and `high` in percent; without an interval these two are None. `kind`: its CSS class."""

    label: str
    value: float
    low: float | None = None
    high: float | None = None
    kind: str = ""

    @property
    def spoken(self) -> str:
        between = f", between {self.low:.1f} and {self.high:.1f}" if self.low is not None else ""
        return f"{self.label}: {self.value:.1f} percent{between}"


class _Scale:
    """From percent to the plot's own units."""

    def __init__(self, bars: Sequence[Bar]) -> None:
        values = [0.0, *(bar.value for bar in bars)]
        values += [end for bar in bars for end in (bar.low, bar.high) if end is not None]
        least, most = min(values), max(values)
        self.step = next((step for step in _TICKS if (most - least) / step <= 8), _TICKS[-1])
        self.least = math.floor(least / self.step) * self.step
        self.most = max(math.ceil(most / self.step) * self.step, self.least + self.step)

    def at(self, percent: float) -> float:
        share = (percent - self.least) / (self.most - self.least)
        return round(_LEFT + share * (_WIDTH - _LEFT - _RIGHT), 1)

    @property
    def ticks(self) -> list[int]:
        return list(range(self.least, self.most + 1, self.step))


def plot(bars: Sequence[Bar], *, title: str, axis: str) -> str:
    """The figure as one SVG element, with its numbers spoken for those who don't see it."""
    scale = _Scale(bars)
    height = _TOP + _ROW * len(bars) + _FOOT
    floor = height - _FOOT
    said = ". ".join(bar.spoken for bar in bars)
    parts = [
        f'<svg class="plot" viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{escape(f"{title}. {said}.")}">',
        *(_tick(scale, tick, floor) for tick in scale.ticks),
        *(_row(scale, bar, _TOP + _ROW * number) for number, bar in enumerate(bars)),
        f'<text class="axis" x="{_LEFT}" y="{height - 3}">{escape(axis)}</text>',
        "</svg>",
    ]
    return "".join(parts)


def _tick(scale: _Scale, tick: int, floor: int) -> str:
    x, kind = scale.at(tick), ' class="zero"' if tick == 0 else ""
    return (
        f'<line{kind} x1="{x}" x2="{x}" y1="{_TOP}" y2="{floor}"/>'
        f'<text class="axis" x="{x}" y="{floor + 15}" text-anchor="middle">{_signed(tick)}</text>'
    )


def _row(scale: _Scale, bar: Bar, top: int) -> str:
    middle, zero, value = top + 34, scale.at(0), scale.at(bar.value)
    width = max(abs(value - zero), 0.5)
    figure = f"{_signed(round(bar.value, 1))}%"
    drawn = (
        f'<text x="{_LEFT}" y="{top + 20}">{escape(bar.label)}</text>'
        f'<rect class="bar {bar.kind}" x="{min(zero, value)}" y="{middle - 6}" width="{width:.1f}" height="12"/>'
        f'<text class="figure" x="{_WIDTH - 4}" y="{middle + 5}" text-anchor="end">{figure}</text>'
    )
    if bar.low is None or bar.high is None:
        return drawn
    low, high = scale.at(bar.low), scale.at(bar.high)
    caps = "".join(f"M{x} {middle - 5}v10" for x in (low, high))
    return f'{drawn}<path class="interval" d="M{low} {middle}H{high}{caps}"/>'


def _signed(number: float) -> str:
    return f"{number}".replace("-", "−")

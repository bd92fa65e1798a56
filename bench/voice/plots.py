"""Small pictures of lines, written as SVG: they stand in the docs and need no library."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import log10
from pathlib import Path
from statistics import fmean
from typing import Any

_WIDTH, _HEIGHT = 560, 320
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 120, 34, 46
_COLOURS = ("#0b6e99", "#c2571a", "#5b7f2b", "#7a4fa3", "#8a6d1f", "#444444")
Point = tuple[float, float]
Lines = Mapping[str, Sequence[Point]]


@dataclass(frozen=True)
class Picture:
    """`goal`: a height that is drawn across. The horizontal axis is logarithmic and shows `marks`."""

    title: str
    across: str
    up: str
    marks: Sequence[float]
    low: float
    high: float
    step: float
    goal: float | None = None


def draw_all(folder: Path, curve: Sequence[Mapping[str, Any]], heart: Sequence[Mapping[str, Any]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    marks = sorted({row["samples"] for row in curve})
    across = "samples of about 200 words"
    for key, up, low, high, step, goal in (
        ("over_context", "points beyond passages in the prompt", -2, 7, 1, 0),
        ("specific", "points that are the author's own", -2, 16, 2, 0),
        ("novelty", "share of new words", 0.9, 1.0, 0.02, 0.95),
    ):
        picture = Picture(f"{up}, by samples", across, up, marks, low, high, step, goal)
        lines = _means(curve, "author", "samples", key)
        (folder / f"voice-curve-{key.replace('_', '-')}.svg").write_text(svg(picture, lines), encoding="utf-8")
    ten = [row for row in heart if row["samples"] == 10]
    for author in sorted({row["author"] for row in ten}):
        rows = [row | {"line": f"rank {row['rank']}"} for row in ten if row["author"] == author]
        marks = sorted({row["epochs"] for row in rows})
        picture = Picture(
            f"New words, by passes over ten samples ({author})", "passes", "share of new words", marks, 0, 1, 0.2, 0.95
        )
        lines = _means(rows, "line", "epochs", "novelty")
        (folder / f"voice-by-heart-{author}.svg").write_text(svg(picture, lines), encoding="utf-8")


def _means(rows: Sequence[Mapping[str, Any]], line: str, across: str, up: str) -> dict[str, list[Point]]:
    found: dict[str, dict[float, list[float]]] = {}
    for row in rows:
        if row.get(up) is not None:
            found.setdefault(str(row[line]), {}).setdefault(row[across], []).append(row[up])
    order = sorted(found, key=lambda name: [int(part) if part.isdigit() else part for part in name.split()][::-1])
    return {name: [(x, fmean(values)) for x, values in sorted(found[name].items())] for name in order}


def svg(picture: Picture, lines: Lines) -> str:
    first, last = log10(picture.marks[0]), log10(picture.marks[-1])

    def x(value: float) -> float:
        return _LEFT + (log10(value) - first) / ((last - first) or 1) * (_WIDTH - _LEFT - _RIGHT)

    def y(value: float) -> float:
        share = (min(max(value, picture.low), picture.high) - picture.low) / (picture.high - picture.low)
        return _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" '
        'font-size="12" fill="#333">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
        f'<text x="{_LEFT}" y="20" font-size="14">{escape(picture.title)}</text>',
        f'<text x="{_LEFT}" y="{_HEIGHT - 10}">{escape(picture.across)}</text>',
    ]
    for number in range(round((picture.high - picture.low) / picture.step) + 1):
        value = picture.low + number * picture.step
        parts.append(f'<path d="M{_LEFT} {y(value):.1f}H{_WIDTH - _RIGHT}" stroke="#e3e3e3"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{y(value) + 4:.1f}" text-anchor="end">{value:.4g}</text>')
    parts += [
        f'<text x="{x(mark):.1f}" y="{_HEIGHT - _BOTTOM + 18}" text-anchor="middle">{mark:g}</text>'
        for mark in picture.marks
    ]
    if picture.goal is not None:
        parts.append(
            f'<path d="M{_LEFT} {y(picture.goal):.1f}H{_WIDTH - _RIGHT}" stroke="#999" stroke-dasharray="4 3"/>'
        )
    for points, colour in zip(lines.values(), _COLOURS, strict=False):
        path = "L".join(f"{x(across):.1f} {y(up):.1f}" for across, up in points)
        parts.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x(a):.1f}" cy="{y(b):.1f}" r="3" fill="{colour}"/>' for a, b in points]
    for row, (name, colour) in enumerate(zip(lines, _COLOURS, strict=False)):
        parts.append(
            f'<text x="{_WIDTH - _RIGHT + 12}" y="{_TOP + 18 + 18 * row}" fill="{colour}">{escape(name)}</text>'
        )
    return "\n".join([*parts, "</svg>"]) + "\n"

"""What a benchmark found, how it is judged, and how it is printed."""

import math
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Figure:
    """One measured value beside its bound. `bound` is inclusive; None: reported, not judged."""

    name: str
    value: float
    unit: str = ""
    bound: float | None = None
    at_least: bool = False
    note: str = ""

    @property
    def holds(self) -> bool:
        if self.bound is None:
            return True
        return self.value >= self.bound if self.at_least else self.value <= self.bound

    def to_json(self) -> dict[str, object]:
        return {"name": self.name, "value": self.value, "unit": self.unit, "bound": self.bound, "holds": self.holds}


def quantile(values: list[float], share: float) -> float:
    """The nearest-rank quantile: the smallest value with at least `share` of the values at or below it."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)]


def show(figures: list[Figure], console: Console) -> None:
    table = Table("figure", "measured", "bound", "", "note", title="Ownhand benchmarks")
    for figure in figures:
        relation = "≥" if figure.at_least else "≤"
        bound = f"{relation} {figure.bound:g} {figure.unit}" if figure.bound is not None else "—"
        verdict = ("holds" if figure.holds else "MISSED") if figure.bound is not None else ""
        table.add_row(figure.name, f"{figure.value:.3g} {figure.unit}", bound, verdict, figure.note)
    console.print(table)

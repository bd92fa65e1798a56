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
        return {
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "bound": self.bound,
            "holds": self.holds,
            "note": self.note,
        }

    @property
    def cells(self) -> tuple[str, str, str, str, str]:
        """Name, value, bound, verdict and note, as a person reads them."""
        relation = "≥" if self.at_least else "≤"
        bound = f"{relation} {self.bound:g} {self.unit}" if self.bound is not None else ""
        verdict = ("holds" if self.holds else "MISSED") if self.bound is not None else ""
        return self.name, f"{self.value:.3g} {self.unit}", bound, verdict, self.note


def quantile(values: list[float], share: float) -> float:
    """The nearest-rank quantile: the smallest value with at least `share` of the values at or below it."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)]


def show(figures: list[Figure], console: Console) -> None:
    table = Table("figure", "measured", "bound", "", "note", title="Ownhand benchmarks")
    for figure in figures:
        table.add_row(*figure.cells)
    console.print(table)


def markdown(figures: list[Figure]) -> str:
    """The table of docs/performance.md."""
    rows = [" | ".join(figure.cells) for figure in figures]
    table = ["figure | measured | bound | | note", "--- | --- | --- | --- | ---", *rows]
    return "".join(f"| {row} |\n" for row in table)

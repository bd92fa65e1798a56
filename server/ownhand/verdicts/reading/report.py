"""What became of a voice's suggestions, at a glance: the figures and the latest ones."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ownhand.verdicts.reading.figures import Recent, Statistics, read_statistics, recent

RECENT = 50


@dataclass(frozen=True)
class VerdictReport:
    """`folder` is the manuscript folder; `recent` are the suggestions that were shown last, the last one first."""

    folder: Path
    statistics: Statistics
    recent: tuple[Recent, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "folder": str(self.folder),
            **self.statistics.to_json(),
            "recent": [one.to_json() for one in self.recent],
        }


def verdict_report(folder: Path, ledger: Path, limit: int = RECENT) -> VerdictReport:
    """Raises WriterError when the ledger can't be read; one that isn't there yet reads as empty."""
    return VerdictReport(folder, read_statistics(ledger), tuple(recent(ledger, limit)))

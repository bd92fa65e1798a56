"""Whose words a manuscript is made of, at a glance."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from ownhand.verdicts.reading.figures import Statistics
from ownhand.verdicts.whose.words import Kind, Run, WhoseWords, shares_of

SHARE_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Span:
    """A run and the line it begins on, from 1."""

    run: Run
    line: int

    def to_json(self) -> dict[str, Any]:
        run = self.run
        known = {"start": run.start, "end": run.end, "line": self.line, "kind": run.kind.value}
        return known if run.suggestion is None else {**known, "suggestion": run.suggestion}


@dataclass(frozen=True, slots=True)
class FileWords:
    """One file. `path` is relative to the manuscript folder with "/"; `text` is for showing a span's first words.

    `observed`: an editor told of it at least once.
    """

    path: str
    counts: Mapping[Kind, int]
    spans: tuple[Span, ...]
    observed: bool
    text: str = field(repr=False)

    @property
    def characters(self) -> int:
        return len(self.text)

    def to_json(self) -> dict[str, Any]:
        return {
            "path": self.path,
            "characters": self.characters,
            "shares": _shares_json(self.counts),
            "spans": [span.to_json() for span in self.spans],
        }


@dataclass(frozen=True)
class WhoseReport:
    """`statistics` are the whole voice's, whatever files were asked for; `skipped` gives files with the reason."""

    folder: Path
    made: datetime
    files: tuple[FileWords, ...]
    skipped: tuple[tuple[str, str], ...]
    statistics: Statistics

    @property
    def counts(self) -> dict[Kind, int]:
        """Characters of each kind in all files."""
        return {kind: sum(file.counts[kind] for file in self.files) for kind in Kind}

    @property
    def characters(self) -> int:
        return sum(file.characters for file in self.files)

    def to_json(self) -> dict[str, Any]:
        """No manuscript text."""
        return {
            "folder": str(self.folder),
            "files": [file.to_json() for file in self.files],
            "shares": _shares_json(self.counts),
            "skipped": [{"path": path, "reason": reason} for path, reason in self.skipped],
        }


def file_words(path: str, text: str, words: WhoseWords, *, observed: bool) -> FileWords:
    spans, line, at = [], 1, 0
    for run in words.runs:
        line += text.count("\n", at, run.start)
        at = run.start
        spans.append(Span(run, line))
    return FileWords(path, words.counts(), tuple(spans), observed, text)


def percent(count: int, total: int) -> str:
    """For a person: nothing is "0 %", and little is never shown as nothing."""
    if not count:
        return "0 %"
    share = 100 * count / total
    return "< 0.1 %" if share < 0.1 else "> 99.9 %" if 99.9 < share < 100 else f"{share:.1f} %".replace(".0 %", " %")


def _shares_json(counts: Mapping[Kind, int]) -> dict[str, float]:
    return {kind.value: round(share, SHARE_DIGITS) for kind, share in shares_of(counts).items()}

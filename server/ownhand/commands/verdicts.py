"""`ownhand verdicts`: what became of the suggestions in a manuscript folder, in figures and one by one."""

import os
import secrets
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ownhand.commands.context import print_json, say
from ownhand.commands.target import check_target
from ownhand.errors import WriterError
from ownhand.home import Home
from ownhand.manuscript.consent import VoiceFolder, check_folder, find_voice
from ownhand.text.counted import counted
from ownhand.verdicts.reading.export import BEGINNING, export
from ownhand.verdicts.reading.figures import Recent, Statistics, Tally
from ownhand.verdicts.reading.report import VerdictReport, verdict_report

_SHOWN = 12
"""Suggestions that a person gets to see one by one."""
_CONTEXT, _INSTEAD = 36, 44
"""Characters that are shown of what stood before a suggestion, and of what was written instead."""
_STANDARD_OUTPUT = "-"


def run(home: Home, folder: Path, *, as_json: bool, export_to: Path | None) -> int:
    voice = _voice(home, folder)
    if export_to is not None:
        return _export(voice, export_to)
    report = read_verdicts(home, folder)
    if as_json:
        print_json(report.to_json())
    else:
        show(report, Console(highlight=False))
    return 0


def read_verdicts(home: Home, folder: Path) -> VerdictReport:
    """The report; nothing noted yet reads as empty. Raises WriterError for a folder that isn't there."""
    voice = _voice(home, folder)
    return verdict_report(folder.resolve(), voice.ledger_path) if voice else VerdictReport(folder, Statistics(), ())


def show(report: VerdictReport, console: Console) -> None:
    """The report for a person."""
    total = report.statistics.total
    if not total.offered:
        console.print(_NOTHING, markup=False, soft_wrap=True)
        return
    for sentence in _sentences(total):
        console.print(sentence, markup=False, soft_wrap=True)
    console.print(_figures(report.statistics))
    if report.recent:
        console.print("The latest:")
    for line in _latest(report.recent[:_SHOWN]):
        console.print(line, soft_wrap=True)


_NOTHING = (
    "Nothing is noted of suggestions in this folder yet. Write in it with an editor (README.md says how) and ask for a "
    "suggestion; what becomes of it is noted here."
)


def _voice(home: Home, folder: Path) -> VoiceFolder | None:
    check_folder(folder)
    return find_voice(home, folder)


def _export(voice: VoiceFolder | None, file: Path) -> int:
    """One JSON object a line. Into a file of the writer's alone, which is there when it is whole."""
    if voice is None:
        raise WriterError("Nothing is noted of suggestions in this folder yet.", "Write in it with an editor first.")
    if str(file) == _STANDARD_OUTPUT:
        export(voice.ledger_path, sys.stdout)
        return 0
    check_target(file, BEGINNING, "verdicts.jsonl")
    temporary = file.with_name(f".{file.name}.{secrets.token_hex(4)}.tmp")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            written = export(voice.ledger_path, stream)
        temporary.replace(file)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        reason = error.strerror or type(error).__name__
        raise WriterError(
            f"{file} can't be written: {reason}.", "Name a file in a folder that you can write in."
        ) from error
    say(f"{counted(written, 'suggestion is', 'suggestions are')} in {file}. It holds text of yours.")
    return 0


def _sentences(total: Tally) -> Iterator[str]:
    offered = counted(total.offered, "suggestion was", "suggestions were")
    yield (
        f"{offered} offered and {total.shown:,} of them seen; you took "
        f"{total.accepted:,} whole and {total.partial:,} in part ({100 * total.acceptance_rate:.0f}% of those seen)."
    )
    if total.looked_300s:
        looked = counted(total.looked_300s, "that was", "that were")
        yield f"Of {looked} looked at after five minutes, {counted(total.kept_300s, 'was', 'were')} still there."
    yield f"Keystrokes saved: {total.keystrokes_saved:,}."


_COLUMNS: Mapping[str, str] = {
    "shown": "Seen",
    "accepted": "Taken",
    "partial": "In part",
    "typed_through": "Typed along",
    "typed_past": "Wrote else",
    "dismissed": "Put away",
    "rejected": "Not mine",
    "kept_300s": "Kept 5 min",
    "keystrokes_saved": "Keys saved",
}


def _figures(statistics: Statistics) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("")
    for title in _COLUMNS.values():
        table.add_column(title, justify="right")
    table.add_row("all", *_cells(statistics.total))
    parts = (
        statistics.by_form,
        {f"{length} {'word' if length == '1' else 'words'}": tally for length, tally in statistics.by_length.items()},
        statistics.by_model,
        {f"adapter {adapter}": tally for adapter, tally in statistics.by_adapter.items()},
    )
    for part in parts:
        if len(part) > 1 or part is statistics.by_form:
            for name, tally in part.items():
                table.add_row(Text(name), *_cells(tally))
    return table


def _cells(tally: Tally) -> list[str]:
    return [f"{getattr(tally, key):,}" for key in _COLUMNS]


def _latest(recent: tuple[Recent, ...]) -> Iterator[Text]:
    """Each suggestion on two lines: when and what became of it, then the suggestion after a little of its context."""
    for one in recent:
        when = datetime.fromtimestamp(one.at).strftime("%d %b %H:%M")
        yield Text.assemble((when, "dim"), f"  {fate_in_words(one)}")
        before = " ".join(one.before.split())
        yield Text.assemble("   ", (f"…{before[-_CONTEXT:]} ", "dim"), (f"⟦{_one_line(one.text)}⟧", "green"))


def _one_line(text: str | None) -> str:
    return "(its text is not kept)" if text is None else " / ".join(line.strip() for line in text.strip().splitlines())


_FATES = {
    "accepted": "you took it",
    "partial": "you took a part of it",
    "typed_through": "you typed it yourself",
    "typed_past": "you wrote something else",
    "dismissed": "you put it away",
    "rejected": "not yours",
    "ignored": "you went on elsewhere",
    "unknown": "not known",
}


def fate_in_words(one: Recent) -> str:
    """What became of a suggestion, as one would tell it to the writer."""
    said = _FATES.get(one.fate or "", "still open")
    if one.reason:
        said += f": {one.reason}"
    if one.removed:
        said += ", and took it out again"
    elif one.fate in ("accepted", "partial") and one.kept_300s is False:
        said += ", and rewrote it"
    elif one.instead and one.instead.strip():
        said += f": “{_one_line(one.instead)[:_INSTEAD]}”"
    return said

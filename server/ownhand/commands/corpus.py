"""`ownhand corpus`: what a manuscript folder holds, and what that much can promise."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from ownhand.commands.context import print_json, terminal_settings
from ownhand.home import Home
from ownhand.manuscript.consent import Consent
from ownhand.manuscript.model import Mine, Piece
from ownhand.manuscript.report import CorpusReport, corpus_report
from ownhand.manuscript.scan import Progress as OnProgress
from ownhand.manuscript.scanner import refresh
from ownhand.settings import Settings
from ownhand.text.counted import counted


def run(home: Home, folder: Path, *, as_json: bool) -> int:
    report = read_manuscript(home, folder, terminal_settings(home))
    if as_json:
        print_json(report.to_json())
    else:
        show(report, Console(highlight=False))
    return 0


def read_manuscript(home: Home, folder: Path, settings: Settings) -> CorpusReport:
    """Read what is new in `folder`, with progress on standard error, and report."""
    with _reading() as on_progress:
        refresh(home, folder, settings, on_progress)
    return corpus_report(home, folder)


def show(report: CorpusReport, console: Console) -> None:
    """The report for a person."""
    console.print(_table(report))
    for item in report.skipped:
        console.print(f"Skipped: {item.path} ({item.reason})", style="dim", markup=False, soft_wrap=True)
    for sentence in _sentences(report):
        console.print(sentence, markup=False, soft_wrap=True)


def _table(report: CorpusReport) -> Table:
    table = Table(
        title=f"{report.folder.name}: {counted(report.counts.pieces, 'piece')}",
        title_justify="left",
        box=box.SIMPLE_HEAD,
    )
    table.add_column("Piece", overflow="fold", max_width=36)
    table.add_column("File", overflow="fold", style="dim")
    table.add_column("Form")
    table.add_column("Words", justify="right")
    table.add_column("Note", overflow="fold")
    for piece in report.pieces:
        # As Text: a title may hold square brackets, which would be markup.
        table.add_row(Text(piece.title), Text(piece.path), piece.form.value, f"{piece.words:,}", _note(piece))
    return table


def _note(piece: Piece) -> str:
    if piece.copy_of:
        return "an older draft; the newest one counts"
    if piece.mine is not Mine.MINE:
        return {Mine.NOT_MINE: "not mine", Mine.QUESTION: "yours? Answer in the editor."}[piece.mine]
    return "held out" if piece.held_out else ""


def _sentences(report: CorpusReport) -> Iterator[str]:
    counts = report.counts
    if not report.pieces:
        yield "There is no text here that Ownhand can read. It reads .md, .txt, .fountain, .org, .tex, .docx and .rtf."
        return
    yield (
        f"{counted(counts.words, 'word')}: {counts.prose_words:,} of prose in {counted(counts.prose_pieces, 'piece')}, "
        f"{counts.verse_words:,} of verse in {counts.verse_pieces}."
    )
    if counts.held_out_pieces:
        reasons = "; ".join(sorted({piece.held_out for piece in report.pieces if piece.held_out}))
        held_out = f"{counted(counts.held_out_pieces, 'piece')}, {counted(counts.held_out_words, 'word')}"
        yield f"Held out: {held_out} ({reasons})."
    if report.consent is not Consent.LEARN:
        yield "You told Ownhand not to learn from this folder, so nothing here teaches it."
    yield report.promise


@contextmanager
def _reading() -> Iterator[OnProgress]:
    columns = (TextColumn("Reading"), BarColumn(), MofNCompleteColumn(), TextColumn("files"))
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=None)
        yield lambda files, of: bar.update(task, completed=files, total=of)

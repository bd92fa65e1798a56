"""`ownhand verdicts DIR --provenance [FILE]`: which stretch of a manuscript came from where."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ownhand.commands.context import print_json, say, terminal_settings
from ownhand.commands.target import check_target
from ownhand.errors import WriterError
from ownhand.home import Home
from ownhand.manuscript.consent import VoiceFolder, check_folder, find_voice
from ownhand.manuscript.encoding import Unreadable, decode
from ownhand.manuscript.formats import READ_ONLY, SUFFIXES
from ownhand.manuscript.model import Skipped
from ownhand.manuscript.walk import find_files
from ownhand.settings import Settings
from ownhand.text.page import BEGINNING
from ownhand.verdicts.facts import UNTITLED, Whose
from ownhand.verdicts.reading.figures import all_whose, read_statistics
from ownhand.verdicts.whose.anchor import Notes, reopen
from ownhand.verdicts.whose.page import write_page
from ownhand.verdicts.whose.report import FileWords, Span, WhoseReport, file_words, percent
from ownhand.verdicts.whose.words import Kind

LARGEST = 10_000_000
"""Bytes of a file that is looked through."""
_SPANS_SHOWN = 200
_FIRST_WORDS = 48
"""Characters of a span that are shown of its beginning."""
_FOLLOWED = SUFFIXES - READ_ONLY
_SAID = {Kind.FROM_OWNHAND: "bold green", Kind.NOT_OBSERVED: "dim", Kind.UNKNOWN: "dim"}


def run(home: Home, folder: Path, file: Path | None = None, *, as_json: bool = False, page: Path | None = None) -> int:
    """Print the report, for one file with its spans; with `page`, write it as a page for a publisher too.

    Raises WriterError for what a person can mend.
    """
    if page is not None:
        check_target(page, BEGINNING, "whose-words.html")
    report = whose_report(home, folder, file, terminal_settings(home))
    if page is not None:
        write_page(report, page)
    if as_json:
        print_json(report.to_json())
    else:
        show(report, Console(highlight=False), spans=file is not None)
    if page is not None:
        say(f"The page is {page}.")
    return 0


def whose_report(home: Home, folder: Path, file: Path | None, settings: Settings) -> WhoseReport:
    """The report of all files that an editor shows as text, or of `file` alone, as they are on disk now."""
    check_folder(folder)
    target = None if file is None else _in_folder(folder, file)
    voice = find_voice(home, folder)
    notes = all_whose(voice.ledger_path) if voice else []
    if voice is None or not notes:
        raise WriterError(
            f"No editor has told Ownhand yet how the text in {folder} came about.",
            "Write in it with an editor that Ownhand works in, then ask again.",
        )
    reader = _Reader(voice, notes)
    files, skipped = ([_single(reader, target)], []) if target else _every(reader, settings)
    statistics = read_statistics(voice.ledger_path)
    return WhoseReport(voice.folder, datetime.now().astimezone(), tuple(files), tuple(skipped), statistics)


def show(report: WhoseReport, console: Console, *, spans: bool) -> None:
    """The report for a person; with `spans`, every stretch of the first file and how it begins."""
    console.print(_shares(report))
    if spans and report.files:
        console.print(_spans(report.files[0]))
    for sentence in _sentences(report, spans):
        console.print(sentence, markup=False, soft_wrap=True)


class _Reader:
    """Reads files of a manuscript and finds what was noted of each."""

    def __init__(self, voice: VoiceFolder, notes: list[Whose]) -> None:
        self.folder = voice.folder
        self._noted = {whose.document: whose for whose in notes if whose.document != UNTITLED}
        self._gone = Notes(whose for name, whose in self._noted.items() if not (self.folder / name).exists())

    def words(self, path: Path, relative: str) -> FileWords:
        """Raises Unreadable and OSError."""
        if path.stat().st_size > LARGEST:
            raise Unreadable(f"larger than {LARGEST // 1_000_000} MB")
        text = decode(path.read_bytes())
        whose = self._noted.get(relative) or self._gone.find(text)
        return file_words(relative, text, reopen(whose, text), observed=whose is not None)


def _single(reader: _Reader, file: Path) -> FileWords:
    try:
        words = reader.words(file, file.relative_to(reader.folder.resolve()).as_posix())
    except Unreadable as error:
        raise WriterError(f"{file} can't be read: {error.reason}.", "Name a text or Markdown file.") from error
    except OSError as error:
        raise WriterError(f"{file} can't be read: {error.strerror}.", "Make it readable, or name another.") from error
    if not words.observed:
        raise WriterError(
            f"No editor has told Ownhand yet how the text of {file.name} came about.",
            "Open it in an editor that Ownhand works in and write; then ask again.",
        )
    return words


def _every(reader: _Reader, settings: Settings) -> tuple[list[FileWords], list[tuple[str, str]]]:
    files: list[FileWords] = []
    skipped: list[tuple[str, str]] = []
    for item in find_files(reader.folder, settings.manuscript_include, settings.manuscript_exclude):
        if isinstance(item, Skipped):
            skipped.append((item.path, item.reason))
        elif _suffix(item.path) in _FOLLOWED:
            try:
                files.append(reader.words(item.path, item.relative))
            except Unreadable as error:
                skipped.append((item.relative, error.reason))
            except OSError as error:
                skipped.append((item.relative, (error.strerror or type(error).__name__).lower()))
    return sorted(files, key=lambda file: file.path), skipped


def _in_folder(folder: Path, file: Path) -> Path:
    """`file`, named from here or from `folder`, with links resolved. Raises WriterError when it can't be one."""
    path = file if file.exists() or file.is_absolute() else folder / file
    real = path.expanduser().resolve()
    if not real.exists():
        raise WriterError(f"There is no file {file}.", f"Look at the name; it has to lie in {folder}.")
    if not real.is_relative_to(folder.expanduser().resolve()):
        raise WriterError(f"{file} doesn't lie in {folder}.", "Name a file of that folder, or its own folder.")
    if real.is_dir():
        raise WriterError(f"{file} is a folder.", "Name a file in it, or no file for all of them.")
    if _suffix(real) not in _FOLLOWED:
        raise WriterError(
            f"{file} is none of the formats that Ownhand follows.",
            f"Name one that ends in {', '.join(sorted('.' + suffix for suffix in _FOLLOWED))}.",
        )
    return real


def _suffix(path: Path) -> str:
    return path.suffix.lower().removeprefix(".")


def _shares(report: WhoseReport) -> Table:
    table = Table(
        title=f"{report.folder.name}: whose words", title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 0, 0, 1)
    )
    table.add_column("File", overflow="fold", min_width=16)
    table.add_column("Characters", justify="right", no_wrap=True)
    kinds = [kind for kind in Kind if kind is not Kind.UNKNOWN or report.counts[kind]]
    for kind in kinds:
        heading = kind.value[0].upper() + kind.value[1:]
        table.add_column("\n".join(heading.rsplit(" ", 1)), justify="right", no_wrap=True)
    for file in report.files:
        # As Text: a name may hold square brackets, which would be markup.
        table.add_row(Text(file.path), f"{file.characters:,}", *_percents(kinds, file.counts, file.characters))
    if len(report.files) > 1:
        table.add_section()
        table.add_row("Together", f"{report.characters:,}", *_percents(kinds, report.counts, report.characters))
    return table


def _percents(kinds: Iterable[Kind], counts: Mapping[Kind, int], total: int) -> Iterator[str]:
    for kind in kinds:
        yield percent(counts[kind], total) if counts[kind] else "–"


def _spans(file: FileWords) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("Line", justify="right", no_wrap=True)
    table.add_column("From where", no_wrap=True)
    table.add_column("Characters", justify="right", no_wrap=True)
    table.add_column("Begins", overflow="fold")
    for span in file.spans[:_SPANS_SHOWN]:
        kind = span.run.kind
        begins = Text(_first_words(file, span), style=_SAID.get(kind, ""))
        table.add_row(f"{span.line:,}", Text(kind.value), f"{span.run.end - span.run.start:,}", begins)
    return table


def _first_words(file: FileWords, span: Span) -> str:
    start, end = span.run.start, span.run.end
    shown = " ".join(file.text[start : min(end, start + 4 * _FIRST_WORDS)].split())
    return shown if len(shown) <= _FIRST_WORDS else shown[:_FIRST_WORDS].rsplit(" ", 1)[0] + " …"


def _sentences(report: WhoseReport, spans: bool) -> Iterator[str]:
    hidden = len(report.files[0].spans) - _SPANS_SHOWN if spans and report.files else 0
    if hidden > 0:
        yield f"{hidden:,} more stretches are not shown; --json has them all."
    for path, reason in report.skipped:
        yield f"Skipped: {path} ({reason})"
    if any(not file.observed for file in report.files):
        yield "Files that are wholly not observed were never open in an editor that Ownhand works in."
    yield "Not from Ownhand doesn't mean typed: what another program put in by small changes looks the same."

"""One page for a publisher: whose words a manuscript is made of, and what that can't prove.

Self-contained HTML without scripts. Holds the folder's name, paths and figures, and no manuscript text.
"""

from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path

from ownhand.errors import WriterError
from ownhand.home import write_private
from ownhand.text.counted import counted
from ownhand.text.page import LIGHT, document
from ownhand.verdicts.reading.figures import Tally
from ownhand.verdicts.whose.report import WhoseReport, percent
from ownhand.verdicts.whose.words import PASTE, Kind

_MEANINGS = {
    Kind.FROM_OWNHAND: "Text of a suggestion that the writer accepted and that still stands there unchanged.",
    Kind.NOT_FROM_OWNHAND: "It came in while an editor told Ownhand of every change, and it was no suggestion of "
    "Ownhand’s.",
    Kind.PASTED: f"The same, but {PASTE} characters or more came in one change: copied from elsewhere, dictated, or "
    "put in by another program.",
    Kind.NOT_OBSERVED: "It was there before Ownhand was, or was changed in a program that doesn’t work with Ownhand.",
    Kind.UNKNOWN: "It was observed once, but the file was changed so much elsewhere that what is what can’t be told.",
}
_CLASSES = dict(zip(Kind, ("ours", "not-ours", "pasted", "before", "unknown"), strict=True))
_STYLE = (
    f":root {{ color-scheme: light; {LIGHT} }}"
    + """
.path { min-width: 14em; overflow-wrap: anywhere } .kind { white-space: nowrap } tfoot td { font-weight: bold }
.bar { display: flex; height: 1.1em; border: 1px solid #111; margin: .8em 0 1em }
.key { display: inline-block; width: .8em; height: .8em; border: 1px solid #111; margin-right: .5em }
.bar span { min-width: 1px } .bar, .key { print-color-adjust: exact; -webkit-print-color-adjust: exact }
.ours { background: #1d4f91 } .not-ours { background: #fff }
.pasted { background: repeating-linear-gradient(135deg, #555 0 2px, #fff 2px 5px) }
.before { background: #d5d5d5 } .unknown { background: repeating-linear-gradient(90deg, #999 0 1px, #fff 1px 4px) }
"""
)


def write_page(report: WhoseReport, path: Path) -> None:
    """Write the page, readable by this account alone. Raises WriterError when it can't be written there."""
    try:
        write_private(path, page(report).encode("utf-8", "replace"))
    except WriterError as error:
        raise WriterError(error.sentence, "Name another place for the page.") from error


def page(report: WhoseReport) -> str:
    title = f"Whose words: {report.folder.name}"
    made = f"{report.made.day} {report.made:%B %Y}"
    parts = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="date">As of {made}</p>',
        *_shares(report),
        *_files(report),
        *_suggestions(report),
        *_limits(),
        "<footer>Made by Ownhand on the writer’s own machine, from what was noted there.</footer>",
    ]
    return document(title, _STYLE, parts)


def _shares(report: WhoseReport) -> Iterator[str]:
    counts, total = report.counts, report.characters
    yield (
        f"<p>Of {counted(total, 'character')} in {counted(len(report.files), 'file')}, "
        f"<strong>{_percent(counts[Kind.FROM_OWNHAND], total)}</strong> came from suggestions of Ownhand, a program "
        "that offers to continue a writer’s text.</p>"
    )
    if total:
        yield f'<div class="bar" role="img" aria-label="{_spoken(counts, total)}">'
        for kind, count in counts.items():
            if count:
                yield f'<span class="{_CLASSES[kind]}" style="flex: {count} 0 0"></span>'
        yield "</div>"
    yield "<table><tbody>"
    for kind, count in counts.items():
        yield (
            f'<tr><td class="kind"><span class="key {_CLASSES[kind]}"></span>{kind.value}</td>'
            f'<td class="number">{_percent(count, total)}</td><td>{_MEANINGS[kind]}</td></tr>'
        )
    yield "</tbody></table>"


def _files(report: WhoseReport) -> Iterator[str]:
    yield '<h2>File by file</h2><table><thead><tr><th class="path">File</th>'
    yield '<th class="number">Characters</th>'
    yield from (f'<th class="number">{kind.value}</th>' for kind in Kind)
    yield "</tr></thead><tbody>"
    for file in report.files:
        yield _row(file.path, file.counts, file.characters)
    yield "</tbody>"
    if len(report.files) > 1:
        yield f"<tfoot>{_row('Together', report.counts, report.characters)}</tfoot>"
    yield "</table>"
    if report.skipped:
        left_out = "; ".join(f"{escape(path)} ({escape(reason)})" for path, reason in report.skipped)
        yield f"<p>Left out: {left_out}.</p>"


def _row(name: str, counts: Mapping[Kind, int], characters: int) -> str:
    shares = "".join(
        f'<td class="number">{_percent(counts[kind], characters) if counts[kind] else "–"}</td>' for kind in Kind
    )
    return f'<tr><td class="path">{escape(name)}</td><td class="number">{characters:,}</td>{shares}</tr>'


def _suggestions(report: WhoseReport) -> Iterator[str]:
    total = report.statistics.total
    yield "<h2>The suggestions</h2>"
    yield (
        f"<p>Over the whole manuscript the writer was shown {counted(total.shown, 'suggestion')}, accepted "
        f"{total.accepted:,} whole and {total.partial:,} in part. {total.typed_through:,} "
        f"{'was' if total.typed_through == 1 else 'were'} typed by hand as suggested: that text counts as not from "
        "Ownhand, although the writer had seen it.</p>"
    )
    models = _writers(report.statistics.by_model)
    adapters = [name for name in _writers(report.statistics.by_adapter) if name != "none"]
    if models:
        yield f"<p>Accepted text was written by: {escape(', '.join(models))}.</p>"
    if adapters:
        yield f"<p>Trained on the writer’s own text, on the writer’s machine: {escape(', '.join(adapters))}.</p>"


def _writers(tallies: Mapping[str, Tally]) -> list[str]:
    return [name for name, tally in tallies.items() if tally.accepted + tally.partial]


def _limits() -> Iterator[str]:
    yield "<h2>What this page doesn’t prove</h2>"
    yield (
        "<p>It tells what one program saw. “Not from Ownhand” doesn’t mean that a person typed it: text of another "
        "program that came in by small changes, or that somebody copied by hand, looks the same. A text that was "
        "moved from one file to another counts as pasted. An accepted suggestion that was rewritten counts as not from "
        "Ownhand, word by word. Shares are of characters, spaces and signs included. The page is no signed document; "
        "whoever has it can change it.</p>"
    )


def _percent(count: int, total: int) -> str:
    return escape(percent(count, total)).replace(" ", "&nbsp;")


def _spoken(counts: Mapping[Kind, int], total: int) -> str:
    return "; ".join(f"{_percent(count, total)} {kind.value}" for kind, count in counts.items() if count)

"""The report as a page: for the writer first, for an engineer below."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from html import escape

from ownhand.manuscript.promise import FEWEST_WORDS, WORTH_WHILE, promise
from ownhand.text.counted import counted
from ownhand.text.page import LIGHT, document
from ownhand.verdicts.reading.figures import Tally
from ownhand.voices.card import licence_in_words
from ownhand.voices.report.engineer import tables
from ownhand.voices.report.facts import Report, Told
from ownhand.voices.report.figure import plot
from ownhand.voices.report.places import places
from ownhand.voices.report.proof import bars, sentences
from ownhand.voices.store import StoredAdapter

_STYLE = f"""
:root {{ color-scheme: light dark; {LIGHT}; --voice: #1d4f91; --pale: #a9bcd6; --grey: #b9b4aa }}
@media screen and (prefers-color-scheme: dark) {{ :root {{ --ink: #e6e2d9; --soft: #a39e93; --line: #45423c;
  --paper: #1b1a17; --voice: #86b0ea; --pale: #4d668b; --grey: #6a665e }} }}
body {{ max-width: 40em }}
h3 {{ font-size: 1em; font-weight: normal; font-style: italic; margin: 1.4em 0 .3em; break-after: avoid }}
.lead {{ font-size: 1.15em; line-height: 1.5; border-left: 3px solid var(--voice); padding-left: .9em;
  margin: 1.2em 0 }}
figure {{ margin: 1.2em 0; break-inside: avoid }} figcaption {{ color: var(--soft); font-size: .9em }}
.plot {{ width: 100%; height: auto; font-size: 15px }} .plot text {{ fill: var(--ink);
  paint-order: stroke; stroke: var(--paper); stroke-width: 5px; stroke-linejoin: round }}
.plot .axis {{ fill: var(--soft); font-size: 12.5px }} .plot .figure {{ font-variant-numeric: tabular-nums }}
.plot line {{ stroke: var(--line) }} .plot .zero {{ stroke: var(--soft) }}
.plot .bar {{ fill: var(--grey) }} .plot .voice {{ fill: var(--voice) }} .plot .part {{ fill: var(--pale) }}
.plot .interval {{ stroke: var(--ink); stroke-width: 1.5; fill: none }}
.titles {{ columns: 2; column-gap: 2.5em; padding: 0; margin: .3em 0 1em; list-style: none; font-size: .95em }}
.titles li {{ display: flex; justify-content: space-between; gap: 1em; break-inside: avoid; padding: .12em 0;
  border-bottom: 1px dotted var(--line); overflow-wrap: anywhere }}
.titles span, .quiet {{ color: var(--soft) }} .titles span {{ font-variant-numeric: tabular-nums;
  white-space: nowrap }}
.place {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(13em, 1fr)); gap: .4em 1.6em;
  margin: .6em 0 1em; font-size: .92em }}
.place div {{ white-space: pre-wrap; overflow-wrap: anywhere; break-inside: avoid }} .place h4 {{ font: inherit;
  color: var(--soft); font-size: .9em; margin: .3em 0; white-space: normal }} .place .liked h4 {{ color: var(--voice) }}
.stood {{ white-space: pre-wrap; color: var(--soft); overflow-wrap: anywhere }}
dt {{ margin-top: .6em; color: var(--soft) }} dd {{ margin: .1em 0 }}
code {{ font: .88em/1.4 ui-monospace, Menlo, Consolas, monospace; overflow-wrap: anywhere }}
.pairs td:first-child {{ width: 45%; color: var(--soft) }} .pairs td {{ overflow-wrap: anywhere }}
details {{ margin-top: 2.5em; border-top: 1px solid var(--line); padding-top: 1em; font-size: .92em }}
summary {{ cursor: pointer; font-size: 1.15em }} summary:focus-visible {{ outline: 2px solid var(--voice) }}
@media screen and (min-width: 56em) {{ .place {{ margin-left: -6em; margin-right: -6em }} }}
@media (max-width: 34em) {{ .titles {{ columns: 1 }} body {{ padding: 0 1em; margin: 1.5em auto }} }}
@media print {{ details::details-content {{ content-visibility: visible; display: block }}
  .plot .bar {{ print-color-adjust: exact; -webkit-print-color-adjust: exact }} }}
"""


def page(report: Report) -> str:
    title = f"What Ownhand learned from “{report.folder.name}”"
    parts = [
        f"<main><h1>{escape(title)}</h1>",
        f'<p class="date">As of {_day(report.made)}</p>',
        *(_of(report, report.told) if report.told else _nothing_yet(report)),
        *_where(report),
        *(_for_engineers(report.told) if report.told else ()),
        "</main><footer>Made by Ownhand on your own machine, from what was measured there. It holds titles of yours: "
        "keep it as private as the manuscript.</footer>",
    ]
    return document(title, _STYLE, parts)


def _of(report: Report, told: StoredAdapter) -> Iterator[str]:
    yield f'<p class="lead">{escape(told.card.why)}</p>'
    yield f"<p>{escape(_state(report, told))}</p>"
    yield from _proof(report, told)
    yield from places(report.reveal)
    yield from _learned(report)
    yield from _lessons(report)
    yield from _suggestions(report)
    yield from _switch(report, told)
    yield "<h2>The model underneath</h2>"
    name = escape(told.card.base.name or "The model")
    yield f"<p>{name} could write before it learned anything of you, and it stays as it was; what was learned lies "
    yield f"beside it. {escape(licence_in_words(told.card.base.licence))}</p>"


def _state(report: Report, told: StoredAdapter) -> str:
    card = told.card
    words = sum(piece.words for piece in report.learned)
    took = f", in {_duration(card.seconds)}" if card.seconds else ""
    learned = (
        f"Voice {told.id} was made on {_day(datetime.fromisoformat(card.made))} from "
        f"{counted(len(card.pieces), 'piece')} of yours, {counted(words, 'word')} as they stand today{took}. "
    )
    if told.active:
        return learned + "It writes for you now."
    return (
        learned
        + {
            "passed": "It passed every test and waits for you: it is not switched on.",
            "undecided": "It is not switched on; that is for you to decide.",
            "declined": "It was declined, so it doesn’t write.",
        }[card.decision]
    )


def _proof(report: Report, told: StoredAdapter) -> Iterator[str]:
    figures = told.card.metrics
    rows = bars(figures)
    yield "<h2>How it was proved</h2>"
    if not rows:
        yield "<p>Nothing could be measured: no page was kept aside to test it with.</p>"
        return
    words = sum(piece.words for piece in report.aside)
    tested = int(figures.get("pieces") or len(report.aside))
    yield (
        f"<p>{counted(tested, 'piece')} of yours {'was' if tested == 1 else 'were'} kept aside before anything was "
        f"learned ({counted(words, 'word')} as they stand today; their titles are below). The model had to "
        "foretell them word by word: as it came, then with other pages of yours in front of it, then with the voice. "
        "Whoever knows how you write is less surprised by what you write.</p>"
    )
    title = "How much easier your words are to foretell than for the bare model"
    drawn = plot(rows, title=title, axis="percent; the bare model, as it came, is 0")
    yield f"<figure><figcaption>{title}</figcaption>{drawn}</figure>"
    yield from (f"<p>{escape(sentence)}</p>" for sentence in sentences(told.card))


def _learned(report: Report) -> Iterator[str]:
    yield "<h2>What it learned from</h2>"
    yield from _titles(report.learned)
    if any(not piece.form for piece in report.learned):
        yield '<p class="quiet">Titles without a number of words are no longer in the folder.</p>'
    if report.aside:
        yield "<h2>What was kept aside to test it</h2>"
        yield "<p>Nothing was ever learned from these, and nothing will be.</p>"
        yield from _titles(report.aside)


def _titles(pieces: Iterable[Told]) -> Iterator[str]:
    pieces = list(pieces)
    for form in ("prose", "verse", ""):
        found = _merged(piece for piece in pieces if piece.form == form)
        if found:
            yield f"<h3>{form.capitalize() or 'No longer there'}</h3>" if form or len(found) < len(pieces) else ""
            yield '<ul class="titles">'
            for title, words in found.items():
                yield f"<li>{escape(title)}<span>{f'{words:,}' if words else ''}</span></li>"
            yield "</ul>"


def _merged(pieces: Iterable[Told]) -> dict[str, int]:
    """The parts of a long text count together."""
    found: dict[str, int] = {}
    for piece in pieces:
        found[piece.title] = found.get(piece.title, 0) + piece.words
    return found


def _lessons(report: Report) -> Iterator[str]:
    if len(report.adapters) < 2:
        return
    yield "<h2>Every lesson so far</h2><table><thead><tr>"
    yield "<th>Adapter</th><th>Made</th><th>What came of it</th></tr></thead><tbody>"
    for adapter in reversed(report.adapters):
        made = _day(datetime.fromisoformat(adapter.card.made))
        writes = " It writes now." if adapter.active else ""
        yield (
            f"<tr><td>{escape(adapter.id)}</td><td>{made}</td>"
            f"<td>{adapter.card.decision.capitalize()}. {escape(adapter.card.why)}{writes}</td></tr>"
        )
    yield "</tbody></table>"


def _suggestions(report: Report) -> Iterator[str]:
    by_adapter = report.statistics.by_adapter
    if not report.statistics.total.shown:
        return
    yield "<h2>What you did with its suggestions</h2>"
    yield '<table><thead><tr><th>Written by</th><th class="number">Seen</th><th class="number">Taken</th>'
    yield '<th class="number">Not mine</th><th class="number">Still there after five minutes</th></tr></thead><tbody>'
    for name, tally in by_adapter.items():
        if tally.shown:
            yield _tally(_writer(name), tally)
    yield "</tbody></table>"
    if len(by_adapter) > 1:
        yield (
            '<p class="quiet">These were different days and different places, so the rows can’t be held against each '
            "other as the pages kept aside can.</p>"
        )


def _writer(name: str) -> str:
    return "the model without a voice" if name == "none" else f"voice {name.rpartition('-')[2]}"


def _tally(writer: str, tally: Tally) -> str:
    taken = tally.accepted + tally.partial
    kept = f"{tally.kept_300s:,} of {tally.looked_300s:,}" if tally.looked_300s else "–"
    cells = (f"{tally.shown:,}", f"{taken:,}", f"{tally.rejected:,}", kept)
    return f"<tr><td>{escape(writer)}</td>" + "".join(f'<td class="number">{cell}</td>' for cell in cells) + "</tr>"


def _switch(report: Report, told: StoredAdapter) -> Iterator[str]:
    terminal = f'ownhand voices "{report.folder}"'
    ways = {
        "On": ("The Voices That It Has Learned…", f"activate {told.id}", f"{terminal} activate {told.id}"),
        "Off for a while, to compare": ("Write Without My Voice, or With It Again", "without-voice", ""),
        "Back to what wrote before it": ("Back to What Wrote Before", "rollback", f"{terminal} rollback"),
        "Away with all that was learned": ("Forget Everything About This Folder…", "forget", f"{terminal} forget"),
    }
    yield "<h2>On, off, back</h2><dl>"
    for what, (palette, command, typed) in ways.items():
        yield f"<dt>{what}</dt><dd>VS Code: <em>{palette}</em></dd><dd>Neovim: <code>:Ownhand {command}</code></dd>"
        yield f"<dd>Terminal: <code>{escape(typed)}</code></dd>" if typed else ""
    yield "</dl><p>Nothing of this needs a restart.</p>"


def _nothing_yet(report: Report) -> Iterator[str]:
    words = report.words
    yield '<p class="lead">Nothing has been learned yet.</p>'
    if not report.may_learn:
        yield "<p>You told Ownhand not to learn from this folder. "
        yield "Answer again in your editor if you changed your mind.</p>"
        return
    yield f"<p>You have {counted(words, 'word')} of your own to learn from. {escape(promise(words))}</p>"
    if words < FEWEST_WORDS:
        yield f"<p>{counted(FEWEST_WORDS - words, 'more word')}, and Ownhand can try.</p>"
        return
    if words < WORTH_WHILE:
        yield f"<p>{counted(WORTH_WHILE - words, 'more word')}, and it is worth while.</p>"
    yield f'<p>To learn now: <code>ownhand train "{escape(str(report.folder))}"</code></p>'
    if report.aside:
        yield "<h2>What is kept aside to test it</h2>"
        yield from _titles(report.aside)


def _where(report: Report) -> Iterator[str]:
    yield "<h2>Where it lies</h2>"
    yield (
        f"<p>What was learned, what was measured and this page lie on this machine alone, in "
        f"<code>{escape(str(report.kept_in))}</code>. Nothing was sent anywhere.</p>"
    )


def _for_engineers(told: StoredAdapter) -> Iterator[str]:
    yield "<details><summary>The same for an engineer</summary>"
    yield from tables(told)
    yield "</details>"


def _day(moment: datetime) -> str:
    local = moment.astimezone()
    return f"{local.day} {local:%B %Y}"


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    hours, rest = divmod(minutes, 60)
    if hours:
        return f"{counted(hours, 'hour')} and {counted(rest, 'minute')}" if rest else counted(hours, "hour")
    return counted(minutes, "minute") if minutes else "under a minute"

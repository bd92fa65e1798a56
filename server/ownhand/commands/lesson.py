"""The demo's second half: the example manuscript is learned, judged, and the same places are shown with the voice."""

import time
from collections.abc import Iterable
from dataclasses import dataclass

from rich import box
from rich.console import Console
from rich.table import Table

from ownhand.commands.comparing import Compared
from ownhand.commands.comparing import show as show_compared
from ownhand.commands.context import say
from ownhand.commands.train import bar, beginning
from ownhand.engines.choice import choose_engine
from ownhand.engines.protocol import Engine
from ownhand.errors import WriterError
from ownhand.home import Home
from ownhand.manuscript.consent import VoiceFolder
from ownhand.manuscript.corpus import Corpus
from ownhand.manuscript.held_out import CHOSEN
from ownhand.manuscript.model import Piece
from ownhand.settings import Settings
from ownhand.text.counted import counted
from ownhand.training.course import Course, Wishes
from ownhand.training.evaluation_plan import Text
from ownhand.training.judging import Judgement
from ownhand.training.reveal_places import three_texts
from ownhand.training.runner import check_installed
from ownhand.training.samples import Beginning
from ownhand.voices.report import write_report
from ownhand.voices.reveal import LABELS
from ownhand.voices.store import StoredAdapter

_HOW = (
    "These pages were kept aside: the voice has never seen how they go on. (The other places stand on pages that it "
    "learned from, and would prove nothing.) Model and voice are let go for a while, further than a suggestion goes, "
    "and what they write first is shown."
)


@dataclass(frozen=True)
class Lesson:
    """What the lesson needs. `marked` are (file, what the cursor stands behind), `data` holds the voice."""

    home: Home
    data: Home
    settings: Settings
    voice: VoiceFolder
    console: Console


async def teach(lesson: Lesson, marked: Iterable[tuple[str, str]], *, quick: bool) -> None:
    """Learn, judge, show. Without the learning part it is said how to get it, and that is all."""
    console = lesson.console
    try:
        check_installed()
    except WriterError as error:
        console.print(f"\nHere the demo would go on to learn this hand. {error}", markup=False)
        return
    console.rule("learning this hand", align="left", style="dim", characters="─")
    corpus = Corpus.open(lesson.voice.index_path)
    try:
        before = time.monotonic()
        judgement = await _learned(lesson, corpus, quick=quick)
        _show_figures(judgement, time.monotonic() - before, console)
        await _show_places(lesson, corpus, list(marked), judgement.adapter)
    finally:
        corpus.close()
    page = write_report(lesson.data, lesson.voice)
    console.print(f"\nThe report, for a browser:\n{page}", markup=False, soft_wrap=True)


async def _learned(lesson: Lesson, corpus: Corpus, *, quick: bool) -> Judgement:
    wishes = Wishes().quickly() if quick else Wishes()
    course = await Course.plan(lesson.home, lesson.voice, lesson.settings, corpus, wishes)
    say(f"{beginning(course)} Ctrl-C ends the demo.")
    with bar(lines=True) as on_state:
        return await course.run(on_state)


def _show_figures(judgement: Judgement, seconds: float, console: Console) -> None:
    facts, card = judgement.facts, judgement.adapter.card
    console.print(
        f"\nLearned in {counted(round(card.seconds / 60), 'minute')}, judged in {(seconds - card.seconds) / 60:.0f}."
    )
    table = Table(box=box.SIMPLE, show_header=False)
    table.add_column(overflow="fold")
    table.add_column(justify="right")
    for name, value in _rows(facts):
        table.add_row(name, value)
    console.print(table)
    console.print(f"{card.decision.capitalize()}. {card.why}", style="bold", markup=False)


def _rows(facts: dict[str, object]) -> list[tuple[str, str]]:
    """What the gate looked at, as far as it was measured."""
    named = [
        ("Bits per byte on pages kept aside: the bare model", "base_bpb", "{:.3f}"),
        ("    with pages of the writer's in front of it", "context_bpb", "{:.3f}"),
        ("    with the voice, on an empty page", "challenger_bpb", "{:.3f}"),
        ("    with both", "challenger_context_bpb", "{:.3f}"),
        ("What the voice gains beyond pages in front, in points", "gain_over_context", "{:+.1f}"),
        ("    and beyond what it gains on other people's texts", "specific_gain", "{:+.1f}"),
        ("Share of its words that are not copied", "novelty", "{:.2f}"),
        ("Longest run that stands in the manuscript, in words", "longest_verbatim", "{}"),
        ("Share of its words that go round in circles", "loops", "{:.2f}"),
    ]
    return [(name, form.format(facts[key])) for name, key, form in named if facts.get(key) is not None]


async def _show_places(lesson: Lesson, corpus: Corpus, marked: list[tuple[str, str]], adapter: StoredAdapter) -> None:
    held_out = [piece for piece in corpus.pieces(with_text=True) if piece.held_out == CHOSEN]
    console = lesson.console
    console.rule("the same places, with the voice", align="left", style="dim", characters="─")
    console.print(_HOW, markup=False, soft_wrap=False)
    engine = await choose_engine(lesson.settings, lesson.home)
    try:
        for file, after in marked:
            if piece := next((piece for piece in held_out if piece.path == file and after in piece.text), None):
                show_compared(await _compared(engine, corpus, piece, after, adapter), console)
    finally:
        await engine.close()


async def _compared(engine: Engine, corpus: Corpus, piece: Piece, after: str, adapter: StoredAdapter) -> Compared:
    """The place behind `after` in a piece, as the reveal of a first voice shows its own."""
    whole = Text(piece.id, piece.form, piece.text, piece.path, title=piece.title)
    start = Beginning(whole, piece.text[: piece.text.index(after) + len(after)])
    texts = await three_texts(engine, corpus, adapter, start)
    return Compared(f"{piece.title} ({piece.path})", start.text, tuple(zip(LABELS, texts, strict=True)))

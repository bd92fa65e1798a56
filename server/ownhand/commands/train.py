"""`ownhand train`: learn a manuscript's hand, with progress; what was learned is judged before it may serve."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from ownhand.commands.context import print_json, print_json_line, print_line, say, terminal_settings
from ownhand.commands.corpus import read_manuscript
from ownhand.commands.reveal import is_somebody_here, unveil
from ownhand.errors import INTERRUPTED, WriterError
from ownhand.home import Home
from ownhand.manuscript.consent import find_kept_voice, find_voice
from ownhand.manuscript.corpus import Corpus
from ownhand.text.counted import counted, times
from ownhand.training.base import is_ready
from ownhand.training.course import Course, Wishes
from ownhand.training.forecast import Forecast, example
from ownhand.training.job import State, give_up
from ownhand.training.judging import Judgement
from ownhand.training.reveal_places import prepared
from ownhand.voices.forget import with_predecessors
from ownhand.voices.learning_lock import check_nobody_learns
from ownhand.voices.reveal import Reveal, can_be_shown
from ownhand.voices.store import StoredAdapter, VoiceStore

_PAUSED = "Paused; nothing is lost. Run the same command again and it goes on."
_EXAM = "Then comes the exam, which takes some minutes more, with few pages longer than the learning."
_COUNTED = ("training", "evaluating")
_DOING = {
    "preparing": "Preparing",
    "training": "Learning",
    "paused": "Paused",
    "evaluating": "Measuring",
    "done": "Done",
}


def run(home: Home, folder: Path, wishes: Wishes, *, dry_run: bool, as_json: bool) -> int:
    known = find_voice(home, folder)
    if known is not None and not dry_run:
        check_nobody_learns(known.path)
    settings = terminal_settings(home)
    read_manuscript(home, folder, settings)
    voice = find_voice(home, folder)
    if voice is None:
        raise WriterError(f"Ownhand has not read {folder} yet.", f"Run `ownhand corpus {folder}`.")
    corpus = Corpus.open(voice.index_path)
    try:
        course = asyncio.run(Course.plan(home, voice, settings, corpus, wishes))
        if dry_run:
            _show_plan(course.forecast, as_json=as_json)
            return 0
        say(f"{beginning(course)} Ctrl-C pauses.")
        return _train(course, as_json=as_json)
    finally:
        corpus.close()


def run_give_up(home: Home, folder: Path, *, as_json: bool) -> int:
    """Drop what earlier trainings left, those of voices whose place was taken too. Voices that were learned stay.

    Raises WriterError while one runs.
    """
    voice = find_kept_voice(home, folder)
    dropped = [path for path in (with_predecessors(voice.path) if voice else []) if give_up(path)]
    if as_json:
        print_json_line({"given_up": bool(dropped)})
    else:
        said = "The unfinished training is dropped" if dropped else "No training is unfinished here"
        print_line(f"{said}; all else stays as it was.")
    return 0


def _train(course: Course, *, as_json: bool) -> int:
    try:
        with bar(lines=True) as on_state:
            judgement = asyncio.run(course.run(on_state))
    except KeyboardInterrupt:
        say(_PAUSED)
        return INTERRUPTED
    if as_json:
        print_json_line(facts(judgement))
        if can_be_shown(judgement.adapter):  # in the writer's editor
            _reveal(course, judgement.adapter)
    else:
        _tell(course, judgement, Console(highlight=False))
    return 0


def facts(judgement: Judgement) -> dict[str, Any]:
    """What `--json` ends with."""
    card = judgement.adapter.card
    return {
        "adapter": judgement.adapter.id,
        "decision": judgement.decision.decision,
        "why": judgement.decision.why,
        "metrics": judgement.facts,
        "context": card.context,
        "trainer": card.trainer,
        "tokens_per_second": card.tokens_per_second,
        "seconds": card.seconds,
        "adapter_mb": round(judgement.adapter.size / 1e6, 1),
    }


def beginning(course: Course) -> str:
    """What is about to be learned, and how long that may take."""
    plan = course.forecast
    dataset = plan.prepared.dataset
    head = "Going on with" if course.goes_on else "Learning from"
    waits_for = f"{plan.beside.waits_for} " if plan.beside.waits_for else ""
    return (
        f"{head} {counted(dataset.words, 'word')} in {counted(len(dataset.train), 'passage')}, about "
        f"{_minutes(plan.seconds)} on this machine when nothing else wants it. {_EXAM} {_first(plan)}{waits_for}"
    ).rstrip()


def _first(plan: Forecast) -> str:
    """What has to be written before, once for each model."""
    if not plan.disk or is_ready(plan.prepared.base):
        return ""
    size = f"{plan.disk / 1e6:.0f} MB" if plan.disk < 1e9 else f"{plan.disk / 1e9:.1f} GB"
    return f"First the model's plain weights are written: {size} on the disk. "


def _show_plan(plan: Forecast, *, as_json: bool) -> None:
    if as_json:
        print_json(plan.to_json())
        return
    console = Console(highlight=False)
    for line in _plan_lines(plan):
        console.print(line, markup=False, soft_wrap=True)
    pieces = plan.prepared.dataset.pieces
    for sample in plan.shown:
        shown = example(pieces, sample)
        ends = {(True, True): "whole", (True, False): "its beginning", (False, True): "its end"}
        part = ends.get((shown["begins"], shown["ends"]), "from its middle")
        title = f"{shown['title']} ({part}, {counted(shown['words'], 'word')}, {counted(shown['tokens'], 'token')})"
        # As Text: a page may hold square brackets, which would be markup.
        console.print(Panel(Text(shown["text"].strip("\n")), title=Text(title), title_align="left", style="dim"))


def _plan_lines(plan: Forecast) -> Iterator[str]:
    dataset, found = plan.prepared.dataset, plan.prepared.material
    recipe = plan.prepared.recipe
    yield (
        f"{counted(dataset.words, 'word')} of {counted(len(found.teaching), 'piece')} would be learned, in "
        f"{counted(len(dataset.train), 'passage')}: {counted(dataset.tokens, 'token')}, {times(recipe.epochs)} over, "
        f"about {_minutes(plan.seconds)} on this machine."
    )
    yield _EXAM
    if dataset.validation:
        words = sum(sample.words for sample in dataset.validation)
        more = counted(len(dataset.validation), "more passage")
        yield f"To watch over the learning: {more} ({counted(words, 'word')})."
    held_out = counted(len(found.held_out), "piece is", "pieces are")
    yield f"{held_out} held out to test what was learned; nothing of that is learned."
    if dataset.left_out:
        left_out = counted(
            dataset.left_out, "passage is left out because it shares", "passages are left out because they share"
        )
        yield f"{left_out} a line with a held-out piece."
    yield f"Needs {plan.beside.bytes / 1e9:.1f} GB of memory and, for a while, {plan.disk / 1e9:.1f} GB on the disk."
    if plan.beside.waits_for:
        yield plan.beside.waits_for
    yield "Some of the passages, as they would be learned:"


def _minutes(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes} minutes" if minutes > 1 else "a minute"


def _reveal(course: Course, adapter: StoredAdapter) -> Reveal | None:
    """Note the places of a first voice; what was learned is safe, whatever becomes of it."""
    say("Now model and voice write at three places, for you to compare.")
    try:
        return asyncio.run(prepared(course.home, course.settings, course.voice, course.corpus, adapter))
    except KeyboardInterrupt:
        say("\nNothing is compared, then. What was learned is kept.")
    except WriterError as error:  # an engine's too
        say(str(error))
    return None


@contextmanager
def bar(*, lines: bool = False) -> Iterator[Any]:
    """Progress on standard error: a function that takes the states of a training.

    With `lines`, what is no terminal is told of it too, a line for every tenth.
    """
    console = Console(stderr=True)
    if lines and not console.is_terminal:
        yield _Lines().on_state
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[left]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        yield _Bar(bar).on_state


def _left(state: State) -> str:
    return f"{_minutes(state.eta_s)} left" if state.eta_s and state.name in _COUNTED else ""


class _Bar:
    """Progress for a terminal: each kind of work has its own count and its own clock."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._steps = 0
        self._task = bar.add_task("Preparing", total=None, left="")

    def on_state(self, state: State) -> None:
        doing = _DOING.get(state.name, state.name)
        if self._steps != state.steps:
            self._steps = state.steps
            self._bar.remove_task(self._task)
            self._task = self._bar.add_task(doing, total=state.steps or None, left="")
        left = _left(state) or state.sentence
        self._bar.update(self._task, description=doing, completed=state.step, left=left)


class _Lines:
    """Progress for a file or a pipe."""

    def __init__(self) -> None:
        self._said = ("", -1)

    def on_state(self, state: State) -> None:
        tenth = 10 * state.step // state.steps if state.steps else 0
        if (state.name, tenth) == self._said or state.name == "done":
            return
        self._said = (state.name, tenth)
        doing = _DOING.get(state.name, state.name)
        if state.steps and not state.sentence:
            left = _left(state)
            say(f"{doing}: step {state.step} of {state.steps}{left and ', '}{left}")
        else:
            say(state.sentence or doing)


def _tell(course: Course, judgement: Judgement, console: Console) -> None:
    """What came of it. A first voice that passed is shown without labels where there is somebody to look."""
    adapter, folder = judgement.adapter, course.voice.folder
    console.print(f"Voice {adapter.id}: {judgement.decision.why}", markup=False)
    if can_be_shown(adapter):
        reveal = _reveal(course, adapter)
        if reveal and reveal.places and is_somebody_here():
            unveil(course.voice, reveal, console)
    if judgement.decision.decision != "declined" and not VoiceStore(course.voice.path).adapter(adapter.id).active:
        console.print(
            f'Let it write with: ownhand voices "{folder}" activate {adapter.id}', markup=False, soft_wrap=True
        )
    console.print(f'How it was proved: ownhand report "{folder}"', markup=False, soft_wrap=True)

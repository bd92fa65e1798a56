"""`ownhand bench replay`: what suggestions would have saved on the held-out pieces of a manuscript."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from ownhand.commands.context import print_json, say, terminal_settings
from ownhand.commands.corpus import read_manuscript
from ownhand.engines.choice import choose_engine
from ownhand.engines.protocol import Engine
from ownhand.errors import INTERRUPTED, WriterError
from ownhand.home import Home
from ownhand.manuscript.consent import Consent, VoiceFolder, find_voice
from ownhand.manuscript.corpus import Corpus
from ownhand.manuscript.held_out import CHOSEN
from ownhand.manuscript.model import Mine
from ownhand.settings import Settings
from ownhand.suggestions.own_text import OwnText
from ownhand.suggestions.replay import Stretch, WithoutPassages, choose_stretches, suggester_for, type_stretch
from ownhand.suggestions.replay_figures import FIGURES, Estimate, Figure, Tally, difference, estimate, totals
from ownhand.text.counted import counted

POLICY = (
    "In front of each word the writer rests. What is offered there by itself is taken as far as its whole words are "
    "exactly what the piece says next: the whole of it by one key, else each word by one. All else is typed. Nothing "
    "is written ahead, and while a live suggestion is typed through no other is started."
)
_ARMS: dict[str, Callable[[OwnText], OwnText]] = {"document": WithoutPassages, "passages": lambda corpus: corpus}
_TITLES = {"document": "Document alone", "passages": "With your passages"}
_DIFFERENCE = "Difference"
_FEW = 5
_EVERY = 5.0
"""Seconds between two lines of progress where no bar can be drawn."""

OnWords = Callable[[int], None]


@dataclass
class Replay:
    """What is typed and what came of it so far. `engine` holds its name, model and adapter once it was chosen."""

    voice: VoiceFolder
    settings: Settings
    seed: int
    stretches: Sequence[Stretch]
    tallies: dict[str, list[Tally]]
    engine: dict[str, str | None] = field(default_factory=dict)
    trouble: str = ""

    @property
    def done(self) -> int:
        """Stretches that every arm has typed."""
        return min(map(len, self.tallies.values()))

    @property
    def arms(self) -> dict[str, list[Tally]]:
        """Each arm's tallies of the same stretches."""
        return {arm: tallies[: self.done] for arm, tallies in self.tallies.items()}

    @property
    def words(self) -> int:
        return sum(stretch.words for stretch in self.stretches[: self.done])


def run(home: Home, folder: Path, *, words: int, arm: str, seed: int, as_json: bool) -> int:
    if arm not in (*_ARMS, "both"):
        raise WriterError(f"There is no arm {arm}.", "Choose passages, document or both.")
    if words < 1:
        raise WriterError("Without words there is nothing to type.", "Give --words a number from 1 up.")
    settings = terminal_settings(home)
    read_manuscript(home, folder, settings)
    voice = _voice(home, folder)
    with contextlib.closing(Corpus.open(voice.index_path)) as corpus:
        arms = tuple(_ARMS) if arm == "both" else (arm,)
        replay = Replay(voice, settings, seed, _stretches(corpus, folder, words, seed), {name: [] for name in arms})
        code = _type(replay, home, corpus)
    _print(replay, as_json=as_json)
    return code


def _voice(home: Home, folder: Path) -> VoiceFolder:
    voice = find_voice(home, folder)
    if voice is None or voice.consent is not Consent.LEARN:
        raise WriterError(
            f"You told Ownhand not to learn from {folder}, so nothing there is kept aside to test with.",
            "Change that answer in your editor, or name another folder.",
        )
    return voice


def _stretches(corpus: Corpus, folder: Path, words: int, seed: int) -> list[Stretch]:
    pieces = corpus.pieces(with_text=True)
    held_out = [one for one in pieces if one.held_out == CHOSEN and one.mine is Mine.MINE and one.copy_of is None]
    stretches = choose_stretches(held_out, pieces, words, seed)
    if not stretches:
        raise WriterError(
            f"No piece of {folder} is kept aside to test with: it holds too few of them.",
            "Try again when there are a dozen; `ownhand corpus` shows which ones are kept aside.",
        )
    return stretches


def _type(replay: Replay, home: Home, corpus: OwnText) -> int:
    """Type all stretches; the exit code. What ends it early is said with the figures, if there are any yet."""
    try:
        asyncio.run(_with_engine(replay, home, corpus))
    except KeyboardInterrupt:
        if not replay.done:
            raise
        replay.trouble = "Interrupted."
        return INTERRUPTED
    except WriterError as error:
        if not replay.done:
            raise
        replay.trouble = str(error)
        return 1
    return 0


async def _with_engine(replay: Replay, home: Home, corpus: OwnText) -> None:
    engine = await choose_engine(replay.settings, home)
    try:
        await engine.load()
        adapter = engine.adapter
        replay.engine = {"engine": engine.name, "model": engine.model, "adapter": adapter.id if adapter else None}
        with _progress(sum(stretch.words for stretch in replay.stretches) * len(replay.tallies)) as on_words:
            await _type_stretches(replay, engine, corpus, on_words)
    finally:
        await engine.close()


async def _type_stretches(replay: Replay, engine: Engine, corpus: OwnText, on_words: OnWords) -> None:
    """Each stretch in every arm before the next one, so that an early end leaves the arms with the same pieces."""
    suggesters = {arm: suggester_for(engine, _ARMS[arm](corpus), seed=replay.seed) for arm in replay.tallies}
    done = 0
    try:
        for stretch in replay.stretches:
            for arm, suggester in suggesters.items():

                def typed(words: int, before: int = done) -> None:
                    on_words(before + words)

                tally = await type_stretch(suggester, stretch, replay.settings.suggestion_length, typed)
                replay.tallies[arm].append(tally)
                done += stretch.words
    finally:
        for suggester in suggesters.values():
            await suggester.close()


@contextlib.contextmanager
def _progress(words: int) -> Iterator[OnWords]:
    """A bar with the time that is left on standard error; where there is no terminal, a line now and then."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Lines(words).typed
        return
    columns = (TextColumn("Typing"), BarColumn(), MofNCompleteColumn(), TextColumn("words"), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=words)
        yield lambda done: bar.update(task, completed=done)


class _Lines:
    """Progress as sentences."""

    def __init__(self, words: int) -> None:
        self._words = words
        self._started = self._said = time.monotonic()

    def typed(self, done: int) -> None:
        now = time.monotonic()
        if not done or now - self._said < _EVERY:
            return
        self._said = now
        left = (now - self._started) / done * (self._words - done)
        say(f"{done:,} of {counted(self._words, 'word')} typed; about {counted(round(left), 'second')} left.")


def _print(replay: Replay, *, as_json: bool) -> None:
    if as_json:
        print_json(_facts(replay))
    else:
        _show(replay, Console(highlight=False))
    if replay.trouble:
        say(f"{replay.trouble} These are the figures of what was typed until then.")


def _facts(replay: Replay) -> dict[str, Any]:
    arms = replay.arms
    facts: dict[str, Any] = {
        "folder": str(replay.voice.folder),
        **replay.engine,
        "length": replay.settings.suggestion_length,
        "seed": replay.seed,
        "pieces": replay.done,
        "words": replay.words,
        "complete": replay.done == len(replay.stretches),
        "policy": POLICY,
        "interval": "percentile bootstrap over pieces, 95%",
        "arms": {arm: _estimates_json(_estimates(replay, arm)) | totals(tallies) for arm, tallies in arms.items()},
    }
    if len(arms) == len(_ARMS):
        facts["difference"] = _estimates_json(_differences(replay))
    return facts


def _estimates(replay: Replay, arm: str) -> list[tuple[Figure, Estimate]]:
    return [(figure, estimate(figure, replay.arms[arm], replay.seed)) for figure in FIGURES]


def _differences(replay: Replay) -> list[tuple[Figure, Estimate]]:
    arms = replay.arms
    return [(figure, difference(figure, arms["passages"], arms["document"], replay.seed)) for figure in FIGURES]


def _estimates_json(estimates: Sequence[tuple[Figure, Estimate]]) -> dict[str, Any]:
    return {figure.key: one.to_json() for figure, one in estimates}


def _show(replay: Replay, console: Console) -> None:
    pieces = counted(replay.done, "held-out piece")
    console.print(
        f"Typed {counted(replay.words, 'word')} of {pieces} with {replay.engine['model']} ({replay.engine['engine']}), "
        f"suggestion length {replay.settings.suggestion_length}, seed {replay.seed}.",
        markup=False,
        soft_wrap=True,
    )
    columns = {_TITLES[arm]: _estimates(replay, arm) for arm in replay.arms}
    if len(columns) == len(_ARMS):
        columns[_DIFFERENCE] = _differences(replay)
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("", overflow="fold")
    for title in columns:
        table.add_column(title, justify="right")
    for row, figure in enumerate(FIGURES):
        table.add_row(figure.title, *(_cell(estimates[row][1]) for estimates in columns.values()))
    console.print(table)
    for sentence in (POLICY, _interval(replay)):
        console.print(sentence, markup=False, soft_wrap=True)


def _cell(one: Estimate) -> str:
    if one.low is None or one.high is None:
        return f"{one.value:.1f}"
    return f"{one.value:.1f}\n{one.low:.1f} to {one.high:.1f}"


def _interval(replay: Replay) -> str:
    if replay.done < 2:
        return "One piece alone has no interval: type more of them with a larger --words."
    few = " Of so few pieces it says little: type more of them with a larger --words." if replay.done < _FEW else ""
    return f"Below each figure: where it lies in 95% of draws of as many pieces (bootstrap).{few}"

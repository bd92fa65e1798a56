"""`ownhand demo`: the whole loop on the example manuscript.

It is read and continued at a few marked places, with what became of that; then its hand is learned, what was learned is
judged, and the places are continued with it.
"""

import asyncio
import os
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rich.console import Console

from ownhand.commands.acting import ACTS, ActedSession
from ownhand.commands.checkout import checkout_folder
from ownhand.commands.context import say, terminal_settings
from ownhand.commands.corpus import read_manuscript, show
from ownhand.commands.desk import desk
from ownhand.commands.lesson import Lesson, teach
from ownhand.commands.place import moment_at, read_text
from ownhand.commands.verdicts import read_verdicts
from ownhand.commands.verdicts import show as show_verdicts
from ownhand.errors import INTERRUPTED, WriterError
from ownhand.home import Home
from ownhand.manuscript.consent import VoiceFolder, find_voice
from ownhand.settings import Settings
from ownhand.suggestions.moment import Suggestion
from ownhand.suggestions.suggester import Suggester
from ownhand.voices.forget import forget_voice

LessonLength = Literal["full", "quick", "none"]
SHOWN_LINES = 5
"""Lines before the cursor that are shown."""
_NEXT_STEPS = """
That was the packaged model: small enough for any machine, and no great writer, with a voice or without.
What to do next:

  Your own pages      ownhand corpus path/to/your/manuscript
  Your own voice      ownhand train path/to/your/manuscript
  One suggestion      ownhand suggest path/to/a/page.md
  A better model      ollama pull a base model, then name it in settings.toml (docs/settings.md)
  In your editor      point its language client at `ownhand serve` (README.md)
  What became of it   ownhand verdicts path/to/your/manuscript
  Is all well?        ownhand doctor
"""


@dataclass(frozen=True)
class Place:
    """A marked place: the cursor stands right after `after`, which occurs once in `file`.

    `act` is what the acted writer does with the suggestion (see `acting.ACTS`), `writes` what comes in its place.
    """

    file: str
    after: str
    note: str
    act: str
    writes: str = ""


def run(home: Home, *, lesson: LessonLength = "full") -> int:
    """Show everything. `lesson`: "quick" learns less than it should, "none" ends before it."""
    try:
        _show_everything(home, lesson)
    except KeyboardInterrupt:
        say("\nThe demo is ended; it begins anew the next time. With your own pages (`ownhand train`) nothing is lost.")
        return INTERRUPTED
    return 0


def _show_everything(home: Home, lesson: LessonLength) -> None:
    examples = checkout_folder("examples", "The demo's manuscript")
    settings, console = terminal_settings(home), Console(highlight=False)
    folder = examples / "manuscript"
    with _own_data_folder(home) as data:
        _begin_anew(data, folder)
        show(read_manuscript(data, folder, settings), console)
        voice = find_voice(data, folder)
        if voice is None:
            raise WriterError("The demo's manuscript was not read.", "Run `ownhand demo` again.")
        asyncio.run(_suggest(home, voice, settings, examples, console))
        show_verdicts(read_verdicts(data, folder), console)
        if lesson != "none":
            marked = [(place.file, place.after) for place in places(examples)]
            asyncio.run(teach(Lesson(home, data, settings, voice, console), marked, quick=lesson == "quick"))
    console.print(_NEXT_STEPS, markup=False)


def _begin_anew(data: Home, folder: Path) -> None:
    """What an earlier demo learned would spoil the suggestions "before"."""
    earlier = find_voice(data, folder)
    if earlier is not None:
        forget_voice(earlier.path)


@contextmanager
def _own_data_folder(home: Home) -> Iterator[Home]:
    """A data folder that is gone afterwards, so that the demo's voice stays apart; or the named one."""
    if os.environ.get("OWNHAND_HOME"):
        yield home
        return
    with tempfile.TemporaryDirectory(prefix="ownhand-demo-") as folder:
        yield Home(Path(folder))


def places(examples: Path) -> list[Place]:
    listed = tomllib.loads((examples / "places.toml").read_text(encoding="utf-8"))
    return [Place(**entry) for entry in listed["place"]]


async def _suggest(home: Home, voice: VoiceFolder, settings: Settings, examples: Path, console: Console) -> None:
    session = ActedSession(voice.ledger_path)
    async with desk(home, settings, voice) as suggester:
        engine = suggester.engine
        console.print(f"\nSuggestions by {engine.model} ({engine.name}), on this machine.", markup=False)
        console.print("A writer is acted out: what becomes of each suggestion stands below it.", markup=False)
        for place in places(examples):
            await _show_place(suggester, place, voice, settings, console, session)
    session.close()
    console.rule("what became of them", align="left", style="dim", characters="─")


async def _show_place(
    suggester: Suggester,
    place: Place,
    voice: VoiceFolder,
    settings: Settings,
    console: Console,
    session: ActedSession,
) -> None:
    file = voice.folder / place.file
    text = read_text(file)
    found = text.find(place.after)
    if found < 0:
        raise WriterError(f"{place.file} no longer holds a place of places.toml.", "Mark another place there.")
    offset = found + len(place.after)
    console.rule(place.file, align="left", style="dim", characters="─")
    console.print(
        "\n".join(text[:offset].split("\n")[-SHOWN_LINES:]), style="dim", markup=False, soft_wrap=True, end=""
    )
    moment = moment_at(file, text, offset, folder=voice.folder, length=settings.suggestion_length)
    if not console.is_terminal:
        console.print("⟦", end="")
    silent = True
    async for piece in suggester.stream(moment):
        silent = False
        console.print(piece, style="bold green", markup=False, soft_wrap=True, end="")
    console.print("⟧" if not console.is_terminal else "")
    if silent:
        console.print("(nothing worth offering here)", style="dim")
        return
    suggestion = await suggester.suggest(moment)  # the one that was just shown: it is live now
    if isinstance(suggestion, Suggestion):
        session.act(place.act, suggestion, moment, place.writes)
        console.print(f"    The writer {ACTS[place.act]}.", style="dim italic", markup=False)

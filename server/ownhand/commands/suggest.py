"""`ownhand suggest`: one suggestion at a cursor in a file."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

from ownhand.commands.context import print_json, print_line, say, terminal_settings
from ownhand.commands.desk import desk
from ownhand.commands.place import Cursor, moment_at, offset_of, read_text
from ownhand.errors import WriterError
from ownhand.home import Home
from ownhand.manuscript.consent import VoiceFolder, consent_for
from ownhand.manuscript.formats.place import switched_off
from ownhand.settings import Settings, read_settings
from ownhand.suggestions.moment import Moment, Silence, Suggestion
from ownhand.suggestions.place import SWITCHED_OFF
from ownhand.voices.store import id_in


def run(home: Home, file: Path, cursor: Cursor, *, engine: str, model: str, as_json: bool) -> int:
    text = read_text(file)
    offset = offset_of(text, cursor, file.name)
    settings = with_choice(terminal_settings(home), engine, model)
    voice = consent_for(home, file)
    folder = voice.folder if voice else None
    moment = moment_at(file, text, offset, folder=folder, length=settings.suggestion_length)
    # The moment is a window of a long file: what the head of the file says has to be asked of the file.
    answer = SWITCHED_OFF if switched_off(text) else asyncio.run(_ask(home, settings, voice, moment))
    if as_json:
        print_json(_facts(answer))
    elif isinstance(answer, Silence):
        say(f"Nothing to offer here. {answer.why}")
    else:
        say(f"{answer.engine} · {answer.model} · {_voice_of(answer)} · {answer.milliseconds:.0f} ms")
        print_line(answer.text)
    return 0


def with_choice(settings: Settings, engine: str, model: str) -> Settings:
    """`settings` with the engine and model named on the command line. Raises WriterError for an unknown engine."""
    chosen, complaints = read_settings({"engine": engine or settings.engine, "model": model or settings.model})
    if complaints:
        raise WriterError(f"There is no engine {engine}.", "Choose auto, ollama, embedded or openai.")
    return replace(settings, engine=chosen.engine, model=chosen.model)


async def _ask(home: Home, settings: Settings, voice: VoiceFolder | None, moment: Moment) -> Suggestion | Silence:
    async with desk(home, settings, voice) as suggester:
        return await suggester.suggest(moment)


def _voice_of(answer: Suggestion) -> str:
    return f"voice {id_in(answer.adapter)}" if answer.adapter else "without a voice"


def _facts(answer: Suggestion | Silence) -> dict[str, Any]:
    if isinstance(answer, Silence):
        return {"text": "", "engine": None, "model": None, "adapter": None, "ms": 0.0, "why": answer.why}
    return {
        "text": answer.text,
        "engine": answer.engine,
        "model": answer.model,
        "adapter": answer.adapter,
        "ms": round(answer.milliseconds, 1),
    }

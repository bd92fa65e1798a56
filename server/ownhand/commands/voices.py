"""`ownhand voices`: the adapters of a manuscript's voice, and what can be done with them."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ownhand.commands.context import print_json, print_line, terminal_settings
from ownhand.commands.unfinished import unfinished
from ownhand.errors import WriterError
from ownhand.home import Home
from ownhand.manuscript.consent import Consent, VoiceFolder, find_kept_voice, find_voice, grant
from ownhand.text.counted import times
from ownhand.training.serving_base import serving_digest
from ownhand.voices import steps
from ownhand.voices.archive import export_voice, import_voice
from ownhand.voices.forget import what_is_kept
from ownhand.voices.steps import Answer
from ownhand.voices.store import VoiceStore

_WITH_NAME = {"activate": "ID", "export": "FILE", "import": "FILE"}
_ALONE = ("list", "rollback", "forget")


@dataclass(frozen=True)
class Request:
    """What was asked of a folder's voice. `name` is an adapter's id or a file."""

    home: Home
    folder: Path
    name: str
    yes: bool
    force: bool


def run(home: Home, folder: Path, action: str, name: str, *, yes: bool, force: bool, as_json: bool) -> int:
    find_kept_voice(home, folder)
    answer = _chosen(action, name)(Request(home, folder, name, yes, force))
    if as_json:
        print_json(answer)
    elif action == "list":
        _show(answer, Console(highlight=False))
    else:
        print_line(answer["sentence"])
    return 0


def _chosen(action: str, name: str) -> Callable[[Request], Answer]:
    actions: dict[str, Callable[[Request], Answer]] = {
        "list": _list,
        "activate": _activate,
        "rollback": _rollback,
        "export": _export,
        "import": _import,
        "forget": _forget,
    }
    if action not in actions:
        known = ", ".join([*_ALONE, *(f"{word} {what}" for word, what in _WITH_NAME.items())])
        raise WriterError(f"There is nothing called {action} to do with a voice.", f"Choose one of: {known}.")
    if action in _WITH_NAME and not name:
        where = (
            "Name a file, for example my.voice." if _WITH_NAME[action] == "FILE" else "See `ownhand voices DIR list`."
        )
        raise WriterError(f"Say which one: {action} {_WITH_NAME[action]}.", where)
    if action in _ALONE and name:
        raise WriterError(f"{action} takes no name.", "See `ownhand voices --help`.")
    return actions[action]


def _list(asked: Request) -> Answer:
    voice = find_voice(asked.home, asked.folder)
    if voice is None:
        return steps.listing(None) | {"training": None}
    training = unfinished(voice.path, asked.folder)
    return steps.listing(voice.path, _base(asked.home, voice)) | {"training": training and str(training)}


def _activate(asked: Request) -> Answer:
    voice = _voice(asked)
    return steps.activate(voice.path, asked.name, _base(asked.home, voice))


def _rollback(asked: Request) -> Answer:
    voice = _voice(asked)
    return steps.rollback(voice.path, _base(asked.home, voice))


def _base(home: Home, voice: VoiceFolder) -> str | None:
    """The digest of the model that serves. None where adapters of one model alone are kept, or it can't be told."""
    if len(VoiceStore(voice.path).bases) < 2:
        return None
    with contextlib.suppress(WriterError):
        return asyncio.run(serving_digest(terminal_settings(home), home))
    return None


def _export(asked: Request) -> Answer:
    target = Path(asked.name)
    if target.is_file() and not asked.force:
        raise WriterError(f"{target} is there already.", "Name another file, or say --force to replace it.")
    size = export_voice(_voice(asked).path, target)
    return {
        "file": str(target),
        "bytes": size,
        "sentence": f"The voice is in {target} ({size / 1e6:.1f} MB). It holds text of yours: keep it as private as "
        "the manuscript.",
    }


def _import(asked: Request) -> Answer:
    imported = import_voice(asked.home, Path(asked.name))
    voice = grant(asked.home, asked.folder, Consent.LEARN, voice=imported)
    adapters = len(VoiceStore(voice.path).adapters())
    return {
        "voice": voice.id,
        "adapters": adapters,
        "sentence": f"The voice now belongs to {voice.folder}; it was learned {times(adapters)}.",
    }


def _forget(asked: Request) -> Answer:
    voice = _voice(asked)
    if not asked.yes:
        kept = ", ".join(what_is_kept(voice.path))
        raise WriterError(f"This removes for good: {kept}.", "Say --yes to do it. Your own files stay.")
    return asyncio.run(steps.forget(voice.path, terminal_settings(asked.home).ollama_host))


def _voice(asked: Request) -> VoiceFolder:
    voice = find_voice(asked.home, asked.folder)
    if voice is None:
        raise WriterError(f"Ownhand knows no voice for {asked.folder}.", f"Begin with `ownhand corpus {asked.folder}`.")
    return voice


def _show(answer: Mapping[str, Any], console: Console) -> None:
    if not answer["adapters"]:
        makes = "" if answer["training"] else " `ownhand train DIR` makes one."
        console.print(f"No voice was learned yet.{makes}", markup=False, soft_wrap=True)
    else:
        _show_adapters(answer, console)
    if answer["training"]:
        console.print(answer["training"], markup=False, soft_wrap=True)


def _show_adapters(answer: Mapping[str, Any], console: Console) -> None:
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("", "Voice", "Made", "Model", "Pieces", "Verdict"):
        table.add_column(name, overflow="fold")
    for adapter in answer["adapters"]:
        mark = "writes" if adapter["active"] else ""
        made = adapter["made"][:10]
        pieces = str(len(adapter["pieces"]))
        # As Text: square brackets would be markup.
        table.add_row(mark, adapter["id"], made, Text(adapter["model"]), pieces, adapter["decision"])
    console.print(table)
    for adapter in answer["adapters"]:
        console.print(f"Voice {adapter['id']}: {adapter['why']}", markup=False, soft_wrap=True)

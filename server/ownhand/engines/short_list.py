"""The short list that the writer picks a model from, and what to say beside it."""

import asyncio
import importlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ownhand.engines.choice import file_named, openai_engine
from ownhand.engines.gguf_header import BadGGUFError, Header, read_header
from ownhand.engines.ollama_blobs import local_blobs
from ownhand.engines.protocol import Engine, EngineError, Model
from ownhand.engines.suitable import BETTER_SIZE, LEARNABLE_ARCHITECTURES, PULL, TOO_LARGE, judged
from ownhand.engines.weights import PACKAGED_FILE, PACKAGED_LICENCE, PACKAGED_NAME, packaged_weights
from ownhand.home import Home
from ownhand.settings import Settings

_PATIENCE = 5.0
"""Seconds for a server to list its models; the list is then shown without them."""
_POOR = "Only the small packaged model is here, which shows how Ownhand works and writes poorly."
_NONE = "No model that could write is on this machine yet."
_PULL = f"run `{PULL}` in a terminal (it fetches {BETTER_SIZE / 1e9:.1f} GB)"


@dataclass(frozen=True)
class ShortList:
    """`models`: those to pick from, then those left out and why. `current`: the name of the one that the settings
    name, as they spell it when it isn't there, "" when they name none. `ollama`: did Ollama answer?

    `sentence` is what the writer should know now, or ""; `better` how to get a better model, `command` the one to
    copy for that; both "" where the writer's own server decides which models there are.
    """

    models: tuple[Model, ...]
    current: str = ""
    ollama: bool = False
    sentence: str = ""
    better: str = ""
    command: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "models": [_json(model, model.name == self.current) for model in self.models],
            "current": self.current,
            "ollama": self.ollama,
            "sentence": self.sentence,
            "better": self.better,
            "command": self.command,
        }


async def short_list(settings: Settings, home: Home) -> ShortList:
    """What the engine that the settings ask for could serve. Asks engines only to list; loads nothing, never fails."""
    if settings.engine == "openai":
        return await _of_server(settings)
    disk, held = await asyncio.gather(asyncio.to_thread(_on_disk, home, settings.model), _in_ollama(settings))
    known = {model.name for model in disk}
    found = disk + [model for model in held or () if model.name not in known]
    models = [model for model in found if _can_serve(model, settings.engine, held)]
    current = _current(models, settings.model)
    models = [_fitting(model) if model is current else model for model in models]
    models.sort(key=lambda model: (not model.suitable, model.packaged, -model.size, model.name))
    answers = held is not None
    better = f"For a better one, {_PULL}, then choose it here." if answers else _with_ollama(models)
    name = current.name if current else settings.model
    sentence = _missing(name, answers) if name and current is None else _poor(models, better)
    return ShortList(tuple(models), name, answers, sentence, better, PULL)


def described(header: Header, name: str, licence: str = "") -> Model:
    """A GGUF as an entry of the list. Reads the file's size: call it in a thread."""
    packaged = header.path.name == PACKAGED_FILE
    return judged(
        Model(
            name=name,
            size=header.path.stat().st_size,
            family=header.architecture,
            parameters=str(header.metadata.get("general.size_label", "")),
            licence=PACKAGED_LICENCE if packaged else licence or str(header.metadata.get("general.license", "")),
            context=header.context,
            can_learn=header.architecture in LEARNABLE_ARCHITECTURES,
            packaged=packaged,
            path=header.path,
        )
    )


def _json(model: Model, current: bool) -> dict[str, Any]:
    """`setting` is what to write into `ownhand.model` to have this one."""
    return {
        "name": model.name,
        "setting": "" if model.packaged else model.name,
        "size": model.size,
        "parameters": model.parameters,
        "family": model.family,
        "context": model.context,
        "licence": model.licence,
        "suitable": model.suitable,
        "why": model.why_not,
        "can_learn": model.can_learn,
        "packaged": model.packaged,
        "current": current,
        **({"path": str(model.path)} if model.path else {}),
    }


def _can_serve(model: Model, engine: str, held: Sequence[Model] | None) -> bool:
    if engine == "embedded":
        return model.path is not None
    if engine == "ollama":
        return not model.packaged and (held is None or any(model.name == other.name for other in held))
    return True


def _current(models: Sequence[Model], setting: str) -> Model | None:
    """The model that the setting names. Ollama's NAME is its NAME:latest; a file may be one that Ollama holds."""
    if not setting:
        return next((model for model in models if model.packaged), None)
    path = file_named(setting)
    names = {setting, f"{setting}:latest"}
    return next((model for model in models if model.name in names or (path and model.path == path)), None)


def _fitting(model: Model) -> Model:
    """The model that serves may itself be what fills the memory."""
    return replace(model, suitable=True, why_not="") if model.why_not == TOO_LARGE else model


def _missing(name: str, ollama: bool) -> str:
    if ollama or file_named(name):
        return f"The model that you chose, {name}, is not on this machine; choose another."
    return f"The model that you chose, {name}, is not to be found while Ollama is off; start Ollama, or choose another."


def _poor(models: Sequence[Model], better: str) -> str:
    """What to say while there is nothing to write with in earnest; "" when there is."""
    if any(model.suitable and not model.packaged for model in models):
        return ""
    return f"{_POOR if any(model.packaged for model in models) else _NONE} {better}"


def _with_ollama(models: Sequence[Model]) -> str:
    """What to do about an Ollama that doesn't answer: one that left model files here is installed already."""
    installed = any(model.path and not model.packaged for model in models)
    begin = "start Ollama" if installed else "install Ollama from https://ollama.com and start it"
    return f"For a better one, {begin}, {_PULL}, then choose it here."


def _on_disk(home: Home, setting: str) -> list[Model]:
    """The packaged weights, what Ollama left in its folder, and the file that the setting names."""
    found = [model for blob in local_blobs() if (model := _readable(blob.path, blob.name, blob.licence))]
    try:
        packaged = _readable(packaged_weights(home), PACKAGED_NAME, PACKAGED_LICENCE)
    except EngineError:
        packaged = None
    found = [packaged, *found] if packaged else found
    path = file_named(setting)
    if path and all(model.path != path for model in found) and (named := _readable(path, setting, "")):
        found.append(replace(named, packaged=False))
    return found


def _readable(path: Path, name: str, licence: str) -> Model | None:
    try:
        return described(read_header(path), name, licence)
    except (BadGGUFError, OSError):
        return None


async def _in_ollama(settings: Settings) -> list[Model] | None:
    """What Ollama lists; None when it doesn't answer."""
    from ownhand.engines.ollama import OllamaEngine

    await asyncio.to_thread(importlib.import_module, "ollama")  # takes longer than an event loop should wait
    try:
        return [replace(model, path=None) for model in await _listed(OllamaEngine("any", settings.ollama_host))]
    except EngineError:
        return None


async def _of_server(settings: Settings) -> ShortList:
    """The list of an OpenAI-compatible server, as it gives it. Without a name the server's first one serves."""
    await asyncio.to_thread(importlib.import_module, "httpx")
    try:
        models = await _listed(openai_engine(settings))
    except EngineError as error:
        return ShortList((), settings.model, sentence=str(error))
    current = settings.model or (models[0].name if models else "")
    return ShortList(tuple(models), current)


async def _listed(engine: Engine) -> list[Model]:
    """An engine's models. Raises EngineError, also when it takes too long."""
    try:
        async with asyncio.timeout(_PATIENCE):
            return await engine.models()
    except TimeoutError:
        raise EngineError(f"{engine.name} does not answer.", "Start it again.") from None
    finally:
        await engine.close()

"""Which model: the engine that the settings ask for, and the short list to pick from."""

import asyncio
import os
from dataclasses import replace
from pathlib import Path

from ownhand.engines.gguf_header import BadGGUFError, Header, read_header
from ownhand.engines.ollama_blobs import OllamaBlob, local_blobs
from ownhand.engines.protocol import Engine, EngineError, Model
from ownhand.engines.suitable import LEARNABLE_ARCHITECTURES, judged
from ownhand.engines.weights import PACKAGED_FILE, PACKAGED_LICENCE, PACKAGED_NAME, packaged_weights
from ownhand.home import Home
from ownhand.settings import Settings

SCRIPT_VARIABLE = "OWNHAND_SCRIPTED"
"""Path of a script: the scripted engine then serves, whatever the settings say."""


async def choose_engine(settings: Settings, home: Home) -> Engine:
    """The engine that the settings ask for. Raises EngineError with the fix when it can't be had.

    `auto` is the writer's Ollama while a model is named that it has and it answers, else the embedded engine, which
    serves the same model from Ollama's own file where it can.
    """
    if script := os.environ.get(SCRIPT_VARIABLE):
        from ownhand.engines.scripted import ScriptedEngine

        return await asyncio.to_thread(ScriptedEngine.from_file, Path(script))
    if settings.engine == "openai":
        return _openai(settings)
    if settings.engine == "ollama":
        return await _ollama(settings)
    if settings.engine == "auto" and settings.model and not _is_file(settings.model):
        return await _ollama_or_its_file(settings)
    return await _embedded(settings.model, home)


async def offered_models(settings: Settings, home: Home) -> list[Model]:
    """The short list for the writer: suitable models first, largest first; then what was left out and why.

    From the packaged weights, Ollama (when it answers) and the files that Ollama left on this disk.
    """
    found = await asyncio.to_thread(_on_disk, home)
    known = {model.name for model in found}
    found += [model for model in await _in_ollama(settings) if model.name not in known]
    return sorted(found, key=lambda model: (not model.suitable, model.packaged, -model.size, model.name))


def described(header: Header, name: str, licence: str = "") -> Model:
    """A GGUF as an entry of the picker. Reads the file's size: call it in a thread."""
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


def _openai(settings: Settings) -> Engine:
    from ownhand.engines.openai import OpenAIEngine

    if not settings.openai_base_url.startswith(("http://", "https://")):
        raise EngineError(
            "The setting ownhand.openai.baseUrl names no server.", "Set it, for example to http://127.0.0.1:8000/v1."
        )
    return OpenAIEngine(settings.openai_base_url, settings.model, settings.openai_api_key)


async def _ollama(settings: Settings) -> Engine:
    from ownhand.engines.ollama import OllamaEngine

    if not settings.model:
        raise EngineError("No model is chosen for Ollama.", "Set ownhand.model to one that `ollama list` shows.")
    return await asyncio.to_thread(OllamaEngine, settings.model, settings.ollama_host)


async def _ollama_or_its_file(settings: Settings) -> Engine:
    engine = await _ollama(settings)
    health = await engine.health()
    if health.state != "unavailable":
        return engine
    await engine.close()
    blob = await asyncio.to_thread(_blob_named, settings.model)
    if blob is None:
        raise EngineError(health.sentence, health.next_step)
    from ownhand.engines.embedded import EmbeddedEngine

    return await EmbeddedEngine.open(blob.path, blob.name)


async def _embedded(model: str, home: Home) -> Engine:
    from ownhand.engines.embedded import EmbeddedEngine

    if not model:
        return await EmbeddedEngine.open(await asyncio.to_thread(packaged_weights, home), PACKAGED_NAME)
    if _is_file(model):
        path = _expanded(model)
        return await EmbeddedEngine.open(path, path.stem)
    blob = await asyncio.to_thread(_blob_named, model)
    if blob is None:
        raise EngineError(
            f"The embedded engine finds no model named {model}.",
            "Set ownhand.model to the path of a GGUF file, to a model that Ollama holds, or to nothing.",
        )
    return await EmbeddedEngine.open(blob.path, blob.name)


def _is_file(model: str) -> bool:
    return model.endswith(".gguf") or (os.sep in model and model.startswith((os.sep, "~", ".")))


def _expanded(model: str) -> Path:
    return Path(model).expanduser()


def _blob_named(model: str) -> OllamaBlob | None:
    names = {model, f"{model}:latest"}
    return next((blob for blob in local_blobs() if blob.name in names), None)


def _on_disk(home: Home) -> list[Model]:
    found = [model for blob in local_blobs() if (model := _readable(blob.path, blob.name, blob.licence))]
    try:
        packaged = _readable(packaged_weights(home), PACKAGED_NAME, PACKAGED_LICENCE)
    except EngineError:
        packaged = None
    return [packaged, *found] if packaged else found


def _readable(path: Path, name: str, licence: str) -> Model | None:
    try:
        return described(read_header(path), name, licence)
    except (BadGGUFError, OSError):
        return None


async def _in_ollama(settings: Settings) -> list[Model]:
    from ownhand.engines.ollama import OllamaEngine

    engine = OllamaEngine("any", settings.ollama_host)
    try:
        return [replace(model, path=None) for model in await engine.models()]
    except EngineError:
        return []
    finally:
        await engine.close()

"""Which engine: the one that the settings ask for."""

import asyncio
import os
from pathlib import Path

from ownhand.engines.ollama_blobs import OllamaBlob, local_blobs
from ownhand.engines.protocol import Engine, EngineError
from ownhand.engines.weights import PACKAGED_NAME, packaged_weights
from ownhand.home import Home
from ownhand.settings import Settings

SCRIPT_VARIABLE = "OWNHAND_SCRIPTED"
"""Path of a script: the scripted engine then serves, whatever the settings say."""


async def choose_engine(settings: Settings, home: Home, *, all_cores: bool = False) -> Engine:
    """The engine that the settings ask for. Raises EngineError with the fix when it can't be had.

    `all_cores` is for the embedded one: nobody waits for its answers at an editor.

    `auto` is the writer's Ollama while a model is named that it has and it answers, else the embedded engine, which
    serves the same model from Ollama's own file where it can.
    """
    if script := os.environ.get(SCRIPT_VARIABLE):
        from ownhand.engines.scripted import ScriptedEngine

        return await asyncio.to_thread(ScriptedEngine.from_file, Path(script))
    if settings.engine == "openai":
        return openai_engine(settings)
    if settings.engine == "ollama":
        return await _ollama(settings)
    if wants_ollama(settings):
        return await _ollama_or_its_file(settings, all_cores=all_cores)
    return await _embedded(settings.model, home, all_cores=all_cores)


def wants_ollama(settings: Settings) -> bool:
    """Do the settings ask for the writer's Ollama: by its name, or by that of a model?"""
    by_model = settings.engine == "auto" and bool(settings.model) and file_named(settings.model) is None
    return settings.engine == "ollama" or by_model


def openai_engine(settings: Settings) -> Engine:
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


async def _ollama_or_its_file(settings: Settings, *, all_cores: bool) -> Engine:
    engine = await _ollama(settings)
    health = await engine.health()
    if health.state != "unavailable":
        return engine
    await engine.close()
    blob = await asyncio.to_thread(_blob_named, settings.model)
    if blob is None:
        raise EngineError(health.sentence, health.next_step)
    from ownhand.engines.embedded import EmbeddedEngine

    return await EmbeddedEngine.open(blob.path, blob.name, all_cores=all_cores)


async def _embedded(model: str, home: Home, *, all_cores: bool) -> Engine:
    from ownhand.engines.embedded import EmbeddedEngine

    path, name = await asyncio.to_thread(_weights, model, home)
    return await EmbeddedEngine.open(path, name, all_cores=all_cores)


def _weights(model: str, home: Home) -> tuple[Path, str]:
    """The file that the setting `model` stands for, and the name of the model in it. Raises EngineError."""
    if not model:
        return packaged_weights(home), PACKAGED_NAME
    if path := file_named(model):
        return path, path.stem
    if blob := _blob_named(model):
        return blob.path, blob.name
    raise EngineError(
        f"The embedded engine finds no model named {model}.",
        "Set ownhand.model to the path of a GGUF file, to a model that Ollama holds, or to nothing.",
    )


def file_named(model: str) -> Path | None:
    """The file that the setting `model` names; None when it names a model by its name."""
    is_path = model.endswith(".gguf") or (os.sep in model and model.startswith((os.sep, "~", ".")))
    return Path(model).expanduser() if is_path else None


def _blob_named(model: str) -> OllamaBlob | None:
    names = {model, f"{model}:latest"}
    return next((blob for blob in local_blobs() if blob.name in names), None)

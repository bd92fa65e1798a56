"""Which model to learn with: the file of the one that the settings let serve."""

import asyncio
from pathlib import Path

from ownhand.engines.choice import choose_engine
from ownhand.engines.embedded import EmbeddedEngine
from ownhand.engines.ollama import OllamaEngine
from ownhand.engines.ollama_blobs import local_blobs
from ownhand.engines.protocol import Engine
from ownhand.errors import WriterError
from ownhand.home import Home
from ownhand.settings import Settings
from ownhand.training.base import Base, checked_base

_NEXT_STEP = "Set ownhand.model to a model in your own Ollama or to a GGUF file, or to nothing for the packaged one."


async def find_base(settings: Settings, home: Home, folder: Path | None = None) -> tuple[Base, bool]:
    """The base of the engine that the settings choose, and whether that engine uses graphics cards where there are any.

    `folder` is a Hugging Face folder with the base's plain weights.

    Raises EngineError when there is no engine, WriterError when its model can't be learned with.
    """
    engine = await choose_engine(settings, home)
    try:
        gguf = await asyncio.to_thread(_file_of, engine)
    finally:
        await engine.close()
    return await asyncio.to_thread(checked_base, gguf, folder), isinstance(engine, OllamaEngine)


def _file_of(engine: Engine) -> Path:
    if isinstance(engine, EmbeddedEngine):
        return engine.path
    if isinstance(engine, OllamaEngine):
        names = {engine.model, f"{engine.model}:latest"}
        found = next((blob.path for blob in local_blobs() if blob.name in names), None)
        if found is None:
            raise WriterError(f"Ollama's file of {engine.model} is not on this machine, or can't be read.", _NEXT_STEP)
        return found
    raise WriterError(f"The weights of {engine.model} are not at hand, so it can't learn.", _NEXT_STEP)

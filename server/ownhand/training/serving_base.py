"""Which base model an engine serves: adapters belong to exactly one, told by the digest of its file."""

import asyncio

from ownhand.engines.choice import choose_engine
from ownhand.engines.protocol import Engine
from ownhand.home import Home
from ownhand.settings import Settings
from ownhand.training.base import digest_of


async def base_digest(engine: Engine, home: Home) -> str:
    """ "sha256:..." of the GGUF that the engine serves; "" for a kind of engine that never tells.

    Raises EngineError or WriterError when it can't be told now: that is not to be taken for another model.
    """
    from ownhand.engines.embedded import EmbeddedEngine
    from ownhand.engines.ollama import OllamaEngine

    if isinstance(engine, EmbeddedEngine):
        return await asyncio.to_thread(digest_of, engine.path, home)
    if isinstance(engine, OllamaEngine):
        return await engine.base_digest()
    return ""


async def serving_digest(settings: Settings, home: Home) -> str:
    """That of the engine that the settings choose. Raises EngineError or WriterError."""
    engine = await choose_engine(settings, home)
    try:
        return await base_digest(engine, home)
    finally:
        await engine.close()

"""Which base model an engine serves: adapters belong to exactly one, told by the digest of its file."""

import asyncio

from ownhand.engines.protocol import Engine, EngineError
from ownhand.errors import WriterError
from ownhand.home import Home
from ownhand.training.base import digest_of


async def base_digest(engine: Engine, home: Home) -> str:
    """ "sha256:..." of the GGUF that the engine serves; "" for an engine that does not tell."""
    from ownhand.engines.embedded import EmbeddedEngine
    from ownhand.engines.ollama import OllamaEngine

    try:
        if isinstance(engine, EmbeddedEngine):
            return await asyncio.to_thread(digest_of, engine.path, home)
        if isinstance(engine, OllamaEngine):
            return await engine.base_digest()
    except (WriterError, EngineError):
        return ""
    return ""

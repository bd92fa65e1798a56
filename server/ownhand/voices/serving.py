"""One engine for several voices: each is answered with its own adapter, and no answer is written by two.

Streams with one adapter run together; a stream with another waits until they ended. A new champion is made ready beside
the old one, which answers on until the very moment of the change.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator

from ownhand.engines.protocol import Adapter, Chunk, Engine, Health, Model, Sampling, SpecialTokens, Usage


class Turns:
    """Who may use the engine now. One for each engine."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._running = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._entry = asyncio.Lock()

    @contextlib.asynccontextmanager
    async def under(self, adapter: Adapter | None) -> AsyncGenerator[None]:
        """The engine answers with `adapter` until the block ends. Raises EngineError when it can't."""
        async with self._entry:
            if self.engine.adapter != adapter:
                await self._idle.wait()
                if self.engine.adapter != adapter:
                    await self.engine.use_adapter(adapter)
            self._running += 1
            self._idle.clear()
        try:
            yield
        finally:
            self._running -= 1
            if self._running == 0:
                self._idle.set()


class VoicedEngine:
    """An engine as one voice sees it: always with that voice's adapter. It owns nothing and closes nothing."""

    def __init__(self, turns: Turns, adapter: Adapter | None = None) -> None:
        self._turns, self._engine, self._adapter = turns, turns.engine, adapter

    @property
    def engine(self) -> Engine:
        """The engine behind it, which all voices share."""
        return self._engine

    @property
    def name(self) -> str:
        return self._engine.name

    @property
    def model(self) -> str:
        return self._engine.model

    @property
    def adapter(self) -> Adapter | None:
        return self._adapter

    @property
    def context(self) -> int:
        return self._engine.context

    async def models(self) -> list[Model]:
        return await self._engine.models()

    async def health(self) -> Health:
        return await self._engine.health()

    async def load(self) -> None:
        await self._engine.load()

    async def stream(self, prompt: str, sampling: Sampling, usage: Usage | None = None) -> AsyncGenerator[Chunk]:
        async with (
            self.in_use() as engine,
            contextlib.aclosing(engine.stream(prompt, sampling, usage)) as chunks,
        ):
            async for chunk in chunks:
                yield chunk

    @contextlib.asynccontextmanager
    async def in_use(self) -> AsyncGenerator[Engine]:
        """The engine behind it, which answers with this voice's adapter until the block ends. Raises EngineError."""
        async with self._turns.under(self._adapter):
            yield self._engine

    async def count_tokens(self, text: str) -> int:
        return await self._engine.count_tokens(text)

    async def special_tokens(self) -> SpecialTokens:
        return await self._engine.special_tokens()

    async def use_adapter(self, adapter: Adapter | None) -> None:
        """Answer with another one from now on. Where this voice's present adapter serves, the new one is made ready
        while that goes on answering; else it is loaded when this voice is next asked.

        Raises EngineError when the new one can't serve; the present one stays.
        """
        if adapter == self._adapter:
            return
        if self._engine.adapter == self._adapter:
            await self._engine.use_adapter(adapter)
        self._adapter = adapter

    async def close(self) -> None:
        """The engine belongs to all voices."""

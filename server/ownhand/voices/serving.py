"""One engine for several voices: each is answered with its own adapter, and no answer is written by two.

Streams with one adapter run together; a stream with another waits until they ended. A new champion is made ready beside
the old one, which answers on until the very moment of the change; that may take minutes, in which only those wait that
want a third. Who had its turn at that moment and was not answered yet is told so by the engine, and takes another.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import TypeVar

from ownhand.engines.protocol import (
    Adapter,
    AdapterChangedError,
    Chunk,
    Engine,
    Health,
    Model,
    Sampling,
    SpecialTokens,
    Usage,
)

Answer = TypeVar("Answer")


class Turns:
    """Who may use the engine now. One for each engine."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._running = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._entry, self._changing = asyncio.Lock(), asyncio.Lock()

    @contextlib.asynccontextmanager
    async def under(self, adapter: Adapter | None) -> AsyncGenerator[None]:
        """The engine answers with `adapter` until the block ends. Raises EngineError when it can't."""
        while not await self._entered(adapter):
            async with self._changing:
                pass  # outside of the entry: what serves until the change goes on answering
        try:
            yield
        finally:
            self._running -= 1
            if self._running == 0:
                self._idle.set()

    async def _entered(self, adapter: Adapter | None) -> bool:
        """False where that has to wait for a change that is under way. Raises EngineError."""
        async with self._entry:
            if self.engine.adapter != adapter:
                if self._changing.locked():
                    return False
                await self._idle.wait()
                if self.engine.adapter != adapter:
                    await self.engine.use_adapter(adapter)
            self._running += 1
            self._idle.clear()
            return True

    async def change(self, before: Adapter | None, after: Adapter | None) -> None:
        """Let `after` answer in place of `before`, which answers on meanwhile. One change at a time: where another has
        put its own in the place of `before`, nothing is done. Raises EngineError when `after` can't serve.
        """
        async with self._changing:
            if self.engine.adapter == before:
                await self.engine.use_adapter(after)


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
        while True:
            with contextlib.suppress(AdapterChangedError):
                async with (
                    self._turns.under(self._adapter),
                    contextlib.aclosing(self._engine.stream(prompt, sampling, usage)) as chunks,
                ):
                    async for chunk in chunks:
                        yield chunk
                return

    async def asked(self, question: Callable[[Engine], Awaitable[Answer]]) -> Answer:
        """The answer to a question of several calls to the engine, all of which this voice's adapter answered: it is
        put again where another one took over in the middle. Raises EngineError.
        """
        while True:
            adapter = self._adapter
            with contextlib.suppress(AdapterChangedError):
                async with self._turns.under(adapter):
                    answer = await question(self._engine)
                    if self._engine.adapter == adapter:
                        return answer

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
            await self._turns.change(self._adapter, adapter)
        self._adapter = adapter

    async def close(self) -> None:
        """The engine belongs to all voices."""

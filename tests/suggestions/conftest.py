"""An engine, a clock and a corpus that do what they are told, for the suggestions room."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import aclosing
from dataclasses import dataclass

import pytest

from ownhand.engines.protocol import Chunk, Sampling, SpecialTokens, Usage
from ownhand.engines.scripted import ScriptedEngine
from ownhand.manuscript.model import Form, Here
from ownhand.suggestions.moment import Moment
from ownhand.suggestions.suggester import Suggester
from ownhand.text.words import matching_words


class HeldClock:
    """Stands still until `advance`."""

    def __init__(self) -> None:
        self.time = 100.0
        self._sleeping: list[tuple[float, asyncio.Future[None]]] = []

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        future = asyncio.get_running_loop().create_future()
        self._sleeping.append((self.time + seconds, future))
        await future

    async def advance(self, seconds: float) -> None:
        await settle()
        self.time += seconds
        for due, future in list(self._sleeping):
            if due <= self.time + 1e-9 and not future.done():
                future.set_result(None)
        self._sleeping = [(due, future) for due, future in self._sleeping if not future.done()]
        await settle()


async def settle() -> None:
    """Let every task run until it waits for something from outside, threads included."""
    for _ in range(12):
        await asyncio.sleep(0.001)


class PlayedEngine(ScriptedEngine):
    """The scripted engine with answers that come in turn, the last one for ever; it stops at a gate (`go`)."""

    def __init__(self) -> None:
        super().__init__(self._next, before_chunk=self._gate)
        self.answers = [""]
        self.special = SpecialTokens()
        self.counted: list[str] = []
        self.running = 0
        self.go = asyncio.Event()
        self.go.set()

    @property
    def prompts(self) -> list[str]:
        return [call.prompt for call in self.calls]

    @property
    def given(self) -> int:
        """Chunks that were read."""
        return sum(len(call.said) for call in self.calls)

    async def stream(self, prompt: str, sampling: Sampling, usage: Usage | None = None) -> AsyncGenerator[Chunk]:
        self.running += 1
        try:
            async with aclosing(super().stream(prompt, sampling, usage)) as chunks:
                async for chunk in chunks:
                    yield chunk
        finally:
            self.running -= 1

    async def count_tokens(self, text: str) -> int:
        self.counted.append(text)
        return await super().count_tokens(text)

    async def special_tokens(self) -> SpecialTokens:
        return self.special

    def _next(self, prompt: str) -> str:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    async def _gate(self) -> None:
        await self.go.wait()
        await asyncio.sleep(0)


@dataclass(frozen=True)
class Kept:
    text: str

    @property
    def piece_id(self) -> str:
        return self.text


@dataclass
class SmallCorpus:
    """A few texts of the writer's, compared as the real corpus does: eight words in a row."""

    texts: list[str]
    asked: int = 0
    changes: int = 1

    def generation(self) -> int:
        return self.changes

    def closest(self, text: str, form: Form, *, here: Here | None, words: int) -> list[Kept]:
        self.asked += 1
        return [Kept(own) for own in self.texts]

    def still_serve(self, pieces: Collection[str]) -> bool:
        return all(piece in self.texts for piece in pieces)

    def repeats_own_text(self, text: str, *, here: Here | None) -> bool:
        words = matching_words(text)
        own = [" ".join(matching_words(one)) for one in self.texts]
        return any(" ".join(words[i : i + 8]) in one for i in range(len(words) - 7) for one in own)

    def sample_texts(self, form: Form, words: int) -> list[str]:
        return self.texts


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
def engine() -> PlayedEngine:
    return PlayedEngine()


@pytest.fixture
def corpus_of() -> type[SmallCorpus]:
    return SmallCorpus


@pytest.fixture
def settled() -> Callable[[], object]:
    return settle


@pytest.fixture
async def suggester(engine: PlayedEngine, clock: HeldClock):
    made = Suggester(engine, clock=clock, on_mains=lambda: False)
    yield made
    await made.close()
    assert engine.running == 0


@pytest.fixture
def moment() -> Callable[..., Moment]:
    def make(before: str, after: str = "", version: int = 1, **more: object) -> Moment:
        values: dict[str, object] = {"document": "file:///ms/a.md", "language": "md", "invoked": True} | more
        return Moment(version=version, before=before, after=after, **values)  # type: ignore[arg-type]

    return make

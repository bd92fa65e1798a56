"""What Ownhand adds to the engine: time to the complete suggestion against the raw engine asked with the same prompt.

Two engines with the same weights and options run side by side and see the same prompts in the same order, so that
their prefix caches stand alike: one is asked through the whole path (place, passages, prompt, stream, boundary,
shaping, filters), the other by bare HTTP requests for as many tokens as the suggestion took. Times are compared pair
by pair, in one run; the suggestion comes first, since only then it is known how many tokens to ask for. Both draw with
the same seed, and a pair in which the bare engine wrote something of another length all the same is left out and
counted.
Where a first candidate came to nothing and a second one was asked for, the bare engine is asked for both.
"""

import itertools
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any

from bench.figures import Figure, quantile
from bench.page import STORY
from ownhand.engines.protocol import Chunk, Engine, Sampling, Usage
from ownhand.suggestions.composer import OWN_TEXT
from ownhand.suggestions.moment import Suggestion
from ownhand.suggestions.own_text import OwnText
from ownhand.suggestions.suggester import Suggester
from ownhand.suggestions.trace import Trace

RawCall = Callable[[str, Sampling], Awaitable[int]]
"""Asks the bare engine for the whole answer to a prompt; returns how many chunks came."""

WARM_UP = 5


@dataclass
class Heard:
    """What the suggester asked the engine for, how many chunks (one a token, all but always) it took, and how many
    tokens the engine says it wrote: one more than the chunks where a line break or the end of the text stopped it."""

    prompt: str
    sampling: Sampling
    usage: Usage
    chunks: int = 0

    @property
    def again(self) -> Sampling:
        """The same question, for as many tokens as were written."""
        return replace(self.sampling, max_tokens=max(self.chunks, self.usage.generated_tokens))


class Eavesdropper:
    """An engine that hands everything on, with a seed, and remembers the streams since `heard` was last emptied."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.heard: list[Heard] = []
        self._seeds = itertools.count(1)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    async def stream(self, prompt: str, sampling: Sampling, usage: Usage | None = None) -> AsyncGenerator[Chunk]:
        sampling = replace(sampling, seed=next(self._seeds))
        usage = usage or Usage()
        heard = Heard(prompt, sampling, usage)
        self.heard.append(heard)
        async with aclosing(self._engine.stream(prompt, sampling, usage)) as chunks:
            async for chunk in chunks:
                heard.chunks += 1
                yield chunk


@dataclass
class Pairs:
    """Seconds of the suggestion and of the raw engine, pair by pair, and what the engine said of its prefix cache."""

    ours: list[float] = field(default_factory=list)
    raw: list[float] = field(default_factory=list)
    prompt_tokens: int = 0
    cached_tokens: int = 0
    several: int = 0
    uneven: int = 0
    own_text: float = 0.0

    def add(self, ours: float, raw: float, trace: Trace | None) -> None:
        self.ours.append(ours)
        self.raw.append(raw)
        self.several += trace is not None and trace.candidates > 1
        if trace is not None and trace.cached_tokens >= 0:
            self.prompt_tokens += trace.prompt_tokens
            self.cached_tokens += trace.cached_tokens

    @property
    def ratios(self) -> list[float]:
        return [ours / raw for ours, raw in zip(self.ours, self.raw, strict=True)]

    @property
    def cached_share(self) -> float:
        """Share of the prompts' tokens that the engine had in its prefix cache; 0 when it never said."""
        return self.cached_tokens / self.prompt_tokens if self.prompt_tokens else 0.0

    def figures(self, name: str) -> list[Figure]:
        note = f"{len(self.ours)} pairs, raw median {1000 * quantile(self.raw, 0.5):.0f} ms"
        note += f", {self.uneven} uneven ones left out" if self.uneven else ""
        return [
            Figure(f"{name}: suggestion / raw engine, median", quantile(self.ratios, 0.5), "x", 1.10, note=note),
            Figure(f"{name}: suggestion / raw engine, p95", quantile(self.ratios, 0.95), "x", 1.25),
            Figure(f"{name}: asked for more than one candidate", 100 * self.several / len(self.ours), "%"),
            Figure(f"{name}: candidates dropped as the writer's own lines", 100 * self.own_text, "%"),
        ]


async def compare(engine: Engine, corpus: OwnText | None, raw: RawCall, moments: int = 60) -> Pairs:
    """Type a page with `engine` behind the suggester and ask `raw` the same, `moments` times after a warm-up."""
    ear = Eavesdropper(engine)
    # What is written ahead between the questions would be timed as the bare engine's.
    suggester = Suggester(ear, corpus, on_mains=lambda: False)
    pairs = Pairs()
    try:
        for number, moment in enumerate(STORY.moments(250, moments + WARM_UP)):
            ear.heard = []
            started = time.perf_counter()
            answer = await suggester.suggest(moment)
            between = time.perf_counter()
            if not ear.heard:
                continue  # answered without the engine: the page went on as suggested
            even = [await raw(heard.prompt, heard.again) == heard.chunks for heard in ear.heard]
            ended = time.perf_counter()
            if number < WARM_UP or not isinstance(answer, Suggestion):
                continue
            if all(even):
                pairs.add(between - started, ended - between, suggester.last_trace)
            else:
                pairs.uneven += 1
    finally:
        await suggester.close()
    pairs.own_text = suggester.stats.drop_rate(OWN_TEXT)
    return pairs

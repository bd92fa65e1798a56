"""An engine that says what a script says: for tests, and for the real server when exact text is wanted.

Script file (JSON): `{"rules": [{"ends_with": "deep, and", "text": " the sea"}], "default": " and so on.",
"chunk": 4, "delay_ms": 0}`, or just the list of rules. The first rule whose `ends_with` ends the prompt answers.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import regex

from ownhand.engines.protocol import (
    Adapter,
    Chunk,
    EngineError,
    Health,
    Model,
    PromptTooLongError,
    Sampling,
    SpecialTokens,
    Usage,
)

_TOKEN = regex.compile(r"\s?\w{1,4}|\s|[^\w\s]")
Script = Mapping[str, str] | Callable[[str], str]


@dataclass(frozen=True)
class Call:
    """One stream as it was asked for; `said` grows, `finish` is "" when it was cancelled."""

    prompt: str
    sampling: Sampling
    adapter: Adapter | None
    said: list[str] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)


class ScriptedEngine:
    """Answers from `script`: endings of prompts to texts (first match wins, "" matches all), or a function.

    `before_chunk` is awaited before every chunk: an event's `wait`, or a sleep. `fail` is raised instead of the
    chunk numbered `fail_at`. Tokens are up to four letters with their space, or one other character.
    """

    def __init__(
        self,
        script: Script,
        *,
        model: str = "scripted",
        chunk: int = 4,
        context: int = 4096,
        before_chunk: Callable[[], Awaitable[object]] | None = None,
        fail: EngineError | None = None,
        fail_at: int = 0,
        can_learn: bool = True,
    ) -> None:
        self._script, self._model, self._chunk, self._context = script, model, chunk, context
        self.before_chunk, self.fail, self.fail_at = before_chunk, fail, fail_at
        self._can_learn = can_learn
        self._adapter: Adapter | None = None
        self.calls: list[Call] = []
        self.loads = 0
        self.closed = False

    @classmethod
    def from_file(cls, path: Path) -> "ScriptedEngine":
        """Raises EngineError when the file is no script."""
        try:
            document = json.loads(path.read_text("utf-8"))
            facts: dict[str, Any] = {"rules": document} if isinstance(document, list) else document
            script = {rule["ends_with"]: rule["text"] for rule in facts["rules"]} | {"": facts.get("default", "")}
            delay = float(facts.get("delay_ms", 0)) / 1000
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise EngineError(f"{path.name} is no script for the scripted engine.", "Mend OWNHAND_SCRIPTED.") from error
        return cls(script, chunk=int(facts.get("chunk", 4)), before_chunk=_sleep(delay) if delay else None)

    @property
    def name(self) -> str:
        return "scripted"

    @property
    def model(self) -> str:
        return self._model

    @property
    def adapter(self) -> Adapter | None:
        return self._adapter

    @property
    def context(self) -> int:
        return self._context

    async def models(self) -> list[Model]:
        return [Model(self._model, context=self._context, can_learn=self._can_learn)]

    async def health(self) -> Health:
        if self.fail is not None and self.fail_at == 0:
            return Health("unavailable", self.fail.sentence, self.fail.next_step)
        return Health("ready")

    async def load(self) -> None:
        self.loads += 1

    async def stream(self, prompt: str, sampling: Sampling, usage: Usage | None = None) -> AsyncGenerator[Chunk]:
        usage = usage or Usage()
        call = Call(prompt, sampling, self._adapter, usage=usage)
        self.calls.append(call)
        usage.prompt_tokens = await self.count_tokens(prompt)
        if usage.prompt_tokens >= self._context:
            raise PromptTooLongError("The text is too long for the model.", "Ownhand sends less of it.")
        usage.generated_tokens = 0
        text, finish = _bounded(self._text(prompt), sampling)
        tokens = list(_TOKEN.finditer(text))
        for number, start in enumerate(range(0, max(1, len(text)), self._chunk)):
            await self._step(number)
            piece = text[start : start + self._chunk]
            call.said.append(piece)
            ended = [token for token in tokens if start < token.end() <= start + len(piece)]
            usage.generated_tokens += len(ended)
            yield Chunk(piece, tuple((token[0], -1.0) for token in ended) if sampling.logprobs else ())
        usage.finish = finish

    async def count_tokens(self, text: str) -> int:
        return len(_TOKEN.findall(text))

    async def special_tokens(self) -> SpecialTokens:
        return SpecialTokens(bos=1, eos=2, bos_text="<s>", eos_text="</s>")

    async def use_adapter(self, adapter: Adapter | None) -> None:
        if adapter is not None and not await asyncio.to_thread(adapter.path.is_file):
            raise EngineError(f"The adapter {adapter.path.name} is not there.", "Train again.")
        self._adapter = adapter

    async def close(self) -> None:
        self.closed = True

    async def _step(self, number: int) -> None:
        await (self.before_chunk() if self.before_chunk else asyncio.sleep(0))
        if self.fail is not None and number == self.fail_at:
            raise self.fail

    def _text(self, prompt: str) -> str:
        if callable(self._script):
            return self._script(prompt)
        return next((text for ending, text in self._script.items() if prompt.endswith(ending)), "")


def _bounded(text: str, sampling: Sampling) -> tuple[str, str]:
    """`text` up to the first stop string and `max_tokens`, and why it ended there."""
    tokens = _TOKEN.findall(text)
    finish = "length" if len(tokens) > sampling.max_tokens else "stop"
    text = "".join(tokens[: sampling.max_tokens])
    ends = [at for stop in sampling.stop if stop and (at := text.find(stop)) >= 0]
    return (text[: min(ends)], "stop") if ends else (text, finish)


def _sleep(seconds: float) -> Callable[[], Awaitable[None]]:
    return lambda: asyncio.sleep(seconds)

"""What every engine can do. The rest of Ownhand knows engines by these words alone."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from ownhand.errors import WriterError


class EngineError(WriterError):
    """The engine can't answer now. `sentence` and `next_step` are shown once; writing goes on."""


class AdapterChangedError(EngineError):
    """Another adapter took over before the answer began, of which nothing was said yet: ask again."""

    def __init__(self) -> None:
        super().__init__("Another voice took over before the model began to write.", "Ask again.")


class NoSuchModelError(EngineError):
    """The engine has no model of that name."""


class NoProbabilitiesError(EngineError):
    """The engine tells no log-probabilities."""


class PromptTooLongError(EngineError):
    """The prompt does not fit the context; nothing was cut silently."""


@dataclass(frozen=True)
class Model:
    """A model that an engine could serve. Sizes in bytes, 0 when unknown."""

    name: str
    size: int = 0
    family: str = ""
    parameters: str = ""
    licence: str = ""
    context: int = 0
    suitable: bool = True
    why_not: str = ""
    can_learn: bool = False
    """Its architecture is one that training supports."""
    packaged: bool = False
    path: Path | None = None


@dataclass(frozen=True)
class SpecialTokens:
    """Start and end of text, from the GGUF's own keys. Ids are None when the model has none.

    `add_eos`: its keys want the end after whatever is read, a prompt too.
    """

    bos: int | None = None
    eos: int | None = None
    add_bos: bool = False
    bos_text: str = ""
    eos_text: str = ""
    add_eos: bool = False


@dataclass(frozen=True)
class Adapter:
    """A LoRA in GGUF form and the strength it is applied with.

    `alone`: it was measured to serve best without the writer's passages in the prompt.
    """

    id: str
    path: Path
    scale: float = 1.0
    alone: bool = False


@dataclass(frozen=True)
class Sampling:
    """How to draw tokens. `stop` strings are not part of the answer; `logprobs` asks for log-probabilities."""

    max_tokens: int = 48
    temperature: float = 0.7
    top_p: float = 0.95
    top_k: int = 40
    min_p: float = 0.05
    repeat_penalty: float = 1.05
    seed: int | None = None
    stop: tuple[str, ...] = ()
    logprobs: bool = False


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of the answer: whole characters only, never half a code point.

    `logprobs` holds (token text, natural log-probability) where the engine has them and they were asked for.
    """

    text: str
    logprobs: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class NextToken:
    """How likely one token comes next: its bytes, its natural log-probability, its id (-1: the engine doesn't say)."""

    text: bytes
    logprob: float
    id: int = -1


@dataclass
class Usage:
    """Filled in by `stream` once the engine said so; -1 means that the engine never said."""

    prompt_tokens: int = -1
    cached_tokens: int = -1
    generated_tokens: int = -1
    finish: str = ""
    """"stop" (an end token or a stop string), "length", or "" when cancelled."""


@dataclass(frozen=True)
class Health:
    """Can the engine answer? `state` is one of "ready", "asleep" (will load when asked), "loading", "unavailable"."""

    state: str
    sentence: str = ""
    next_step: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


@runtime_checkable
class Foretelling(Protocol):
    """An engine that tells how likely it finds what may come next. With an adapter in use, that adapter's opinion."""

    async def next_tokens(self, prompt: str, count: int) -> list[NextToken]:
        """The `count` likeliest next tokens, likeliest first, before any sampling. Raises EngineError."""
        ...


class Engine(Protocol):
    """One model behind one protocol. All calls are safe to make at once; the engine queues them itself.

    `stream` is cancelled by closing the generator (or cancelling the task that reads it): the engine then stops
    within a token, or within one batch while it still reads the prompt. Every method raises EngineError with a
    sentence for the writer when the engine can't be reached, and nothing else for engine trouble.
    """

    @property
    def name(self) -> str:
        """ "embedded", "ollama", "openai" or "scripted"."""
        ...

    @property
    def model(self) -> str: ...

    @property
    def adapter(self) -> Adapter | None: ...

    @property
    def context(self) -> int:
        """Tokens that prompt and answer share."""
        ...

    async def models(self) -> list[Model]: ...

    async def health(self) -> Health: ...

    async def load(self) -> None:
        """Make the model ready to answer; returns at once when it is."""
        ...

    def stream(self, prompt: str, sampling: Sampling, usage: Usage | None = None) -> AsyncGenerator[Chunk]: ...

    async def count_tokens(self, text: str) -> int:
        """Tokens of `text` in this model's vocabulary, without start and end tokens; never less than the truth."""
        ...

    async def special_tokens(self) -> SpecialTokens: ...

    async def use_adapter(self, adapter: Adapter | None) -> None:
        """From the next stream on, answer with this adapter (None: with the bare model)."""
        ...

    async def close(self) -> None: ...

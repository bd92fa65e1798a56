"""The embedded engine: llama.cpp in a child process, for the packaged model, any GGUF, and Ollama's own blobs."""

import asyncio
import contextlib
import math
from collections.abc import AsyncGenerator
from pathlib import Path

from ownhand.engines.adapters import check_adapter
from ownhand.engines.backoff import Backoff
from ownhand.engines.completion import (
    ChildGoneError,
    completion,
    completion_request,
    next_tokens,
    prompt_for,
    token_ids,
    token_pieces,
    warm,
)
from ownhand.engines.embedded_children import Children
from ownhand.engines.gguf_header import Header, checked_header
from ownhand.engines.llama_child import LlamaChild, fingerprint, start_child
from ownhand.engines.protocol import (
    Adapter,
    AdapterChangedError,
    Chunk,
    EngineError,
    Health,
    Model,
    NextToken,
    Sampling,
    SpecialTokens,
    Usage,
)
from ownhand.engines.room import room_for_another
from ownhand.engines.special import page_start, special_tokens_from

DEFAULT_CONTEXT = 4096
IDLE_SECONDS = 15 * 60.0
_LAST_ANSWER_SECONDS = 30.0
"""So long a new child waits for one that leaves with its last answer; nobody may fetch that ever."""
_CLOSED = ("The embedded engine is closed.", "Start Ownhand again.")


class EmbeddedEngine:
    """llama.cpp behind the engine protocol. Loads when first asked, unloads after `idle_seconds` without a stream.

    A per-request LoRA that is left out keeps the cache of the request before (ggml-org/llama.cpp issue 26207), so
    every request names the adapter's scale, and the prompt cache in RAM is off.
    """

    def __init__(
        self, header: Header, name: str = "", *, idle_seconds: float = IDLE_SECONDS, all_cores: bool = False
    ) -> None:
        self._header = header
        self._name = name or header.path.name
        self._context = min(DEFAULT_CONTEXT, header.context) if header.context else DEFAULT_CONTEXT
        self._idle_seconds = idle_seconds
        self._all_cores = all_cores
        self._special: SpecialTokens | None = None
        self._adapter: Adapter | None = None
        self._child: LlamaChild | None = None
        self._starting: asyncio.Task[LlamaChild] | None = None
        self._swapping = asyncio.Lock()
        self._backoff = Backoff()
        self._idle: asyncio.TimerHandle | None = None
        self._children = Children()
        self._closed = False

    @classmethod
    async def open(
        cls, path: Path, name: str = "", *, idle_seconds: float = IDLE_SECONDS, all_cores: bool = False
    ) -> "EmbeddedEngine":
        """An engine for the GGUF at `path`, whose head is read and checked. Raises EngineError.

        `all_cores`: nobody waits for its answers at an editor, so no core is left free.
        """
        header = await asyncio.to_thread(checked_header, path)
        return cls(header, name, idle_seconds=idle_seconds, all_cores=all_cores)

    @property
    def name(self) -> str:
        return "embedded"

    @property
    def model(self) -> str:
        return self._name

    @property
    def adapter(self) -> Adapter | None:
        return self._adapter

    @property
    def context(self) -> int:
        return self._context

    @property
    def path(self) -> Path:
        """The GGUF that is served: training starts from the very same weights."""
        return self._header.path

    @property
    def header(self) -> Header:
        return self._header

    async def models(self) -> list[Model]:
        from ownhand.engines.short_list import described

        return [await asyncio.to_thread(described, self._header, self._name)]

    async def health(self) -> Health:
        if self._starting is not None:
            return Health("loading", f"{self._name} is loading.")
        if self._child is None or not self._child.alive:
            wait = self._backoff.remaining()
            if wait > 0:
                return Health("unavailable", *_stopped(wait))
            return Health("asleep", f"{self._name} loads when it is needed.")
        return Health("ready", facts={"pid": self._child.process.pid})

    async def load(self) -> None:
        await self._ready()
        self._rest_later()

    async def stream(self, prompt: str, sampling: Sampling, usage: Usage | None = None) -> AsyncGenerator[Chunk]:
        usage, writes = usage or Usage(), self._adapter
        special = await self.special_tokens()
        async with self._held() as child:
            read = await prompt_for(child, prompt or page_start(special), special)
            request = completion_request(read, sampling, _lora_scale(child, writes))
            async with contextlib.aclosing(completion(child, request, usage)) as chunks:
                async for chunk in chunks:
                    yield chunk

    async def count_tokens(self, text: str) -> int:
        """Exact: llama.cpp's own tokenizer. Special tokens in the text are read as plain text, which never is less."""
        if not text:
            return 0
        return len(await self.token_ids(text))

    async def token_ids(self, text: str) -> list[int]:
        """The tokens of `text` in llama.cpp's own vocabulary, without start and end tokens."""
        async with self._held() as child:
            return await token_ids(child, text)

    async def next_tokens(self, prompt: str, count: int) -> list[NextToken]:
        foretells = self._adapter
        special = await self.special_tokens()
        async with self._held() as child:
            read = await prompt_for(child, prompt, special)
            return await next_tokens(child, read, count, _lora_scale(child, foretells))

    async def token_pieces(self, text: str) -> list[tuple[int, bytes]]:
        """(id, bytes) of each token of `text` in this model's vocabulary, without start and end tokens."""
        if not text:
            return []
        async with self._held() as child:
            return await token_pieces(child, text)

    async def special_tokens(self) -> SpecialTokens:
        if self._special is None:
            self._special = await asyncio.to_thread(special_tokens_from, self._header.metadata)
        return self._special

    async def use_adapter(self, adapter: Adapter | None) -> None:
        """Swap without a pause when memory holds two children: the new one is warm before the old one goes."""
        if adapter is not None:
            await asyncio.to_thread(check_adapter, adapter.path, self._header.architecture, self._header.tensors)
        async with self._swapping:
            await self._settled()
            child = self._child
            if adapter is None or child is None or await asyncio.to_thread(_loaded, child, adapter):
                self._adapter = adapter
            elif await room_for_another(self._header.path, on_card=child.on_card):
                await self._swap_beside(adapter)
            else:
                await self._swap_in_place(adapter)

    async def close(self) -> None:
        self._closed = True
        if self._idle is not None:
            self._idle.cancel()
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.wait([self._starting])
        self._child = None
        await self._children.close()

    async def _ready(self) -> LlamaChild:
        """The child that serves the present adapter; starts one when there is none. Callers share one start."""
        while True:
            if self._closed:
                raise EngineError(*_CLOSED)
            if (starting := self._starting) is not None:
                # Awaiting a task that is done gives no turn to `_started`: with `shield` this might go round for ever.
                await self._settled()
                if not starting.cancelled():
                    starting.result()
            elif self._child is None:
                self._begin()
            elif not self._child.alive:
                self._drop(self._child)
            elif self._adapter is not None and not self._child.holds(self._adapter):
                self._retire(self._child)
            else:
                return self._child

    def _begin(self) -> None:
        if (wait := self._backoff.remaining()) > 0:
            raise EngineError(*_stopped(wait))
        self._starting = asyncio.create_task(self._start_alone(self._adapter))
        self._starting.add_done_callback(self._started)

    async def _start_alone(self, adapter: Adapter | None) -> LlamaChild:
        """Not before those that leave have left the memory."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LAST_ANSWER_SECONDS):
                await self._children.left()
        return await self._start(adapter)

    async def _start(self, adapter: Adapter | None) -> LlamaChild:
        path = adapter.path if adapter else None
        child = await start_child(self._header.path, self._context, path, all_cores=self._all_cores)
        self._children.add(child)
        return child

    def _started(self, task: asyncio.Task[LlamaChild]) -> None:
        self._starting = None
        if task.cancelled():
            return
        if task.exception() is not None:
            self._backoff.failed()
            return
        if self._child is None:
            self._child = task.result()
        else:  # one that was loaded beside took the place meanwhile
            self._retire(task.result())

    async def _settled(self) -> None:
        """Wait for a start that is under way, whatever comes of it."""
        if self._starting is not None:
            await asyncio.wait([self._starting])

    @contextlib.asynccontextmanager
    async def _held(self) -> AsyncGenerator[LlamaChild]:
        """The running child, kept until the block ends; its death inside the block becomes an EngineError."""
        child = await self._ready()
        child.users += 1
        self._stay_awake()
        try:
            yield child
            self._backoff.succeeded()
        except ChildGoneError as error:
            self._drop(child)
            raise EngineError("The embedded engine stopped.", "Ownhand starts it again by itself.") from error
        finally:
            child.users -= 1
            self._children.end_unused(child)
            self._rest_later()

    def _stay_awake(self) -> None:
        if self._idle is not None:
            self._idle.cancel()

    def _rest_later(self) -> None:
        self._stay_awake()
        if not self._closed:
            self._idle = asyncio.get_running_loop().call_later(self._idle_seconds, self._rest)

    def _rest(self) -> None:
        if self._child is not None and self._child.users == 0:
            self._retire(self._child)

    def _drop(self, child: LlamaChild) -> None:
        """Let go of a child that died."""
        if not self._closed and not child.retired:
            self._backoff.failed()
        self._retire(child)
        self._children.end(child)

    def _retire(self, child: LlamaChild) -> None:
        if self._child is child:
            self._child = None
        self._children.retire(child)

    async def _swap_beside(self, adapter: Adapter) -> None:
        fresh = await self._start(adapter)
        try:
            await self._warmed(fresh, adapter)
        except BaseException as error:
            self._retire(fresh)
            await self._children.ended()
            if not isinstance(error, ChildGoneError):
                raise
            raise (EngineError(*_CLOSED) if self._closed else _unfit(adapter)) from error
        old, self._child, self._adapter = self._child, fresh, adapter
        if old is not None:
            self._retire(old)
        if self._starting is not None:
            self._starting.cancel()  # the old one is gone, and somebody asked; this one is here
        self._rest_later()

    async def _warmed(self, child: LlamaChild, adapter: Adapter) -> None:
        """Raises ChildGoneError when it did not live so long, by a fault of its own or because all were ended."""
        await warm(child, adapter.scale)
        if self._closed:
            raise ChildGoneError

    async def _swap_in_place(self, adapter: Adapter) -> None:
        """Let it end its answers first, then load; on failure the next call loads what served before."""
        before, self._adapter = self._adapter, adapter
        if self._child is not None:
            self._retire(self._child)
        try:
            async with self._held() as child:
                await warm(child, adapter.scale)
        except EngineError as error:
            self._adapter = before
            raise _unfit(adapter) from error


def _lora_scale(child: LlamaChild, adapter: Adapter | None) -> float | None:
    """What a request that `adapter` is to answer has to say to this child about the one that it holds; None when that
    is none. Raises AdapterChangedError when it holds another.
    """
    if adapter is not None and not child.holds(adapter):
        raise AdapterChangedError
    return None if child.adapter is None else adapter.scale if adapter else 0.0


def _loaded(child: LlamaChild, adapter: Adapter) -> bool:
    """Does the child hold this very file, unchanged since? Then only the scale differs."""
    return child.adapter == fingerprint(adapter.path)


def _stopped(wait: float) -> tuple[str, str]:
    return (
        "The embedded engine stopped several times in a row.",
        f"Ownhand tries again in {math.ceil(wait)} seconds; a smaller model in ownhand.model may help.",
    )


def _unfit(adapter: Adapter) -> EngineError:
    return EngineError(
        f"The embedded engine can't serve the adapter {adapter.path.name}; the one before it stays.",
        "Train again, or go back to the adapter before it.",
    )

"""The writer's own Ollama (its `docs/api.md`), asked for raw continuations.

Ollama puts the start token in front of a raw prompt by itself where the model wants one, so prompts never hold it.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any

from ownhand.engines.adapters import check_adapter
from ownhand.engines.estimate import SAMPLE, TokenEstimate
from ownhand.engines.ollama_blobs import base_file
from ownhand.engines.ollama_derived import PREFIX, Route, derived_name, is_derived, route
from ownhand.engines.protocol import (
    Adapter,
    AdapterChangedError,
    Chunk,
    EngineError,
    Health,
    Model,
    NextToken,
    NoProbabilitiesError,
    NoSuchModelError,
    Sampling,
    SpecialTokens,
    Usage,
)
from ownhand.engines.room import who_is_in_the_way
from ownhand.engines.special import page_start, special_tokens_from
from ownhand.engines.suitable import LEARNABLE_ARCHITECTURES, is_cloud, judged
from ownhand.engines.wire import natural, sound
from ownhand.settings import is_loopback

if TYPE_CHECKING:
    from ownhand.engines.ollama_client import LocalClient
    from ownhand.engines.ollama_merged import Merging

DEFAULT_CONTEXT = 4096
_BATCH = 128
"""Tokens read between two looks at the client's connection."""
_LONGEST_CHARACTER = 4
"""Tokens that one character may take. Ollama tells nothing of the first before it has the whole."""
_KEEP_MINUTES = 30
"""Ollama keeps the model this long after each request; then it must look again whether there is room."""


class OllamaEngine:
    """One model of a running Ollama. Options that would make Ollama reload the model never change."""

    def __init__(self, model: str, host: str = "http://127.0.0.1:11434", context: int = DEFAULT_CONTEXT) -> None:
        if is_cloud(model):
            raise _cloud(model)
        self._host, self._model, self._serving = host, model, model
        self._context = context
        self._adapter: Adapter | None = None
        self._estimate = TokenEstimate()
        self._opened: LocalClient | None = None
        self._facts: dict[str, Any] | None = None
        self._special: SpecialTokens | None = None
        self._loaded, self._loaded_until = "", 0.0
        self._making, self._changing = asyncio.Lock(), asyncio.Lock()
        self._made = set[str]()
        """Models that this engine had Ollama make of an adapter."""
        self._merges = False
        self._restoring: asyncio.Task[None] | None = None
        self._tidying: asyncio.Task[None] | None = None

    @property
    def name(self) -> str:
        return "ollama"

    @property
    def model(self) -> str:
        return self._model

    @property
    def adapter(self) -> Adapter | None:
        return self._adapter

    @property
    def context(self) -> int:
        return self._context

    @property
    def _client(self) -> "LocalClient":
        if self._opened is None:
            from ownhand.engines.ollama_client import LocalClient

            self._opened = LocalClient(self._host)
        return self._opened

    async def models(self) -> list[Model]:
        """What Ollama holds, our own derived models left out."""
        listed = await self._ask("GET", "/api/tags")
        return [_listed(entry) for entry in listed.get("models") or [] if not _name(entry).startswith(PREFIX)]

    async def health(self) -> Health:
        try:
            await self._model_facts()
            running = await self._running()
        except EngineError as error:
            return Health("unavailable", error.sentence, error.next_step)
        loaded = any(_name(entry) in _spellings(self._serving) for entry in running)
        return Health("ready") if loaded else Health("asleep", f"{self._model} loads when it is needed.")

    async def load(self) -> None:
        """Load the model with the options of every later request, and measure its vocabulary on a short sample."""
        await self._permitted()
        if self._loaded == self._serving:
            return
        usage = Usage()
        async for _ in self._answer(SAMPLE, Sampling(max_tokens=1), usage):
            pass

    async def stream(self, prompt: str, sampling: Sampling, usage: Usage | None = None) -> AsyncGenerator[Chunk]:
        writes = self._adapter
        await self._free()
        text = prompt or page_start(await self.special_tokens())
        for last in (False, True):
            self._check_serves(writes)
            try:
                async with contextlib.aclosing(self._answer(text, sampling, usage or Usage())) as chunks:
                    async for chunk in chunks:
                        yield chunk
            except NoSuchModelError:
                if last or writes is None:
                    raise
                await self._restored(writes)
            else:
                return

    async def count_tokens(self, text: str) -> int:
        """An upper estimate, since Ollama has no tokenizer to ask; see TokenEstimate. A miss is caught by Ollama."""
        return self._estimate.upper(text)

    async def special_tokens(self) -> SpecialTokens:
        if self._special is None:
            shown = await self._ask("POST", "/api/show", {"model": self._model, "verbose": True})
            self._special = special_tokens_from(shown.get("model_info") or {})
        return self._special

    async def next_tokens(self, prompt: str, count: int) -> list[NextToken]:
        """Ollama tells at most 20, no ids, and not how parts of characters are spelled: such are left out."""
        foretells = self._adapter
        await self._free()
        try:
            return await self._likeliest(prompt, count, foretells)
        except NoSuchModelError:
            if foretells is None:
                raise
            await self._restored(foretells)
            return await self._likeliest(prompt, count, foretells)

    async def _likeliest(self, prompt: str, count: int, adapter: Adapter | None) -> list[NextToken]:
        answer: dict[str, Any] = {}
        for tokens in (1, _LONGEST_CHARACTER):
            self._check_serves(adapter)
            asked = self.request(prompt, Sampling(tokens, temperature=0.0, repeat_penalty=1.0, logprobs=True))
            answer = await self._ask("POST", "/api/generate", asked | {"stream": False, "top_logprobs": min(count, 20)})
            if answer.get("logprobs"):
                break
        try:
            found = [entry for entry in answer["logprobs"][0]["top_logprobs"] if "\ufffd" not in entry["token"]]
            return [NextToken(_bytes(entry), float(entry["logprob"])) for entry in found]
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise NoProbabilitiesError("This Ollama gave no log-probabilities.", "A newer Ollama does.") from error

    async def use_adapter(self, adapter: Adapter | None) -> None:
        """Serve the model that Ollama derives from base and adapter. Loaded before the next stream needs it.

        It returns in the moment of the change: whoever tells which adapter writes must not learn of it later. What
        served before is removed by and by.
        """
        if adapter is None:
            self._adapter, self._serving = None, self._model
            return
        async with self._making:
            await self._serve(adapter)
        self._tidying = asyncio.create_task(self._tidy(adapter.id.rpartition("-")[0]))

    async def _tidy(self, voice: str) -> None:
        """Remove what was made for this voice before, by whatever base. What stays over goes the next time."""
        with contextlib.suppress(EngineError):
            async with self._making:
                await self._remove(await self._made_of(voice) - {self._serving}, unload=self._merges)

    async def tidied(self) -> None:
        """Wait until what served before is removed."""
        if self._tidying is not None:
            await asyncio.wait([self._tidying])

    async def _serve(self, adapter: Adapter) -> None:
        derived = derived_name(self._model, adapter.id)
        self._merges = await self._route(adapter) == "merged"
        await (self._merge if self._merges else self._derive)(derived, adapter)
        self._made.add(derived)
        async with self._changing:
            await self._warm(derived)
            self._serving, self._adapter = derived, adapter

    async def _restored(self, adapter: Adapter) -> None:
        """Another program that writes in this voice has removed our model: have it made again, to the end even when
        nobody waits any more. The other's stays, or the two would remove each other's at each answer."""

        async def restore() -> None:
            async with self._making:
                if self._adapter == adapter:
                    await self._serve(adapter)

        if self._restoring is None or self._restoring.done():
            self._restoring = asyncio.create_task(restore())
        await asyncio.shield(self._restoring)

    async def _route(self, adapter: Adapter) -> Route:
        """How this Ollama gets this adapter. Raises EngineError when the file is no adapter for this kind of model."""
        architecture = str(((await self._model_facts()).get("model_info") or {}).get("general.architecture", ""))
        await asyncio.to_thread(check_adapter, adapter.path, architecture)
        return route(str((await self._ask("GET", "/api/version")).get("version", "")), architecture)

    async def _derive(self, derived: str, adapter: Adapter) -> None:
        """Have Ollama put the adapter on top of the base."""
        if adapter.scale != 1.0:
            raise EngineError("Ollama serves an adapter at full strength only.", "Set ownhand.engine to embedded.")
        async with self._explained():
            digest = await self._client.create_blob(adapter.path)
            await self._client.create(derived, from_=self._model, adapters={adapter.path.name: digest})

    async def _merge(self, derived: str, adapter: Adapter) -> None:
        """Have Ollama take a base that the adapter is merged into; one that was made before is found again. What
        serves goes on serving meanwhile."""
        facts = await self._model_facts()
        wanted = await asyncio.to_thread(_merging, self._model, facts, adapter, local=is_loopback(self._host))
        from ownhand.engines.ollama_merged import check_room, make

        if await self._mark(derived) == wanted.mark:
            return
        running, own = await self._running(), _spellings(self._model)
        ours = [entry for entry in running if _name(entry) in own or _name(entry).startswith(PREFIX)]
        await self._look_around(set(), wanted.size, [entry for entry in running if entry not in ours])
        await check_room(wanted, ours)
        if derived != self._serving:
            with contextlib.suppress(EngineError):  # mostly there is none of that name
                await self._remove({derived}, unload=True)
        async with self._explained():
            await make(self._client, wanted, derived)

    async def _mark(self, derived: str) -> str:
        """What a model that was merged before says of itself; "" where there is none of that name."""
        from ownhand.engines.merging import MARK

        with contextlib.suppress(EngineError):
            shown = await self._ask("POST", "/api/show", {"model": derived})
            return str((shown.get("model_info") or {}).get(MARK, ""))
        return ""

    async def _warm(self, derived: str) -> None:
        """Load it. Streams that run are answered to their end by what served before; who asks meanwhile waits."""
        try:
            async for _ in self._answer(SAMPLE, Sampling(max_tokens=1), Usage(), derived):
                pass
        except EngineError:
            if derived != self._serving:
                with contextlib.suppress(EngineError):
                    await self._remove({derived}, unload=self._merges)
            raise

    async def close(self) -> None:
        """Models that were made of an adapter go, but for the one that serves: the next start finds it ready."""
        if self._opened is None:
            return
        if self._restoring is not None:
            self._restoring.cancel()
            await asyncio.wait([self._restoring])
        await self.tidied()
        with contextlib.suppress(EngineError):
            await self._remove(self._made - {self._serving}, unload=self._merges)
        await self._opened.close()  # type: ignore[no-untyped-call]

    async def base_digest(self) -> str:
        """The digest of the file that this model is made of, "sha256:..."; "" when Ollama does not tell."""
        return base_file(await self._model_facts())[1]

    async def remove_derived(self, voice: str) -> list[str]:
        """Remove every model that was made of adapters of this voice. Their names. Raises EngineError."""
        await self.tidied()
        ours = await self._made_of(voice)
        await self._remove(ours, unload=True)
        return sorted(ours)

    async def _made_of(self, voice: str) -> set[str]:
        """The models that were made by us for the voice."""
        listed = [_name(entry) for entry in (await self._ask("GET", "/api/tags")).get("models") or []]
        return {name.removesuffix(":latest") for name in listed if is_derived(name, voice)}

    async def _remove(self, names: set[str], *, unload: bool) -> None:
        """`unload`: merged models stay in memory each by itself; one with an adapter is in memory as its base is, and
        would take the one that serves out with it."""
        for name in names:
            if unload:
                with contextlib.suppress(EngineError):
                    await self._ask("POST", "/api/generate", {"model": name, "keep_alive": 0, "stream": False})
            async with self._explained():
                await self._client.delete(name)
            self._made.discard(name)

    def _explained(self) -> contextlib.AbstractAsyncContextManager[None]:
        from ownhand.engines.ollama_client import explained

        return explained(self._host, self._model)

    async def _ask(self, method: str, path: str, value: Mapping[str, Any] | None = None) -> dict[str, Any]:
        async with self._explained():
            return await self._client.ask(method, path, value)
        raise AssertionError("unreachable")

    async def _running(self) -> list[dict[str, Any]]:
        return list((await self._ask("GET", "/api/ps")).get("models") or [])

    async def _model_facts(self) -> dict[str, Any]:
        """`/api/show`, once. Raises EngineError when the model is missing or runs on somebody else's machine."""
        if self._facts is None:
            facts = await self._ask("POST", "/api/show", {"model": self._model})
            if facts.get("remote_host") or facts.get("remote_model"):
                raise _cloud(self._model)
            self._facts = facts
            info = facts.get("model_info") or {}
            trained = info.get(f"{info.get('general.architecture')}.context_length")
            self._context = min(self._context, trained) if isinstance(trained, int) else self._context
        return self._facts

    async def _free(self) -> None:
        """Wait until what serves may be asked. Raises EngineError as `_permitted`."""
        async with self._changing:
            pass  # Ollama takes one of two such models out for the other, also while it loads, and the answer is lost
        await self._permitted()

    def _check_serves(self, adapter: Adapter | None) -> None:
        """Is what serves still what was asked? Raises AdapterChangedError. No await between this and the request."""
        if self._adapter != adapter:
            raise AdapterChangedError

    async def _permitted(self) -> None:
        """May our model be loaded? Raises EngineError when that would push out a model that others use."""
        await self._model_facts()
        if self._loaded == self._serving and time.monotonic() < self._loaded_until:
            return
        ours = _spellings(self._model) | _spellings(self._serving)
        listed = await self._ask("GET", "/api/tags")
        size = next((entry.get("size", 0) for entry in listed.get("models") or [] if _name(entry) in ours), 0)
        await self._look_around(ours, size, await self._running())

    async def _look_around(self, ours: set[str], size: int, running: list[dict[str, Any]]) -> None:
        """Raises EngineError when loading a model of `size` bytes would push out one that others use."""
        blocking = await who_is_in_the_way(ours, size, running, is_loopback(self._host))
        if blocking:
            raise EngineError(
                f"Ollama is serving {blocking}, and there is no room for {self._model} beside it.",
                f"Ownhand waits; `ollama stop {blocking}` makes room at once.",
            )

    async def _answer(
        self, text: str, sampling: Sampling, usage: Usage, serving: str | None = None
    ) -> AsyncGenerator[Chunk]:
        request = self.request(text, sampling) | ({"model": serving} if serving else {})
        async with self._explained():
            lines: AsyncIterator[dict[str, Any]] = self._client.lines("/api/generate", request)
            async with contextlib.aclosing(lines) as parts:  # type: ignore[type-var]
                async for part in parts:
                    if part.get("response"):
                        yield Chunk(part["response"], natural(part.get("logprobs") or []))
                    if part.get("done"):
                        self._note(text, part, usage, request["model"])
                        return
        raise EngineError("Ollama stopped in the middle of its answer.", "Try again; restart Ollama if it stays so.")

    def request(self, text: str, sampling: Sampling) -> dict[str, Any]:
        options: dict[str, Any] = {
            "num_ctx": self._context,
            "num_batch": _BATCH,
            "num_predict": max(1, sampling.max_tokens),
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "top_k": sampling.top_k,
            "min_p": sampling.min_p,
            "repeat_penalty": sampling.repeat_penalty,
            "stop": list(sampling.stop),
        }
        if sampling.seed is not None:
            options["seed"] = sampling.seed
        return {
            "model": self._serving,
            "prompt": sound(text),
            "raw": True,
            "stream": True,
            "truncate": False,
            "shift": False,
            "keep_alive": f"{_KEEP_MINUTES}m",
            "logprobs": sampling.logprobs,
            "options": options,
        }

    def _note(self, text: str, part: Mapping[str, Any], usage: Usage, serving: str) -> None:
        usage.prompt_tokens = part.get("prompt_eval_count", -1)
        usage.generated_tokens = part.get("eval_count", -1)
        usage.finish = part.get("done_reason") or "stop"
        self._loaded, self._loaded_until = serving, time.monotonic() + _KEEP_MINUTES * 60
        self._estimate.observe(text, usage.prompt_tokens)


def _merging(model: str, facts: Mapping[str, Any], adapter: Adapter, *, local: bool) -> "Merging":
    """Imports what most Ollamas never need, in the thread that it is called in."""
    from ownhand.engines.ollama_merged import merging

    return merging(model, facts, adapter, local=local)


def _cloud(model: str) -> EngineError:
    return EngineError(
        f"{model} runs on somebody else's machine; Ownhand sends your text to no cloud.",
        "Choose a model that Ollama holds on this machine.",
    )


def _bytes(entry: Mapping[str, Any]) -> bytes:
    return bytes(entry["bytes"]) if entry.get("bytes") else str(entry["token"]).encode()


def _name(entry: Mapping[str, Any]) -> str:
    return str(entry.get("name") or entry.get("model") or "")


def _spellings(model: str) -> set[str]:
    """Ollama lists a name without a tag as NAME:latest."""
    return {model} if ":" in model.rpartition("/")[2] else {model, f"{model}:latest"}


def _listed(entry: Mapping[str, Any]) -> Model:
    details = entry.get("details") or {}
    family = str(details.get("family", ""))
    remote = bool(entry.get("remote_host") or entry.get("remote_model"))
    return judged(
        Model(
            name=_name(entry),
            size=int(entry.get("size") or 0),
            family=family,
            parameters=str(details.get("parameter_size", "")),
            can_learn=family in LEARNABLE_ARCHITECTURES,
        ),
        remote=remote,
    )

"""Any server with OpenAI's `/v1/completions`: llama.cpp's own, vLLM.

The two differ in what they add: how tokens are counted, which adapters they know, how long a text may be. Each such
question is put to both dialects; where neither answers, a safe bound holds. vLLM's side follows its documentation
("OpenAI-Compatible Server", "LoRA Adapters") and has not been run; llama.cpp's is tested against the real server.
"""

import contextlib
from collections.abc import AsyncGenerator, Mapping
from typing import TYPE_CHECKING, Any

from ownhand.engines.estimate import TokenEstimate
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
from ownhand.engines.special import page_start
from ownhand.engines.wire import body, events, natural, parsed, private_client, sound

if TYPE_CHECKING:
    import httpx

DEFAULT_CONTEXT = 4096
_TOO_LONG = ("exceed_context_size", "maximum context length", "context_length_exceeded")


class OpenAIEngine:
    """One model of one server. `base_url` ends in /v1 as a rule; the server's own routes lie beside it."""

    def __init__(self, base_url: str, model: str = "", key: str = "", context: int = DEFAULT_CONTEXT) -> None:
        self._base, self._key, self._model, self._context = base_url.rstrip("/"), key, model, context
        self._root = self._base.removesuffix("/v1")
        self._opened: httpx.AsyncClient | None = None
        self._known = False
        self._adapter: Adapter | None = None
        self._lora_id: int | None = None
        self._lora_name = ""
        self._loras = 0
        self._special: SpecialTokens | None = None
        self._estimate = TokenEstimate()

    @property
    def name(self) -> str:
        return "openai"

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
        listed = (await self._ask("GET", f"{self._base}/models")).get("data") or []
        return [_described(entry) for entry in listed]

    async def health(self) -> Health:
        try:
            await self.load()
        except EngineError as error:
            return Health("unavailable", error.sentence, error.next_step)
        return Health("ready")

    async def load(self) -> None:
        """Learn the model's name and context; the server itself decides what is loaded."""
        if self._known:
            return
        models = await self.models()
        chosen = next((model for model in models if model.name == self._model), None)
        if self._model and models and chosen is None:
            raise EngineError(
                f"The server at {self._base} has no model named {self._model}.",
                f"It has {', '.join(model.name for model in models)}: set ownhand.model to one of these.",
            )
        chosen = chosen or next(iter(models), None)
        self._model = self._model or (chosen.name if chosen else "")
        limits = [self._context, chosen.context if chosen else 0, await self._slot_context()]
        self._context = min(limit for limit in limits if limit)
        self._loras = len(await self._listed_loras())
        self._known = True

    async def stream(self, prompt: str, sampling: Sampling, usage: Usage | None = None) -> AsyncGenerator[Chunk]:
        await self.load()
        usage = usage or Usage()
        text = prompt or page_start(await self.special_tokens())
        async with self._streamed(self._request(text, sampling)) as response:
            if response.is_error:
                raise _refusal(response.status_code, await response.aread())
            async for event in events(response):
                if "error" in event:
                    raise _refusal(200, body(event))
                if chunk := _chunk(event, usage):
                    yield chunk
        self._estimate.observe(text, usage.prompt_tokens)
        if not usage.finish:
            raise EngineError("The server stopped in the middle of its answer.", "Start it again.")

    async def count_tokens(self, text: str) -> int:
        """Exact where the server has `/tokenize` (llama.cpp and vLLM do), else an upper estimate."""
        tokens = await self._tokenized(text, special=False)
        return self._estimate.upper(text) if tokens is None else tokens

    async def special_tokens(self) -> SpecialTokens:
        """llama.cpp's server says them as text in `/props`; another server leaves them unknown."""
        if self._special is None:
            props = await self._perhaps("GET", f"{self._root}/props") or {}
            starts = await self._tokenized("", special=True)
            self._special = SpecialTokens(
                add_bos=bool(starts),
                bos_text=str(props.get("bos_token", "")),
                eos_text=str(props.get("eos_token", "")),
            )
        return self._special

    async def use_adapter(self, adapter: Adapter | None) -> None:
        """llama.cpp: an adapter that the server was started with, named in each request. vLLM: loaded by name."""
        if adapter is None:
            self._adapter, self._lora_id, self._lora_name = None, None, ""
            return
        await self.load()
        names = {entry["path"]: entry["id"] for entry in await self._listed_loras()}
        path = str(adapter.path)
        found = next((names[known] for known in names if known == path or known.endswith(f"/{adapter.id}.gguf")), None)
        if found is None:
            await self._load_by_name(adapter)
        self._adapter, self._lora_id, self._lora_name = adapter, found, "" if found is not None else adapter.id

    async def close(self) -> None:
        if self._opened is not None:
            await self._opened.aclose()

    @property
    def _client(self) -> "httpx.AsyncClient":
        if self._opened is None:
            self._opened = private_client(self._base, key=self._key)
        return self._opened

    def _request(self, text: str, sampling: Sampling) -> dict[str, Any]:
        """OpenAI's fields, and the samplers that llama.cpp (repeat_penalty) and vLLM (repetition_penalty) add."""
        request: dict[str, Any] = {
            "model": self._lora_name or self._model,
            "prompt": sound(text),
            "max_tokens": sampling.max_tokens,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "top_k": sampling.top_k,
            "min_p": sampling.min_p,
            "repeat_penalty": sampling.repeat_penalty,
            "repetition_penalty": sampling.repeat_penalty,
            "stream": True,
            "stream_options": {"include_usage": True},
            "return_progress": True,
        }
        if sampling.stop:
            request["stop"] = list(sampling.stop)
        if sampling.seed is not None:
            request["seed"] = sampling.seed
        if sampling.logprobs:
            request["logprobs"] = 1
        if self._loras:
            scales = {self._lora_id: self._adapter.scale} if self._adapter else {}
            request["lora"] = [{"id": each, "scale": scales.get(each, 0.0)} for each in range(self._loras)]
        return request

    async def _load_by_name(self, adapter: Adapter) -> None:
        """vLLM's `/v1/load_lora_adapter` takes the folder with the PEFT files beside our GGUF."""
        asked = {"lora_name": adapter.id, "lora_path": str(adapter.path.parent)}
        async with self._explained():
            response = await self._client.post(f"{self._base}/load_lora_adapter", content=body(asked))
        if response.is_error:
            raise EngineError(
                f"The server at {self._base} can't load the adapter {adapter.id}.",
                "Start llama-server with it (--lora), or vLLM with run-time LoRA updating allowed.",
            )

    async def _listed_loras(self) -> list[dict[str, Any]]:
        with contextlib.suppress(EngineError, ValueError):
            async with self._explained():
                response = await self._client.get(f"{self._root}/lora-adapters")
                answer = response.json() if response.is_success else []
                return [entry for entry in answer if isinstance(entry, dict)] if isinstance(answer, list) else []
        return []

    async def _slot_context(self) -> int:
        props = await self._perhaps("GET", f"{self._root}/props") or {}
        value = (props.get("default_generation_settings") or {}).get("n_ctx", 0)
        return value if isinstance(value, int) else 0

    async def _tokenized(self, text: str, special: bool) -> int | None:
        """Number of tokens. Both dialects' fields go into one request: each server ignores the other's."""
        if not self._known:
            await self.load()
        asked = {
            "model": self._model,
            "content": sound(text),
            "prompt": sound(text),
            "add_special": special,
            "add_special_tokens": special,
            "parse_special": False,
        }
        answer = await self._perhaps("POST", f"{self._root}/tokenize", asked)
        if answer is None:
            return None
        tokens = answer.get("tokens")
        return len(tokens) if isinstance(tokens, list) else answer.get("count")

    async def _perhaps(self, method: str, url: str, value: Mapping[str, Any] | None = None) -> dict[str, Any] | None:
        """The answer of a route that not every server has."""
        try:
            return await self._ask(method, url, value)
        except EngineError:
            return None

    async def _ask(self, method: str, url: str, value: Mapping[str, Any] | None = None) -> dict[str, Any]:
        async with self._explained():
            response = await self._client.request(method, url, content=body(value) if value is not None else None)
            if not response.is_success:
                raise _refusal(response.status_code, response.content)
            return parsed(response.content)
        raise AssertionError("unreachable")

    @contextlib.asynccontextmanager
    async def _streamed(self, request: Mapping[str, Any]) -> "AsyncGenerator[httpx.Response]":
        async with (
            self._explained(),
            self._client.stream("POST", f"{self._base}/completions", content=body(request)) as response,
        ):
            yield response

    @contextlib.asynccontextmanager
    async def _explained(self) -> AsyncGenerator[None]:
        import httpx

        try:
            yield
        except (httpx.ConnectError, httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            raise EngineError(
                f"Nothing answers at {self._base}.", "Start the server, or set ownhand.openai.baseUrl."
            ) from error
        except httpx.TimeoutException as error:
            raise EngineError(f"The server at {self._base} does not answer.", "Start it again.") from error
        except (httpx.HTTPError, httpx.StreamError) as error:
            raise EngineError("The server stopped in the middle of its answer.", "Start it again.") from error


def _chunk(event: Mapping[str, Any], usage: Usage) -> Chunk | None:
    """One event: text, or only progress or usage."""
    if said := event.get("usage"):
        usage.prompt_tokens = said.get("prompt_tokens", -1)
        usage.generated_tokens = said.get("completion_tokens", -1)
        usage.cached_tokens = (said.get("prompt_tokens_details") or {}).get("cached_tokens", -1)
    choice = next(iter(event.get("choices") or []), None)
    if choice is None:
        return None
    usage.finish = choice.get("finish_reason") or usage.finish
    text = choice.get("text") or ""
    return Chunk(text, _probabilities(choice.get("logprobs") or {})) if text else None


def _probabilities(logprobs: Mapping[str, Any]) -> tuple[tuple[str, float], ...]:
    """llama.cpp writes them as chat completions do, vLLM in the old way of completions."""
    if "content" in logprobs:
        return natural(logprobs["content"] or [])
    pairs = zip(logprobs.get("tokens") or [], logprobs.get("token_logprobs") or [], strict=False)
    return tuple((token, float(value)) for token, value in pairs if value is not None)


def _refusal(status: int, content: bytes) -> EngineError:
    """The server's message is only looked at, not shown: it may quote the prompt."""
    if any(sign in content.decode("utf-8", "replace") for sign in _TOO_LONG):
        return PromptTooLongError("The text is too long for the model.", "Ownhand sends less of it.")
    if status in (401, 403):
        return EngineError("The server wants a key, or another one.", "Set ownhand.openai.apiKey.")
    if status == 404:
        return EngineError("The server has no completions, or no such model.", "Check baseUrl and model in ownhand.")
    return EngineError(f"The server refused the request (status {status}).", "Its log says why.")


def _described(entry: Mapping[str, Any]) -> Model:
    meta = entry.get("meta") or {}
    context = entry.get("max_model_len") or meta.get("n_ctx") or meta.get("n_ctx_train") or 0
    return Model(name=str(entry.get("id", "")), size=int(meta.get("size") or 0), context=int(context))

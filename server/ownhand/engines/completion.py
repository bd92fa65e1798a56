"""llama.cpp's native `/completion` (its `tools/server/README.md`), as chunks."""

import contextlib
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Any

from ownhand.engines.llama_child import LlamaChild
from ownhand.engines.protocol import (
    Chunk,
    EngineError,
    NextToken,
    PromptTooLongError,
    Sampling,
    SpecialTokens,
    Usage,
)
from ownhand.engines.special import bounds
from ownhand.engines.wire import body, events, natural, parsed, sound

if TYPE_CHECKING:
    import httpx

Prompt = str | list[int]

_FINISH = {"eos": "stop", "word": "stop", "limit": "length"}


class ChildGoneError(Exception):
    """The connection broke: the child died or was closed."""


async def prompt_for(child: LlamaChild, text: str, special: SpecialTokens) -> Prompt:
    """What to send for `text`. As text llama.cpp would add the end token to it where the model's keys say so, and go
    on after that: such a model gets the text's tokens."""
    if not special.add_eos:
        return text
    return [*bounds(special).always, *await token_ids(child, text, parse_special=True)]


def completion_request(prompt: Prompt, sampling: Sampling, lora_scale: float | None) -> dict[str, Any]:
    """The body of a request. `lora_scale` is None when the child holds no adapter.

    Progress is asked for because the server notices a closed connection when it writes: without, reading a long
    prompt would go on to its end.
    """
    request: dict[str, Any] = {
        "prompt": sound(prompt) if isinstance(prompt, str) else prompt,
        "n_predict": sampling.max_tokens,
        "stream": True,
        "cache_prompt": True,
        "return_progress": True,
        "stop": list(sampling.stop),
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "top_k": sampling.top_k,
        "min_p": sampling.min_p,
        "repeat_penalty": sampling.repeat_penalty,
        "n_probs": 1 if sampling.logprobs else 0,
    }
    if sampling.seed is not None:
        request["seed"] = sampling.seed
    if lora_scale is not None:
        request["lora"] = [{"id": 0, "scale": lora_scale}]
    return request


async def completion(child: LlamaChild, request: dict[str, Any], usage: Usage) -> AsyncGenerator[Chunk]:
    """Stream one answer and fill in `usage`. Raises EngineError, or ChildGoneError when the connection breaks."""
    probabilities: list[tuple[str, float]] = []
    async with _streamed(child, request) as response:
        if response.is_error:
            raise refusal(parsed(await response.aread()))
        async for event in events(response):
            if "error" in event:
                raise refusal(event)
            _note(event, usage)
            probabilities += natural(event.get("completion_probabilities", []))
            if event.get("content"):
                yield Chunk(event["content"], tuple(probabilities))
                probabilities.clear()
            if event.get("stop"):
                usage.finish = _FINISH.get(event.get("stop_type", ""), "stop")
                return
    raise ChildGoneError


async def token_ids(child: LlamaChild, text: str, *, parse_special: bool = False) -> list[int]:
    """Without start and end. `parse_special`: special tokens that are spelled out in the text are read as such."""
    request = {"content": sound(text), "add_special": False, "parse_special": parse_special}
    answer = await _post(child, "/tokenize", request)
    return list(answer["tokens"])


async def next_tokens(child: LlamaChild, prompt: Prompt, count: int, lora_scale: float | None) -> list[NextToken]:
    """The likeliest next tokens, from the same request as any other but for one token and its alternatives.

    The server tells nothing of a token that is part of a character. So it is made to choose a letter; what it tells of
    the alternatives is what the model thinks before anything is chosen.
    """
    sampling = Sampling(max_tokens=1, temperature=0.0, repeat_penalty=1.0)
    request = completion_request(prompt, sampling, lora_scale) | {"stream": False, "n_probs": count}
    request["logit_bias"] = [["a", 1000]]
    try:
        found = (await _post(child, "/completion", request))["completion_probabilities"][0]["top_logprobs"]
        return [NextToken(bytes(entry["bytes"]), float(entry["logprob"]), int(entry["id"])) for entry in found]
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise EngineError("The embedded engine gave no log-probabilities.", "Restart Ownhand.") from error


async def token_pieces(child: LlamaChild, text: str) -> list[tuple[int, bytes]]:
    """(id, bytes) of each token of `text`; nothing is added, and special tokens in it are read as plain text."""
    request = {"content": sound(text), "parse_special": False, "add_special": False, "with_pieces": True}
    answer = await _post(child, "/tokenize", request)
    return [(token["id"], _bytes(token["piece"])) for token in answer["tokens"]]


def _bytes(piece: str | list[int]) -> bytes:
    """A token that is no whole character comes as a list of bytes."""
    return piece.encode() if isinstance(piece, str) else bytes(piece)


async def warm(child: LlamaChild, lora_scale: float) -> None:
    """One token, so that weights and adapter are in memory before a writer waits for them."""
    request = completion_request("\n", Sampling(max_tokens=1), lora_scale)
    await _post(child, "/completion", request | {"stream": False})


def refusal(answer: dict[str, Any]) -> EngineError:
    """The server's `{"error": {...}}` as a sentence. Its message is left out: it may quote the prompt."""
    error = answer.get("error")
    facts = error if isinstance(error, dict) else {}
    if facts.get("type") == "exceed_context_size_error":
        return PromptTooLongError(
            f"The text is too long for the model: {facts.get('n_prompt_tokens')} tokens of {facts.get('n_ctx')}.",
            "Ownhand sends less of it.",
        )
    return EngineError(
        f"The embedded engine refused the request ({facts.get('type', 'unknown')}).", "Restart Ownhand if it stays so."
    )


def _note(event: dict[str, Any], usage: Usage) -> None:
    usage.prompt_tokens = event.get("tokens_evaluated", usage.prompt_tokens)
    usage.generated_tokens = event.get("tokens_predicted", usage.generated_tokens)
    cached = event.get("prompt_progress", {}).get("cache", event.get("timings", {}).get("cache_n"))
    usage.cached_tokens = usage.cached_tokens if cached is None else cached


@contextlib.asynccontextmanager
async def _streamed(child: LlamaChild, request: dict[str, Any]) -> "AsyncGenerator[httpx.Response]":
    import httpx

    try:
        async with child.client.stream("POST", "/completion", content=body(request)) as response:
            yield response
    except (httpx.TransportError, httpx.StreamError) as error:
        raise ChildGoneError from error


async def _post(child: LlamaChild, path: str, request: dict[str, Any]) -> dict[str, Any]:
    import httpx

    try:
        response = await child.client.post(path, content=body(request))
    except httpx.TransportError as error:
        raise ChildGoneError from error
    answer = parsed(response.content)
    if response.is_error:
        raise refusal(answer)
    return answer

"""What the HTTP engines share: clients that stay on this machine, JSON bodies, server-sent events."""

import json
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any

from ownhand.engines.protocol import EngineError

if TYPE_CHECKING:
    import httpx

CONNECT_SECONDS = 5.0
SILENCE_SECONDS = 120.0
"""The longest wait between two signs of life: one batch of a large model on a slow machine takes less."""


def private_client(base_url: str, *, socket: str | None = None, key: str = "") -> "httpx.AsyncClient":
    """A client for `base_url` that follows no redirect and heeds no proxy or credential of the environment.

    Imported here, not at the top: httpx costs a fifth of a second, and the language server starts without an engine.
    """
    import httpx

    return httpx.AsyncClient(
        base_url=base_url,
        headers={"Authorization": f"Bearer {key}"} if key else {},
        transport=httpx.AsyncHTTPTransport(
            uds=socket,
            trust_env=False,
            # Loading the certificates takes 30 ms that the event loop would feel; plain http needs none.
            verify=not base_url.lower().startswith("http://"),
            # llama.cpp and uvicorn close a connection that was idle for 5 s, now and then just when it is used again;
            # a new one costs less than a millisecond.
            limits=httpx.Limits(max_keepalive_connections=0),
        ),
        timeout=httpx.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS),
        trust_env=False,
        follow_redirects=False,
    )


def sound(text: str) -> str:
    """`text` with half surrogate pairs, which no encoder takes, replaced by U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def body(value: Mapping[str, Any]) -> bytes:
    """UTF-8 JSON for a request."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


async def events(response: "httpx.Response") -> AsyncIterator[dict[str, Any]]:
    """The JSON objects of an event stream (HTML standard, "Server-sent events"), up to `[DONE]`.

    Comments (pings) are skipped. Raises EngineError when the server sends something else.
    """
    async for line in _lines(response):
        name, _, value = line.partition(":")
        if name not in ("data", "error"):
            continue
        if value.strip() == "[DONE]":
            return
        event = parsed(value)
        yield {"error": event} if name == "error" and "error" not in event else event


async def _lines(response: "httpx.Response") -> AsyncIterator[str]:
    """Lines as event streams end them. httpx ends them at U+2028 and U+0085 too, which a JSON string may hold."""
    rest = ""
    async for text in response.aiter_text():
        *lines, rest = (rest + text).split("\n")
        for line in lines:
            yield line.removesuffix("\r")
    if rest:
        yield rest


def parsed(text: str | bytes) -> dict[str, Any]:
    """One JSON object from an engine. Raises EngineError when it is anything else."""
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise EngineError("The engine answered with something that is not a completion.", "Check what listens there.")
    return value


def natural(probabilities: list[dict[str, Any]]) -> tuple[tuple[str, float], ...]:
    """(token text, natural log-probability) from the list that llama.cpp, OpenAI and Ollama all write."""
    return tuple((_token_text(entry), float(entry["logprob"])) for entry in probabilities)


def _token_text(entry: Mapping[str, Any]) -> str:
    """The token's text; a token that is half a character shows as U+FFFD."""
    values = entry.get("bytes")
    return bytes(values).decode("utf-8", "replace") if values else str(entry.get("token", ""))

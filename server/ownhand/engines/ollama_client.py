"""The official Ollama client, kept to one machine, with what it lacks and its errors in a writer's words."""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from pathlib import Path
from typing import IO, Any

import httpx
import ollama

from ownhand.engines.protocol import EngineError, NoSuchModelError, PromptTooLongError
from ownhand.engines.wire import CONNECT_SECONDS, SILENCE_SECONDS, body

_USUAL_HOST = "http://127.0.0.1:11434"
_UPLOADED_AT_ONCE = 1 << 20
_TOO_LONG = ("context length", "exceed_context_size", "too long")


class LocalClient(ollama.AsyncClient):
    """`ollama.AsyncClient` without the environment's proxies, host and key, and without redirects.

    Requests are plain JSON: the client's own methods know neither `truncate` nor `shift`, and its `Options` drops
    `min_p`. Both matter: without `truncate: false` Ollama cuts the middle out of a long prompt and says nothing.
    """

    def __init__(self, host: str) -> None:
        host = host or _USUAL_HOST  # without one, the client would take whatever OLLAMA_HOST names
        timeout = httpx.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS)
        # Loading the certificates takes 20 ms that the event loop would feel; only https needs them.
        verify = host.lower().startswith("https")
        super().__init__(host, trust_env=False, follow_redirects=False, timeout=timeout, verify=verify)
        self._client.headers.pop("authorization", None)

    async def ask(self, method: str, path: str, value: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """One request, one JSON object. Raises what `explained` explains."""
        content = body(value) if value is not None else None
        answer = (await self._request_raw(method, path, content=content)).json()  # type: ignore[no-untyped-call]
        if not isinstance(answer, dict):
            raise TypeError("not an object")
        return answer

    async def upload(self, digest: str, stream: IO[bytes]) -> None:
        """Hand over an open file whose digest is known, unless Ollama has it."""
        place = f"/api/blobs/{digest}"
        try:
            await self._request_raw("HEAD", place)  # type: ignore[no-untyped-call]
        except ollama.ResponseError as error:
            if error.status_code != 404:
                raise
            await self._request_raw("POST", place, content=_chunks(stream))  # type: ignore[no-untyped-call]

    async def create_blob(self, path: str | Path) -> str:
        """Hand over a file and tell its digest. The client's own sends what Ollama has already, too, and then the
        connection breaks: Ollama answers without reading it."""
        with await asyncio.to_thread(Path(path).open, "rb") as stream:
            found = await asyncio.to_thread(hashlib.file_digest, stream, "sha256")
            digest = f"sha256:{found.hexdigest()}"
            await self.upload(digest, stream)
        return digest

    async def lines(self, path: str, value: Mapping[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """A streamed answer, one JSON object a line."""
        stream: Any = await self._request(dict[str, Any], "POST", path, content=body(value), stream=True)
        async with contextlib.aclosing(stream) as parts:
            async for part in parts:
                yield part


async def _chunks(stream: IO[bytes]) -> AsyncIterator[bytes]:
    stream.seek(0)
    while chunk := await asyncio.to_thread(stream.read, _UPLOADED_AT_ONCE):
        yield chunk


@contextlib.asynccontextmanager
async def explained(host: str, model: str) -> AsyncGenerator[None]:
    """Turn whatever goes wrong in the block into an EngineError that names the fix."""
    try:
        yield
    except ollama.ResponseError as error:
        raise _refusal(error, model) from error
    except httpx.TimeoutException as error:
        raise EngineError(f"Ollama at {host} does not answer.", "Restart Ollama.") from error
    except (ConnectionError, httpx.ConnectError, httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
        raise EngineError(
            f"Nothing answers at {host}, where Ollama should be.", "Start Ollama, or set ownhand.ollama.host."
        ) from error
    except httpx.HTTPError as error:
        raise EngineError("Ollama stopped in the middle of its answer.", "Start Ollama again.") from error
    except (ValueError, AttributeError, TypeError, KeyError) as error:
        raise EngineError(
            f"What answers at {host} does not speak as Ollama does.", "Check the setting ownhand.ollama.host."
        ) from error


def _refusal(error: ollama.ResponseError, model: str) -> EngineError:
    """Ollama's messages hold no prompt text, but they are for engineers: the known ones get their own sentence."""
    said, status = error.error, error.status_code
    if status == 404 or "not found" in said:
        return NoSuchModelError(f"Ollama has no model named {model}.", f"Run `ollama pull {model}`, or choose another.")
    if any(sign in said for sign in _TOO_LONG):
        return PromptTooLongError("The text is too long for the model.", "Ownhand sends less of it.")
    if "no space left" in said:
        return EngineError("The disk where Ollama keeps its models is full.", "Free some space, then try again.")
    if status == 503:
        return EngineError("Ollama is busy with other requests.", "Try again in a moment.")
    if "no longer supported" in said or "not yet implemented" in said:
        return EngineError(f"This Ollama can't serve an adapter for {model}.", "Set ownhand.engine to embedded.")
    if status == 500:
        return EngineError(f"Ollama failed while serving {model} (error 500).", "Restart Ollama; its log says why.")
    return EngineError(f"Ollama refused the request (status {status}).", "Restart Ollama; its log says why.")

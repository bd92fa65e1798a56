"""A server that plays Ollama badly."""

import asyncio
import json
from collections.abc import Callable

SHOWN = {"model_info": {"general.architecture": "llama", "llama.context_length": 8192}, "details": {}}
TAGS = {"models": [{"name": "tale:latest", "size": 1000, "details": {"family": "llama"}}]}
TOKEN = json.dumps({"response": " sea", "done": False}).encode() + b"\n"


class BadOllama:
    """Answers every route well but /api/generate, which `generate` writes as raw HTTP."""

    def __init__(self, generate: bytes | Callable[[], bytes]) -> None:
        self.generate, self.routes, self.requests = generate, {"/api/show": SHOWN, "/api/tags": TAGS}, []

    async def __aenter__(self) -> "BadOllama":
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self.host = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(
            (int(line.split(":")[1]) for line in head.splitlines() if line.lower().startswith("content-le")), 0
        )
        path = head.split()[1]
        self.requests.append((path, await reader.readexactly(length)))
        if path == "/api/generate":
            writer.write(self.generate if isinstance(self.generate, bytes) else self.generate())
        else:
            writer.write(whole(200, json.dumps(self.routes.get(path, {"models": []})).encode()))
        await writer.drain()
        writer.close()


def whole(status: int, content: bytes) -> bytes:
    return b"HTTP/1.1 %d X\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (status, len(content), content)


def chunked(*lines: bytes, end: bool = True) -> bytes:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    return head + b"".join(b"%x\r\n%s\r\n" % (len(line), line) for line in lines) + (b"0\r\n\r\n" if end else b"")

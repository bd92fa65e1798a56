"""A small Language Server Protocol client that measures: JSON-RPC over the standard streams of a real server process.

It does no more than an editor does on the wire, so that what is timed is the server.
"""

import asyncio
import itertools
import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self


class Server:
    """A language server process and the client's end of its pipes. Use as an async context manager."""

    def __init__(self, home: Path, extra_environment: Mapping[str, str] | None = None) -> None:
        self._environment = {**os.environ, "OWNHAND_HOME": str(home), **(extra_environment or {})}
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self.notifications: list[tuple[str, Any]] = []
        self.configuration: dict[str, Any] = {}
        self.answers: dict[str, Any] = {}
        """What to answer to the server's own requests, by method."""

    async def __aenter__(self) -> Self:
        self.started = time.perf_counter()
        self.process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "ownhand",
            "serve",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=self._environment,
            limit=64 * 1024 * 1024,
        )
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.process.returncode is None:
            await self.request("shutdown", None)
            self.notify("exit", None)
            await self.process.wait()
        self._reader.cancel()

    async def initialize(self, folder: Path | None, capabilities: Mapping[str, Any] | None = None) -> float:
        """Send `initialize` and `initialized`; returns the seconds from process start to the answer."""
        folders = [{"uri": folder.as_uri(), "name": folder.name}] if folder else None
        text_document: dict[str, Any] = {"inlineCompletion": {}, "synchronization": {}}
        await self.request(
            "initialize",
            {
                "processId": os.getpid(),
                "rootUri": folder.as_uri() if folder else None,
                "workspaceFolders": folders,
                "capabilities": {
                    "textDocument": text_document,
                    "workspace": {"configuration": True, "workspaceFolders": True},
                    "window": {"showMessage": {"messageActionItem": {}}},
                    **(capabilities or {}),
                },
            },
        )
        elapsed = time.perf_counter() - self.started
        self.notify("initialized", {})
        return elapsed

    def open(self, uri: str, text: str, language: str = "markdown") -> None:
        item = {"uri": uri, "languageId": language, "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": item})

    def insert(self, uri: str, version: int, line: int, character: int, text: str) -> None:
        place = {"line": line, "character": character}
        change = {"range": {"start": place, "end": place}, "text": text}
        document = {"uri": uri, "version": version}
        self.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [change]})

    async def inline_completion(self, uri: str, line: int, character: int, *, invoked: bool) -> list[dict[str, Any]]:
        answer = await self.request(
            "textDocument/inlineCompletion",
            {
                "textDocument": {"uri": uri},
                "position": {"line": line, "character": character},
                "context": {"triggerKind": 1 if invoked else 2},
            },
        )
        return list(answer["items"] if isinstance(answer, dict) else answer)

    async def request(self, method: str, params: Any) -> Any:
        """The result; raises RuntimeError with the server's message on an error answer."""
        number = next(self._ids)
        self._waiting[number] = asyncio.get_running_loop().create_future()
        self._send({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        return await self._waiting[number]

    def notify(self, method: str, params: Any) -> None:
        self._send({"jsonrpc": "2.0", "method": method, "params": params})

    def _send(self, message: Mapping[str, Any]) -> None:
        body = json.dumps(message).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    async def _read(self) -> None:
        assert self.process.stdout is not None
        while header := await self.process.stdout.readuntil(b"\r\n\r\n"):
            length = int(header.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            self._receive(json.loads(await self.process.stdout.readexactly(length)))

    def _receive(self, message: dict[str, Any]) -> None:
        if "method" not in message:
            waiting = self._waiting.pop(message["id"])
            if "error" in message:
                waiting.set_exception(RuntimeError(message["error"]["message"]))
            else:
                waiting.set_result(message["result"])
        elif "id" in message:
            self._send({"jsonrpc": "2.0", "id": message["id"], "result": self._answer(message)})
        else:
            self.notifications.append((message["method"], message.get("params")))

    def _answer(self, message: dict[str, Any]) -> Any:
        if message["method"] == "workspace/configuration":
            return [self.configuration for _ in message["params"]["items"]]
        return self.answers.get(message["method"])

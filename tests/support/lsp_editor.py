"""An editor for tests: a plain client (pytest-lsp) that drives `python -m ownhand serve` as a process."""

import asyncio
import os
import uuid
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lsprotocol import types
from pytest_lsp import LanguageClient

PATIENCE = 45.0
"""Seconds that a test waits for what must come; no assertion on how long it took."""

INLINE = types.ClientCapabilities(
    text_document=types.TextDocumentClientCapabilities(inline_completion=types.InlineCompletionClientCapabilities())
)
NARRATIVE = "The tide went out before anyone woke, and Marta walked the flats with her father's boots in a bucket"


async def until(true: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """Wait until `true()` holds, and return what it gave."""
    async with asyncio.timeout(seconds):
        while True:
            if found := true():
                return found
            await asyncio.sleep(0.02)


@dataclass
class Editor:
    """What an editor does, in the words of one."""

    client: LanguageClient
    home: Path
    statuses: list[dict[str, Any]] = field(default_factory=list)
    versions: dict[str, int] = field(default_factory=dict)

    @property
    def process(self) -> asyncio.subprocess.Process:
        process = self.client._server
        assert process is not None
        return process

    @property
    def messages(self) -> list[str]:
        return [message.message for message in self.client.messages]

    async def initialize(
        self,
        folders: Sequence[Path] = (),
        capabilities: types.ClientCapabilities = INLINE,
        options: dict[str, Any] | None = None,
        process_id: int | None = None,
    ) -> types.InitializeResult:
        return await self.client.initialize_session(
            types.InitializeParams(
                capabilities=capabilities,
                process_id=process_id or os.getpid(),
                workspace_folders=[types.WorkspaceFolder(path.as_uri(), path.name) for path in folders],
                initialization_options=options,
            )
        )

    def open(self, uri: str | Path, text: str, language: str = "markdown") -> str:
        uri = uri.as_uri() if isinstance(uri, Path) else uri
        self.versions[uri] = 1
        item = types.TextDocumentItem(uri, language, 1, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return uri

    def insert(self, uri: str, line: int, character: int, text: str, version: int | None = None) -> None:
        self.replace(uri, (line, character), (line, character), text, version)

    def replace(
        self, uri: str, start: tuple[int, int], end: tuple[int, int], text: str, version: int | None = None
    ) -> None:
        self.versions[uri] += 1
        place = types.Range(types.Position(*start), types.Position(*end))
        change = types.TextDocumentContentChangePartial(range=place, text=text)
        document = types.VersionedTextDocumentIdentifier(uri=uri, version=version or self.versions[uri])
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(document, [change]))

    def page(self, text: str, language: str = "plaintext") -> str:
        """Open a fresh untitled document."""
        return self.open(f"untitled:Untitled-{uuid.uuid4()}", text, language)

    def close(self, uri: str) -> None:
        self.client.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri)))

    def request(self, uri: str, line: int, character: int, *, invoked: bool = True) -> Awaitable[Any]:
        """Send the request now; await the answer later."""
        kind = types.InlineCompletionTriggerKind
        params = types.InlineCompletionParams(
            context=types.InlineCompletionContext(kind.Invoked if invoked else kind.Automatic),
            text_document=types.TextDocumentIdentifier(uri),
            position=types.Position(line, character),
        )
        sent = self.client.protocol.send_request(types.TEXT_DOCUMENT_INLINE_COMPLETION, params)
        return asyncio.wait_for(asyncio.wrap_future(sent), PATIENCE)

    async def ask(self, uri: str, line: int, character: int, *, invoked: bool = True) -> list[Any]:
        answer = await self.request(uri, line, character, invoked=invoked)
        assert isinstance(answer, list), answer
        return answer

    async def texts(self, uri: str, line: int, character: int, *, invoked: bool = True) -> list[str]:
        return [item.insert_text for item in await self.ask(uri, line, character, invoked=invoked)]

    async def raw(self, method: str, params: Any) -> Any:
        """Send params that the protocol's types would refuse; the result as plain JSON."""
        protocol, number = self.client.protocol, f"raw-{uuid.uuid4()}"
        answer: Future[Any] = Future()
        protocol._request_futures[number] = answer
        protocol._send_data({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        return plain(await asyncio.wait_for(asyncio.wrap_future(answer), PATIENCE))

    async def execute(self, command: str, *arguments: Any) -> Any:
        params = types.ExecuteCommandParams(command, list(arguments))
        return plain(await asyncio.wait_for(self.client.workspace_execute_command_async(params), PATIENCE))

    async def status(self) -> dict[str, Any]:
        found: dict[str, Any] = await self.execute("ownhand.status")
        return found

    async def why(self) -> str:
        return str((await self.status())["why"])

    async def counts(self) -> dict[str, int]:
        return dict((await self.status())["counts"])

    async def still_answers(self) -> bool:
        """Is the server still of use? Opens a fresh page and asks."""
        return bool(await self.texts(self.page(NARRATIVE), 0, len(NARRATIVE)))


def plain(value: Any) -> Any:
    """pygls's named tuples for untyped JSON, as the JSON that they were."""
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {key: plain(item) for key, item in value._asdict().items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


Start = Callable[..., Awaitable[Editor]]

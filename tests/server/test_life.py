"""The server's beginning and every ending: nothing stays behind."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import IO, Any

import psutil
import pytest
from lsprotocol import types

from lsp_editor import NARRATIVE, PATIENCE, Editor, Start, until

SCRIPT = {"rules": [], "default": " and on."}


async def gone(process_id: int) -> None:
    await until(lambda: not psutil.pid_exists(process_id) or psutil.Process(process_id).status() == "zombie")


@pytest.fixture
def server(tmp_path: Path) -> Any:
    """A bare process, spoken to by hand."""
    script = tmp_path / "script.json"
    script.write_text(json.dumps(SCRIPT))
    environment = {**os.environ, "OWNHAND_HOME": str(tmp_path / "home"), "OWNHAND_SCRIPTED": str(script)}
    with subprocess.Popen(
        [sys.executable, "-m", "ownhand", "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    ) as process:
        yield process
        process.kill()


def send(stream: IO[bytes], **message: Any) -> None:
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    stream.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    stream.flush()


def receive(stream: IO[bytes], number: int) -> dict[str, Any]:
    """The answer to the request with this number; what comes before is passed over."""
    while True:
        length = 0
        while (header := stream.readline()) != b"\r\n":
            assert header, "the server closed its output"
            if header.lower().startswith(b"content-length:"):
                length = int(header.split(b":")[1])
        message: dict[str, Any] = json.loads(stream.read(length))
        if message.get("id") == number:
            return message


async def ended(process: subprocess.Popen[bytes]) -> int:
    return await asyncio.to_thread(process.wait, PATIENCE)


async def test_initialize_names_what_works_and_nothing_else(start: Start) -> None:
    editor = await start(script=SCRIPT)
    result = await editor.initialize()
    able = result.capabilities
    assert able.position_encoding == "utf-16"
    assert able.inline_completion_provider is not None
    assert able.completion_provider is None
    assert able.execute_command_provider
    assert set(able.execute_command_provider.commands) >= {"ownhand.accept", "ownhand.dismiss", "ownhand.status"}
    for command in able.execute_command_provider.commands:
        await editor.execute(command)
    assert await editor.execute("ownhand.quiet", None, False) == {"quiet": False}
    assert await editor.still_answers()


async def test_an_editor_without_inline_completion_gets_a_list_with_the_whole_suggestion(start: Start) -> None:
    editor = await start(script={"rules": [], "default": " came back, and the gulls with it."})
    result = await editor.initialize(capabilities=types.ClientCapabilities(), options={"suggestion": {"pauseMs": 1}})
    assert result.capabilities.completion_provider is not None
    text = "The water"
    uri = editor.page(text)
    params = types.CompletionParams(types.TextDocumentIdentifier(uri), types.Position(0, len(text)))
    answer = await editor.client.text_document_completion_async(params)
    assert isinstance(answer, types.CompletionList)
    (item,) = answer.items
    assert isinstance(item.text_edit, types.TextEdit)
    assert item.text_edit.new_text == " came back, and the gulls with it."
    assert item.text_edit.range.start == item.text_edit.range.end == types.Position(0, len(text))
    assert item.filter_text == "water came back, and the gulls with it."
    assert item.command
    assert item.command.command == "ownhand.accept"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
async def test_columns_are_counted_as_the_client_wants(start: Start, encoding: str) -> None:
    editor = await start(script=[{"ends_with": "naïve 😀 sea", "text": " of bells."}])
    kinds = [types.PositionEncodingKind(encoding), types.PositionEncodingKind.Utf16]
    capabilities = types.ClientCapabilities(general=types.GeneralClientCapabilities(position_encodings=kinds))
    result = await editor.initialize(capabilities=capabilities)
    assert result.capabilities.position_encoding == encoding
    text = "naïve 😀 s"
    uri = editor.page(text)
    column = {"utf-8": len(text.encode()), "utf-16": len(text) + 1, "utf-32": len(text)}[encoding]
    editor.insert(uri, 0, column, "ea")
    assert await editor.texts(uri, 0, column + 2) == [" of bells."]


async def test_shutdown_and_exit_end_it_with_zero(start: Start) -> None:
    editor = await start(script=SCRIPT)
    await editor.initialize()
    assert await editor.still_answers()
    await editor.client.shutdown_session()
    assert await asyncio.wait_for(editor.process.wait(), PATIENCE) == 0


async def test_exit_without_shutdown_ends_it_with_one(start: Start) -> None:
    editor = await start(script=SCRIPT)
    await editor.initialize()
    editor.client.exit(None)
    assert await asyncio.wait_for(editor.process.wait(), PATIENCE) == 1


async def test_closing_its_input_ends_it(server: subprocess.Popen[bytes]) -> None:
    assert server.stdin
    assert server.stdout
    send(server.stdin, id=1, method="initialize", params={"capabilities": {}})
    receive(server.stdout, 1)
    server.stdin.close()
    assert await ended(server) == 1


async def test_closing_its_input_before_anything_was_said_ends_it(server: subprocess.Popen[bytes]) -> None:
    assert server.stdin
    server.stdin.close()
    assert await ended(server) == 1


async def test_a_request_before_initialize_is_refused_and_exit_understood(server: subprocess.Popen[bytes]) -> None:
    assert server.stdin
    assert server.stdout
    server.stdin.write(b"Content-Length: 9\r\n\r\nnot json!")
    send(server.stdin, id=1, method="textDocument/inlineCompletion", params={})
    assert receive(server.stdout, 1)["error"]["code"] == -32002
    send(server.stdin, method="exit")
    assert await ended(server) == 1


async def test_the_loss_of_the_editor_s_process_ends_it(server: subprocess.Popen[bytes]) -> None:
    """The pipe stays open here: only `processId` tells."""
    assert server.stdin
    assert server.stdout
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as editor:  # noqa: ASYNC220
        send(server.stdin, id=1, method="initialize", params={"processId": editor.pid, "capabilities": {}})
        receive(server.stdout, 1)
        send(server.stdin, method="initialized", params={})
        send(server.stdin, id=2, method="workspace/executeCommand", params={"command": "ownhand.status"})
        receive(server.stdout, 2)
        editor.kill()
    assert await ended(server) == 1


_EDITOR = """
import subprocess, sys
server = subprocess.Popen([sys.executable, "-m", "ownhand", "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
print(server.pid, flush=True)
body = b'{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"capabilities": {}}}'
server.stdin.write(b"Content-Length: %d\\r\\n\\r\\n%s" % (len(body), body))
server.stdin.flush()
server.stdout.readline()
print("answered", flush=True)
input()
"""


async def test_killing_the_editor_leaves_no_server_behind(tmp_path: Path) -> None:
    environment = {**os.environ, "OWNHAND_HOME": str(tmp_path)}
    with subprocess.Popen(  # noqa: ASYNC220 - starting it is quick
        [sys.executable, "-c", _EDITOR], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    ) as editor:
        assert editor.stdout
        server = int(await asyncio.to_thread(editor.stdout.readline))
        assert await asyncio.to_thread(editor.stdout.readline) == b"answered\n"
        editor.kill()
    await gone(server)


@pytest.mark.embedded
@pytest.mark.timeout(180)
@pytest.mark.parametrize("ending", ["kill", "close"])
async def test_the_engine_s_child_goes_with_the_server(start: Start, ending: str) -> None:
    editor = await start()
    await editor.initialize()
    uri = editor.page(NARRATIVE)
    await editor.ask(uri, 0, len(NARRATIVE))
    children = psutil.Process(editor.process.pid).children(recursive=True)
    assert children, "the embedded engine runs in a child"
    if ending == "kill":
        editor.process.kill()
    else:
        assert editor.process.stdin
        editor.process.stdin.close()
    await asyncio.wait_for(editor.process.wait(), PATIENCE)
    for child in children:
        await gone(child.pid)


async def test_what_is_not_a_message_is_passed_over(server: subprocess.Popen[bytes]) -> None:
    assert server.stdin
    assert server.stdout
    send(server.stdin, id=1, method="initialize", params={"capabilities": "none", "workspaceFolders": 3})
    receive(server.stdout, 1)
    for noise in (b"[]", b"{}", b"\xff\xfe", b"[" * 100_000, b'{"jsonrpc": "2.0", "method": 7}'):
        server.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(noise), noise))
    send(server.stdin, method="textDocument/didOpen", params={"textDocument": {"uri": 5}})
    send(server.stdin, method="textDocument/didChange", params={"textDocument": {"uri": "untitled:never-opened"}})
    send(server.stdin, id=2, method="no/such/method", params={})
    assert receive(server.stdout, 2)["error"]["code"] == -32601
    send(server.stdin, id=3, method="initialize", params={"capabilities": {}})
    assert "error" in receive(server.stdout, 3)
    send(server.stdin, id=4, method="workspace/executeCommand", params={"command": "ownhand.status"})
    assert receive(server.stdout, 4)["result"]["training"] == "idle"


async def test_the_log_is_private_and_holds_no_word_of_the_manuscript(start: Start) -> None:
    editor = await start(script=SCRIPT)
    await editor.initialize()
    text = "Xylographer's daughter, she said"
    uri = editor.page(text)
    await editor.ask(uri, 0, len(text))
    await editor.raw("textDocument/inlineCompletion", {"textDocument": {"uri": uri}, "position": text})
    await editor.raw("workspace/executeCommand", {"command": "ownhand.status", "arguments": [text]})
    editor.client.protocol.notify("textDocument/didShowCompletion", {"item": text})
    editor.insert(uri, 0, 0, text, version=-5)
    await editor.status()
    log = editor.home / "server.log"
    assert log.stat().st_mode & 0o777 == 0o600
    assert "Xylographer" not in log.read_text()
    assert editor.messages == []
    assert isinstance(editor, Editor)

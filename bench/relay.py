"""A relay between an editor and the server: every byte passes unchanged, and the times of suggestions are noted.

    python relay.py FILE PROGRAM [ARGUMENT ...]

The editor starts this in the server's place, so that the server's own answer time is taken in the same run and for the
same keys as what the writer saw. FILE gets one JSON object per line and answered `textDocument/inlineCompletion`:

    line, character   where it was asked, as the request says
    asked             when the request was passed on to the server
    changed           when the document's last change before it was passed on
    answered          when the answer had come back from the server
    offered           whether it held a suggestion

Times are seconds of `time.perf_counter`. The relay's own hops are outside of them, on the editor's side. It notes no
text. Source of the framing: Language Server Protocol 3.18, "Base Protocol".
"""

import contextlib
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import IO, Any

CHUNK = 65536
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class Messages:
    """Cuts one direction's bytes, however they arrive, into the bodies of messages."""

    def __init__(self) -> None:
        self._kept = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The bodies that are whole with `data`. What has no length is passed over."""
        self._kept += data
        while (head := self._kept.find(b"\r\n\r\n")) >= 0:
            found = _LENGTH.search(self._kept, 0, head)
            start = head + 4
            end = start + (int(found[1]) if found else 0)
            if len(self._kept) < end:
                return
            body, self._kept = self._kept[start:end], self._kept[end:]
            if found:
                yield body


class Notes:
    """Brings requests and answers together; each direction is heard by a thread of its own."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._questions: dict[object, dict[str, Any]] = {}
        self._changed: dict[str, float] = {}

    def from_editor(self, bodies: list[bytes]) -> None:
        """Call just before the bytes are passed on: the time is taken here, after reading."""
        messages = [json.loads(body) for body in bodies if b"inlineCompletion" in body or b"didChange" in body]
        now = time.perf_counter()
        for message in messages:
            match message:
                case {"method": "textDocument/didChange", "params": {"textDocument": {"uri": uri}}}:
                    self._changed[uri] = now
                case {"method": "textDocument/inlineCompletion", "id": number, "params": params}:
                    changed = self._changed.get(params["textDocument"]["uri"], now)
                    self._questions[number] = {**params["position"], "asked": now, "changed": changed}

    def from_server(self, bodies: list[bytes], now: float) -> None:
        """`now`: when the bytes arrived."""
        for body in bodies if self._questions else []:
            message = json.loads(body)
            if "method" in message or (question := self._questions.pop(message.get("id"), None)) is None:
                continue
            result = message.get("result") or []
            items = result["items"] if isinstance(result, dict) else result
            self._file.write(json.dumps({**question, "answered": now, "offered": bool(items)}) + "\n")
            self._file.flush()


def _to_server(notes: Notes, server: IO[bytes]) -> None:
    messages = Messages()
    with contextlib.suppress(BrokenPipeError), server:
        while data := os.read(sys.stdin.fileno(), CHUNK):
            notes.from_editor(list(messages.feed(data)))
            server.write(data)
            server.flush()


def _to_editor(notes: Notes, server: IO[bytes]) -> None:
    messages = Messages()
    with contextlib.suppress(BrokenPipeError):
        while data := os.read(server.fileno(), CHUNK):
            now = time.perf_counter()
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
            notes.from_server(list(messages.feed(data)), now)


def main(path: str, *command: str) -> int:
    """The server's exit status, or 128 and the signal that ended it."""
    with open(path, "a", encoding="utf-8") as file:  # noqa: PTH123 - nothing is imported that slows the start
        notes = Notes(file)
        server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert server.stdin is not None and server.stdout is not None
        threading.Thread(target=_to_server, args=(notes, server.stdin), daemon=True).start()
        _to_editor(notes, server.stdout)
        status = server.wait()
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

"""Messages over standard input and output, framed by `Content-Length` (LSP base protocol), one thread each way.

The threads keep two things off the event loop: a client that writes slowly, and one that doesn't read.
"""

import os
import queue
import re
import sys
import threading
from collections.abc import Callable, Iterator
from typing import BinaryIO

_LENGTH = re.compile(rb"content-length:\s*(\d+)\s*", re.IGNORECASE)
_LARGEST = 512 * 1024 * 1024


def take_standard_streams() -> tuple[BinaryIO, BinaryIO]:
    """The two pipes, kept for the protocol alone.

    What a library prints goes to stderr from here on, and a child can't read the editor's messages.
    """
    reading, writing = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return os.fdopen(reading, "rb", buffering=1 << 16), os.fdopen(writing, "wb", buffering=0)


def read_bodies(stream: BinaryIO) -> Iterator[bytes]:
    """The bodies of the messages in `stream`, until it ends or can't be followed any more."""
    length: int | None = None
    while header := stream.readline(4096):
        if match := _LENGTH.fullmatch(header):
            length = int(match.group(1))
            if length > _LARGEST:
                return
        elif not header.strip() and length is not None:
            body = stream.read(length)
            if len(body) < length:
                return
            yield body
            length = None


def framed(body: bytes) -> bytes:
    return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


class Inbox:
    """Reads bodies in a thread from the start on; hands them over once somebody is there to take them.

    `on_end` is called in the reading thread at the end of the stream, even while nobody takes anything.
    """

    def __init__(self, stream: BinaryIO, on_end: Callable[[], None]) -> None:
        self._bodies: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._stream = stream
        self._on_end = on_end
        threading.Thread(target=self._read, name="stdin", daemon=True).start()

    def _read(self) -> None:
        try:
            for body in read_bodies(self._stream):
                self._bodies.put(body)
        except (OSError, ValueError):
            pass  # A broken pipe or a broken header ends the conversation as a closed one does.
        self._bodies.put(None)
        self._on_end()

    def hand_to(self, take: Callable[[bytes | None], None]) -> None:
        """From now on call `take` in a thread with each body in order, and with None at the end."""

        def run() -> None:
            while (body := self._bodies.get()) is not None:
                take(body)
            take(None)

        threading.Thread(target=run, name="decoder", daemon=True).start()


class Outbox:
    """Writes in a thread; what `write` is given goes out in order."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._data: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="stdout", daemon=True)
        self._thread.start()

    def write(self, data: bytes) -> None:
        self._data.put(data)

    def close(self, seconds: float = 0.5) -> None:
        """Wait until everything is written, but no longer than `seconds`."""
        self._data.put(None)
        self._thread.join(seconds)

    def _run(self) -> None:
        while (data := self._data.get()) is not None:
            try:
                view = memoryview(data)
                while view:
                    view = view[self._stream.write(view) :]
            except OSError:
                return  # The client is gone; its closed stdin ends the server.

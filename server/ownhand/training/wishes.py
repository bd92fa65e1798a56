"""What the parent tells the trainer's child: pause, resume, stop. The child looks at it between two batches."""

import json
import os
import sys
import threading
from collections.abc import Callable

_LAST_SECONDS = 20.0
"""For the last checkpoint after the parent went; then the child leaves whatever it does."""


class Stopped(Exception):  # noqa: N818 - a wish of the parent's, not an error
    """The parent wants the child to leave, or is gone."""


class Control:
    """Lines {"do": "pause" | "resume" | "stop"} on standard input; its end means "stop"."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._go = threading.Event()
        self._go.set()

    def listen(self) -> None:
        """Read standard input in a thread."""
        threading.Thread(target=self._listen, name="control", daemon=True).start()

    def do(self, wish: object) -> None:
        if wish == "pause":
            self._go.clear()
        elif wish == "resume":
            self._go.set()
        elif wish == "stop":
            self._stop.set()
            self._go.set()

    def check(self, on_pause: Callable[[], None], on_resume: Callable[[], None]) -> None:
        """Wait while paused. Raises Stopped."""
        if not self._go.is_set() and not self._stop.is_set():
            on_pause()
            self._go.wait()
            if not self._stop.is_set():
                on_resume()
        if self._stop.is_set():
            raise Stopped

    def _listen(self) -> None:
        for line in sys.stdin.buffer:
            try:
                self.do(json.loads(line).get("do"))
            except (ValueError, AttributeError):
                continue
        self.do("stop")
        leaving = threading.Timer(_LAST_SECONDS, os._exit, (0,))
        leaving.daemon = True
        leaving.start()

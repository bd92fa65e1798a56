"""How long the server lives: as long as the editor does, and not a moment that matters longer."""

import asyncio
import json
import os
import threading
import time
from pathlib import Path

import psutil

from ownhand.editor.log import logger

GRACE = 1.2
"""Seconds from the end of the conversation to the end of the process, whatever still runs."""
_LOOK_AFTER = 0.5


class Ending:
    """The end of the process, whatever still runs. `code` is what it then exits with."""

    def __init__(self) -> None:
        self.code = 1
        self._begun = threading.Event()
        threading.Thread(target=self._end, name="last resort", daemon=True).start()

    def begin(self) -> None:
        """From now on the process has `GRACE` seconds to end by itself. May be called in any thread."""
        self._begun.set()

    def _end(self) -> None:
        self._begun.wait()
        time.sleep(GRACE)
        os._exit(self.code)


async def editor_gone(process_id: int) -> None:
    """Return when the editor's process is gone (the specification asks for this when `processId` is given)."""
    try:
        editor: psutil.Process | None = psutil.Process(process_id)
    except psutil.NoSuchProcess:
        editor = None
    while True:
        if editor is None or not _alive(editor):
            break
        await asyncio.sleep(_LOOK_AFTER)
    logger.info("The editor's process %d is gone.", process_id)


def _alive(process: psutil.Process) -> bool:
    """A process whose id was given to another one is gone; one that waits to be reaped is too."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True


class StallWatch:
    """Records the longest time that the event loop did not come round. For tests and benchmarks."""

    def __init__(self, path: Path, tick: float = 0.005) -> None:
        self._path, self._tick = path, tick
        self._stalls: list[float] = []

    async def run(self) -> None:
        last = time.perf_counter()
        while True:
            await asyncio.sleep(self._tick)
            now = time.perf_counter()
            self._note(now - last - self._tick)
            last = now

    def _note(self, stall: float) -> None:
        if len(self._stalls) < 10 or stall > self._stalls[-1]:
            self._stalls = sorted([*self._stalls, stall], reverse=True)[:10]

    def write(self) -> None:
        """JSON: the longest stall and the ten longest, in milliseconds."""
        longest = [round(1000 * stall, 2) for stall in self._stalls]
        self._path.write_text(json.dumps({"longest_ms": longest[0] if longest else 0.0, "ten_longest_ms": longest}))

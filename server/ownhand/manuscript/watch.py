"""Tells when the manuscript folder changed: watchdog's observer, debounced into one callback on the event loop.

Only files in a format that Ownhand reads count, and the ignore files that decide about them. An editor's atomic save
(write a temporary name, rename it over the page) arrives as a change of the page. A folder that moved, an overflow of
the system's queue, or a watched folder that went away ask for a full rescan. Network drives are polled.
"""

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from watchdog.events import FileSystemEvent, FileSystemEventHandler, FileSystemMovedEvent
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver
from watchdog.observers.polling import PollingObserver

from ownhand.manuscript.formats import SUFFIXES
from ownhand.manuscript.walk import is_network_drive

log = logging.getLogger(__name__)

QUIET_SECONDS = 0.5
"""A burst of events is over when nothing came for this long."""
LONGEST_BURST_SECONDS = 5.0
POLL_SECONDS = 10.0
RETURN_SECONDS = 2.0
"""How often a folder that went away is looked for."""

_IGNORE_FILES = frozenset({".gitignore", ".ownhandignore"})
EVERYTHING: frozenset[str] | None = None

Changed = Callable[[frozenset[str] | None], None]
"""Called on the event loop with the changed paths relative to the folder ("/"), None when a full rescan is wanted."""


class Watcher:
    """Watches one folder from `start` to `stop`. A missing folder is waited for."""

    def __init__(self, folder: Path, on_change: Changed, *, poll: bool | None = None) -> None:
        self.folder = folder
        self._on_change = on_change
        self._poll = is_network_drive(folder) if poll is None else poll
        self._observer: BaseObserver | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._overflow = _OverflowHandler(self)
        self._paths: set[str] = set()
        self._all = False
        self._timer: asyncio.TimerHandle | None = None
        self._burst_began = 0.0

    async def start(self) -> None:
        """Begin to watch. Changes made before this returns may be missed, so scan after it."""
        self._loop = asyncio.get_running_loop()
        await self._observe()
        self._keeper = self._loop.create_task(self._keep(), name="manuscript-watch")

        logging.getLogger("watchdog").addHandler(self._overflow)

    async def stop(self) -> None:
        """No callback comes after this."""
        self._loop = None  # first: what the observer's thread still hands over falls on deaf ears
        logging.getLogger("watchdog").removeHandler(self._overflow)
        if self._timer is not None:
            self._timer.cancel()
        if self._keeper is not None:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper
        await self._release()

    async def _keep(self) -> None:
        """Notice that the folder went away (no observer does so reliably) and take it up again when it is back."""
        while True:
            await asyncio.sleep(RETURN_SECONDS)
            there = await asyncio.to_thread(self._is_there)
            watching = self._observer is not None and self._observer.is_alive()
            if there and (not watching or await asyncio.to_thread(self._replaced)):
                await self._release()
                await self._observe()
                self._note(None)
            elif not there and self._observer is not None:
                await self._release()

    async def _observe(self) -> None:
        observer: BaseObserver = PollingObserver(timeout=POLL_SECONDS) if self._poll else Observer()
        beginning = asyncio.ensure_future(asyncio.to_thread(self._begin, observer))
        try:
            await asyncio.shield(beginning)
        except asyncio.CancelledError:
            await asyncio.wait({beginning})  # the thread goes on, and `stop` has to find what it began
            raise
        except OSError as error:
            # Out of inotify watches, or the folder isn't there: polling always works, a missing folder is waited for.
            log.info("The folder can't be watched by the system (%s).", error.strerror)
            if self._poll or not await asyncio.to_thread(self._is_there):
                return
            self._poll = True
            await self._observe()

    def _begin(self, observer: BaseObserver) -> None:
        status = self.folder.stat()
        observer.schedule(_Handler(self), str(self.folder), recursive=True)
        observer.start()
        self._observer, self._stamp = observer, (status.st_dev, status.st_ino)

    def _is_there(self) -> bool:
        try:
            return self.folder.is_dir()
        except OSError:  # the folders above it were closed to us
            return False

    def _replaced(self) -> bool:
        """Another folder bears the name now: moved away and made anew between two looks."""
        try:
            status = self.folder.stat()
        except OSError:
            return False
        return (status.st_dev, status.st_ino) != self._stamp

    async def _release(self) -> None:
        observer, self._observer = self._observer, None
        if observer is not None:
            await asyncio.to_thread(_stop, observer)

    def heard(self, path: str | None) -> None:
        """From the observer's thread: this file changed; None: who knows what did."""
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop closed in between
                loop.call_soon_threadsafe(self._note, path)

    def _note(self, path: str | None) -> None:
        loop = self._loop
        if loop is None:
            return
        if path is None:
            self._all = True
        else:
            self._paths.add(path)
        now = loop.time()
        if self._timer is None:
            self._burst_began = now
        else:
            self._timer.cancel()
        due = min(now + QUIET_SECONDS, self._burst_began + LONGEST_BURST_SECONDS)
        self._timer = loop.call_at(due, self._tell)

    def _tell(self) -> None:
        changed = EVERYTHING if self._all else frozenset(self._paths)
        self._timer, self._all, self._paths = None, False, set()
        self._on_change(changed)


class _Handler(FileSystemEventHandler):
    """Runs in the observer's thread."""

    def __init__(self, watcher: Watcher) -> None:
        self.watcher = watcher

    def on_any_event(self, event: FileSystemEvent) -> None:
        if event.event_type in ("opened", "closed_no_write"):
            return
        if event.event_type == "overflow":
            self.watcher.heard(None)
            return
        paths: list[Any] = (
            [event.src_path, event.dest_path] if isinstance(event, FileSystemMovedEvent) else [event.src_path]
        )
        for path in map(os.fsdecode, paths):
            if event.is_directory:
                if event.event_type != "modified" and not _is_hidden(path, self.watcher.folder):
                    self.watcher.heard(None)
            elif (relative := _relative(path, self.watcher.folder)) is not None:
                self.watcher.heard(relative or None)


class _OverflowHandler(logging.Handler):
    """watchdog repairs its watches after an overflow but tells its log alone that events were lost."""

    def __init__(self, watcher: Watcher) -> None:
        super().__init__(logging.WARNING)
        self.watcher = watcher

    def emit(self, record: logging.LogRecord) -> None:
        if "overflow" in record.getMessage():
            self.watcher.heard(None)


def _relative(path: str, folder: Path) -> str | None:
    """The path in the manuscript; "" for an ignore file, which concerns all; None when it is none of ours."""
    name = os.path.basename(path)  # noqa: PTH119 - plain text: it runs for every event
    if name in _IGNORE_FILES:
        return ""
    suffix = name.rpartition(".")[2].lower()
    if suffix not in SUFFIXES or _is_hidden(path, folder):
        return None
    return os.path.relpath(path, folder).replace(os.sep, "/")


def _is_hidden(path: str, folder: Path) -> bool:
    """In a hidden folder, as repositories and editors keep them, or hidden itself. The folder itself is not."""
    relative = os.path.relpath(path, folder)
    return relative != "." and any(part.startswith(".") for part in Path(relative).parts)


def _stop(observer: BaseObserver) -> None:
    observer.stop()
    observer.join(5)

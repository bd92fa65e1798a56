"""Runs the scan child, from asyncio (`Scanner`) or from the command line (`refresh`)."""

import asyncio
import contextlib
import json
import logging
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ownhand.errors import WriterError
from ownhand.home import Home
from ownhand.manuscript.consent import Consent, VoiceFolder, find_voice, grant
from ownhand.manuscript.scan import Job, Outcome, Progress
from ownhand.processes import end_child
from ownhand.settings import Settings

log = logging.getLogger(__name__)

_COMMAND = (sys.executable, "-P", "-m", "ownhand.manuscript.scan")
"""`-P`: editors start the server in the manuscript folder, and no module may come from there."""
_BUSY_SECONDS = 1.0
"""How long to wait for another process that scans the same manuscript."""
_STOPPED = WriterError(
    "Reading the manuscript stopped before it was done.", "It goes on where it was when you save a page or try again."
)


def job_for(voice: VoiceFolder, settings: Settings) -> Job:
    return Job(voice.index_path, voice.folder, settings.manuscript_include, settings.manuscript_exclude)


def _nothing(*_: object) -> None:
    """Nobody listens."""


class Scanner:
    """Keeps one manuscript's index up to date: one child at a time, requests during a scan become one more scan.

    Callbacks run on the event loop: `on_progress(files, of)`, `on_done(outcome)` after each finished scan,
    `on_error(error)` with a sentence for the writer.
    """

    def __init__(
        self,
        job: Callable[[], Job],
        *,
        on_progress: Progress = _nothing,
        on_done: Callable[[Outcome], None] = _nothing,
        on_error: Callable[[WriterError], None] = _nothing,
    ) -> None:
        self._job = job
        self._on_progress = on_progress
        self._on_done = on_done
        self._on_error = on_error
        self._again = False
        self._handed: Job | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def running(self) -> bool:
        return self._task is not None and not self._task.done()

    def start(self) -> None:
        """Scan now, or once more after the scan that is under way."""
        self._again = True
        if not self.running:
            self._task = asyncio.get_running_loop().create_task(self._run(), name="manuscript-scan")

    def start_if_changed(self) -> None:
        """Scan if the job is another one now than at the last scan. One that waits for its child takes the new job."""
        if self._handed is not None and self._job() != self._handed:
            self.start()

    async def finished(self) -> None:
        """Wait until nothing is under way."""
        while self._task is not None and self.running:
            await asyncio.wait({self._task})

    async def cancel(self) -> None:
        """Stop the child and wait for its end; what it saved stays."""
        self._again = False
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while self._again:
            self._again = False
            try:
                outcome = await self._scan_once()
            except WriterError as error:
                self._on_error(error)
            except OSError as error:
                log.warning("The manuscript can't be read (%s).", error.strerror)
                self._on_error(_STOPPED)
            else:
                if outcome is not None:
                    self._on_done(outcome)
                else:
                    await asyncio.sleep(_BUSY_SECONDS)
                    self._again = True

    async def _scan_once(self) -> Outcome | None:
        """None when another process scans this manuscript; what changed since it began is seen by the next scan."""
        process = await asyncio.create_subprocess_exec(
            *_COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            self._handed = self._job()
            process.stdin.write(_line(self._handed))
            async for line in process.stdout:
                event = json.loads(line)
                if event["event"] == "progress":
                    self._on_progress(event["files"], event["of"])
                else:
                    return _result(event)
            raise _STOPPED
        finally:
            await end_child(process)


def refresh(home: Home, folder: Path, settings: Settings, on_progress: Progress) -> None:
    """Bring the index of `folder` up to date and wait for it. A command on a folder is the writer's consent.

    Raises WriterError: no such folder, a read-only or full disk, a newer index. Call it from the main thread: the child
    ends when the thread that started it does.
    """
    voice = find_voice(home, folder)
    if voice is None or voice.consent is Consent.UNASKED:
        voice = grant(home, folder, Consent.LEARN)
    job = job_for(voice, settings)
    while _scan_and_wait(job, on_progress) is None:
        time.sleep(_BUSY_SECONDS)


def _scan_and_wait(job: Job, on_progress: Progress) -> Outcome | None:
    with subprocess.Popen(
        _COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(_line(job))
            process.stdin.flush()
            for line in process.stdout:
                event = json.loads(line)
                if event["event"] == "progress":
                    on_progress(event["files"], event["of"])
                else:
                    return _result(event)
        except BrokenPipeError:
            pass
        finally:
            with contextlib.suppress(BrokenPipeError):  # what could not be written is tried once more
                process.stdin.close()
    raise _STOPPED


def _line(job: Job) -> bytes:
    return json.dumps(job.to_json()).encode() + b"\n"


def _result(event: dict[str, Any]) -> Outcome | None:
    match event.pop("event"):
        case "done":
            return Outcome(**event)
        case "busy":
            return None
        case _:
            raise WriterError(event["sentence"], event["next_step"])

"""Starts the trainer's child on a job folder, listens to it and tells it what to do. Nothing here imports torch."""

import asyncio
import contextlib
import importlib.util
import json
import sys
from collections.abc import AsyncIterator
from types import TracebackType

from ownhand.errors import WriterError
from ownhand.training.job import Job, State

_COMMAND = (sys.executable, "-I", "-m", "ownhand.training.worker")
"""`-I`: editors start the server in the manuscript folder, and no module may come from there."""
_LAST_SECONDS = 25.0
"""For the child's last checkpoint; then it is killed."""
_KILLED = -9
_NEEDED = ("torch", "transformers", "peft", "datasets", "safetensors", "gguf")


def check_installed() -> None:
    """Raises WriterError, naming the command that helps, when the learning part is not there. Imports nothing."""
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        from ownhand.provision.learning_part import setup_command  # what it imports is for set-ups alone

        raise WriterError(
            f"The learning part is not installed ({', '.join(missing)} missing).",
            f"Run `{setup_command()}` once; suggestions work without it.",
        )


def is_installed() -> bool:
    try:
        check_installed()
    except WriterError:
        return False
    return True


class Training:
    """One run of the trainer's child on a job.

    Use it as a context: `async with Training(job) as training: async for state in training.states(): ...`. Leaving the
    context stops the child, which checkpoints first; the job can be run again later and goes on.
    """

    def __init__(self, job: Job) -> None:
        self.job = job
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> "Training":
        await asyncio.to_thread(check_installed)
        try:
            self._process = await asyncio.create_subprocess_exec(
                *_COMMAND,
                str(self.job.folder),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
        except OSError as error:
            raise WriterError(f"The trainer can't be started: {error.strerror}.", "Close other programs.") from error
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    @property
    def pid(self) -> int:
        return self._running.pid

    async def states(self) -> AsyncIterator[State]:
        """What the child says, to its end. Raises WriterError when it failed or died."""
        assert self._running.stdout is not None
        last = State("preparing")
        async for line in self._running.stdout:
            last = State.from_json(json.loads(line))
            if last.name == "failed":
                raise last.error
            yield last
        code = await self._running.wait()
        if code and last.name != "done":
            raise _died(code)

    def pause(self) -> None:
        """At once, between two batches; the child keeps its memory."""
        self._tell("pause")

    def resume(self) -> None:
        self._tell("resume")

    async def stop(self) -> None:
        """Checkpoint and end; returns when the child is gone."""
        process = self._running
        self._tell("stop")
        if process.stdin is not None:
            process.stdin.close()
        try:
            async with asyncio.timeout(_LAST_SECONDS):
                await process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    def _tell(self, wish: str) -> None:
        stdin = self._running.stdin
        if stdin is not None and not stdin.is_closing():
            with contextlib.suppress(ConnectionError, RuntimeError):
                stdin.write(json.dumps({"do": wish}).encode() + b"\n")

    @property
    def _running(self) -> asyncio.subprocess.Process:
        if self._process is None:
            raise RuntimeError("the training has not been started")
        return self._process


def _died(code: int) -> WriterError:
    again = "Run the same command again; it goes on from the last checkpoint."
    if code == _KILLED:
        return WriterError("The trainer was ended by the system, most likely because memory ran out.", again)
    return WriterError(f"The trainer stopped (exit status {code}).", again)

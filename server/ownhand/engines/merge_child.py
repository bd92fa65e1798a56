"""Has a merge done by a child, into a file that has no name: whatever ends Ownhand, none of it stays on the disk."""

import asyncio
import contextlib
import json
import os
import sys
import tempfile
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ownhand.engines.merge_worker import Job
from ownhand.engines.merging import Merge
from ownhand.engines.protocol import EngineError
from ownhand.engines.wire import parsed
from ownhand.processes import end_child

_COMMAND = (sys.executable, "-P", "-m", "ownhand.engines.merge_worker")
"""`-P`: editors start the server in the manuscript folder, and no module may come from there."""
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


@dataclass(frozen=True)
class MergedFile:
    """The file, open, and its digest, "sha256:..."."""

    stream: IO[bytes]
    digest: str


@contextlib.asynccontextmanager
async def merged_file(merge: Merge, base_digest: str, folder: Path) -> AsyncGenerator[MergedFile]:
    """The merged model as an open file on the disk of `folder`, gone with the block. Cancelling ends the child.

    Raises EngineError with one sentence. Takes minutes for a large model, at the lowest priority.
    """
    stream = await asyncio.to_thread(_nameless, folder)
    try:
        job = Job(
            base=str(merge.base.path), base_digest=base_digest, adapter=str(merge.adapter.path), scale=merge.scale
        )
        digest = await _made(job, stream)
        yield MergedFile(stream, digest)
    finally:
        stream.close()


def _nameless(folder: Path) -> IO[bytes]:
    """A file for this user alone that the system removes when nobody holds it open."""
    try:
        return tempfile.TemporaryFile(dir=folder)
    except OSError as error:
        raise EngineError(
            f"Ownhand can't write to {folder}: {error.strerror or type(error).__name__}.",
            "Free some space, or make the folder writable.",
        ) from error


async def _made(job: Job, stream: IO[bytes]) -> str:
    try:
        process = await asyncio.create_subprocess_exec(
            *_COMMAND,
            str(os.getpid()),
            stdin=asyncio.subprocess.PIPE,
            stdout=stream,
            stderr=asyncio.subprocess.PIPE,
            env=os.environ | _ONE_THREAD,
        )
    except OSError as error:
        raise EngineError(
            f"The model with your voice can't be made: {error.strerror}.", "Close other programs, then try again."
        ) from error
    try:
        return await _digest(process, job)
    finally:
        await end_child(process)


async def _digest(process: asyncio.subprocess.Process, job: Job) -> str:
    assert process.stdin is not None
    assert process.stderr is not None
    with contextlib.suppress(ConnectionError):
        process.stdin.write(json.dumps(job).encode() + b"\n")
        await process.stdin.drain()
    async for line in process.stderr:
        if line.startswith(b"{"):
            answer = parsed(line)
            if "digest" in answer:
                return str(answer["digest"])
            raise EngineError(str(answer.get("error", "")), str(answer.get("next", "")))
    raise EngineError(
        "The model with your voice was not finished: what makes it was ended.",
        "Close other programs, then try again, or set ownhand.engine to embedded.",
    )

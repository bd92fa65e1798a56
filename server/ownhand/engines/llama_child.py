"""One child process with llama.cpp in it, and the private way to talk to it."""

import asyncio
import contextlib
import json
import os
import secrets
import shutil
import socket
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ownhand.engines.embedded_worker import Job
from ownhand.engines.protocol import Adapter, EngineError
from ownhand.engines.wire import parsed, private_client

if TYPE_CHECKING:
    import httpx

_LONGEST_SOCKET_PATH = 100
"""Bytes; `sun_path` holds 104 on macOS and 108 on Linux."""
_GRACE_SECONDS = 2.0

Fingerprint = tuple[str, int, int]


def fingerprint(path: Path) -> Fingerprint:
    """Tells whether a file is still the one that was loaded: path, size, time of change."""
    facts = path.stat()
    return str(path), facts.st_size, facts.st_mtime_ns


@dataclass
class LlamaChild:
    """A running child. `users` streams hold it open; a retired one closes with its last user."""

    process: asyncio.subprocess.Process
    client: "httpx.AsyncClient"
    folder: Path | None
    adapter: Fingerprint | None
    users: int = 0
    retired: bool = False
    closing: bool = False

    @property
    def alive(self) -> bool:
        return self.process.returncode is None

    def holds(self, adapter: Adapter) -> bool:
        return self.adapter is not None and self.adapter[0] == str(adapter.path)

    async def close(self) -> None:
        """End the child and remove its socket. Closing its standard input is the request; then it is killed."""
        await self.client.aclose()
        await _end(self.process)
        if self.folder is not None:
            await asyncio.to_thread(shutil.rmtree, self.folder, ignore_errors=True)


async def start_child(model: Path, context: int, adapter: Path | None) -> LlamaChild:
    """Start a child and wait until its model is loaded. Raises EngineError with what went wrong."""
    folder = await asyncio.to_thread(_socket_folder)
    listen, key = (str(folder / "llama.sock"), "") if folder else ("127.0.0.1", secrets.token_urlsafe(32))
    job = Job(model=str(model), context=context, adapter=str(adapter) if adapter else None, listen=listen, key=key)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "ownhand.engines.embedded_worker", str(os.getpid())),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        address = await _address(process, job)
        loaded = await asyncio.to_thread(fingerprint, adapter) if adapter else None
    except BaseException:
        await _end(process)
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    client = private_client("http://llama" if folder else address, socket=listen if folder else None, key=key)
    return LlamaChild(process, client, folder, loaded)


async def _address(process: asyncio.subprocess.Process, job: Job) -> str:
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the child has no pipes")
    with contextlib.suppress(ConnectionError):
        process.stdin.write(json.dumps(job).encode() + b"\n")
        await process.stdin.drain()
    answer = await process.stdout.readline()
    if not answer:
        code = await process.wait()
        raise EngineError(
            f"The embedded engine stopped while it loaded {Path(job['model']).name} (exit status {code}).",
            "The model may be too large for this machine's memory, or damaged; choose another in ownhand.model.",
        )
    said = parsed(answer)
    if "ready" in said:
        return str(said["ready"])
    what = f"{Path(job['model']).name} with the adapter" if job["adapter"] else Path(job["model"]).name
    raise EngineError(
        f"The embedded engine can't load {what}: {str(said.get('error', '')).rstrip('.')}.",
        "Choose another model in ownhand.model, or fetch this one again.",
    )


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        async with asyncio.timeout(_GRACE_SECONDS):
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _socket_folder() -> Path | None:
    """A new folder (mode 0700) for a socket; None where sockets have no such place, and a port with a key serves."""
    if not hasattr(socket, "AF_UNIX") or sys.platform == "win32":
        return None
    for parent in (os.environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir(), "/tmp"):  # noqa: S108  mkdtemp is private
        with contextlib.suppress(OSError):
            folder = Path(tempfile.mkdtemp(prefix="ownhand-", dir=parent)) if parent else None
            if folder and len(os.fsencode(folder / "llama.sock")) <= _LONGEST_SOCKET_PATH:
                return folder
            if folder:
                folder.rmdir()
    return None

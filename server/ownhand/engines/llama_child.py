"""One child process with llama.cpp in it, and the private way to talk to it."""

import asyncio
import contextlib
import json
import os
import secrets
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ownhand.engines.embedded_worker import Job
from ownhand.engines.protocol import Adapter, EngineError
from ownhand.engines.socket_folder import SocketFolder
from ownhand.engines.wire import parsed, private_client
from ownhand.processes import end_child

if TYPE_CHECKING:
    import httpx

Fingerprint = tuple[str, int, int]


def fingerprint(path: Path) -> Fingerprint:
    """Tells whether a file is still the one that was loaded: path, size, time of change."""
    facts = path.stat()
    return str(path), facts.st_size, facts.st_mtime_ns


@dataclass(eq=False)
class LlamaChild:
    """A running child. `users` streams hold it open; a retired one closes with its last user. `gone` is set then.

    `on_card`: a graphics card may hold the model.
    """

    process: asyncio.subprocess.Process
    client: "httpx.AsyncClient"
    folder: SocketFolder | None
    adapter: Fingerprint | None
    on_card: bool = False
    users: int = 0
    retired: bool = False
    closing: bool = False
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def alive(self) -> bool:
        return self.process.returncode is None

    def holds(self, adapter: Adapter) -> bool:
        return self.adapter is not None and self.adapter[0] == str(adapter.path)

    async def close(self) -> None:
        """End the child and remove its socket."""
        try:
            await self.client.aclose()
            await end_child(self.process)
        finally:
            self.gone.set()
        if self.folder is not None:
            await asyncio.to_thread(self.folder.remove)


async def start_child(model: Path, context: int, adapter: Path | None, *, all_cores: bool = False) -> LlamaChild:
    """Start a child and wait until its model is loaded. Raises EngineError with what went wrong."""
    folder = await asyncio.to_thread(SocketFolder.make)
    try:
        return await _started_in(folder, model, context, adapter, all_cores=all_cores)
    except BaseException:
        if folder is not None:
            await asyncio.to_thread(folder.remove)
        raise


async def _started_in(
    folder: SocketFolder | None, model: Path, context: int, adapter: Path | None, *, all_cores: bool
) -> LlamaChild:
    listen, key = (str(folder.socket), "") if folder else ("127.0.0.1", secrets.token_urlsafe(32))
    job = Job(
        model=str(model),
        context=context,
        adapter=str(adapter) if adapter else None,
        listen=listen,
        key=key,
        all_cores=all_cores,
    )
    process = await _spawned()
    try:
        address, on_card = await _address(process, job)
        loaded = await asyncio.to_thread(fingerprint, adapter) if adapter else None
    except BaseException:
        await end_child(process)
        raise
    client = private_client("http://llama" if folder else address, socket=listen if folder else None, key=key)
    return LlamaChild(process, client, folder, loaded, on_card)


async def _spawned() -> asyncio.subprocess.Process:
    try:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "ownhand.engines.embedded_worker", str(os.getpid())),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError as error:
        raise EngineError(
            f"The embedded engine can't be started: {error.strerror}.", "Close other programs, then try again."
        ) from error


async def _address(process: asyncio.subprocess.Process, job: Job) -> tuple[str, bool]:
    """Where the child serves, and whether it uses a graphics card."""
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
        return str(said["ready"]), bool(said.get("card"))
    what = f"{Path(job['model']).name} with the adapter" if job["adapter"] else Path(job["model"]).name
    raise EngineError(
        f"The embedded engine can't load {what}: {str(said.get('error', '')).rstrip('.')}.",
        "Choose another model in ownhand.model, or fetch this one again.",
    )

"""One folder's training, as the server sees it: the conductor's process, and what it said last."""

import asyncio
import contextlib
import json
import sys
from collections.abc import Callable

from ownhand.training.order import Order
from ownhand.training.standing import Standing

_COMMAND = (sys.executable, "-I", "-m", "ownhand.training.conductor")
"""`-I`: editors start the server in the manuscript folder, and no module may come from there."""
_LAST_SECONDS = 30.0
_BROKEN_OFF = Standing("failed", "The learning was broken off. Let Ownhand learn again; it goes on from where it was.")


class Lesson:
    """`on_standing` is called, on the event loop, each time that something changed that a writer would notice.

    Closing its standard input is all that a conductor needs to end; the trainer's child checkpoints by itself.
    """

    def __init__(self, order: Order, on_standing: Callable[[Standing], None]) -> None:
        self.standing = Standing("preparing", "Ownhand gets ready to learn your hand.")
        self._order, self._on_standing = order, on_standing
        self._process: asyncio.subprocess.Process | None = None
        self._wishes: list[str] = []
        """What was wished for before there was a process to tell."""
        self._is_left = False
        self._changed = asyncio.Event()
        self._ended = asyncio.Event()

    @property
    def is_over(self) -> bool:
        return self._ended.is_set()

    async def run(self) -> None:
        """To the end. Never raises for what a training can run into: its standing says it."""
        try:
            await self._listen()
        except (OSError, ValueError, KeyError):
            self._take(_BROKEN_OFF)
        finally:
            self._ended.set()
            self._changed.set()

    async def _listen(self) -> None:
        process = self._process = await asyncio.create_subprocess_exec(
            *_COMMAND,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(self._order.to_json()).encode() + b"\n")
        for wish in self._wishes:
            self.tell(wish)
        if self._is_left:
            self.leave()
        async for line in process.stdout:
            self._take(Standing.from_json(json.loads(line)))
        await process.wait()
        if self.standing.is_running and self.standing.state != "paused":
            self._take(_BROKEN_OFF)

    def _take(self, standing: Standing) -> None:
        before, self.standing = self.standing, standing
        if (before.state, before.percentage, before.sentence) != (
            standing.state,
            standing.percentage,
            standing.sentence,
        ):
            self._changed.set()
            self._on_standing(standing)

    def tell(self, wish: str) -> None:
        """ "pause", "rest", "resume" or "stop"."""
        if self._process is None:
            self._wishes.append(wish)
            return
        stdin = self._process.stdin
        if stdin is not None and not stdin.is_closing():
            with contextlib.suppress(ConnectionError, RuntimeError):
                stdin.write(json.dumps({"do": wish}).encode() + b"\n")

    async def until(self, wanted: Callable[[Standing], bool], seconds: float) -> None:
        """Wait until the standing is as wanted, the lesson is over, or the time."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not wanted(self.standing) and not self.is_over:
                    self._changed.clear()
                    await self._changed.wait()

    async def stop(self) -> None:
        """End it, and wait until nothing of it runs any more."""
        self.tell("stop")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LAST_SECONDS):
                await self._ended.wait()

    def leave(self) -> None:
        """End it without waiting."""
        self._is_left = True
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()

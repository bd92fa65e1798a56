"""The children of one embedded engine, from their start to their end: none of them is ever forgotten."""

import asyncio

from ownhand.engines.llama_child import LlamaChild


class Children:
    """Every child that has not ended. One that leaves gets no new work, and ends with its last answer."""

    def __init__(self) -> None:
        self._all = set[LlamaChild]()
        self._ending = set[asyncio.Task[None]]()

    def add(self, child: LlamaChild) -> None:
        """It was started just now."""
        self._all.add(child)

    def retire(self, child: LlamaChild) -> None:
        """Give it no new work; it ends with its last stream."""
        child.retired = True
        self.end_unused(child)

    def end_unused(self, child: LlamaChild) -> None:
        """End it now if it leaves and nobody waits for its answer any more."""
        if child.retired and child.users == 0:
            self.end(child)

    def end(self, child: LlamaChild) -> None:
        """End it by and by, whoever uses it. A task of its own does it: a caller that is given up stops no ending."""
        if child.closing:
            return
        child.closing = True
        task = asyncio.create_task(self._close(child))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def left(self) -> None:
        """Wait until those that leave now have left the memory."""
        for child in tuple(self._all):
            if child.retired:
                await child.gone.wait()

    async def ended(self) -> None:
        """Wait until those that are being ended have ended."""
        while self._ending:
            await asyncio.wait(set(self._ending))

    async def close(self) -> None:
        """End all of them, and wait for that."""
        for child in tuple(self._all):
            child.retired = True
            self.end(child)
        await self.ended()

    async def _close(self, child: LlamaChild) -> None:
        try:
            await child.close()
        finally:
            self._all.discard(child)

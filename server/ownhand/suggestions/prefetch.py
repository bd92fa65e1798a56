"""Work ahead of the question, while the engine is idle and the machine on mains power: writing what follows a shown
suggestion, and reading a page for the first one."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import psutil

from ownhand.engines.protocol import EngineError
from ownhand.suggestions.moment import Moment

Work = Callable[[Moment], Awaitable[None]]
_TAIL = 200


def on_mains_power() -> bool:
    """Is the machine plugged in, or without a battery? Reads files: call it in a thread."""
    sensors = getattr(psutil, "sensors_battery", None)
    battery = sensors() if sensors else None
    return battery is None or battery.power_plugged is not False


@dataclass
class Prefetch:
    """At most one moment is worked on ahead at a time."""

    on_mains: Callable[[], bool] = on_mains_power
    _moment: Moment | None = None
    _task: "asyncio.Task[None] | None" = field(default=None)

    @property
    def idle(self) -> bool:
        return self._task is None or self._task.done()

    def begin(self, moment: Moment, work: Work) -> None:
        """Do `work` for a moment that may come."""
        self.stop()
        self._moment = moment
        self._task = asyncio.create_task(self._run(moment, work))

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
        self._task = self._moment = None

    def is_for(self, moment: Moment) -> bool:
        """Is the work for this very place under way?"""
        if self._moment is None or self.idle:
            return False
        ahead = self._moment
        same_place = ahead.document == moment.document and ahead.position == moment.position
        return same_place and ahead.before[-_TAIL:] == moment.before[-_TAIL:] and ahead.after == moment.after

    def is_in(self, document: str) -> bool:
        return self._moment is not None and self._moment.document == document

    async def wait(self) -> None:
        """Until the running one is done; its failure is not the waiter's."""
        if self._task is not None:
            await asyncio.wait({self._task})

    async def _run(self, moment: Moment, work: Work) -> None:
        try:
            if await asyncio.to_thread(self.on_mains):
                await work(moment)
        except EngineError:
            return  # The next request of the writer's own meets the same trouble and says so.

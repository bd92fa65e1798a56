"""Writing ahead: what follows a shown suggestion, while the engine is idle and the machine on mains power."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

import psutil

from ownhand.engines.protocol import EngineError
from ownhand.suggestions.flight import position_of
from ownhand.suggestions.moment import Moment

Compose = Callable[[Moment], Awaitable[None]]
_TAIL = 200


def on_mains_power() -> bool:
    """Is the machine plugged in, or without a battery? Reads files: call it in a thread."""
    sensors = getattr(psutil, "sensors_battery", None)
    battery = sensors() if sensors else None
    return battery is None or battery.power_plugged is not False


@dataclass
class Prefetch:
    """At most one text is written ahead at a time. `compose` writes and keeps it."""

    compose: Compose
    on_mains: Callable[[], bool] = on_mains_power
    _moment: Moment | None = None
    _task: "asyncio.Task[None] | None" = field(default=None)

    def begin(self, moment: Moment, text: str) -> None:
        """Write what follows once `text` stands at `moment`."""
        self.stop()
        self._moment = replace(moment, before=moment.before + text, invoked=False)
        self._task = asyncio.create_task(self._run(self._moment))

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
        self._task = self._moment = None

    def is_for(self, moment: Moment) -> bool:
        """Is the text for this very place being written?"""
        if self._task is None or self._moment is None or self._task.done():
            return False
        ahead = self._moment
        same_place = ahead.document == moment.document and position_of(ahead) == position_of(moment)
        return same_place and ahead.before[-_TAIL:] == moment.before[-_TAIL:] and ahead.after == moment.after

    def is_in(self, document: str) -> bool:
        return self._moment is not None and self._moment.document == document

    async def wait(self) -> None:
        """Until the running one is done; its failure is not the waiter's."""
        if self._task is not None:
            await asyncio.wait({self._task})

    async def _run(self, moment: Moment) -> None:
        try:
            if await asyncio.to_thread(self.on_mains):
                await self.compose(moment)
        except EngineError:
            return  # The next request of the writer's own meets the same trouble and says so.

"""What has to be looked at later, in the order in which it falls due. Pure: the clock is the caller's."""

import heapq
import itertools
from collections.abc import Callable

AT_ONCE = 200
"""Matters dealt with in one go: after a night's sleep of the machine thousands may be due together."""


class Agenda:
    def __init__(self) -> None:
        self._waiting: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()

    def add(self, due: float, action: Callable[[], None]) -> None:
        heapq.heappush(self._waiting, (due, next(self._numbers), action))

    @property
    def next_due(self) -> float | None:
        return self._waiting[0][0] if self._waiting else None

    def run(self, now: float) -> None:
        """Deal with what is due by now, at most `AT_ONCE` matters; `next_due` tells whether some are left."""
        for _ in range(AT_ONCE):
            if not self._waiting or self._waiting[0][0] > now:
                return
            heapq.heappop(self._waiting)[2]()

"""Facts on their way to the disk: handed over by any thread, written by one."""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from itertools import islice

from ownhand.verdicts.facts import Fact, Instead, Settled, Shown

MOST_WITH_TEXT = 20_000
"""Facts that wait with their texts while the disk refuses; later ones wait without."""
MOST = 40_000
"""Facts that wait at all; later ones are lost, and counted."""


class Waiting:
    """A queue whose facts leave it when they are on disk. `changed` is notified when there is something to write."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self._facts: deque[Fact] = deque()
        self._taken_in = self._written = self._lost = 0
        self._whole = True
        """Nothing was lost since facts began to wait: what is acknowledged then is all that was handed over."""
        self._when_written: list[tuple[int, Callable[[], None]]] = []

    def __len__(self) -> int:
        return len(self._facts)

    @property
    def lost(self) -> int:
        """Facts that there was no room for."""
        return self._lost

    def put(self, fact: Fact) -> None:
        with self.changed:
            if len(self._facts) >= MOST:
                self._lost += 1
                self._whole = False
                return
            self._whole |= not self._facts
            self._facts.append(fact if len(self._facts) < MOST_WITH_TEXT else without_text(fact))
            self._taken_in += 1
            if len(self._facts) == 1:
                self.changed.notify_all()

    def oldest(self, most: int) -> list[Fact]:
        """What to write next; it goes on waiting until it `is_written`."""
        with self.changed:
            return list(islice(self._facts, most))

    def is_written(self, count: int) -> None:
        """The `count` oldest are on disk."""
        with self.changed:
            for _ in range(count):
                self._facts.popleft()
            self._written += count
            ready = [each for each in self._when_written if each[0] <= self._written]
            self._when_written = [each for each in self._when_written if each[0] > self._written]
            self.changed.notify_all()
        for _, call in ready:
            call()

    def call_when_written(self, call: Callable[[bool], None]) -> None:
        """Call once all that was handed over so far is on disk, from the thread that wrote it or at once. With False
        when some of it was lost."""
        with self.changed:
            whole = self._whole
            if self._written < self._taken_in:
                self._when_written.append((self._taken_in, lambda: call(whole)))
                return
        call(whole)

    def wait_until_written(self, seconds: float) -> bool:
        """False when it isn't within the time, or some of it was lost."""
        with self.changed:
            target, whole = self._taken_in, self._whole
            return self.changed.wait_for(lambda: self._written >= target, seconds) and whole


def without_text(fact: Fact) -> Fact:
    if isinstance(fact, Shown):
        return replace(fact, text=None, before=None, after=None)
    if isinstance(fact, Instead | Settled):
        return replace(fact, text=None)
    return fact

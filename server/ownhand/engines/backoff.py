"""When to try again after a failure."""

import time
from collections.abc import Callable

_LONGEST_SECONDS = 60.0


class Backoff:
    """The first retry is free; after that the wait doubles from one second up to a minute."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._failures, self._not_before = clock, 0, 0.0

    def failed(self) -> None:
        self._failures += 1
        wait = min(_LONGEST_SECONDS, 2.0 ** (self._failures - 2)) if self._failures > 1 else 0.0
        self._not_before = self._clock() + wait

    def succeeded(self) -> None:
        self._failures, self._not_before = 0, 0.0

    def remaining(self) -> float:
        """Seconds until the next try is allowed; 0 when it is."""
        return max(0.0, self._not_before - self._clock())

"""When a suggestion may start by itself: the one rule of the pause.

A suggestion that starts by itself waits until the writer has rested for the pause, measured from the last change.
The pause is half a second, or more when the writer's own rhythm is slower: then a gap between two keys is no rest.
After five suggestions in a row that were ignored it grows by 200 ms with each further one, to two seconds at most
(the figures of Cody's completion, which slows down for those who don't want it); an accept brings it back.
"""

from collections import deque
from dataclasses import dataclass, field

from ownhand.suggestions.clock import Clock

START = 0.5
LONGEST_RHYTHM = 1.0
CAP = 2.0
PATIENCE = 5
STEP = 0.2
_SAMPLES = 64
_FEW = 12
_BETWEEN_KEYS = (0.02, 2.0)


@dataclass
class PauseRule:
    """Seconds throughout. `setting` (from `suggestion.pauseMs`) overrides where the pause starts; 0: the rhythm."""

    clock: Clock
    setting: float = 0.0
    _intervals: deque[float] = field(default_factory=lambda: deque(maxlen=_SAMPLES))
    _changed: dict[str, float] = field(default_factory=dict)
    _ignored: int = 0

    def changed(self, document: str) -> None:
        """The writer typed. Only gaps that can lie between two keys count for the rhythm; a rest does not."""
        now = self.clock.now()
        gap = now - self._changed.get(document, float("-inf"))
        if _BETWEEN_KEYS[0] <= gap <= _BETWEEN_KEYS[1]:
            self._intervals.append(gap)
        self._changed[document] = now

    def closed(self, document: str) -> None:
        self._changed.pop(document, None)

    def accepted(self) -> None:
        self._ignored = 0

    def ignored(self) -> None:
        self._ignored += 1

    @property
    def pause(self) -> float:
        start = self.setting or self._rhythm()
        longer = STEP * max(0, self._ignored - PATIENCE + 1)
        return min(start + longer, max(CAP, start))

    def remaining(self, document: str, asked: float) -> float:
        """How long the writer must still rest; `asked`, the time of the request, counts where no change is known."""
        changed = self._changed.get(document, asked)
        return max(0.0, changed + self.pause - self.clock.now())

    def _rhythm(self) -> float:
        """A gap that nine of ten keys stay under, with half as much again."""
        if len(self._intervals) < _FEW:
            return START
        ordered = sorted(self._intervals)
        return min(max(START, 1.5 * ordered[int(0.9 * (len(ordered) - 1))]), LONGEST_RHYTHM)

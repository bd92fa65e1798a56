"""What one sitting knows of the documents in it: an observer for each, the latest changes, and where its facts go."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from ownhand.editor.documents import Document, path_of
from ownhand.verdicts.facts import UNTITLED, Fact
from ownhand.verdicts.observer.edits import Edit
from ownhand.verdicts.observer.follower import Clock
from ownhand.verdicts.observer.observer import Observer

_EDITS_KEPT = 128
"""Changes kept for an answer that comes late: its question was asked of an earlier text."""

_TELLING = 20
"""Characters."""

Emit = Callable[["Seat", Fact], None]
Mark = Callable[[str, int, int, str], None]


def _steady() -> float:
    """Seconds that also pass while the machine sleeps, where the system has such a clock; never set back."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return time.clock_gettime(boot) if boot is not None else time.monotonic()


def is_telling(text: str) -> bool:
    """Is it long enough for the very same text to be no accident?"""
    return len(text.strip()) >= _TELLING


CLOCK = Clock(now=_steady, at=time.time)


@dataclass
class Seat:
    """One document of the sitting.

    `folder` is the key of the folder whose voice its facts go to, None where nothing is noted down. `key` names the
    document in facts. `parked` is its text when it was closed, while accepted text in it is still followed.
    """

    uri: str
    observer: Observer
    folder: str | None = None
    key: str = UNTITLED
    parked: str | None = None
    edits: deque[tuple[int, list[Edit]]] = field(default_factory=lambda: deque(maxlen=_EDITS_KEPT))

    def since(self, version: int) -> list[Edit]:
        """The changes that came after a version."""
        return [edit for changed, edits in self.edits if changed > version for edit in edits]


class Sitting:
    """The seats by URI. `emit` is given each fact with its seat, `mark` each stretch of accepted text."""

    def __init__(self, emit: Emit, mark: Mark, *, editor_reports: bool) -> None:
        self._emit, self._mark, self._editor_reports = emit, mark, editor_reports
        self._seats: dict[str, Seat] = {}

    def __iter__(self) -> Iterator[Seat]:
        return iter(list(self._seats.values()))

    def get(self, uri: str) -> Seat | None:
        return self._seats.get(uri)

    def take(self, document: Document, folder: str | None, key: str, *, keeps_text: bool) -> Seat:
        """The document's seat. One that was closed and is open again, even under another name, keeps what it knew."""
        seat = self._seats.get(document.uri) or self._renamed(document)
        if seat is None or seat.folder not in (None, folder):
            seat = self._new(document.uri)
        seat.folder, seat.key, seat.observer.keeps_text = folder, key, keeps_text
        if seat.parked is not None:
            seat.observer.replaced(seat.parked, document.mirror.plain)
            seat.parked = None
        return seat

    def leave(self, seat: Seat, text: str, *, file: bool) -> None:
        """The document was closed. Its seat stays while accepted text in it is followed."""
        seat.observer.closed(file=file)
        seat.edits.clear()
        seat.parked = text
        if seat.observer.is_idle:
            self._seats.pop(seat.uri, None)

    def end(self, folder: str) -> list[str]:
        """Nothing more is noted in this ledger of the folder: who keeps it finishes from the files what is followed.

        Returns the URIs that lost their seats.
        """
        ended = [seat for seat in self if seat.folder == folder]
        for seat in ended:
            if seat.parked is None:
                seat.observer.closed(file=not seat.uri.startswith("untitled:"))
            self.drop(seat)
        return [seat.uri for seat in ended]

    def drop(self, seat: Seat) -> None:
        self._seats.pop(seat.uri, None)

    def _renamed(self, document: Document) -> Seat | None:
        """A document under another name with the very text that one was closed with whose file is no more."""
        parked = [seat for seat in self._seats.values() if seat.parked is not None]
        if not parked or not is_telling(text := document.mirror.plain):
            return None
        seat = next((seat for seat in parked if seat.parked == text and _is_gone(seat.uri)), None)
        if seat is not None:
            del self._seats[seat.uri]
            seat.uri = document.uri
            self._seats[document.uri] = seat
        return seat

    def _new(self, uri: str) -> Seat:
        seat: Seat
        observer = Observer(
            lambda fact: self._emit(seat, fact),
            CLOCK,
            mark=lambda start, end, suggestion: self._mark(seat.uri, start, end, suggestion),
            editor_reports=self._editor_reports,
        )
        seat = self._seats[uri] = Seat(uri, observer)
        return seat


def _is_gone(uri: str) -> bool:
    path = path_of(uri)
    return path is not None and not path.exists()

"""One voice's ledger, as one process writes it. Nothing here blocks: facts go to a thread of the ledger's own.

The thread commits what waits at most every 250 ms, the first fact at once. What is committed is on disk
(`synchronous = FULL`), so that a process that is killed loses nothing that was acknowledged. While the disk refuses,
facts wait in memory.
"""

import asyncio
import contextlib
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

from ownhand.errors import WriterError
from ownhand.verdicts.facts import Fact
from ownhand.verdicts.ledger import chores, opening, sessions
from ownhand.verdicts.ledger.noting import Notes
from ownhand.verdicts.ledger.opening import transaction
from ownhand.verdicts.ledger.retention import KEEP_DAYS
from ownhand.verdicts.ledger.trouble import Kind, Moved, Older, Resting, kind_of, sentence
from ownhand.verdicts.ledger.waiting import Waiting

log = logging.getLogger(__name__)

COMMIT_EVERY = 0.25
_AT_ONCE = 5000
"""Facts in one transaction."""
_LOCKED_LONG = 5.0
"""Seconds after which the writer is told of a lock."""
_LONGEST_PAUSE = 15.0

_SILENT = frozenset({Kind.MOVED, Kind.OLDER, Kind.RESTING})
_ERRORS = (sqlite3.Error, OSError, WriterError, Older, Resting, Moved)


def _finish(done: "asyncio.Future[bool]", whole: bool) -> None:
    if not done.done():
        done.set_result(whole)


def _say_nothing(_: WriterError) -> None:
    pass


class Ledger:
    """Takes facts from any thread and writes them. Nothing is opened before there is something to do.

    `on_trouble` is told in the ledger's thread what the writer should know, once for each kind of trouble. `keep_days`
    is how long the keeper keeps texts.
    """

    def __init__(
        self,
        path: Path,
        *,
        editor: str = "",
        on_trouble: Callable[[WriterError], None] = _say_nothing,
        keep_days: float = KEEP_DAYS,
    ) -> None:
        self.path = path
        self._editor, self._on_trouble = editor, on_trouble
        self._waiting = Waiting()
        self._chores = chores.Chores(path, keep_days, self._tell)
        self._connection: sqlite3.Connection | None = None
        self._opened: os.stat_result | None = None
        self._session: int | None = None
        self._presence = sessions.Presence(path)
        self._notes: Notes | None = None
        self._told: set[Kind] = set()
        self._locked_since: float | None = None
        self._not_before, self._pause = 0.0, 0.0
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="ledger", daemon=True)
        self._starting = threading.Lock()

    @property
    def lost(self) -> int:
        """Facts that were lost because the disk refused for too long."""
        return self._waiting.lost

    def hand_over(self, fact: Fact) -> None:
        """Note a fact. Any thread; never blocks, never raises."""
        self._waiting.put(fact)
        self._start()

    async def committed(self, seconds: float = 2.0) -> bool:
        """Wait until all that was handed over before is on disk; False when it is not within the time, or was lost."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[bool] = loop.create_future()

        def on_disk(whole: bool) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed, and nobody waits
                loop.call_soon_threadsafe(_finish, done, whole)

        self._waiting.call_when_written(on_disk)
        try:
            async with asyncio.timeout(seconds):
                return await done
        except TimeoutError:
            return False

    def flush(self, seconds: float = 2.0) -> bool:
        """As `committed`, for those who can wait."""
        return self._waiting.wait_until_written(seconds)

    def keep(self) -> None:
        """From now on this process brings the ledger up to date, mends it when it is damaged, drops old texts."""
        with self._waiting.changed:
            self._chores.begin()
            self._waiting.changed.notify_all()
        self._start()

    def close(self, seconds: float = 1.0) -> None:
        """Write what waits, once, and note the clean end. Later facts are not written."""
        with self._waiting.changed:
            self._closing = True
            self._waiting.changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(seconds)

    def _start(self) -> None:
        if self._thread.ident is not None or self._closing:
            return
        with self._starting:
            if self._thread.ident is None:
                with contextlib.suppress(RuntimeError):  # no more threads, for now: the next fact tries again
                    self._thread.start()

    def _run(self) -> None:
        while self._wait_for_work():
            self._turn()
        self._turn(last=True)
        self._end()

    def _wait_for_work(self) -> bool:
        """False when it is time to end."""
        with self._waiting.changed:
            while not self._closing:
                due, now = self._due(), time.monotonic()
                if due is not None and due <= now:
                    break
                self._waiting.changed.wait(None if due is None else due - now)
            return not self._closing

    def _due(self) -> float | None:
        """When there is something to do, on the monotonic clock."""
        wanted = [when for when in (self._chores.due, 0.0 if len(self._waiting) else None) if when is not None]
        return max(min(wanted), self._not_before) if wanted else None

    def _turn(self, last: bool = False) -> None:
        try:
            self._work(last)
        except _ERRORS as error:
            self._rest(error)
        except Exception as error:  # this thread goes on, or nothing is noted any more
            log.error("Noting verdicts failed (%s).", type(error).__name__)  # noqa: TRY400 - no text in the log
            self._rest(OSError(type(error).__name__))
        else:
            self._pause, self._locked_since = 0.0, None
            self._not_before = time.monotonic() + COMMIT_EVERY

    def _work(self, last: bool) -> None:
        if facts := self._waiting.oldest(_AT_ONCE):
            self._write(facts)
            while last and (facts := self._waiting.oldest(_AT_ONCE)):
                self._write(facts)
            self._chores.written()
        if not last and self._chores.is_due():
            if self.path.exists():
                self._chores.do(self._open())
            else:
                self._chores.postpone()

    def _write(self, facts: list[Fact]) -> None:
        connection = self._open()
        with transaction(connection):
            notes = self._begin(connection)
            refused = sum(not notes.note(fact) for fact in facts)
        if not self._is_ours():
            raise Moved  # what was just written went to a file that was moved aside
        if opening.is_noted_damaged(self.path):
            raise Resting  # ... or will be; it is written again to the one that comes
        if refused:
            log.warning("%d facts about suggestions made no sense and were left out.", refused)
        self._waiting.is_written(len(facts))

    def _begin(self, connection: sqlite3.Connection) -> Notes:
        if self._notes is None:
            if not sessions.is_here(connection, self._session, self._presence):
                self._session = sessions.begin(connection, self._editor, self._presence)
            self._notes = Notes(connection, self._session or 0)
        return self._notes

    def _open(self) -> sqlite3.Connection:
        if self._connection is not None and not self._is_ours():
            self._let_go()
        if opening.is_noted_damaged(self.path):
            self._let_go()
            if not self._chores.keeper:
                raise Resting
            self._chores.look_into_damage()
        if self._connection is None:
            self._connection = opening.open_for_writing(self.path, keeper=self._chores.keeper)
            self._opened = self.path.stat()
        return self._connection

    def _is_ours(self) -> bool:
        return self._opened is not None and opening.same_file(self.path, self._opened)

    def _end(self) -> None:
        """Note the clean end of the session, unless something could not be written."""
        ended = False
        if self._connection is not None and self._session is not None and not len(self._waiting):
            with contextlib.suppress(sqlite3.Error):
                sessions.end(self._connection, self._session)
                ended = True
        self._let_go()
        if ended:
            self._presence.end()
        else:
            self._presence.leave()

    def _let_go(self) -> None:
        """Close the file."""
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
        self._connection = self._opened = self._notes = None

    def _rest(self, error: Exception) -> None:
        """Something is wrong with the file: say so once, and try again later."""
        kind = kind_of(error)
        if kind is Kind.LOCKED:
            self._notes = None
            self._locked_since = self._locked_since or time.monotonic()
        else:
            self._let_go()
        if kind is Kind.DAMAGED and self._damaged():
            self._not_before = time.monotonic() + COMMIT_EVERY
            return
        self._pause = 0.0 if kind is Kind.MOVED else min(_LONGEST_PAUSE, max(COMMIT_EVERY, 2 * self._pause))
        if kind in (Kind.LOCKED, Kind.RESTING):
            self._pause = COMMIT_EVERY
        self._not_before = time.monotonic() + self._pause
        if self._is_worth_telling(kind) and kind not in self._told:
            self._told.add(kind)
            self._tell(sentence(kind, self.path, error))

    def _damaged(self) -> bool:
        """Mend it if that is our task. True: go on at once."""
        if not self._chores.keeper:
            opening.note_damage(self.path)
            return False
        try:
            self._chores.mend()
        except (OSError, sqlite3.Error) as error:
            log.warning("The damaged ledger could not be mended yet (%s).", type(error).__name__)
            return False
        return True

    def _is_worth_telling(self, kind: Kind) -> bool:
        if kind is Kind.LOCKED:
            return self._locked_since is not None and time.monotonic() - self._locked_since >= _LOCKED_LONG
        # Whoever keeps the ledger mends it and says so.
        return kind not in _SILENT and (kind is not Kind.DAMAGED or self._chores.keeper)

    def _tell(self, error: WriterError) -> None:
        try:
            self._on_trouble(error)
        except Exception as failure:  # telling must not end the noting
            log.error("Telling of a trouble failed (%s).", type(failure).__name__)  # noqa: TRY400

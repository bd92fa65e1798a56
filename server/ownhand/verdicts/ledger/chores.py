"""What the keeper of a voice does for its ledger beside writing: looks for damage after an unclean end, mends it, drops
old texts once a day. All in the ledger's own thread."""

import contextlib
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from ownhand.errors import WriterError
from ownhand.verdicts.ledger import opening, retention, salvage, sessions
from ownhand.verdicts.ledger.opening import transaction

_FIRST_AFTER = 20.0
"""Seconds after which the first chores are done when nothing is written: not while an editor starts."""
_EVERY = 86_400.0
_AGAIN = 20.0
"""Seconds between looks at whether another process met damage, or a reader let go of the WAL."""


class Damaged(sqlite3.DatabaseError):
    """A look found what no statement met."""

    sqlite_errorname = "SQLITE_CORRUPT"


class Chores:
    """`due` is when `do` is to be called, on the monotonic clock; None: never, this process is not the keeper."""

    def __init__(self, path: Path, keep_days: float, tell: Callable[[WriterError], None]) -> None:
        self._path, self._keep_days, self._tell = path, keep_days, tell
        self.keeper = False
        self.due: float | None = None
        self._daily_at = 0.0
        self._done_before = self._wal_holds_text = False

    def begin(self) -> None:
        """This process is the keeper. There is something to do at once: an old ledger is brought up to date."""
        if not self.keeper:
            self.keeper, self.due, self._daily_at = True, 0.0, time.monotonic() + _FIRST_AFTER

    def written(self) -> None:
        """Something was committed: the start is over."""
        if self.keeper and not self._done_before:
            self.due = self._daily_at = 0.0

    def is_due(self) -> bool:
        return self.due is not None and self.due <= time.monotonic()

    def postpone(self) -> None:
        """There is no ledger yet."""
        self.due = time.monotonic() + _AGAIN

    def do(self, connection: sqlite3.Connection) -> None:
        """Raises Damaged and sqlite3.Error; what is left is done at the next call."""
        if time.monotonic() >= self._daily_at:
            self._look_after_unclean_ends(connection)
            self._drop(connection)
            self._daily_at, self._done_before = time.monotonic() + _EVERY, True
        if self._wal_holds_text or opening.is_noted_purged(self._path):
            self._wal_holds_text = not retention.empty_wal(connection, self._path)
        self.due = min(self._daily_at, time.monotonic() + _AGAIN)

    def look_into_damage(self) -> None:
        """Somebody met damage. Raises OSError and sqlite3.Error when it can't be mended now."""
        if self._is_sound():
            opening.clear_damage_note(self._path)
        else:
            self.mend()

    def mend(self) -> None:
        """Raises OSError and sqlite3.Error."""
        self._tell(salvage.mend(self._path))
        self.due = 0.0

    def _look_after_unclean_ends(self, connection: sqlite3.Connection) -> None:
        if gone := sessions.ended_uncleanly(connection, self._path):
            if connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                raise Damaged
            with transaction(connection):
                sessions.note_gone(connection, gone, self._path)

    def _drop(self, connection: sqlite3.Connection) -> None:
        self._wal_holds_text |= retention.drop_old(connection, self._keep_days) > 0
        retention.drop_broken(self._path, self._keep_days)

    def _is_sound(self) -> bool:
        if not self._path.exists():
            return True
        uri = f"{self._path.absolute().as_uri()}?mode=ro"
        try:
            with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=5)) as connection:
                return bool(connection.execute("PRAGMA integrity_check(1)").fetchone() == ("ok",))
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:
            return False

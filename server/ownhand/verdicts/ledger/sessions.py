"""Which processes wrote a ledger, and which of them are no more.

A process that writes holds a lock on a small file of its own in `sessions/` beside the ledger, from its first fact to
its end. Whatever ends the process, the system gives the lock back; so a session whose lock can be taken is no more,
whichever machine or container asks, and whatever the clock says. Where there are no locks (some network drives) a
process is known by its host, its id and its start time.
"""

import contextlib
import os
import platform
import secrets
import sqlite3
import time
from pathlib import Path

from ownhand import __version__
from ownhand.errors import WriterError
from ownhand.home import check_still_kept, make_private_folder
from ownhand.processes import lock
from ownhand.verdicts.ledger import chunks

_FOLDER = "sessions"
_SAME_START = 2.0
"""Seconds by which a process's start time may differ from one look to the next: it is reckoned from the clock."""
_FAR_AWAY = 7 * 86_400.0
"""Seconds after which a session on another host, of which nothing else is known, counts as ended."""
_OURS = set[str]()
"""Tokens of this process. Their locks are not tried: on some drives that would give them back."""


class Presence:
    """This process's lock, which tells the others that one of its sessions lives. `token` names it."""

    def __init__(self, ledger: Path) -> None:
        self.token = secrets.token_hex(8)
        self._file = _lock_file(ledger, self.token)
        self._descriptor: int | None = None

    def show(self) -> None:
        """Take the lock; anew when somebody removed its file. Where there are no locks there is no file."""
        if self._descriptor is not None and self._is_there():
            return
        self._let_go()
        with contextlib.suppress(OSError, WriterError):
            check_still_kept(self._file.parent.parent)
            make_private_folder(self._file.parent)
            self._descriptor = os.open(self._file, os.O_CREAT | os.O_RDWR, 0o600)
            _OURS.add(self.token)
            try:
                lock(self._descriptor)
            except OSError:
                self.end()

    def end(self) -> None:
        """The session is over and noted so."""
        self._let_go()
        _remove(self._file)

    def leave(self) -> None:
        """The session is over, and its end could not be noted: others find that the lock can be taken."""
        self._let_go()

    def _is_there(self) -> bool:
        with contextlib.suppress(OSError):
            return os.path.samestat(self._file.stat(), os.fstat(self._descriptor or 0))
        return False

    def _let_go(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
        self._descriptor = None
        _OURS.discard(self.token)


def begin(connection: sqlite3.Connection, editor: str, presence: Presence) -> int:
    """Note this process, within the caller's transaction. From its end on others may see that it lives."""
    presence.show()
    process = os.getpid()
    values = (process, _started(process) or 0.0, platform.node(), presence.token)
    cursor = connection.execute(
        "INSERT INTO sessions (process, process_started, host, token, editor, version, started) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (*values, chunks.clean(editor), __version__, time.time()),
    )
    return int(cursor.lastrowid or 0)


def end(connection: sqlite3.Connection, session: int) -> None:
    connection.execute("UPDATE sessions SET ended = ? WHERE id = ?", (time.time(), session))


def is_here(connection: sqlite3.Connection, session: int | None, presence: Presence) -> bool:
    """Is this session of our own still in the ledger, which may have been replaced?"""
    row = connection.execute("SELECT token FROM sessions WHERE id = ?", (session,)).fetchone()
    return row is not None and row[0] == presence.token


def ended_uncleanly(connection: sqlite3.Connection, ledger: Path) -> list[int]:
    """Sessions whose process is no more without a clean end, and of which no keeper took note yet."""
    return [session for session, lives in _open_ones(connection, ledger) if not lives]


def alive(connection: sqlite3.Connection, ledger: Path) -> set[int]:
    """Sessions whose process goes on."""
    return {session for session, lives in _open_ones(connection, ledger) if lives}


def note_gone(connection: sqlite3.Connection, sessions: list[int], ledger: Path) -> None:
    """A keeper knows of their end and has seen to the ledger."""
    for session in sessions:
        connection.execute("UPDATE sessions SET gone = ? WHERE id = ?", (time.time(), session))
        (token,) = connection.execute("SELECT token FROM sessions WHERE id = ?", (session,)).fetchone()
        if token:
            _remove(_lock_file(ledger, token))


def lock_files(ledger: Path) -> list[Path]:
    """The locks of all sessions, and last the folder that they lie in."""
    folder = ledger.parent / _FOLDER
    return [*sorted(folder.glob("*.lock")), folder] if folder.is_dir() else []


def _open_ones(connection: sqlite3.Connection, ledger: Path) -> list[tuple[int, bool]]:
    """Sessions whose end is not noted, and whether each lives."""
    rows = connection.execute(
        "SELECT id, token, host, process, process_started, started FROM sessions WHERE ended IS NULL AND gone IS NULL"
    ).fetchall()
    return [(session, _lives(ledger, token, *known)) for session, token, *known in rows]


def _lives(ledger: Path, token: str, host: str, process: int, process_started: float, started: float) -> bool:
    if token in _OURS:
        return True
    held = _is_held(_lock_file(ledger, token)) if token else None
    if held is not None:
        return held
    if host not in ("", platform.node()):
        return time.time() - started < _FAR_AWAY
    now = _started(process)
    return now is not None and abs(now - process_started) <= _SAME_START


def _is_held(file: Path) -> bool | None:
    """None when that can't be told: there is no such file, or there are no locks."""
    try:
        descriptor = os.open(file, os.O_RDWR)
    except OSError:
        return None
    try:
        return not lock(descriptor)
    except OSError:
        return None
    finally:
        os.close(descriptor)


def _lock_file(ledger: Path, token: str) -> Path:
    return ledger.parent / _FOLDER / f"{token}.lock"


def _remove(file: Path) -> None:
    with contextlib.suppress(OSError):
        file.unlink(missing_ok=True)


def _started(process: int) -> float | None:
    """The start time of a process in Unix seconds, None when there is none."""
    import psutil  # here: most reading commands do without it

    try:
        return float(psutil.Process(process).create_time())
    except (psutil.Error, ValueError, OverflowError):
        return None

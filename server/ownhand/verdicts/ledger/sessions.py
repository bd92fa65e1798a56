"""Which processes wrote a ledger, and which of them are no more.

A process is known by its id and its start time, because ids are given again.
"""

import os
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path

from ownhand import __version__
from ownhand.verdicts.ledger import chunks
from ownhand.verdicts.ledger.opening import reading

_SAME_START = 2.0
"""Seconds by which a process's start time may differ from one look to the next: it is reckoned from the clock."""


def begin(connection: sqlite3.Connection, editor: str) -> int:
    """Note this process, within the caller's transaction."""
    values = (os.getpid(), _started(os.getpid()) or 0.0, chunks.clean(editor), __version__, time.time())
    cursor = connection.execute(
        "INSERT INTO sessions (process, process_started, editor, version, started) VALUES (?, ?, ?, ?, ?)", values
    )
    return int(cursor.lastrowid or 0)


def end(connection: sqlite3.Connection, session: int) -> None:
    connection.execute("UPDATE sessions SET ended = ? WHERE id = ?", (time.time(), session))


def is_here(connection: sqlite3.Connection, session: int | None) -> bool:
    """Is this session of our own process still in the ledger, which may have been replaced?"""
    row = connection.execute("SELECT process FROM sessions WHERE id = ?", (session,)).fetchone()
    return row is not None and row[0] == os.getpid()


def ended_uncleanly(connection: sqlite3.Connection) -> list[int]:
    """Sessions whose process is no more without a clean end, and of which no keeper took note yet."""
    rows = connection.execute(
        "SELECT id, process, process_started FROM sessions WHERE ended IS NULL AND gone IS NULL"
    ).fetchall()
    return [session for session, process, started in rows if not _is_alive(process, started)]


def note_gone(connection: sqlite3.Connection, sessions: list[int]) -> None:
    """A keeper knows of their end and has seen to the ledger."""
    connection.executemany("UPDATE sessions SET gone = ? WHERE id = ?", [(time.time(), each) for each in sessions])


def _is_alive(process: int, started: float) -> bool:
    now = _started(process)
    return now is not None and abs(now - started) <= _SAME_START


def _started(process: int) -> float | None:
    """The start time of a process in Unix seconds, None when there is none."""
    import psutil  # here: most reading commands do without it

    try:
        return float(psutil.Process(process).create_time())
    except (psutil.Error, ValueError, OverflowError):
        return None


@dataclass(frozen=True, slots=True)
class Pending:
    """An acceptance whose process ended before all of its looks: `looked` are the due ages that are noted.

    `text` is the accepted text, `before` what stood in front of it (at most MOST_BEFORE characters); None where it was
    not kept.
    """

    suggestion: str
    document: str
    at: float
    text: str | None
    before: str
    looked: tuple[int, ...]


_OPEN = """
SELECT fates.offered, offered.suggestion, documents.key, judged.at, judged.session,
    substr(texts.text, 1, fates.characters),
    (SELECT group_concat(DISTINCT due) FROM checked WHERE checked.offered = fates.offered)
FROM fates JOIN offered ON offered.id = fates.offered JOIN documents ON documents.id = offered.document
JOIN judged ON judged.id = fates.judged LEFT JOIN texts ON texts.offered = fates.offered
WHERE fates.open ORDER BY fates.offered DESC
"""


def pending_checks(path: Path, limit: int = 10_000) -> list[Pending]:
    """The last acceptances that nobody follows any more. Raises WriterError when the ledger can't be read."""
    with reading(path) as connection:
        alive = _alive_sessions(connection)
        found: list[Pending] = []
        for offered, suggestion, document, at, session, text, looked in connection.execute(_OPEN):
            if session in alive:
                continue
            before, _ = chunks.load(connection, offered)
            dues = tuple(sorted(int(due) for due in looked.split(","))) if looked else ()
            found.append(Pending(suggestion, document, at, text, before, dues))
            if len(found) == limit:
                break
        return found


def _alive_sessions(connection: sqlite3.Connection) -> set[int]:
    rows = connection.execute("SELECT id, process, process_started FROM sessions WHERE ended IS NULL AND gone IS NULL")
    return {session for session, process, started in rows if _is_alive(process, started)}

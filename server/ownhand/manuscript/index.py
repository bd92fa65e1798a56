"""The saved index of one manuscript: `index.sqlite3` in the voice folder.

SQLite in WAL mode: one writer (the scan child, under a lock) and any number of readers. The format version is
SQLite's `user_version`; older indexes are migrated, newer ones refused. A corrupt index is moved aside and made anew
from the manuscript, with the ids, marks and answers that can still be read of it (`salvage`).
"""

import contextlib
import logging
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from ownhand.errors import WriterError
from ownhand.home import check_format, check_still_kept
from ownhand.processes import lock

log = logging.getLogger(__name__)

INDEX_NAME = "index.sqlite3"

_VERSION_1 = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO meta VALUES ('generation', 1);
CREATE TABLE samples (path TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE files (
    id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, mtime_ns INTEGER NOT NULL, size INTEGER NOT NULL,
    skipped TEXT
);
-- A piece without a file is gone: it keeps its id, marks and sketch, so that it is known when it comes back.
CREATE TABLE pieces (
    key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, file INTEGER REFERENCES files(id) ON DELETE SET NULL,
    ordinal INTEGER NOT NULL, part INTEGER NOT NULL, parts INTEGER NOT NULL, title TEXT NOT NULL, form TEXT NOT NULL,
    words INTEGER NOT NULL, modified REAL NOT NULL, digest BLOB NOT NULL, mine TEXT NOT NULL,
    answered INTEGER NOT NULL DEFAULT 0, share TEXT, held_out TEXT, copy_of TEXT,
    -- Last, because SQLite walks through long columns to reach what lies behind them.
    sketch BLOB NOT NULL, text TEXT NOT NULL
);
CREATE INDEX pieces_by_file ON pieces (file, ordinal);
CREATE INDEX pieces_by_digest ON pieces (digest);
CREATE INDEX pieces_by_copy ON pieces (copy_of) WHERE copy_of IS NOT NULL;
CREATE TABLE sketch_keys (key INTEGER NOT NULL, piece INTEGER NOT NULL, PRIMARY KEY (key, piece)) WITHOUT ROWID;
CREATE TABLE passages (
    id INTEGER PRIMARY KEY, piece INTEGER NOT NULL, start INTEGER NOT NULL, stop INTEGER NOT NULL,
    words INTEGER NOT NULL
);
CREATE INDEX passages_by_piece ON passages (piece);
CREATE VIRTUAL TABLE passage_words USING fts5 (words, tokenize = "unicode61 remove_diacritics 0");
CREATE VIRTUAL TABLE vocabulary USING fts5vocab (passage_words, row);
CREATE TABLE grams (
    hash INTEGER NOT NULL, piece INTEGER NOT NULL, position INTEGER NOT NULL, around BLOB NOT NULL,
    PRIMARY KEY (hash, piece, position)
) WITHOUT ROWID;
CREATE TABLE verse_lines (hash INTEGER NOT NULL, piece INTEGER NOT NULL, PRIMARY KEY (hash, piece)) WITHOUT ROWID;
"""

_VERSION_2 = """
-- Runs of words (as in `grams`) of held-out pieces as they were at earlier scans, so that a passage that leaves its
-- piece is known wherever it turns up.
CREATE TABLE held_runs (hash INTEGER PRIMARY KEY);
INSERT OR IGNORE INTO held_runs
    SELECT hash FROM grams JOIN pieces ON pieces.key = grams.piece WHERE share = 'held' AND hash NOT IN
        (SELECT hash FROM grams JOIN pieces ON pieces.key = grams.piece WHERE share IS NOT 'held');
"""

_READ_ANEW = """
-- How files are read has changed: the next scan reads every one again. Ids and marks stay.
UPDATE files SET size = -1;
"""

_MIGRATIONS: tuple[str, ...] = (_VERSION_1, _VERSION_2, _READ_ANEW, _READ_ANEW)
"""Entry n brings an index from format n to n + 1."""
FORMAT = len(_MIGRATIONS)


def open_for_writing(path: Path) -> sqlite3.Connection:
    """The index, created or migrated.

    Raises WriterError: written by a newer Ownhand, read-only or full disk, voice forgotten; DatabaseError when it is
    damaged.
    """
    check_still_kept(path.parent)
    with writer_errors(path):
        return _open(path)


def open_for_reading(path: Path) -> sqlite3.Connection:
    """The index, read-only.

    Raises FileNotFoundError when there is none yet, WriterError when it is newer, DatabaseError when it can't be read.
    """
    if not path.exists():
        raise FileNotFoundError(path)
    try:
        return _connect_for_reading(path, "mode=ro")
    except sqlite3.OperationalError:
        if os.access(path.parent, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
            raise
        # A reader in WAL mode shares memory through a file beside the index. Where none can be made, nobody writes.
        return _connect_for_reading(path, "mode=ro&immutable=1")


def _connect_for_reading(path: Path, how: str) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True, timeout=5, check_same_thread=False)
    try:
        check_format(connection.execute("PRAGMA user_version").fetchone()[0], FORMAT, path)
    except BaseException:
        connection.close()
        raise
    return connection


def empty() -> sqlite3.Connection:
    """What a reader sees before the first scan."""
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    connection.executescript("".join(_MIGRATIONS))
    return connection


@contextlib.contextmanager
def writer_errors(path: Path) -> Iterator[None]:
    """SQLite's complaints about the disk, as a sentence for the writer."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise WriterError(
            f"Ownhand can't write its index {path}: {error}.",
            "Free some space or make the folder writable, or set OWNHAND_HOME to another folder.",
        ) from error


def _open(path: Path) -> sqlite3.Connection:
    if not path.exists():
        with contextlib.suppress(OSError):
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    connection = sqlite3.connect(path, timeout=30, isolation_level=None)
    try:
        _prepare(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    check_format(version, FORMAT, path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
    # What the writer takes out is to be gone from the file too; not every SQLite does that by itself.
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("PRAGMA cache_size = -32000")
    for number in range(version, FORMAT):
        connection.executescript(f"BEGIN IMMEDIATE; {_MIGRATIONS[number]} PRAGMA user_version = {number + 1}; COMMIT;")


def is_damage(error: sqlite3.DatabaseError) -> bool:
    """ "Not a database" or "malformed", as opposed to SQLite's complaints about the disk or about a statement."""
    return type(error) is sqlite3.DatabaseError


def note_damage(path: Path) -> None:
    """A reader met damage: let the next scan know, which might not look at that place itself."""
    with contextlib.suppress(OSError):
        _damage_note(path).touch(mode=0o600)


def is_noted_damaged(path: Path) -> bool:
    return _damage_note(path).exists()


def _damage_note(path: Path) -> Path:
    return path.with_name(f"{path.name}.damaged")


def move_aside(path: Path) -> Path:
    """Keep a damaged index, and only the last one, under another name, which is returned."""
    for older in path.parent.glob(f"{path.name}.broken-*"):
        older.unlink(missing_ok=True)
    aside = path.with_name(f"{path.name}.broken-{time.strftime('%Y%m%d-%H%M%S')}")
    log.warning("The manuscript index was damaged; it was moved to %s and is being made anew.", aside.name)
    for suffix in ("", "-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + suffix).replace(aside.with_name(aside.name + suffix))
    _damage_note(path).unlink(missing_ok=True)
    return aside


class Busy(Exception):  # noqa: N818 - a state, not an error
    """Another process scans this manuscript right now."""


@contextlib.contextmanager
def scan_lock(path: Path) -> Iterator[None]:
    """One scanner per index, by a lock that the system drops when its holder dies. Raises Busy and WriterError."""
    check_still_kept(path.parent)
    try:
        descriptor = os.open(path.with_name(path.name + ".lock"), os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as error:
        raise _cannot_lock(path, error) from error
    try:
        if not _lock(path, descriptor):
            raise Busy
        yield
    finally:
        os.close(descriptor)


def _lock(path: Path, descriptor: int) -> bool:
    try:
        return lock(descriptor)
    except OSError as error:
        raise _cannot_lock(path, error) from error


def _cannot_lock(path: Path, error: OSError) -> WriterError:
    return WriterError(
        f"Ownhand can't write to {path.parent}: {error.strerror}.",
        "Make the folder writable, or set OWNHAND_HOME to another folder.",
    )

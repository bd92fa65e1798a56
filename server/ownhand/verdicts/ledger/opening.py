"""Opens a ledger: one SQLite file per voice, `ledger.sqlite3` in the voice folder, mode 0600.

In WAL mode readers never keep writers waiting; on a network drive, where that mode fails, a rollback journal. Anyone
may create an empty ledger; only the keeper brings an old one up to date. A newer one is refused before anything is
written.
"""

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from ownhand.errors import WriterError
from ownhand.home import check_format, check_still_kept
from ownhand.verdicts.ledger import schema, sessions
from ownhand.verdicts.ledger.network import is_on_network
from ownhand.verdicts.ledger.trouble import Newer, Older, is_damage, kind_of, sentence

LEDGER_NAME = "ledger.sqlite3"
_SIDES = ("", "-wal", "-shm", "-journal")


def open_for_writing(path: Path, *, keeper: bool, seconds: float = 1.0) -> sqlite3.Connection:
    """The ledger, created where there is none; waits `seconds` for others that write.

    Raises Newer, Older (unless `keeper`), WriterError for the folder, OSError and sqlite3.Error.
    """
    check_still_kept(path.parent)
    _peek(path)
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    connection = sqlite3.connect(path, timeout=seconds, isolation_level=None)
    try:
        _prepare(connection, path, keeper)
    except BaseException:
        connection.close()
        raise
    return connection


def _peek(path: Path) -> None:
    """Refuse a newer ledger by a connection that can't write: another might tidy up at its end."""
    if not path.exists():
        return
    with (
        contextlib.suppress(sqlite3.Error),
        contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=1)) as connection,
    ):
        _version(connection, path)


def _version(connection: sqlite3.Connection, path: Path) -> int:
    found = connection.execute("PRAGMA user_version").fetchone()[0]
    try:
        check_format(found, schema.FORMAT, path)
    except WriterError as error:
        raise Newer(error.sentence, error.next_step) from error
    return int(found)


def _prepare(connection: sqlite3.Connection, path: Path, keeper: bool) -> None:
    version = _version(connection, path)
    if 0 < version < schema.FORMAT and not keeper:
        raise Older
    set_up(connection, wal=not is_on_network(path))
    if version < schema.FORMAT:
        _migrate(connection, path, keeper)


def set_up(connection: sqlite3.Connection, *, wal: bool) -> None:
    connection.execute(f"PRAGMA journal_mode = {'WAL' if wal else 'DELETE'}")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA fullfsync = ON")  # on macOS, where fsync alone leaves it to the drive
    # Text that is dropped is to be gone from the file too; not every SQLite does that by itself.
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("PRAGMA cache_size = -8000")


def _migrate(connection: sqlite3.Connection, path: Path, keeper: bool) -> None:
    with transaction(connection):
        # Others may have done it while this one waited for its turn.
        version = _version(connection, path)
        if 0 < version < schema.FORMAT and not keeper:
            raise Older
        if version < schema.FORMAT:
            schema.bring_up(connection, version)


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        raise


@contextlib.contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """The ledger, read-only; an empty one where there is none. Raises WriterError when it can't be read."""
    try:
        connection = _open_for_reading(path)
    except (sqlite3.Error, OSError) as error:
        raise _cannot_read(path, error) from error
    try:
        yield connection
    except sqlite3.Error as error:
        raise _cannot_read(path, error) from error
    finally:
        connection.close()


def _cannot_read(path: Path, error: Exception) -> WriterError:
    if isinstance(error, sqlite3.Error) and is_damage(error):
        note_damage(path)
        return sentence(kind_of(error), path, error)
    return WriterError(
        f"Ownhand can't read the verdicts in {path}: {error}.", "Make the file readable, then try again."
    )


def _open_for_reading(path: Path) -> sqlite3.Connection:
    if not path.exists():
        return _empty()
    try:
        return _connect_for_reading(path, "mode=ro")
    except sqlite3.OperationalError:
        if os.access(path.parent, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
            raise
        # A reader in WAL mode shares memory through a file beside the ledger. Where none can be made, nobody writes.
        return _connect_for_reading(path, "mode=ro&immutable=1")


def _connect_for_reading(path: Path, how: str) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True, timeout=5)
    try:
        version = _version(connection, path)
        if version == 0 and connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,):
            connection.close()
            return _empty()  # somebody is about to create it
        _refuse_older(version, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _refuse_older(version: int, path: Path) -> None:
    if version < schema.FORMAT:
        raise WriterError(
            f"The verdicts in {path} are in the form of an older Ownhand.",
            "Open a page of this manuscript in your editor; that brings them up to date.",
        )


def _empty() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    schema.bring_up(connection)
    return connection


def same_file(path: Path, opened: os.stat_result) -> bool:
    """Is the file of this name still the one that was opened?"""
    with contextlib.suppress(OSError):
        return os.path.samestat(path.stat(), opened)
    return False


def _damage_note(path: Path) -> Path:
    return path.with_name(f"{path.name}.damaged")


def note_damage(path: Path) -> None:
    """Somebody met damage: let the keeper know, who might not look at that place itself.

    While the note is there only the keeper writes, so that nothing is written to a ledger that is being replaced.
    """
    with contextlib.suppress(OSError):
        _damage_note(path).touch(mode=0o600)


def is_noted_damaged(path: Path) -> bool:
    return _damage_note(path).exists()


def clear_damage_note(path: Path) -> None:
    with contextlib.suppress(OSError):
        _damage_note(path).unlink(missing_ok=True)


def _purge_note(path: Path) -> Path:
    return path.with_name(f"{path.name}.purged")


def note_purged(path: Path) -> None:
    """Texts were dropped, and a reader held on to the WAL that has them still: the keeper is to empty it."""
    with contextlib.suppress(OSError):
        _purge_note(path).touch(mode=0o600)


def is_noted_purged(path: Path) -> bool:
    return _purge_note(path).exists()


def clear_purge_note(path: Path) -> None:
    with contextlib.suppress(OSError):
        _purge_note(path).unlink(missing_ok=True)


def broken_ones(path: Path) -> list[Path]:
    """Damaged ledgers that were moved aside, with what belongs to them."""
    return sorted(path.parent.glob(f"{path.name}.broken-*"))


def move_aside(path: Path) -> Path:
    """Keep a damaged ledger, and only the last one, under another name, which is returned. Raises OSError."""
    aside = path.with_name(f"{path.name}.broken-{time.strftime('%Y%m%d-%H%M%S')}")
    path.with_name(f"{path.name}-shm").unlink(missing_ok=True)
    for side in ("-wal", "-journal", ""):
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + side).replace(aside.with_name(aside.name + side))
    for file in broken_ones(path):
        if not file.name.startswith(aside.name):
            file.unlink(missing_ok=True)
    return aside


def forget(path: Path) -> list[str]:
    """Remove a ledger with all that lies beside it, and say what it was. Raises WriterError when the disk refuses."""
    beside = [path.with_name(path.name + side) for side in (*_SIDES, ".damaged", ".purged", ".new", ".new-journal")]
    removed = []
    for file in [*beside, *broken_ones(path), *sessions.lock_files(path)]:
        try:
            file.rmdir() if file.is_dir() else file.unlink()
            removed.append(file.name)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise WriterError(
                f"Ownhand can't remove {file}: {error.strerror}.", "Close what still uses it, then try again."
            ) from error
    return removed

"""What can be wrong with the ledger's file, told apart, and each in a sentence for the writer."""

import errno
import sqlite3
from enum import StrEnum
from pathlib import Path

from ownhand.errors import WriterError


class Kind(StrEnum):
    DAMAGED = "damaged"
    DISK = "disk"
    """Full, or it fails."""
    READ_ONLY = "read-only"
    LOCKED = "locked"
    NEWER = "newer"
    OLDER = "older"
    """The keeper has still to bring it up to date."""
    RESTING = "resting"
    MOVED = "moved"
    """Another file has its name by now."""


class Newer(WriterError):  # noqa: N818 - a state of the file
    """A newer Ownhand wrote it."""


class Older(Exception):  # noqa: N818 - a state, not an error
    """Of an older format, which only the keeper may bring up."""


class Resting(Exception):  # noqa: N818 - a state, not an error
    """Somebody met damage, and the keeper has still to look into it."""


class Moved(Exception):  # noqa: N818 - a state, not an error
    """Somebody put another ledger in the place of the one that is open, or took it away."""


_BY_NAME = (
    ("SQLITE_READONLY_DBMOVED", Kind.MOVED),
    ("SQLITE_CORRUPT", Kind.DAMAGED),
    ("SQLITE_NOTADB", Kind.DAMAGED),
    ("SQLITE_BUSY", Kind.LOCKED),
    ("SQLITE_LOCKED", Kind.LOCKED),
    ("SQLITE_PROTOCOL", Kind.LOCKED),
    ("SQLITE_READONLY", Kind.READ_ONLY),
    ("SQLITE_CANTOPEN", Kind.READ_ONLY),
    ("SQLITE_PERM", Kind.READ_ONLY),
)


def kind_of(error: Exception) -> Kind:
    """SQLite's complaints by their names (https://sqlite.org/rescode.html); whatever else is the disk's."""
    if isinstance(error, Newer):
        return Kind.NEWER
    if isinstance(error, Older):
        return Kind.OLDER
    if isinstance(error, Resting):
        return Kind.RESTING
    if isinstance(error, Moved):
        return Kind.MOVED
    if isinstance(error, WriterError):
        return Kind.READ_ONLY
    if isinstance(error, OSError):
        return Kind.READ_ONLY if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS) else Kind.DISK
    name = getattr(error, "sqlite_errorname", None) or ""
    return next((kind for begin, kind in _BY_NAME if name.startswith(begin)), Kind.DISK)


def is_damage(error: sqlite3.Error) -> bool:
    return kind_of(error) is Kind.DAMAGED


def sentence(kind: Kind, path: Path, error: Exception) -> WriterError:
    """What the writer is told."""
    if isinstance(error, WriterError):
        return error
    if kind is Kind.LOCKED:
        return WriterError(
            f"Another program has held the verdicts in {path} locked for a while.",
            "Close it if it is no Ownhand of yours; what becomes of suggestions is noted when it lets go.",
        )
    if kind is Kind.DAMAGED:
        return WriterError(
            f"The verdicts in {path} are damaged.",
            "The next editor that opens this manuscript saves what can still be read.",
        )
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return WriterError(
        f"Ownhand can't write what becomes of suggestions to {path}: {reason}.",
        "Free some space or make the folder writable; suggestions go on meanwhile, and are noted when it works again.",
    )

"""What can still be read of a damaged ledger goes into a new one, which then takes its place.

The new one is made under another name and put in place in one step, so that a keeper that is killed meanwhile leaves
the damaged one for the next.
"""

import contextlib
import logging
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ownhand.errors import WriterError
from ownhand.text.counted import counted
from ownhand.verdicts.ledger import opening, schema

log = logging.getLogger(__name__)

_GAP = 20_000
"""Keys in a row that give nothing, after which no more is looked for in a table."""
_KEYS = {"texts": "offered", "moments": "offered", "whose": "document"}
_FACTS = ("shown", "judged", "removed", "instead", "checked", "settled")
_TABLES = ("sessions", "documents", "sources", "offered", *_FACTS, "whose", "texts", "chunks", "moments")
_SENSE = (
    # Damage need not look like damage: what refers to nothing is left out, and what is no number or text.
    "DELETE FROM sources WHERE typeof(model) <> 'text' OR typeof(adapter) <> 'text'",
    "DELETE FROM offered WHERE typeof(suggestion) <> 'text' OR typeof(at) <> 'real' OR typeof(words) <> 'integer' "
    "OR typeof(characters) <> 'integer' OR document NOT IN (SELECT id FROM documents) "
    "OR source NOT IN (SELECT id FROM sources)",
    *(
        f"DELETE FROM {table} WHERE typeof(at) <> 'real' OR offered NOT IN (SELECT id FROM offered)"  # noqa: S608
        for table in _FACTS
    ),
    "DELETE FROM judged WHERE verdict NOT IN ('rejected', 'accepted', 'partial', 'typed_through', 'dismissed', "
    "'typed_past', 'ignored', 'unknown') OR typeof(characters) <> 'integer' OR typeof(keys) <> 'integer' "
    "OR typeof(first) <> 'integer' OR typeof(last) <> 'integer'",
    "DELETE FROM whose WHERE document NOT IN (SELECT id FROM documents)",
    "DELETE FROM texts WHERE typeof(since) <> 'real' OR offered NOT IN (SELECT id FROM offered)",
    "DELETE FROM chunks WHERE typeof(text) <> 'text'",
    # Half of a moment is none.
    "DELETE FROM moments WHERE offered IN (SELECT offered FROM moments WHERE chunk NOT IN (SELECT id FROM chunks)) "
    "OR offered NOT IN (SELECT offered FROM texts)",
    "DELETE FROM chunks WHERE id NOT IN (SELECT chunk FROM moments)",
)


def mend(path: Path) -> WriterError:
    """Put a sound ledger in the place of a damaged one, which is moved aside. For the keeper alone.

    Returns what to tell the writer. Raises OSError and sqlite3.Error when the disk refuses; nothing is lost then.
    """
    opening.note_damage(path)  # what others commit from now on is not acknowledged, and written again afterwards
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    try:
        kept = _make(path, new)
        aside = opening.move_aside(path)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
    opening.clear_damage_note(path)
    log.warning("The ledger was damaged; it was moved to %s, and %d suggestions were saved.", aside.name, kept)
    return WriterError(
        f"The verdicts on {counted(kept, 'suggestion')} could be saved from a damaged file, "
        f"which is kept as {aside.name}.",
        "There is nothing to do; new ones are noted as before.",
    )


def _make(path: Path, new: Path) -> int:
    """Make a sound ledger of what can be read; returns how many suggestions it knows."""
    new.touch(mode=0o600)
    with contextlib.closing(sqlite3.connect(new, isolation_level=None)) as connection:
        opening.set_up(connection, wal=False)
        with opening.transaction(connection):
            schema.make_tables(connection)
            with contextlib.suppress(sqlite3.DatabaseError), contextlib.closing(_open(path)) as old:
                _copy(old, connection)
            for statement in _SENSE:
                connection.execute(statement)
            schema.derive(connection)
            connection.execute(f"PRAGMA user_version = {schema.FORMAT}")
        return int(connection.execute("SELECT count(*) FROM offered").fetchone()[0])


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5)


def _copy(old: sqlite3.Connection, connection: sqlite3.Connection) -> None:
    for table in _TABLES:
        columns = _columns(old, connection, table)
        save = f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608
        for row in _rows(old, table, columns):
            with contextlib.suppress(sqlite3.IntegrityError):
                connection.execute(save, row)


def _columns(old: sqlite3.Connection, connection: sqlite3.Connection, table: str) -> list[str]:
    """Those that the old ledger has too: it may be of an older format."""
    present, former = ([row[1] for row in each.execute(f"PRAGMA table_info({table})")] for each in (connection, old))
    return [column for column in present if column in former] or present


def _rows(old: sqlite3.Connection, table: str, columns: list[str]) -> Iterator[tuple[Any, ...]]:
    """Rows in the order of their keys. Where a page can't be read, the ones behind it are sought one by one."""
    key = _KEYS.get(table, "id")
    select = f"SELECT {', '.join(columns)} FROM {table} NOT INDEXED WHERE {key}"  # noqa: S608
    at, place = columns.index(key), -1
    while True:
        try:
            for row in old.execute(f"{select} > ? ORDER BY {key}", (place,)):
                if isinstance(row[at], int):
                    place = row[at]
                yield row
        except sqlite3.DatabaseError as error:
            if not _is_in_a_page(error):
                return
            place, found = _next_readable(old, f"{select} = ?", place)
            if not found:
                return
            yield from found
        else:
            return


def _is_in_a_page(error: sqlite3.DatabaseError) -> bool:
    """As opposed to a file that is no database, or that has no such table."""
    return getattr(error, "sqlite_errorname", "").startswith("SQLITE_CORRUPT")


def _next_readable(old: sqlite3.Connection, select: str, place: int) -> tuple[int, list[tuple[Any, ...]]]:
    """The next key that can be read, and its rows; none when there is a long gap."""
    for key in range(place + 1, place + _GAP):
        with contextlib.suppress(sqlite3.DatabaseError):
            if found := old.execute(select, (key,)).fetchall():
                return key, found
    return place, []

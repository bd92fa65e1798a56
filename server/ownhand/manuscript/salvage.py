"""What can still be read of a damaged index goes into the new one: ids, marks, answers, samples, held-out runs.

The pieces come back as gone ones, without text; the scan that follows knows them by their words.
"""

import contextlib
import logging
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ownhand.manuscript import index, upkeep
from ownhand.manuscript.sketch import Sketch

log = logging.getLogger(__name__)

_COLUMNS = "id, ordinal, part, parts, form, words, modified, digest, mine, answered, share, held_out, sketch"
_SAVE = (
    f"INSERT OR IGNORE INTO pieces ({_COLUMNS}, title, text) "  # noqa: S608 - the columns above
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', '')"
)
_GAP = 2000
"""Keys in a row that give nothing, after which no more is looked for."""


def salvage(broken: Path, connection: sqlite3.Connection) -> None:
    """Copy into a new, empty index what the broken one still gives away. Never raises for damage."""
    try:
        old = index.open_for_reading(broken)
    except (sqlite3.DatabaseError, FileNotFoundError):
        return
    try:
        with upkeep.transaction(connection):
            kept = sum(_save(connection, row) for row in _pieces(old))
            connection.executemany(
                "INSERT OR IGNORE INTO samples VALUES (?)", _readable(old, "SELECT path FROM samples")
            )
            connection.executemany(
                "INSERT OR IGNORE INTO held_runs VALUES (?)", _readable(old, "SELECT hash FROM held_runs")
            )
    finally:
        old.close()
    log.warning("Of the damaged index, the marks and answers of %d pieces were kept.", kept)


def _pieces(old: sqlite3.Connection) -> Iterator[tuple[Any, ...]]:
    """One by one, by their keys, so that a damaged page costs no more than the pieces that lie in it."""
    key = found = 0
    while key - found < _GAP:
        key += 1
        for row in _readable(old, f"SELECT {_COLUMNS} FROM pieces WHERE key = {key}"):  # noqa: S608 - a number
            found = key
            yield row


def _readable(old: sqlite3.Connection, query: str) -> Iterator[tuple[Any, ...]]:
    """Rows up to the first that can't be read."""
    with contextlib.suppress(sqlite3.DatabaseError):
        yield from old.execute(query)


def _save(connection: sqlite3.Connection, row: tuple[Any, ...]) -> bool:
    """False for a row whose values make no sense: damage need not look like damage."""
    try:
        sketch = Sketch.from_bytes(row[-1])
        cursor = connection.execute(_SAVE, row)
    except (ValueError, TypeError, IndexError, sqlite3.DatabaseError):
        return False
    keys = ((value, cursor.lastrowid) for value in sketch.smallest())
    connection.executemany("INSERT OR IGNORE INTO sketch_keys VALUES (?, ?)", keys)
    return cursor.rowcount > 0

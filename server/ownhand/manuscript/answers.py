"""What the writer says about pieces, written to the index at once: mine or not mine, samples from elsewhere."""

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

from ownhand.errors import WriterError
from ownhand.manuscript import drafts, index, marks, upkeep
from ownhand.manuscript.model import Mine


@contextlib.contextmanager
def _writing(path: Path) -> Iterator[sqlite3.Connection]:
    """A short transaction beside a running scan. A damaged index is left to the next scan, which mends it."""
    try:
        with (
            contextlib.closing(index.open_for_writing(path)) as connection,
            index.writer_errors(path),
            upkeep.transaction(connection),
        ):
            yield connection
    except sqlite3.DatabaseError as error:
        if not index.is_damage(error):
            raise
        index.note_damage(path)
        raise WriterError(
            "The list of pieces is damaged and has to be read anew; your answer was not kept.",
            "Save any page or run `ownhand corpus` on the folder, then answer again.",
        ) from error


def set_mine(index_path: Path, piece_id: str, mine: Mine) -> None:
    """Note the answer for a piece and its drafts. A piece that becomes the writer's own is sorted like a new one.

    Raises WriterError when there is no such piece.
    """
    with _writing(index_path) as connection:
        row = connection.execute("SELECT key, coalesce(copy_of, id) FROM pieces WHERE id = ?", (piece_id,)).fetchone()
        if row is None:
            raise WriterError("That piece is not in the manuscript any more.", "Open the list of pieces again.")
        rows = connection.execute("SELECT key FROM pieces WHERE id = ? OR copy_of = ?", (row[1], row[1])).fetchall()
        for (key,) in rows:
            connection.execute("UPDATE pieces SET mine = ?, answered = 1 WHERE key = ?", (mine.value, key))
        for (key,) in rows:
            drafts.regroup(connection, key)
        if mine is Mine.MINE:
            marks.decide(connection)


def add_samples(index_path: Path, paths: Iterable[Path]) -> None:
    """Note files to be read in place by the next scan. Raises WriterError for one that is not there."""
    paths = [path.expanduser().absolute() for path in paths]
    missing = next((path for path in paths if not path.is_file()), None)
    if missing is not None:
        raise WriterError(f"There is no file {missing}.", "Check the name; a sample is a file that stays where it is.")
    with _writing(index_path) as connection:
        connection.executemany("INSERT OR IGNORE INTO samples VALUES (?)", ((path.as_posix(),) for path in paths))

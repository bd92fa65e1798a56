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


def set_mine(index_path: Path, name: str, mine: Mine) -> None:
    """Note the answer for a piece, named by its id, or for every piece of a file, named by its path in the folder.

    Drafts of a piece get its answer. A piece that becomes the writer's own is sorted like a new one. Raises WriterError
    when nothing has that name.
    """
    with _writing(index_path) as connection:
        meant = connection.execute(
            "SELECT DISTINCT coalesce(copy_of, id) FROM pieces "
            "WHERE id = ? OR file = (SELECT id FROM files WHERE path = ?)",
            (name, name),
        ).fetchall()
        if not meant:
            raise WriterError(
                "No such piece is in the manuscript.",
                "Choose it from the list of pieces, or name its file by its path in the folder.",
            )
        for (piece_id,) in meant:
            _answer(connection, piece_id, mine)
        if mine is Mine.MINE:
            marks.decide(connection)


def _answer(connection: sqlite3.Connection, piece_id: str, mine: Mine) -> None:
    rows = connection.execute("SELECT key FROM pieces WHERE id = ? OR copy_of = ?", (piece_id, piece_id)).fetchall()
    for (key,) in rows:
        connection.execute("UPDATE pieces SET mine = ?, answered = 1 WHERE key = ?", (mine.value, key))
    for (key,) in rows:
        drafts.regroup(connection, key)


def add_samples(index_path: Path, paths: Iterable[Path]) -> None:
    """Note files to be read in place by the next scan. Raises WriterError for one that is not there."""
    paths = [path.expanduser().absolute() for path in paths]
    missing = next((path for path in paths if not path.is_file()), None)
    if missing is not None:
        raise WriterError(f"There is no file {missing}.", "Check the name; a sample is a file that stays where it is.")
    with _writing(index_path) as connection:
        connection.executemany("INSERT OR IGNORE INTO samples VALUES (?)", ((path.as_posix(),) for path in paths))


def remove_samples(index_path: Path, paths: Iterable[Path]) -> None:
    """Take files out again; the next scan forgets their text. Raises WriterError for one that was never added."""
    with _writing(index_path) as connection:
        for path in paths:
            name = path.expanduser().absolute().as_posix()
            if connection.execute("DELETE FROM samples WHERE path = ?", (name,)).rowcount == 0:
                raise WriterError(f"{name} is no added sample.", "Name it as it stands in the list of pieces.")

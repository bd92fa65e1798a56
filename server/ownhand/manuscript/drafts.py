"""Near-identical drafts and copies count once; the newest one counts.

The others point to it (`copy_of` holds its id). Only pieces that are the writer's own take part.
"""

import sqlite3
import sys

from ownhand.manuscript.identity import FEWEST_SHARED
from ownhand.manuscript.sketch import KEYS, Overlap, Sketch

NEAR_IDENTICAL = 0.5
"""Share of all three-word shingles of two texts that both have: one word in ten may differ."""

_LAST = f"4 * min({KEYS}, (length(sketch) - 1) / 4) - 2"
_SHARING = (
    "WITH found AS (SELECT piece, count(*) AS shared FROM sketch_keys WHERE key IN ({}) GROUP BY piece) "  # noqa: S608
    f"SELECT piece, shared, min({KEYS}, (length(sketch) - 1) / 4), substr(sketch, {_LAST}, 4) "
    "FROM found JOIN pieces ON pieces.key = piece ORDER BY piece"
)
"""A sketch's bytes are its level and its hashes, four bytes each (`Sketch.to_bytes`)."""


def sharing(connection: sqlite3.Connection, sketch: Sketch) -> list[int]:
    """Keys of the pieces, gone ones included, that may have half of a text in common with `sketch`."""
    keys = sketch.smallest()
    if not keys:
        return []
    rows = connection.execute(_SHARING.format(",".join("?" * len(keys))), keys)
    return [
        piece
        for piece, shared, others, last in rows
        if sketch.may_overlap(shared, others, int.from_bytes(last, sys.byteorder))
    ]


def near_identical(overlap: Overlap) -> bool:
    return overlap.jaccard >= NEAR_IDENTICAL and overlap.shared >= min(FEWEST_SHARED, overlap.mine, overlap.theirs)


def leave(connection: sqlite3.Connection, key: int) -> None:
    """The piece is no draft of anything any more; those it stood for choose the newest among themselves."""
    (piece_id,) = connection.execute("SELECT id FROM pieces WHERE key = ?", (key,)).fetchone()
    connection.execute("UPDATE pieces SET copy_of = NULL WHERE key = ?", (key,))
    _choose_newest(
        connection, [row[0] for row in connection.execute("SELECT key FROM pieces WHERE copy_of = ?", (piece_id,))]
    )


def follow_answer(connection: sqlite3.Connection, key: int) -> None:
    """A new piece that is nearly identical to one which the writer called "not mine" is not the writer's either."""
    if connection.execute("SELECT 1 FROM pieces WHERE mine = 'not mine' LIMIT 1").fetchone() is None:
        return
    (data,) = connection.execute("SELECT sketch FROM pieces WHERE key = ?", (key,)).fetchone()
    sketch = Sketch.from_bytes(data)
    for other in sharing(connection, sketch):
        row = connection.execute("SELECT sketch FROM pieces WHERE key = ? AND mine = 'not mine'", (other,)).fetchone()
        if row and near_identical(sketch.overlap(Sketch.from_bytes(row[0]))):
            connection.execute("UPDATE pieces SET mine = 'not mine', answered = 1 WHERE key = ?", (key,))
            return


def regroup(connection: sqlite3.Connection, key: int) -> None:
    """Find the drafts of a piece that is new or changed."""
    leave(connection, key)
    row = connection.execute("SELECT sketch FROM pieces WHERE key = ? AND mine = 'mine'", (key,)).fetchone()
    if row is None:
        return
    sketch = Sketch.from_bytes(row[0])
    heads = set()
    for other in sharing(connection, sketch):
        if other != key and (head := _head_if_draft(connection, other, sketch)):
            heads.add(head)
    members = {key}
    for head in heads:
        rows = connection.execute("SELECT key FROM pieces WHERE id = ? OR copy_of = ?", (head, head))
        members.update(member for (member,) in rows)
    if heads:
        _choose_newest(connection, sorted(members))


def _head_if_draft(connection: sqlite3.Connection, key: int, sketch: Sketch) -> str | None:
    row = connection.execute(
        "SELECT sketch, coalesce(copy_of, id) FROM pieces WHERE key = ? AND file IS NOT NULL AND mine = 'mine'", (key,)
    ).fetchone()
    return row[1] if row and near_identical(sketch.overlap(Sketch.from_bytes(row[0]))) else None


def _choose_newest(connection: sqlite3.Connection, members: list[int]) -> None:
    holes = ",".join("?" * len(members))
    rows = connection.execute(
        f"SELECT id, key FROM pieces WHERE key IN ({holes}) ORDER BY modified DESC, words DESC, id",  # noqa: S608
        members,
    ).fetchall()
    for piece_id, key in rows:
        newest = rows[0][0]
        connection.execute("UPDATE pieces SET copy_of = ? WHERE key = ?", (None if piece_id == newest else newest, key))

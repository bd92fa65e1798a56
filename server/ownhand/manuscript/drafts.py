"""Near-identical drafts and copies count once; the newest one counts.

The others point to it (`copy_of` holds its id). Only pieces that are the writer's own take part.
"""

import sqlite3

from ownhand.manuscript.identity import FEWEST_SHARED
from ownhand.manuscript.sketch import Overlap, Sketch

NEAR_IDENTICAL = 0.5
"""Share of all three-word shingles of two texts that both have: one word in ten may differ."""


def sharing(connection: sqlite3.Connection, sketch: Sketch) -> list[int]:
    """Keys of the pieces, gone ones included, that may have text in common with `sketch`."""
    keys = sketch.smallest()
    if not keys:
        return []
    holes = ",".join("?" * len(keys))
    rows = connection.execute(f"SELECT DISTINCT piece FROM sketch_keys WHERE key IN ({holes}) ORDER BY piece", keys)  # noqa: S608
    return [piece for (piece,) in rows]


def near_identical(overlap: Overlap) -> bool:
    return overlap.jaccard >= NEAR_IDENTICAL and overlap.shared >= min(FEWEST_SHARED, overlap.mine, overlap.theirs)


def leave(connection: sqlite3.Connection, key: int) -> None:
    """The piece is no draft of anything any more; those it stood for choose the newest among themselves."""
    (piece_id,) = connection.execute("SELECT id FROM pieces WHERE key = ?", (key,)).fetchone()
    connection.execute("UPDATE pieces SET copy_of = NULL WHERE key = ?", (key,))
    _choose_newest(
        connection, [row[0] for row in connection.execute("SELECT key FROM pieces WHERE copy_of = ?", (piece_id,))]
    )


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

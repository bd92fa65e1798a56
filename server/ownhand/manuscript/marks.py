"""Keeps the held-out marks in the index: new text inherits them from the text it came from, the rest is decided once.

`pieces.share` is "teach" or "held" and NULL while undecided; an undecided piece teaches nothing.
"""

import sqlite3

from ownhand.manuscript import drafts, held_out
from ownhand.manuscript.held_out import Tally, Undecided
from ownhand.manuscript.identity import FEWEST_SHARED
from ownhand.manuscript.model import Form
from ownhand.manuscript.sketch import Overlap, Sketch


def inherit(connection: sqlite3.Connection, key: int) -> None:
    """A new or changed piece that holds much of a held-out one is held out; a part or draft of a taught one teaches.

    Held-out text that is merged into a taught piece takes the whole of it along: it must not be learned by that door.
    """
    share, data = connection.execute("SELECT share, sketch FROM pieces WHERE key = ?", (key,)).fetchone()
    if share == "held":
        return
    shares = set()
    sketch = Sketch.from_bytes(data)
    for other in drafts.sharing(connection, sketch):
        row = connection.execute("SELECT share, sketch FROM pieces WHERE key = ? AND key != ?", (other, key)).fetchone()
        if row and row[0] and _comes_from(sketch.overlap(Sketch.from_bytes(row[1])), row[0]):
            shares.add(row[0])
    if "held" in shares:
        _hold(connection, key, held_out.FOLLOWS)
    elif shares and share is None:
        connection.execute("UPDATE pieces SET share = 'teach' WHERE key = ?", (key,))


def _comes_from(overlap: Overlap, share: str) -> bool:
    if overlap.shared < min(FEWEST_SHARED, overlap.theirs, overlap.mine):
        return False
    return overlap.of_mine >= 0.5 or (share == "held" and overlap.of_theirs >= 0.5)


def decide(connection: sqlite3.Connection) -> None:
    """Decide about every piece that is seen for the first time and is the writer's own."""
    rows = connection.execute(
        "SELECT key, id, form, words FROM pieces WHERE share IS NULL AND file IS NOT NULL AND mine = 'mine' "
        "AND copy_of IS NULL ORDER BY id"
    ).fetchall()
    held = held_out.choose([Undecided(row[1], Form(row[2]), row[3]) for row in rows], _tallies(connection))
    for key, piece_id, _, _ in rows:
        if piece_id in held:
            _hold(connection, key, held_out.CHOSEN)
    connection.execute(
        "UPDATE pieces SET share = 'held', held_out = ? WHERE share IS NULL AND copy_of IN "
        "(SELECT id FROM pieces WHERE share = 'held')",
        (held_out.FOLLOWS,),
    )
    for key, _, _, _ in rows:
        inherit(connection, key)
    connection.execute("UPDATE pieces SET share = 'teach' WHERE share IS NULL AND file IS NOT NULL AND mine = 'mine'")


def _hold(connection: sqlite3.Connection, key: int, reason: str) -> None:
    connection.execute("UPDATE pieces SET share = 'held', held_out = ? WHERE key = ?", (reason, key))


def _tallies(connection: sqlite3.Connection) -> dict[Form, Tally]:
    rows = connection.execute(
        "SELECT form, count(*), sum(words), sum(share = 'held'), sum((share = 'held') * words) FROM pieces "
        "WHERE share IS NOT NULL AND file IS NOT NULL AND mine = 'mine' AND copy_of IS NULL GROUP BY form"
    )
    return {Form(form): Tally(pieces, words, held, held_words) for form, pieces, words, held, held_words in rows}

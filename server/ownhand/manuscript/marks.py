"""Keeps the held-out marks in the index: new text inherits them from the text it came from, the rest is decided once.

`pieces.share` is "teach" or "held" and NULL while undecided; an undecided piece teaches nothing. `held_runs` remembers
the word runs of held-out pieces, so that a passage is known wherever it turns up. What taught pieces have too (an
epigraph, a refrain) is left out of it: it would take half the manuscript along.
"""

import sqlite3
from collections.abc import Iterable

from ownhand.manuscript import drafts, held_out
from ownhand.manuscript.held_out import Tally, Undecided
from ownhand.manuscript.identity import FEWEST_SHARED
from ownhand.manuscript.model import Form
from ownhand.manuscript.repeats import holds_block, places_of_runs, unshared_runs
from ownhand.manuscript.sketch import Overlap, Sketch, hashed_words

_HELD_RUNS = "SELECT hash FROM held_runs WHERE hash IN ({})"
_TAUGHT_RUNS = "SELECT hash FROM grams JOIN pieces ON pieces.key = grams.piece WHERE hash IN ({}) AND share = 'teach'"
_AT_ONCE = 500
"""Values in one statement."""


def earlier(connection: sqlite3.Connection, pieces: Iterable[tuple[int, Sketch]]) -> list[tuple[str, Sketch]]:
    """Mark and sketch of pieces, given by key, before they change: a part that is split off is like the old whole."""
    found = []
    for key, sketch in pieces:
        (share,) = connection.execute("SELECT share FROM pieces WHERE key = ?", (key,)).fetchone()
        if share:
            found.append((share, sketch))
    return found


def inherit(connection: sqlite3.Connection, key: int, before: Iterable[tuple[str, Sketch]] = ()) -> None:
    """A new or changed piece that holds much of a held-out one is held out; a part or draft of a taught one teaches.

    `before` are the pieces of the same files as they were (see `earlier`). Held-out text that is merged into a taught
    piece takes the whole of it along: it must not be learned by that door.
    """
    share, data = connection.execute("SELECT share, sketch FROM pieces WHERE key = ?", (key,)).fetchone()
    if share == "held" or not _is_any(connection, "pieces WHERE share IS NOT NULL"):
        return
    sketch = Sketch.from_bytes(data)
    sources = _shares_of_sources(connection, key, sketch, share)
    sources |= {mark for mark, old in before if mark != share and _comes_from(sketch.overlap(old), mark)}
    if "held" in sources:
        _hold(connection, key, held_out.FOLLOWS)
    elif _holds_passage(connection, key):
        _hold(connection, key, held_out.HOLDS)
    elif sources:
        connection.execute("UPDATE pieces SET share = 'teach' WHERE key = ?", (key,))


def _shares_of_sources(connection: sqlite3.Connection, key: int, sketch: Sketch, share: str | None) -> set[str]:
    """The marks, other than its own, of the pieces that this text comes from."""
    found = set()
    for other in drafts.sharing(connection, sketch):
        row = connection.execute("SELECT share, sketch FROM pieces WHERE key = ? AND key != ?", (other, key)).fetchone()
        matters = row and row[0] not in (None, share)
        if matters and _comes_from(sketch.overlap(Sketch.from_bytes(row[1])), row[0]):
            found.add(row[0])
    return found


def _comes_from(overlap: Overlap, share: str) -> bool:
    if overlap.shared < min(FEWEST_SHARED, overlap.theirs, overlap.mine):
        return False
    return overlap.of_mine >= 0.5 or (share == "held" and overlap.of_theirs >= 0.5)


def _holds_passage(connection: sqlite3.Connection, key: int) -> bool:
    if not _is_any(connection, "held_runs"):
        return False
    hashes = _word_hashes(connection, key)
    return holds_block(places_of_runs(hashes, lambda runs: _found(connection, _HELD_RUNS, runs)))


def remember(connection: sqlite3.Connection, keys: Iterable[int]) -> None:
    """Note the runs of those among these pieces that are held out, as the index has their text now.

    Call it before the text changes. Later it is too late: what was moved may stand in a taught piece already.
    """
    for key in keys:
        if not _is_any(connection, f"pieces WHERE key = {key:d} AND share = 'held' AND held_out != '{held_out.HOLDS}'"):
            continue
        hashes = _word_hashes(connection, key)
        taught = places_of_runs(hashes, lambda runs: _found(connection, _TAUGHT_RUNS, runs))
        runs = ((value,) for value in unshared_runs(hashes, taught))
        connection.executemany("INSERT OR IGNORE INTO held_runs VALUES (?)", runs)


def _is_any(connection: sqlite3.Connection, rows: str) -> bool:
    return connection.execute(f"SELECT 1 FROM {rows} LIMIT 1").fetchone() is not None  # noqa: S608


def _found(connection: sqlite3.Connection, query: str, values: list[int]) -> set[int]:
    found: set[int] = set()
    for start in range(0, len(values), _AT_ONCE):
        asked = values[start : start + _AT_ONCE]
        found.update(row[0] for row in connection.execute(query.format(",".join("?" * len(asked))), asked))
    return found


def _word_hashes(connection: sqlite3.Connection, key: int) -> list[int]:
    (text,) = connection.execute("SELECT text FROM pieces WHERE key = ?", (key,)).fetchone()
    return hashed_words(text)


def decide(connection: sqlite3.Connection) -> None:
    """Decide about every piece that is seen for the first time and is the writer's own."""
    rows = connection.execute(
        "SELECT key, id, form, words FROM pieces WHERE share IS NULL AND file IS NOT NULL AND mine = 'mine' "
        "AND copy_of IS NULL ORDER BY id"
    ).fetchall()
    held = held_out.choose([Undecided(row[1], Form(row[2]), row[3]) for row in rows], _tallies(connection))
    chosen = [key for key, piece_id, _, _ in rows if piece_id in held]
    for key in chosen:
        _hold(connection, key, held_out.CHOSEN)
    connection.execute(
        "UPDATE pieces SET share = 'held', held_out = ? WHERE share IS NULL AND copy_of IN "
        "(SELECT id FROM pieces WHERE share = 'held')",
        (held_out.FOLLOWS,),
    )
    for key in sorted(_like(connection, chosen).intersection(row[0] for row in rows)):
        inherit(connection, key)
    connection.execute("UPDATE pieces SET share = 'teach' WHERE share IS NULL AND file IS NOT NULL AND mine = 'mine'")
    remember(connection, chosen)


def _like(connection: sqlite3.Connection, keys: Iterable[int]) -> set[int]:
    found: set[int] = set()
    for key in keys:
        (data,) = connection.execute("SELECT sketch FROM pieces WHERE key = ?", (key,)).fetchone()
        found.update(drafts.sharing(connection, Sketch.from_bytes(data)))
    return found


def _hold(connection: sqlite3.Connection, key: int, reason: str) -> None:
    connection.execute("UPDATE pieces SET share = 'held', held_out = ? WHERE key = ?", (reason, key))


def _tallies(connection: sqlite3.Connection) -> dict[Form, Tally]:
    rows = connection.execute(
        "SELECT form, count(*), sum(words), sum(share = 'held'), sum((share = 'held') * words) FROM pieces "
        "WHERE share IS NOT NULL AND file IS NOT NULL AND mine = 'mine' AND copy_of IS NULL GROUP BY form"
    )
    return {Form(form): Tally(pieces, words, held, held_words) for form, pieces, words, held, held_words in rows}

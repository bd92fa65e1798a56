"""Brings the index up to date with files that changed: pieces with their ids, marks, passages and word runs.

All functions work within the caller's transaction on a connection from `index.open_for_writing`.
"""

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from ownhand.manuscript import drafts, marks
from ownhand.manuscript.identity import Known, Seen, match
from ownhand.manuscript.model import Form, Mine, ParsedFile
from ownhand.manuscript.passages import Span, passages
from ownhand.manuscript.repeats import stored_grams, stored_lines
from ownhand.manuscript.sketch import Sketch, digest, hashed_words, word_hash
from ownhand.manuscript.splitting import RawPiece, split
from ownhand.text.words import matching_words


@dataclass(frozen=True)
class FileNow:
    """A file as it is on disk: what was read of it, or why it was skipped."""

    path: str
    mtime_ns: int
    size: int
    parsed: ParsedFile | None
    skipped: str | None = None


@dataclass(frozen=True)
class ReadFile:
    """A file and its pieces, ready to be written."""

    file: FileNow
    new: "list[_New]"


@dataclass(frozen=True)
class _New:
    """A piece as it was just read, with what is computed from its words."""

    raw: RawPiece
    seen: Seen
    modified: float
    spans: list[Span]
    passage_words: list[list[str]]

    @property
    def hashes(self) -> list[int]:
        return [word_hash(word) for words in self.passage_words for word in words]


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing, and a new generation that tells readers that something changed."""
    connection.execute("BEGIN IMMEDIATE")
    before = connection.total_changes
    try:
        yield
        if connection.total_changes != before:
            connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'generation'")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def forget_files(connection: sqlite3.Connection, paths: Iterable[str]) -> None:
    """The files are gone; their pieces are remembered without their text."""
    for path in paths:
        row = connection.execute("SELECT id FROM files WHERE path = ?", (path,)).fetchone()
        if row:
            _let_go(connection, [key for (key,) in connection.execute("SELECT key FROM pieces WHERE file = ?", row)])
            connection.execute("DELETE FROM files WHERE id = ?", row)


def update_files(connection: sqlite3.Connection, batch: Sequence[ReadFile]) -> None:
    """Replace what the index says of these files."""
    new: list[_New] = []
    known: dict[int, Known] = {}
    file_ids = {}
    for read_file in batch:
        file_id = file_ids[read_file.file.path] = _save_file(connection, read_file.file)
        new += read_file.new
        known |= {item.key: item for item in _known(connection, "file = ?", (file_id,))}
    for item in new:
        known |= {gone.key: gone for gone in _gone_like(connection, item)}
    matched = match([item.seen for item in new], list(known.values()))
    taken = set(matched.values())
    kept = {key for number, key in matched.items() if new[number].seen.digest == known[key].digest}
    before = marks.earlier(connection, [(key, item.sketch) for key, item in known.items() if key not in kept])
    marks.remember(connection, taken - kept)
    _let_go(connection, [key for key, item in known.items() if item.path is not None and key not in taken])
    saved = [_save(connection, file_ids[item.seen.path], item, matched.get(number)) for number, item in enumerate(new)]
    for number, key in enumerate(saved):
        marks.inherit(connection, key, before if number not in matched else ())
        if number not in matched:
            drafts.follow_answer(connection, key)
        drafts.regroup(connection, key)


def _save_file(connection: sqlite3.Connection, file: FileNow) -> int:
    connection.execute(
        "INSERT INTO files (path, mtime_ns, size, skipped) VALUES (?, ?, ?, ?) ON CONFLICT (path) DO UPDATE "
        "SET mtime_ns = excluded.mtime_ns, size = excluded.size, skipped = excluded.skipped",
        (file.path, file.mtime_ns, file.size, file.skipped),
    )
    return int(connection.execute("SELECT id FROM files WHERE path = ?", (file.path,)).fetchone()[0])


def read(file: FileNow) -> ReadFile:
    """Find the pieces of a file. The slow part of a scan: call it outside of a transaction."""
    if file.parsed is None:
        return ReadFile(file, [])
    found = []
    for ordinal, raw in enumerate(split(file.parsed, file.path)):
        spans = passages(raw.text, raw.form)
        words = [matching_words(raw.text[span.start : span.end]) for span in spans]
        flat = [word for passage in words for word in passage]
        seen = Seen(file.path, ordinal, raw.title, digest(flat), Sketch.of([word_hash(word) for word in flat]))
        found.append(_New(raw, seen, file.mtime_ns / 1e9, spans, words))
    return ReadFile(file, found)


_KNOWN = "SELECT key, files.path, ordinal, title, digest, sketch FROM pieces LEFT JOIN files ON files.id = file WHERE "


def _known(connection: sqlite3.Connection, condition: str, values: Sequence[object]) -> list[Known]:
    rows = connection.execute(_KNOWN + condition, values)
    return [
        Known(key, path, ordinal, title, words, Sketch.from_bytes(sketch))
        for key, path, ordinal, title, words, sketch in rows
    ]


def _gone_like(connection: sqlite3.Connection, new: _New) -> list[Known]:
    """Pieces that went away earlier and may be this one."""
    if not connection.execute("SELECT 1 FROM pieces WHERE file IS NULL LIMIT 1").fetchone():
        return []
    keys = drafts.sharing(connection, new.seen.sketch)
    same = _known(connection, "file IS NULL AND digest = ?", (new.seen.digest,))
    return same + [item for key in keys for item in _known(connection, "key = ? AND file IS NULL", (key,))]


def _let_go(connection: sqlite3.Connection, keys: Sequence[int]) -> None:
    marks.remember(connection, keys)
    for key in keys:
        drafts.leave(connection, key)
        _drop_words(connection, key)
        connection.execute("UPDATE pieces SET file = NULL, title = '', text = '' WHERE key = ?", (key,))


def _save(connection: sqlite3.Connection, file: int, new: _New, key: int | None) -> int:
    """Write one piece; returns its key."""
    raw, seen = new.raw, new.seen
    values = (
        file, seen.ordinal, raw.part, raw.parts, raw.title, raw.form.value, raw.text, raw.words, new.modified,
        seen.digest, seen.sketch.to_bytes(),
    )  # fmt: skip
    if key is None:
        mine = Mine.QUESTION if raw.question else Mine.MINE
        cursor = connection.execute(
            "INSERT INTO pieces (file, ordinal, part, parts, title, form, text, words, modified, digest, sketch, id, "
            "mine) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*values, _new_id(connection, seen), mine.value),
        )
        key = int(cursor.lastrowid or 0)
    else:
        _drop_words(connection, key)
        connection.execute("DELETE FROM sketch_keys WHERE piece = ?", (key,))
        _update(connection, key, values, raw.question)
    _write_words(connection, key, new)
    return key


def _update(connection: sqlite3.Connection, key: int, values: tuple[object, ...], question: bool) -> None:
    connection.execute(
        "UPDATE pieces SET file = ?, ordinal = ?, part = ?, parts = ?, title = ?, form = ?, text = ?, words = ?, "
        "modified = ?, digest = ?, sketch = ? WHERE key = ?",
        (*values, key),
    )
    mine = Mine.QUESTION if question else Mine.MINE
    connection.execute("UPDATE pieces SET mine = ? WHERE key = ? AND NOT answered", (mine.value, key))


def _new_id(connection: sqlite3.Connection, seen: Seen) -> str:
    """Sixteen hex digits from the piece's words and place, so that the same manuscript gets the same ids anywhere."""
    for number in range(1000):
        name = f"{seen.path}\0{seen.ordinal}\0{number}".encode() + seen.digest
        piece_id = blake2b(name, digest_size=8).hexdigest()
        if not connection.execute("SELECT 1 FROM pieces WHERE id = ?", (piece_id,)).fetchone():
            return piece_id
    raise RuntimeError("no free id")


def _write_words(connection: sqlite3.Connection, key: int, new: _New) -> None:
    raw = new.raw
    for span, words in zip(new.spans, new.passage_words, strict=True):
        cursor = connection.execute(
            "INSERT INTO passages (piece, start, stop, words) VALUES (?, ?, ?, ?)",
            (key, span.start, span.end, span.words),
        )
        connection.execute(
            "INSERT INTO passage_words (rowid, words) VALUES (?, ?)",
            (cursor.lastrowid, " ".join(words)),
        )
    connection.executemany(
        "INSERT OR IGNORE INTO sketch_keys VALUES (?, ?)", ((value, key) for value in new.seen.sketch.smallest())
    )
    connection.executemany(
        "INSERT OR IGNORE INTO grams VALUES (?, ?, ?, ?)",
        sorted((value, key, position, around) for value, position, around in stored_grams(new.hashes)),
    )
    if raw.form is Form.VERSE:
        connection.executemany(
            "INSERT OR IGNORE INTO verse_lines VALUES (?, ?)", ((value, key) for value in stored_lines(raw.text))
        )


def _drop_words(connection: sqlite3.Connection, key: int) -> None:
    """Take out what `_write_words` wrote, but for a gone piece's sketch keys."""
    row = connection.execute("SELECT text, form FROM pieces WHERE key = ?", (key,)).fetchone()
    connection.execute("DELETE FROM passage_words WHERE rowid IN (SELECT id FROM passages WHERE piece = ?)", (key,))
    connection.execute("DELETE FROM passages WHERE piece = ?", (key,))
    hashes = hashed_words(row[0])
    connection.executemany(
        "DELETE FROM grams WHERE hash = ? AND piece = ?", ((value, key) for value, _, _ in stored_grams(hashes))
    )
    connection.executemany(
        "DELETE FROM verse_lines WHERE hash = ? AND piece = ?", ((value, key) for value in stored_lines(row[0]))
    )

"""Drops texts: those whose time is over, and those of a document or a piece that the writer leaves out.

Facts and figures stay. What is dropped is gone from the file as well: freed pages are overwritten (`secure_delete`) and
the WAL, which still holds them, is emptied.
"""

import contextlib
import re
import sqlite3
import time
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from ownhand.errors import WriterError
from ownhand.verdicts.ledger import chunks, opening
from ownhand.verdicts.ledger.opening import transaction
from ownhand.verdicts.ledger.trouble import Kind, Older, Resting, is_damage, kind_of, sentence

KEEP_DAYS = 90
_DAY = 86_400.0
_AT_ONCE = 200
"""Suggestions in one transaction: the lock is given back in between."""
_STRETCHES = re.compile(r"[^.!?…。！？\n]*[.!?…。！？\n]*")
"""Sentences and lines."""
_TELLING = 16
"""Characters from which a text that stands in a piece is likely to be from there; shorter ones stand anywhere."""


def drop_old(connection: sqlite3.Connection, days: float = KEEP_DAYS, now: float | None = None) -> int:
    """Drop texts that settled more than `days` days before, and whose words documents are made of that were open in no
    editor since; returns of how many suggestions and documents."""
    now = time.time() if now is None else now
    with transaction(connection):
        # Noted while the clock was ahead: their time begins today.
        connection.execute("UPDATE texts SET since = ? WHERE since > ?", (now, now + _DAY))
        connection.execute("UPDATE whose SET at = ? WHERE at > ?", (now, now + _DAY))
        dropped = connection.execute("DELETE FROM whose WHERE at <= ?", (now - days * _DAY,)).rowcount
    while True:
        old = connection.execute(
            "SELECT offered FROM texts WHERE since <= ? ORDER BY since LIMIT ?", (now - days * _DAY, _AT_ONCE)
        ).fetchall()
        if not old:
            return dropped
        dropped += _drop(connection, [offered for (offered,) in old])


def drop_broken(path: Path, days: float = KEEP_DAYS) -> None:
    """Damaged ledgers that were moved aside hold texts as well, and go when their time is over."""
    for file in opening.broken_ones(path):
        with contextlib.suppress(OSError):
            if file.stat().st_mtime < time.time() - days * _DAY:
                file.unlink()


def empty_wal(connection: sqlite3.Connection, path: Path) -> bool:
    """Take what was dropped out of the WAL too. False while a reader holds on to it: the keeper tries again later."""
    row = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if row is not None and row[0] != 0:
        opening.note_purged(path)
        return False
    opening.clear_purge_note(path)
    return True


def _drop(connection: sqlite3.Connection, suggestions: Iterable[int]) -> int:
    """Drop all texts of these rows of `offered`, in one transaction."""
    rows = [(offered,) for offered in suggestions]
    with transaction(connection):
        held = {
            chunk for row in rows for (chunk,) in connection.execute("SELECT chunk FROM moments WHERE offered = ?", row)
        }
        connection.executemany("DELETE FROM moments WHERE offered = ?", rows)
        connection.executemany("DELETE FROM texts WHERE offered = ?", rows)
        connection.executemany(
            "DELETE FROM chunks WHERE id = ? AND NOT EXISTS (SELECT 1 FROM moments WHERE chunk = chunks.id)",
            [(chunk,) for chunk in held],
        )
    return len(rows)


def purge(path: Path, document: str | None = None, holds: str | None = None) -> int:
    """Drop the texts of what was offered in `document`, or whose texts stand in the text `holds`; with both, of what
    was offered there and stands in it. Whose words the document is made of goes too, in both cases. Returns of how many
    suggestions.

    Damaged ledgers that were moved aside are removed. Raises WriterError when the ledger can't be written.
    """
    if not path.exists():
        return 0
    try:
        with contextlib.closing(opening.open_for_writing(path, keeper=False, seconds=30)) as connection:
            found = _meant(connection, document, holds)
            for start in range(0, len(found), _AT_ONCE):
                _drop(connection, found[start : start + _AT_ONCE])
            if document is not None:
                # Of a piece in it too: its fingerprints are as good as its words, and can't be told from the others'.
                connection.execute(
                    "DELETE FROM whose WHERE document = (SELECT id FROM documents WHERE key = ?)", (_key(document),)
                )
            connection.execute("PRAGMA busy_timeout = 1000")  # for readers nobody waits; the keeper does it later
            empty_wal(connection, path)
        if opening.is_noted_damaged(path):
            raise Resting  # noqa: TRY301 - what is saved of it may hold the texts still
        for file in opening.broken_ones(path):
            file.unlink(missing_ok=True)
    except (sqlite3.Error, OSError, Older, Resting) as error:
        if isinstance(error, sqlite3.Error) and is_damage(error):
            opening.note_damage(path)
        raise _cannot_purge(path, error) from error
    return len(found)


def _cannot_purge(path: Path, error: Exception) -> WriterError:
    kind = Kind.DAMAGED if isinstance(error, Resting) else kind_of(error)
    what = sentence(kind, path, error).sentence
    return WriterError(what, "The texts in it are still there; leave the piece out again when this is mended.")


def _key(document: str) -> str:
    return chunks.clean(document)


def _meant(connection: sqlite3.Connection, document: str | None, holds: str | None) -> list[int]:
    if document is None and holds is None:
        return []
    select, values = "SELECT texts.offered FROM texts", tuple[str, ...]()
    if document is not None:
        select += " JOIN offered ON offered.id = texts.offered JOIN documents ON documents.id = document WHERE key = ?"
        values = (_key(document),)
    rows = [offered for (offered,) in connection.execute(select, values)]
    if holds is None:
        return rows
    standing = _standing_in(connection, _plain(holds))
    return [offered for offered in rows if offered in standing]


def _standing_in(connection: sqlite3.Connection, piece: str) -> set[int]:
    """The suggestions with a text, or with text around them, of which a sentence or a line stands in the piece."""
    known: dict[str, bool] = {}
    rows = connection.execute("SELECT offered, text, instead, settled FROM texts").fetchall()
    return {
        offered
        for offered, *texts in rows
        if any(_stands_in(text, piece, known) for text in (*texts, *chunks.load(connection, offered)) if text)
    }


def _stands_in(text: str, piece: str, known: dict[str, bool]) -> bool:
    """`known` are parts that were looked at: moments of one document share them."""
    part = ""
    for stretch in _STRETCHES.findall(text):
        part += stretch
        if part not in known:
            plain = _plain(part)
            known[part] = plain in piece if len(plain) >= _TELLING else False
        if known[part]:
            return True
        if len(part) >= _TELLING:
            part = ""
    return False


def _plain(text: str) -> str:
    """As it reads, whatever the line ends and indents."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", text)).strip()

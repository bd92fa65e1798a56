"""The text around a suggestion's place, stored so that what moments share is stored once.

Moments of one document that follow each other share almost everything, but the window slides. So the text is cut where
its content says, whatever stands before: after some ends of sentences and lines and after a few spaces, chosen by the
characters in front of the cut (content-defined chunking, as in LBFS, Muthitacharoen et al. 2001). The same stretch of
text is then cut at the same places in every moment.
"""

import sqlite3
from hashlib import blake2b
from zlib import crc32

import regex

from ownhand.verdicts.facts import MOST_AFTER, MOST_BEFORE

_PLACES = regex.compile(
    r"""(?P<end> [.!?…]["'”’»)\]*_]*\s+ | [。！？]["”’」』）]* | \s*\n\s* ) | \s""", flags=regex.VERBOSE | regex.V1
)
_LOOKS_BACK = 12
"""Characters in front of a cut that decide about it."""
_ENDS, _SPACES = 4, 64
"""One in so many ends of sentences and lines, and of other spaces, is a cut: about 160 characters of prose."""


def clean(text: str) -> str:
    """Text that a database takes: half a surrogate pair, which an editor may send, becomes U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def cut(text: str) -> list[str]:
    """The chunks of `text`; together they are the text."""
    chunks, start = [], 0
    for place in _PLACES.finditer(text):
        end = place.end()
        one_in = _ENDS if place["end"] else _SPACES
        if crc32(text[max(0, end - _LOOKS_BACK) : end].encode()) % one_in == 0:
            chunks.append(text[start:end])
            start = end
    return [*chunks, text[start:]] if start < len(text) else chunks


def window(before: str, after: str) -> tuple[list[str], list[str]]:
    """The chunks on both sides of a place. A window that begins in the middle of the text begins in the middle of a
    chunk too; that one is left out, because every moment would have another piece of it."""
    parts = cut(clean(before[-MOST_BEFORE:]))
    if len(before) >= MOST_BEFORE and len(parts) > 1:
        del parts[0]
    return parts, cut(clean(after[:MOST_AFTER]))


def store(connection: sqlite3.Connection, offered: int, before: str, after: str) -> None:
    """Note what stands around a suggestion's place, within the caller's transaction."""
    above, below = window(before, after)
    parts = [(number - len(above), chunk) for number, chunk in enumerate([*above, *below])]
    connection.executemany(
        "INSERT OR IGNORE INTO moments VALUES (?, ?, ?)",
        [(offered, part, _chunk(connection, chunk)) for part, chunk in parts],
    )


def _chunk(connection: sqlite3.Connection, text: str) -> int:
    hashed = int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), signed=True)
    row = connection.execute("SELECT id FROM chunks WHERE hash = ? AND text = ?", (hashed, text)).fetchone()
    if row is not None:
        return int(row[0])
    return int(connection.execute("INSERT INTO chunks (hash, text) VALUES (?, ?)", (hashed, text)).lastrowid or 0)


def load(connection: sqlite3.Connection, offered: int) -> tuple[str, str]:
    """What stood before and after; empty when it was not kept or is dropped."""
    rows = connection.execute(
        "SELECT part, text FROM moments JOIN chunks ON chunks.id = chunk WHERE offered = ? ORDER BY part", (offered,)
    ).fetchall()
    return (
        "".join(text for part, text in rows if part < 0),
        "".join(text for part, text in rows if part >= 0),
    )

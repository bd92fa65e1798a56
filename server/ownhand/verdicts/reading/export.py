"""Everything that the ledger knows, as JSON lines: one object for each suggestion, in the order they were offered."""

import json
import sqlite3
from pathlib import Path
from typing import Any, TextIO

from ownhand.verdicts.ledger import chunks
from ownhand.verdicts.ledger.opening import reading

BEGINNING = '{"suggestion": '
"""Of every line, so that such a file can be told from others."""
_AT_ONCE = 500
"""Suggestions in one query. In between, somebody who waits to write gets a turn even with a rollback journal."""

_OFFERED = """
SELECT offered.id AS number, suggestion, offered.session, sessions.editor, documents.key AS document, at, position,
    form, length, offered.characters, words, invoked, engine, model, adapter, sampling,
    hex(prompt_digest) AS prompt_digest, milliseconds, first_token_ms, fates.seen AS shown,
    fates.fate, fates.kept AS kept_300s, fates.removed,
    fates.saved AS keystrokes_saved, texts.text, texts.instead, texts.settled, texts.reason
FROM offered JOIN documents ON documents.id = offered.document JOIN sources ON sources.id = offered.source
JOIN fates ON fates.offered = offered.id LEFT JOIN sessions ON sessions.id = offered.session
LEFT JOIN texts ON texts.offered = offered.id WHERE offered.id > ? ORDER BY offered.id LIMIT ?
"""
_FACTS = {
    "showings": "SELECT session, at, learned FROM shown",
    "verdicts": "SELECT session, at, verdict, learned, sure, characters, first, last, keys, reason FROM judged",
    "removals": "SELECT session, at, back FROM removed",
    "checks": "SELECT session, at, due, age, distance, kept, deleted FROM checked",
    "settlings": "SELECT session, at FROM settled",
    "replacements": "SELECT session, at FROM instead",
}
_BOOLEANS = frozenset({"invoked", "shown", "kept_300s", "removed", "back", "kept"})


def export(path: Path, stream: TextIO) -> int:
    """Write all suggestions to `stream`; returns how many. Raises WriterError when the ledger can't be read."""
    written, last = 0, 0
    with reading(path) as connection:
        connection.row_factory = sqlite3.Row
        while rows := connection.execute(_OFFERED, (last, _AT_ONCE)).fetchall():
            for row in rows:
                stream.write(json.dumps(_whole(connection, row), ensure_ascii=False) + "\n")
            written, last = written + len(rows), rows[-1]["number"]
    return written


def _whole(connection: sqlite3.Connection, row: sqlite3.Row) -> dict[str, Any]:
    known = _plain(row)
    offered = known.pop("number")
    known["adapter"] = known["adapter"] or None
    known["prompt_digest"] = known["prompt_digest"].lower()
    known["before"], known["after"] = chunks.load(connection, offered)
    for name, query in _FACTS.items():
        known[name] = [
            _plain(fact) for fact in connection.execute(f"{query} WHERE offered = ? ORDER BY id", (offered,))
        ]
    return known


def _plain(row: sqlite3.Row) -> dict[str, Any]:
    """A row by its columns' names, with true and false for what SQLite keeps as 1 and 0."""
    return {
        name: bool(row[name]) if name in _BOOLEANS and row[name] is not None else row[name]
        for name in row.keys()  # noqa: SIM118
    }

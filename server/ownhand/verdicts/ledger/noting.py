"""Writes facts into the ledger's tables, within the caller's transaction."""

import math
import sqlite3
import time
from collections.abc import Callable
from typing import Any

from ownhand.verdicts.facts import (
    REASONS,
    Checked,
    Fact,
    Instead,
    Judged,
    Offered,
    Removed,
    Settled,
    Shown,
    Verdict,
    Whose,
)
from ownhand.verdicts.ledger import chunks

_LONGEST_TEXT = 20_000
"""Characters of one text that are kept: a suggestion is never that long, what replaced it might be anything."""
_ABOUT_VALUES = (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.ProgrammingError)
"""What SQLite says of values that it can't take; whatever else it says is about the file."""
_BY_TEXT = "INSERT INTO texts (offered, since) VALUES (?, ?) ON CONFLICT (offered) DO UPDATE SET since = excluded.since"


class Notes:
    """Notes facts for one session on one connection."""

    def __init__(self, connection: sqlite3.Connection, session: int) -> None:
        self._connection, self._session = connection, session
        self._known: dict[tuple[str, ...], int] = {}
        self._how: dict[type, Callable[[Any], None]] = {
            Offered: self._offered,
            Shown: self._shown,
            Judged: self._judged,
            Removed: self._removed,
            Instead: self._instead,
            Checked: self._checked,
            Settled: self._settled,
            Whose: self._whose,
        }

    def note(self, fact: Fact) -> bool:
        """False for what is no fact: values that make no sense, a kind that is unknown. It leaves no trace."""
        self._connection.execute("SAVEPOINT fact")
        try:
            self._how[type(fact)](fact)
        except Exception as error:
            if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, _ABOUT_VALUES):
                raise
            self._connection.execute("ROLLBACK TO fact")
            self._connection.execute("RELEASE fact")
            self.forget_names()
            return False
        self._connection.execute("RELEASE fact")
        return True

    def forget_names(self) -> None:
        """After a rollback: rows that were remembered may be gone."""
        self._known.clear()

    def _offered(self, fact: Offered) -> None:
        if self._number(fact.suggestion) is not None:
            return
        key = (fact.engine, fact.model, fact.adapter or "", fact.sampling)
        source = self._row("sources", ("engine", "model", "adapter", "sampling"), key)
        self._insert(
            "offered",
            (clean_id(fact.suggestion), self._session, _finite(fact.at, time.time()), self._document(fact.document)),
            (fact.position, fact.form, fact.length, fact.characters, fact.words, int(fact.invoked), source),
            (bytes(fact.prompt_digest), _finite(fact.milliseconds), _finite(fact.first_token_ms)),
        )

    def _shown(self, fact: Shown) -> None:
        if (offered := self._about("shown", fact, fact.learned.value)) is None or fact.text is None:
            return
        if self._connection.execute("SELECT text FROM texts WHERE offered = ?", (offered,)).fetchone() in (
            None,
            (None,),
        ):
            self._keep(offered, fact.at, "text", fact.text)
            chunks.store(self._connection, offered, fact.before or "", fact.after or "")

    def _judged(self, fact: Judged) -> None:
        reason = fact.reason if fact.reason in REASONS else ""
        values = (Verdict(fact.verdict).value, fact.learned.value, min(1.0, max(0.0, _finite(fact.sure, 0.0))))
        offered = self._about("judged", fact, *values, fact.characters, fact.keys, reason, fact.first, fact.last)
        if offered is not None and fact.reason != reason:
            self._keep(offered, fact.at, "reason", fact.reason)

    def _removed(self, fact: Removed) -> None:
        self._about("removed", fact, int(fact.back))

    def _instead(self, fact: Instead) -> None:
        if (offered := self._about("instead", fact)) is not None and fact.text is not None:
            self._keep(offered, fact.at, "instead", fact.text)

    def _checked(self, fact: Checked) -> None:
        kept = None if fact.kept is None else int(fact.kept)
        distance = None if fact.distance is None else _finite(fact.distance, 1.0)
        self._about("checked", fact, fact.due, _finite(fact.age), distance, kept, fact.deleted)

    def _settled(self, fact: Settled) -> None:
        if (offered := self._about("settled", fact)) is not None and fact.text is not None:
            self._keep(offered, fact.at, "settled", fact.text)

    def _whose(self, fact: Whose) -> None:
        values = (self._document(fact.document), self._session, _finite(fact.at, time.time()))
        self._connection.execute(
            "INSERT OR REPLACE INTO whose VALUES (?, ?, ?, ?, ?, ?)", (*values, fact.digest, fact.runs, fact.tokens)
        )

    def _about(self, table: str, fact: Any, *values: Any) -> int | None:
        """Add a row about a suggestion and return the suggestion's row; None when that was never offered."""
        offered = self._number(fact.suggestion)
        if offered is not None:
            self._insert(table, (offered, self._session, _finite(fact.at, time.time())), values)
        return offered

    def _insert(self, table: str, *values: tuple[Any, ...]) -> None:
        row = [value for part in values for value in part]
        self._connection.execute(
            f"INSERT INTO {table} VALUES (NULL{', ?' * len(row)})",  # noqa: S608 - our own table names
            row,
        )

    def _number(self, suggestion: str) -> int | None:
        row = self._connection.execute(
            "SELECT id FROM offered WHERE suggestion = ?", (clean_id(suggestion),)
        ).fetchone()
        return None if row is None else int(row[0])

    def _keep(self, offered: int, at: float, column: str, text: str) -> None:
        """Keep a text beside the facts. Its shelf time counts from `at`, or from the row before where the clock has
        been set back."""
        latest = self._connection.execute("SELECT max(since) FROM texts").fetchone()[0]
        self._connection.execute(_BY_TEXT, (offered, max(_finite(at, time.time()), latest or 0.0)))
        self._connection.execute(
            f"UPDATE texts SET {column} = ? WHERE offered = ?",  # noqa: S608 - our own column names
            (chunks.clean(text[:_LONGEST_TEXT]), offered),
        )

    def _document(self, key: str) -> int:
        return self._row("documents", ("key",), (key,))

    def _row(self, table: str, columns: tuple[str, ...], values: tuple[str, ...]) -> int:
        """The number of the row with these values, which is added when there is none."""
        values = tuple(map(chunks.clean, values))
        if (known := self._known.get((table, *values))) is not None:
            return known
        names, wanted = ", ".join(columns), " AND ".join(f"{column} = ?" for column in columns)
        self._connection.execute(
            f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({', '.join('?' * len(columns))})",  # noqa: S608
            values,
        )
        found = self._connection.execute(f"SELECT id FROM {table} WHERE {wanted}", values).fetchone()  # noqa: S608
        return self._known.setdefault((table, *values), int(found[0]))


def clean_id(suggestion: str) -> str:
    return chunks.clean(suggestion[:200])


def _finite(value: float, instead: float = 0.0) -> float:
    return float(value) if math.isfinite(value) else instead

"""The ledger's tables. What is noted stands in tables that are only added to; what it adds up to is derived.

`MIGRATIONS` make the tables of the facts of `facts.py`, one for each kind; their order is that of their row numbers,
never that of their times: a clock can be set back. The texts are apart (`texts`, `chunks`, `moments`), because they are
dropped after a while and the facts are not. What is derived is made from the facts by views, kept up to date by
triggers within the same transaction, and can be made anew at any time (`derive`), as it is after each migration.
"""

import sqlite3
from collections.abc import Iterator

_FORMAT_1 = """
-- One writing process. `ended`: its clean end. `gone`: a keeper found that the process was no more without one.
CREATE TABLE sessions (
    id INTEGER PRIMARY KEY, process INTEGER NOT NULL, process_started REAL NOT NULL, editor TEXT NOT NULL,
    version TEXT NOT NULL, started REAL NOT NULL, ended REAL, gone REAL
);
CREATE TABLE documents (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE);
-- Who wrote suggestions, and how. An empty adapter is none.
CREATE TABLE sources (
    id INTEGER PRIMARY KEY, engine TEXT NOT NULL, model TEXT NOT NULL, adapter TEXT NOT NULL, sampling TEXT NOT NULL,
    UNIQUE (model, adapter, engine, sampling)
);
CREATE TABLE offered (
    id INTEGER PRIMARY KEY, suggestion TEXT NOT NULL UNIQUE, session INTEGER NOT NULL, at REAL NOT NULL,
    document INTEGER NOT NULL, position INTEGER NOT NULL, form TEXT NOT NULL, length TEXT NOT NULL,
    characters INTEGER NOT NULL, words INTEGER NOT NULL, invoked INTEGER NOT NULL, source INTEGER NOT NULL,
    prompt_digest BLOB NOT NULL, milliseconds REAL NOT NULL, first_token_ms REAL NOT NULL
);
CREATE INDEX offered_by_document ON offered (document);
CREATE TABLE shown (
    id INTEGER PRIMARY KEY, offered INTEGER NOT NULL, session INTEGER NOT NULL, at REAL NOT NULL, learned TEXT NOT NULL
);
CREATE INDEX shown_by_offered ON shown (offered);
-- `reason` is one of REASONS; the writer's own words are in `texts`.
CREATE TABLE judged (
    id INTEGER PRIMARY KEY, offered INTEGER NOT NULL, session INTEGER NOT NULL, at REAL NOT NULL,
    verdict TEXT NOT NULL, learned TEXT NOT NULL, sure REAL NOT NULL, characters INTEGER NOT NULL,
    keys INTEGER NOT NULL, reason TEXT NOT NULL
);
CREATE INDEX judged_by_offered ON judged (offered);
CREATE TABLE removed (
    id INTEGER PRIMARY KEY, offered INTEGER NOT NULL, session INTEGER NOT NULL, at REAL NOT NULL, back INTEGER NOT NULL
);
CREATE INDEX removed_by_offered ON removed (offered);
CREATE TABLE instead (
    id INTEGER PRIMARY KEY, offered INTEGER NOT NULL, session INTEGER NOT NULL, at REAL NOT NULL
);
CREATE INDEX instead_by_offered ON instead (offered);
CREATE TABLE checked (
    id INTEGER PRIMARY KEY, offered INTEGER NOT NULL, session INTEGER NOT NULL, at REAL NOT NULL,
    due INTEGER NOT NULL, age REAL NOT NULL, distance REAL, kept INTEGER, deleted INTEGER NOT NULL
);
CREATE INDEX checked_by_offered ON checked (offered);
CREATE TABLE settled (
    id INTEGER PRIMARY KEY, offered INTEGER NOT NULL, session INTEGER NOT NULL, at REAL NOT NULL
);
CREATE INDEX settled_by_offered ON settled (offered);
-- The last whose of each document; replaced, not added to.
CREATE TABLE whose (
    document INTEGER PRIMARY KEY, session INTEGER NOT NULL, at REAL NOT NULL, digest BLOB NOT NULL,
    runs BLOB NOT NULL, tokens BLOB NOT NULL
);
-- What is dropped after a while. `since`, from which that while is counted, never runs backwards from row to row.
CREATE TABLE texts (
    offered INTEGER PRIMARY KEY, since REAL NOT NULL, text TEXT, instead TEXT, settled TEXT,
    reason TEXT NOT NULL DEFAULT ''
);
CREATE INDEX texts_by_since ON texts (since);
CREATE TABLE chunks (id INTEGER PRIMARY KEY, hash INTEGER NOT NULL, text TEXT NOT NULL);
CREATE INDEX chunks_by_hash ON chunks (hash);
-- The text around a suggestion's place, in order: parts below 0 stand before it, the others after it.
CREATE TABLE moments (
    offered INTEGER NOT NULL, part INTEGER NOT NULL, chunk INTEGER NOT NULL, PRIMARY KEY (offered, part)
) WITHOUT ROWID;
CREATE INDEX moments_by_chunk ON moments (chunk);
"""

_FORMAT_2 = """
-- Of an acceptance: the stretch of the suggestion, in characters, that came in by keys; 0 and 0 where it isn't known.
ALTER TABLE judged ADD COLUMN first INTEGER NOT NULL DEFAULT 0;
ALTER TABLE judged ADD COLUMN last INTEGER NOT NULL DEFAULT 0;
-- Where the process ran, and the name of its lock; empty in sessions of format 1.
ALTER TABLE sessions ADD COLUMN host TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN token TEXT NOT NULL DEFAULT '';
"""

MIGRATIONS: tuple[str, ...] = (_FORMAT_1, _FORMAT_2)
"""Entry n brings the facts' tables from format n to n + 1. A change to what is derived needs an entry too, if an empty
one: it is made anew then."""
FORMAT = len(MIGRATIONS)

LATE = 1.5
"""A look that came later than this many times its due age and found the text gone says nothing about the due age."""

_BUCKET = """CASE WHEN {0} <= 1 THEN '1' WHEN {0} <= 3 THEN '2-3' WHEN {0} <= 7 THEN '4-7' WHEN {0} <= 15 THEN '8-15'
        WHEN {0} <= 31 THEN '16-31' ELSE '32+' END"""

_VIEWS = f"""
DROP TABLE IF EXISTS precedence;
CREATE TABLE precedence (verdict TEXT PRIMARY KEY, place INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO precedence VALUES ('rejected', 0), ('accepted', 1), ('partial', 2), ('typed_through', 3),
    ('dismissed', 4), ('typed_past', 5), ('ignored', 6), ('unknown', 7);

DROP VIEW IF EXISTS accepted_text;
DROP VIEW IF EXISTS fate_of;
DROP VIEW IF EXISTS account_of;
-- What the facts say of each suggestion, each for itself.
CREATE VIEW account_of AS SELECT offered.id AS offered, best.id AS judged, best.verdict,
    EXISTS (SELECT 1 FROM shown WHERE shown.offered = offered.id)
        OR coalesce(best.verdict <> 'unknown', 0) AS seen,
    coalesce(best.verdict IN ('accepted', 'partial'), 0) AS taken,
    -- Counts that a bad client sends are held to what can be.
    max(0, min(offered.characters, coalesce(last.characters, 0))) AS characters,
    max(0, coalesce(last.keys, 0)) AS keys,
    max(0, coalesce((SELECT max(deleted) FROM checked WHERE checked.offered = offered.id
        AND due <= 30 AND age <= 30 * {LATE}), 0)) AS deleted,
    CASE WHEN EXISTS (SELECT 1 FROM checked WHERE checked.offered = offered.id AND kept = 1
            AND (due >= 300 OR age >= 300)) THEN 1
        WHEN EXISTS (SELECT 1 FROM checked WHERE checked.offered = offered.id AND kept = 0
            AND due = 300 AND age <= 300 * {LATE}) THEN 0 END AS kept,
    coalesce((SELECT NOT back FROM removed WHERE removed.offered = offered.id ORDER BY removed.id DESC LIMIT 1), 0)
        AS removed,
    EXISTS (SELECT 1 FROM checked WHERE checked.offered = offered.id AND due >= 600)
        OR EXISTS (SELECT 1 FROM settled WHERE settled.offered = offered.id) AS over
FROM offered
LEFT JOIN judged AS best ON best.id = (SELECT judged.id FROM judged JOIN precedence USING (verdict)
    WHERE judged.offered = offered.id ORDER BY place, judged.id DESC LIMIT 1)
LEFT JOIN judged AS last ON last.id = (SELECT max(judged.id) FROM judged
    WHERE judged.offered = offered.id AND verdict IN ('accepted', 'partial'));

-- What they add up to. What nobody saw has no fate.
CREATE VIEW fate_of AS SELECT offered, seen, CASE WHEN seen THEN verdict END AS fate, judged,
    CASE WHEN taken THEN characters ELSE 0 END AS characters, CASE WHEN taken THEN kept END AS kept,
    taken AND removed AS removed,
    CASE WHEN taken THEN characters - keys - min(deleted, characters) ELSE 0 END AS saved,
    taken AND NOT over AS open
FROM account_of;
"""  # noqa: S608 - our own names

COUNTS = {
    "offered": "1",
    "shown": "{0}.seen",
    **{
        verdict: f"({{0}}.fate IS '{verdict}')"
        for verdict in (
            *("accepted", "partial", "typed_through", "typed_past", "dismissed", "rejected"),
            *("ignored", "unknown"),
        )
    },
    "removed": "{0}.removed",
    "kept_300s": "({0}.kept IS 1)",
    "looked_300s": "({0}.kept IS NOT NULL)",
    "keystrokes_saved": "{0}.saved",
}
"""What is counted, and how a row of `fates` adds to it."""

_FATE = "seen, fate, judged, characters, kept, removed, saved, open"

_FATES = f"""
DROP TABLE IF EXISTS tallies;
CREATE TABLE tallies (
    id INTEGER PRIMARY KEY, form TEXT NOT NULL, length TEXT NOT NULL, model TEXT NOT NULL, adapter TEXT NOT NULL,
    {" ".join(f"{name} INTEGER NOT NULL DEFAULT 0," for name in COUNTS)}
    UNIQUE (form, length, model, adapter)
);
DROP TABLE IF EXISTS fates;
CREATE TABLE fates (
    offered INTEGER PRIMARY KEY, tally INTEGER NOT NULL, seen INTEGER NOT NULL, fate TEXT, judged INTEGER,
    characters INTEGER NOT NULL, kept INTEGER, removed INTEGER NOT NULL, saved INTEGER NOT NULL, open INTEGER NOT NULL
);
CREATE INDEX fates_open ON fates (offered) WHERE open;
CREATE TRIGGER fate_new AFTER INSERT ON fates BEGIN
    UPDATE tallies SET {", ".join(f"{name} = {name} + {how.format('NEW')}" for name, how in COUNTS.items())}
    WHERE id = NEW.tally;
END;
CREATE TRIGGER fate_changed AFTER UPDATE ON fates BEGIN
    UPDATE tallies SET {
    ", ".join(f"{name} = {name} + {how.format('NEW')} - {how.format('OLD')}" for name, how in COUNTS.items())
}
    WHERE id = NEW.tally;
END;
-- Those that were noted before.
INSERT OR IGNORE INTO tallies (form, length, model, adapter)
    SELECT DISTINCT form, {_BUCKET.format("words")}, model, adapter
    FROM offered JOIN sources ON sources.id = offered.source;
INSERT INTO fates (offered, tally, {_FATE})
    SELECT fate_of.offered, tallies.id, {", ".join(f"fate_of.{name}" for name in _FATE.split(", "))}
    FROM offered JOIN sources ON sources.id = offered.source
    JOIN tallies ON tallies.form = offered.form AND tallies.length = {_BUCKET.format("offered.words")}
        AND tallies.model = sources.model AND tallies.adapter = sources.adapter
    JOIN fate_of ON fate_of.offered = offered.id;
"""  # noqa: S608 - our own names

_NEW_OFFER = f"""
DROP TRIGGER IF EXISTS offered_new;
CREATE TRIGGER offered_new AFTER INSERT ON offered BEGIN
    INSERT OR IGNORE INTO tallies (form, length, model, adapter)
        SELECT NEW.form, {_BUCKET.format("NEW.words")}, model, adapter FROM sources WHERE id = NEW.source;
    INSERT INTO fates (offered, tally, seen, characters, removed, saved, open)
        SELECT NEW.id, tallies.id, 0, 0, 0, 0, 0 FROM sources JOIN tallies
        ON tallies.form = NEW.form AND tallies.length = {_BUCKET.format("NEW.words")}
            AND tallies.model = sources.model AND tallies.adapter = sources.adapter
        WHERE sources.id = NEW.source;
END;
"""  # noqa: S608 - our own names


def _follow(table: str) -> str:
    return f"""
DROP TRIGGER IF EXISTS {table}_new;
CREATE TRIGGER {table}_new AFTER INSERT ON {table} BEGIN
    UPDATE fates SET ({_FATE}) = (SELECT {_FATE} FROM fate_of WHERE offered = NEW.offered) WHERE offered = NEW.offered;
END;
"""  # noqa: S608 - our own names


_ACCEPTED = """
-- The accepted part of each suggestion, and the part before it: the writer may have typed the beginning.
CREATE VIEW accepted_text AS SELECT fates.offered,
    CASE WHEN part.last > max(0, part.first) THEN substr(text, 1, max(0, part.first)) ELSE '' END AS typed,
    CASE WHEN part.last > max(0, part.first) THEN substr(text, max(0, part.first) + 1, part.last - max(0, part.first))
        ELSE substr(text, 1, fates.characters) END AS text
FROM fates JOIN texts ON texts.offered = fates.offered
JOIN judged AS part ON part.id = (SELECT max(id) FROM judged
    WHERE judged.offered = fates.offered AND verdict IN ('accepted', 'partial'))
WHERE fate IN ('accepted', 'partial');
"""

_DERIVED = (
    _VIEWS
    + _FATES
    + _ACCEPTED
    + _NEW_OFFER
    + "".join(map(_follow, ("shown", "judged", "removed", "checked", "settled")))
)


def statements(script: str) -> Iterator[str]:
    """The statements of a script one by one, so that they can run within a transaction; each ends with a line."""
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""


def run(connection: sqlite3.Connection, script: str) -> None:
    for statement in statements(script):
        connection.execute(statement)


def derive(connection: sqlite3.Connection) -> None:
    """Make everything that is derived anew from the facts, within the caller's transaction."""
    run(connection, _DERIVED)


def bring_up(connection: sqlite3.Connection, version: int = 0) -> None:
    """From format `version`, which is 0 for an empty file, to the present one, within the caller's transaction."""
    make_tables(connection, version)
    derive(connection)
    connection.execute(f"PRAGMA user_version = {FORMAT}")


def make_tables(connection: sqlite3.Connection, version: int = 0) -> None:
    """The facts' tables alone, of the present format; they were of format `version`."""
    for script in MIGRATIONS[version:]:
        run(connection, script)

"""The machine and its Python."""

import sqlite3
import sys
from pathlib import Path

from ownhand.commands.checks.finding import Finding, State
from ownhand.suggestions.prefetch import on_mains_power

OLDEST_PYTHON = (3, 11)
ENOUGH_WATCHES = 8192
"""inotify watches, one a folder: enough for any manuscript beside what editors and sync clients take."""
_WATCH_LIMIT = Path("/proc/sys/fs/inotify/max_user_watches")


def python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < OLDEST_PYTHON:
        return Finding("Python", State.BROKEN, f"Python {version} is too old.", "Install Ownhand with Python 3.11.")
    return Finding("Python", State.FINE, f"Python {version}.")


def full_text_search() -> Finding:
    """The index of a manuscript needs SQLite's FTS5."""
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("CREATE VIRTUAL TABLE words USING fts5(text)")
    except sqlite3.OperationalError:
        return Finding(
            "SQLite",
            State.BROKEN,
            f"SQLite {sqlite3.sqlite_version} has no full-text search, which the index of a manuscript needs.",
            "Install Ownhand with a Python from python.org, your distribution or uv.",
        )
    finally:
        connection.close()
    return Finding("SQLite", State.FINE, f"SQLite {sqlite3.sqlite_version} with full-text search.")


def watches() -> Finding:
    """How many folders Linux lets one person watch; other systems have no such bound."""
    try:
        limit = int(_WATCH_LIMIT.read_text())
    except (OSError, ValueError):
        return Finding("Watching", State.FINE, "The system tells of changed files without a bound.")
    if limit < ENOUGH_WATCHES:
        return Finding(
            "Watching",
            State.NOTE,
            f"The system lets you watch {limit} folders; when they run out, Ownhand looks for changes by itself.",
            f"Raise it: sysctl fs.inotify.max_user_watches={ENOUGH_WATCHES * 8}",
        )
    return Finding("Watching", State.FINE, f"The system lets you watch {limit:,} folders.")


def power() -> Finding:
    if on_mains_power():
        return Finding("Power", State.FINE, "On mains power, or without a battery.")
    return Finding(
        "Power", State.NOTE, "On battery: Ownhand does not write ahead.", "Plug in for the fastest suggestions."
    )

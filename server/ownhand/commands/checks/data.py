"""The data folder, the settings of the terminal, and the manuscripts that are known."""

import os
import shutil
import sqlite3
import stat
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from ownhand.commands.checks.finding import Finding, State
from ownhand.commands.context import read_terminal_settings
from ownhand.commands.unfinished import unfinished
from ownhand.errors import WriterError
from ownhand.home import Home, write_private
from ownhand.manuscript.consent import VOICE_FILE
from ownhand.manuscript.corpus import Corpus
from ownhand.manuscript.index import INDEX_NAME
from ownhand.text.counted import counted

ENOUGH_SPACE = 500_000_000
"""Bytes: the packaged weights, their download, and the index of a large manuscript."""


def data_folder(home: Home) -> Finding:
    """Can it be written, and can nobody else read it?"""
    probe = home.root / ".doctor"
    try:
        write_private(probe, b"")
        probe.unlink()
    except WriterError as error:
        return Finding("Data folder", State.BROKEN, error.sentence, error.next_step)
    if sys.platform != "win32" and stat.S_IMODE(home.root.stat().st_mode) & 0o077:
        return Finding(
            "Data folder",
            State.NOTE,
            f"{home.root} can be looked into by others.",
            f'Close it: chmod 700 "{home.root}"',
        )
    return Finding("Data folder", State.FINE, f"{home.root}, for you alone.")


def free_space(home: Home) -> Finding:
    place = next(folder for folder in (home.root, *home.root.parents) if folder.exists())
    free = shutil.disk_usage(place).free
    found = f"{free / 1e9:.1f} GB free where the data folder lies."
    if free < ENOUGH_SPACE:
        return Finding("Disk", State.NOTE, found, "Free some space, or set OWNHAND_HOME to a folder on another disk.")
    return Finding("Disk", State.FINE, found)


def settings(home: Home) -> list[Finding]:
    try:
        _, complaints = read_terminal_settings(home)
    except WriterError as error:
        return [Finding("Settings", State.BROKEN, error.sentence, error.next_step)]
    path = home.root / "settings.toml"
    if complaints:
        return [Finding("Settings", State.NOTE, complaint, f"Mend it in {path}.") for complaint in complaints]
    there = f"{path} is in order." if path.exists() else f"None in {path}. An editor has settings of its own."
    return [Finding("Settings", State.FINE, there)]


def voices(home: Home) -> list[Finding]:
    """Every known manuscript's index, opened and counted."""
    files = sorted(home.voices.glob(f"*/{VOICE_FILE}")) if os.access(home.voices, os.R_OK) else []
    if not files:
        return [Finding("Manuscripts", State.FINE, "None known yet. `ownhand corpus DIR` reads one.")]
    return [finding for file in files for finding in (_voice(file.parent), *_training(file.parent))]


def _voice(folder: Path) -> Finding:
    name, corpus = _manuscript_of(folder), Corpus(folder / INDEX_NAME)
    try:
        if corpus.index_path.exists():
            _look_into(corpus.index_path)
        counts = corpus.counts()
    except WriterError as error:
        return Finding("Manuscripts", State.NOTE, error.sentence, error.next_step)
    except sqlite3.DatabaseError:
        found = f"The index of {name} is damaged."
        return Finding("Manuscripts", State.NOTE, found, "Run `ownhand corpus` on its folder; it is made anew.")
    finally:
        corpus.close()
    return Finding(
        "Manuscripts", State.FINE, f"{name}: {counted(counts.pieces, 'piece')}, {counted(counts.words, 'word')}."
    )


def _training(voice: Path) -> Iterator[Finding]:
    """One that runs or is unfinished."""
    name = _manuscript_of(voice)
    if found := unfinished(voice, name):
        state = State.NOTE if found.next_step else State.FINE
        yield Finding("Training", state, f"{name}: {found.sentence}", found.next_step)


def _manuscript_of(voice: Path) -> str:
    """The manuscript's folder, or the voice's own name where its notes can't be read."""
    try:
        return str(tomllib.loads((voice / VOICE_FILE).read_text(encoding="utf-8"))["folder"])
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError):
        return f"voice {voice.name}"


def _look_into(index: Path) -> None:
    """Raises DatabaseError for a file that is no database; the corpus itself would rather read it as empty."""
    connection = sqlite3.connect(f"{index.absolute().as_uri()}?mode=ro", uri=True)
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    finally:
        connection.close()

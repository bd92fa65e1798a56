"""A voice as one file, to keep or to carry to another computer.

A plain zip without compression: `voice.json` (format), `active.json`, `notes.md`, `adapters/<n>/...` and the index of
the manuscript, because it holds which pieces are kept aside: measured anew elsewhere, a voice would be tested on text
that it was trained on. A file from elsewhere is not trusted: names are taken from a short list, nothing is unpacked
outside of the new folder, nothing in it is run, and every adapter is checked before it counts.
"""

import contextlib
import json
import os
import re
import shutil
import sqlite3
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from ownhand.engines.gguf_header import BadGGUFError, read_header
from ownhand.errors import WriterError
from ownhand.home import Home, check_format, make_private_folder, write_private
from ownhand.manuscript import index
from ownhand.manuscript.consent import FORMAT as VOICE_FORMAT
from ownhand.manuscript.consent import VOICE_FILE, Consent, VoiceFolder
from ownhand.manuscript.toml import to_toml
from ownhand.voices.card import CARD, Card
from ownhand.voices.peft_folder import CONFIG, WEIGHTS, read_peft_folder
from ownhand.voices.store import ACTIVE, ADAPTERS, GGUF, VoiceStore

FORMAT = 1
_ABOUT, _NOTES = "voice.json", "notes.md"
_ADAPTER_FILE = re.compile(
    rf"{ADAPTERS}/[1-9][0-9]{{0,8}}/(?:{'|'.join(map(re.escape, (WEIGHTS, CONFIG, GGUF, CARD)))})"
)
_LOOSE = frozenset({_ABOUT, ACTIVE, _NOTES, index.INDEX_NAME})
_LARGEST = 8 << 30
_MOST_FILES = 1000
_NEXT_STEP = "Export the voice again on the computer that it comes from."


def export_voice(voice: Path, target: Path) -> int:
    """Write the voice in the folder `voice` to the file `target`; returns its size in bytes. Raises WriterError."""
    temporary = target.with_name(f".{target.name}.tmp")
    try:
        descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w+b") as stream:
            _pack(voice, stream)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(target)
        return target.stat().st_size
    except OSError as error:
        raise WriterError(
            f"Ownhand can't write {target}: {error.strerror or type(error).__name__}.", "Name another file."
        ) from error
    finally:
        temporary.unlink(missing_ok=True)


def import_voice(home: Home, source: Path) -> VoiceFolder:
    """Unpack `source` into a new voice that belongs to no folder yet (see `consent.grant`).

    Raises WriterError with one sentence when anything about the file is odd; nothing is left behind then.
    """
    folder = home.new_voice_folder()
    try:
        with _opened(source) as archive:
            _check_names(archive)
            for entry in archive.infolist():
                _unpack(archive, entry, folder / entry.filename)
        _check(folder)
        about = {"format": VOICE_FORMAT, "folder": "", "consent": Consent.LEARN.value, "created": _today()}
        write_private(folder / VOICE_FILE, to_toml(about).encode())
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return VoiceFolder(folder, Path(), Consent.LEARN)


def _pack(voice: Path, stream: IO[bytes]) -> None:
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        about = {"format": FORMAT, "made": datetime.now(UTC).isoformat(timespec="seconds")}
        archive.writestr(_ABOUT, json.dumps(about))
        for name in (ACTIVE, _NOTES):
            if (voice / name).is_file():
                archive.write(voice / name, name)
        for adapter in VoiceStore(voice).adapters():
            for file in sorted(adapter.folder.iterdir()):
                name = f"{ADAPTERS}/{adapter.id}/{file.name}"
                if _ADAPTER_FILE.fullmatch(name):
                    archive.write(file, name)
        _pack_index(voice / index.INDEX_NAME, archive)


def _pack_index(path: Path, archive: zipfile.ZipFile) -> None:
    """A copy of one moment, whatever writes to it meanwhile."""
    if not path.is_file():
        return
    copy = path.with_name(f".{path.name}.export")
    try:
        os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        with (
            contextlib.closing(index.open_for_reading(path)) as source,
            contextlib.closing(sqlite3.connect(copy)) as to,
        ):
            source.backup(to)
            to.execute("PRAGMA journal_mode = DELETE")
        archive.write(copy, index.INDEX_NAME)
    except sqlite3.DatabaseError as error:
        raise OSError(None, "the manuscript's index can't be read") from error
    finally:
        copy.unlink(missing_ok=True)


@contextlib.contextmanager
def _opened(source: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(source) as archive:
            yield archive
    except OSError as error:
        raise WriterError(f"{source} can't be read: {error.strerror or 'it is damaged'}.", _NEXT_STEP) from error
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, ValueError) as error:
        raise _odd("is no exported voice, or is damaged") from error


def _check_names(archive: zipfile.ZipFile) -> None:
    entries = archive.infolist()
    names = [entry.filename for entry in entries]
    if len(names) > _MOST_FILES or len(set(names)) != len(names) or _ABOUT not in names:
        raise _odd("is no exported voice")
    if any(name not in _LOOSE and not _ADAPTER_FILE.fullmatch(name) for name in names):
        raise _odd("holds something that belongs to no voice")
    if any(entry.compress_type != zipfile.ZIP_STORED or entry.file_size > _LARGEST for entry in entries):
        raise _odd("is packed in another way than Ownhand packs")
    about = json.loads(archive.read(_ABOUT))
    check_format(about["format"] if isinstance(about, dict) and "format" in about else None, FORMAT, Path(_ABOUT))


def _unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> None:
    if entry.filename == _ABOUT:
        return
    make_private_folder(target.parent)
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream, archive.open(entry) as reading:
        shutil.copyfileobj(reading, stream, 1 << 20)


def _check(folder: Path) -> None:
    """Is everything that was unpacked what it should be?"""
    for place in sorted((folder / ADAPTERS).glob("*")):
        Card.read(place)
        read_peft_folder(place)
        _check_gguf(place / GGUF)
    VoiceStore(folder).adapters()
    if (folder / index.INDEX_NAME).is_file():
        _check_index(folder / index.INDEX_NAME)


def _check_gguf(path: Path) -> None:
    try:
        header = read_header(path)
    except (BadGGUFError, OSError) as error:
        raise _odd("holds an adapter that no engine can load") from error
    if not header.is_adapter or header.metadata.get("adapter.type") != "lora":
        raise _odd("holds an adapter that no engine can load")


def _check_index(path: Path) -> None:
    """An index of ours has our tables and nothing else: no trigger or view that acts when it is read."""
    with contextlib.closing(index.empty()) as ours:
        known = _schema(ours)
    try:
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA trusted_schema = OFF")
            check_format(connection.execute("PRAGMA user_version").fetchone()[0], index.FORMAT, path)
            found, sound = _schema(connection), connection.execute("PRAGMA quick_check").fetchone() == ("ok",)
    except sqlite3.DatabaseError as error:
        raise _odd("holds a damaged index") from error
    if not sound or not found <= known:
        raise _odd("holds a damaged index")


def _schema(connection: sqlite3.Connection) -> set[tuple[str, ...]]:
    rows = connection.execute("SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_master").fetchall()
    return {tuple(row) for row in rows if not row[1].startswith("sqlite_stat")}


def _odd(predicate: str) -> WriterError:
    return WriterError(f"This file {predicate}.", _NEXT_STEP)


def _today() -> str:
    return datetime.now(UTC).date().isoformat()

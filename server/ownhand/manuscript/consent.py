"""A folder is not a permission: what the writer answered about each manuscript folder.

The answer lies in `voices/<random id>/voice.toml`, beside everything else that belongs to that voice. Nothing is
scanned or recorded before there is one.
"""

import contextlib
import logging
import sqlite3
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from ownhand.errors import WriterError
from ownhand.home import Home, check_format, write_private
from ownhand.manuscript import index
from ownhand.manuscript.toml import to_toml

log = logging.getLogger(__name__)

FORMAT = 1
VOICE_FILE = "voice.toml"
MOSTLY = 0.5
"""A folder is offered a known voice when more than this share of its pieces is known there."""


class Consent(StrEnum):
    """What Ownhand may do with a folder's text."""

    LEARN = "learn"
    SUGGEST = "suggest"
    NEITHER = "neither"
    UNASKED = "unasked"


@dataclass(frozen=True)
class VoiceFolder:
    """One voice on disk and the manuscript folder that it belongs to.

    `compared`: it is settled whether this manuscript is a known one under another name (see `matching_voice`).
    """

    path: Path
    folder: Path
    consent: Consent
    compared: bool = True

    @property
    def id(self) -> str:
        return self.path.name

    @property
    def index_path(self) -> Path:
        return self.path / index.INDEX_NAME

    @property
    def ledger_path(self) -> Path:
        return self.path / "ledger.sqlite3"

    def stamp(self) -> tuple[int, int] | None:
        """Changes whenever what is noted of it does; None when it is gone. Reads the disk."""
        try:
            state = (self.path / VOICE_FILE).stat()
        except OSError:
            return None
        return state.st_ino, state.st_mtime_ns


def find_voice(home: Home, folder: Path) -> VoiceFolder | None:
    """The voice of exactly this manuscript folder. Raises WriterError when a newer Ownhand wrote it."""
    wanted = _real(folder)
    return next((voice for voice in _voices(home, wanted) if _real(voice.folder) == wanted), None)


def check_folder(folder: Path) -> None:
    """Raises WriterError when it is none."""
    if not folder.is_dir():
        what = f"{folder} is a file, not a folder." if folder.exists() else f"There is no folder {folder}."
        raise WriterError(what, "Name the folder that the manuscript lies in.")


def find_kept_voice(home: Home, folder: Path) -> VoiceFolder | None:
    """The same, where the folder itself may be gone: something may be kept of one that was deleted.

    Raises WriterError when there is neither a folder nor a voice.
    """
    voice = find_voice(home, folder)
    if folder.exists() or voice is None:
        check_folder(folder)
    return voice


def consent_for(home: Home, path: Path) -> VoiceFolder | None:
    """The voice of the nearest manuscript folder that contains `path` (a file or a folder); None: never asked."""
    real = _real(path)
    around = [voice for voice in _voices(home, real) if real.is_relative_to(_real(voice.folder))]
    return max(around, key=lambda voice: len(_real(voice.folder).parts), default=None)


def grant(home: Home, folder: Path, answer: Consent, *, voice: VoiceFolder | None = None) -> VoiceFolder:
    """Keep the writer's answer for `folder`; asked again, the newer answer counts.

    `voice` is a known voice that the writer wants for this folder (see `matching_voice`); it moves here and takes the
    place of the one that the folder had. Raises WriterError when there is no such folder or the data folder can't be
    written.
    """
    check_folder(folder)
    before = find_voice(home, folder)
    known = voice or before
    path = known.path if known else home.new_voice_folder()
    today = datetime.now(UTC).date()
    kept = _load(path / VOICE_FILE) if known else {"created": today, "compared": False}
    values = {**kept, "format": FORMAT, "folder": str(_real(folder)), "consent": answer.value, "answered": today}
    if voice:
        values["compared"] = True
    write_private(path / VOICE_FILE, to_toml(values).encode())
    if before and before.path != path:
        _retire(before, path.name)
    return VoiceFolder(path, _real(folder), answer, _is_compared(values))


def note_compared(voice: VoiceFolder) -> None:
    """It is settled that this manuscript is none that was known. Raises WriterError when that can't be noted."""
    values = {**_load(voice.path / VOICE_FILE), "compared": True}
    write_private(voice.path / VOICE_FILE, to_toml(values).encode())


def _is_compared(values: Mapping[str, Any]) -> bool:
    return values.get("compared") is not False


def _retire(voice: VoiceFolder, successor: str) -> None:
    """Another voice serves this folder now. The index can go, what else was noted stays until `forget`."""
    values = {**_load(voice.path / VOICE_FILE), "replaced_by": successor}
    write_private(voice.path / VOICE_FILE, to_toml(values).encode())
    for file in voice.path.glob(f"{index.INDEX_NAME}*"):
        file.unlink(missing_ok=True)


def matching_voice(home: Home, folder_pieces_digests: Collection[bytes]) -> VoiceFolder | None:
    """The voice that most of these pieces belong to, when its own folder is gone: renamed, moved, a new computer.

    `folder_pieces_digests` come from `Corpus.digests` of the folder's own new index, so the folder has been asked about
    and scanned before. Offer the voice to the writer, then `grant(..., voice=it)`.
    """
    digests = set(folder_pieces_digests)
    # The index of a folder that Ownhand may not learn from (any more) is not read.
    lost = [voice for voice in _voices(home) if voice.consent is Consent.LEARN and not voice.folder.is_dir()]
    shares = [(_known_share(voice, digests), voice) for voice in lost]
    share, found = max(shares, key=lambda pair: pair[0], default=(0.0, None))
    return found if share > MOSTLY else None


def _known_share(voice: VoiceFolder, digests: Collection[bytes]) -> float:
    try:
        with contextlib.closing(index.open_for_reading(voice.index_path)) as connection:
            known = {digest for (digest,) in connection.execute("SELECT digest FROM pieces")}
    except (FileNotFoundError, WriterError, sqlite3.DatabaseError):
        return 0.0
    return len(known.intersection(digests)) / len(digests) if digests else 0.0


def _voices(home: Home, about: Path | None = None) -> Iterator[VoiceFolder]:
    """Every voice in the data folder; a damaged `voice.toml` is passed over with a quiet log line.

    One that a newer Ownhand wrote is passed over too, unless `about` lies in its folder: then WriterError.
    """
    if not home.voices.is_dir():
        return
    for file in sorted(home.voices.glob(f"*/{VOICE_FILE}")):
        try:
            values = tomllib.loads(file.read_text(encoding="utf-8"))
            folder = Path(values["folder"])
            concerned = about is not None and about.is_relative_to(_real(folder))
            if concerned or values["format"] <= FORMAT:
                check_format(values["format"], FORMAT, file)
                if "replaced_by" not in values:
                    yield VoiceFolder(file.parent, folder, Consent(values["consent"]), _is_compared(values))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
            log.warning("The voice %s can't be read (%s); it is left alone.", file.parent.name, type(error).__name__)


def _load(file: Path) -> dict[str, Any]:
    values = tomllib.loads(file.read_text(encoding="utf-8"))
    check_format(values.get("format"), FORMAT, file)
    return values


def _real(path: Path) -> Path:
    """Absolute, links resolved; the path need not exist."""
    return path.expanduser().resolve()

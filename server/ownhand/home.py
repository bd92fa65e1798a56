"""Where Ownhand keeps things on disk, and how it writes them.

Everything lives under one folder outside the manuscript (which may be synced to a cloud): `OWNHAND_HOME`,
else the platform's user data folder. Folders are created 0700. A file is written to a temporary name beside
its target, fsynced and renamed, so that a reader never sees half of it.
"""

import contextlib
import errno
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs

from ownhand.errors import WriterError


@dataclass(frozen=True)
class Home:
    """The data folder. Nothing is created before something is written."""

    root: Path

    @classmethod
    def default(cls) -> "Home":
        override = os.environ.get("OWNHAND_HOME")
        return cls(
            Path(override).expanduser().absolute()
            if override
            else Path(platformdirs.user_data_dir("ownhand", appauthor=False))
        )

    @property
    def voices(self) -> Path:
        return self.root / "voices"

    @property
    def weights(self) -> Path:
        """GGUF files that `ownhand setup` fetched."""
        return self.root / "weights"

    @property
    def log_file(self) -> Path:
        return self.root / "server.log"

    def new_voice_folder(self) -> Path:
        return make_private_folder(self.voices / secrets.token_hex(8))


def make_private_folder(folder: Path) -> Path:
    """Create `folder` and what is missing above it, each with mode 0700. Raises WriterError when the disk refuses."""
    try:
        # mkdir(parents=True) would create the folders above with the mode that everyone may read.
        for missing in reversed([place for place in (folder, *folder.parents) if not place.exists()]):
            missing.mkdir(mode=0o700, exist_ok=True)
        if not folder.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, "there is a file of that name")
    except OSError as error:
        raise _cannot_write(folder, error) from error
    return folder


def check_still_kept(voice: Path) -> None:
    """Raises WriterError when the folder of a voice is gone: what was forgotten comes back by a new answer alone."""
    if not voice.is_dir():
        raise WriterError(
            "What Ownhand kept of this manuscript was removed.", "Answer again whether it may learn from this folder."
        )


def write_private(path: Path, data: bytes) -> None:
    """Replace `path` by `data` in one step: temporary name with mode 0600, fsync, rename.

    Raises WriterError when the folder is read-only or the disk is full; the old file is then untouched.
    """
    make_private_folder(path.parent)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):  # a disk that refuses one may refuse the other
            temporary.unlink(missing_ok=True)
        raise _cannot_write(path, error) from error


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    write_private(path, (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode())


def sync(path: Path) -> None:
    """Wait until a file that a library wrote is on the disk. Raises OSError.

    It is opened for writing, though nothing is written: Windows syncs no file that is open for reading alone.
    """
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


def check_format(found: object, known: int, path: Path) -> None:
    """Refuse a file written by a newer Ownhand. `found` is the file's `format` value."""
    if not isinstance(found, int) or found > known:
        raise WriterError(
            f"{path.name} was written by a newer Ownhand (format {found}, this one knows {known}).",
            "Update Ownhand; nothing was changed.",
        )


def _cannot_write(path: Path, error: OSError) -> WriterError:
    reason = error.strerror or type(error).__name__
    return WriterError(
        f"Ownhand can't write to {path}: {reason}.",
        "Free some space or make the folder writable, or set OWNHAND_HOME to another folder.",
    )

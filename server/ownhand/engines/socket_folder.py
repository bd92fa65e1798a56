"""A private folder for a child's socket, and the end of those that a killed server left behind.

Whoever serves from such a folder holds a lock on it, which the system drops when the holder dies. So a folder whose
lock is free belongs to nobody, whatever process ids mean on either side of a container's wall.
"""

import contextlib
import os
import socket
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from ownhand.processes import lock

_PREFIX = "ownhand-engine-"
_SOCKET = "llama.sock"
_LONGEST_SOCKET_PATH = 100
"""Bytes; `sun_path` holds 104 on macOS and 108 on Linux."""
_YOUNG_SECONDS = 60.0
"""A folder that was made just now may not be locked yet."""


@dataclass
class SocketFolder:
    """A folder (mode 0700) that is ours until `remove`."""

    path: Path
    _descriptor: int

    @classmethod
    def make(cls) -> "SocketFolder | None":
        """None where sockets have no such place, and a port with a key serves. Call it in a thread."""
        if not hasattr(socket, "AF_UNIX") or sys.platform == "win32":
            return None
        for parent in (os.environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir(), "/tmp"):  # noqa: S108  mkdtemp is private
            with contextlib.suppress(OSError):
                path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent)) if parent else None
                if path and len(os.fsencode(path / _SOCKET)) <= _LONGEST_SOCKET_PATH:
                    _remove_left_behind(path.parent)
                    return cls(path, _locked(path))
                if path:
                    path.rmdir()
        return None

    @property
    def socket(self) -> Path:
        return self.path / _SOCKET

    def remove(self) -> None:
        with contextlib.suppress(OSError):
            self.socket.unlink(missing_ok=True)
            self.path.rmdir()
        os.close(self._descriptor)


def _locked(path: Path) -> int:
    descriptor = os.open(path, os.O_RDONLY)
    with contextlib.suppress(OSError):  # without locks nobody takes the folder for one that was left behind, either
        lock(descriptor)
    return descriptor


def _remove_left_behind(parent: Path) -> None:
    with contextlib.suppress(OSError), os.scandir(parent) as entries:
        for entry in entries:
            if entry.name.startswith(_PREFIX) and _is_old_and_mine(entry):
                _remove_if_free(Path(entry.path))


def _is_old_and_mine(entry: "os.DirEntry[str]") -> bool:
    with contextlib.suppress(OSError):
        facts = entry.stat(follow_symlinks=False)
        mine = entry.is_dir(follow_symlinks=False) and facts.st_uid == os.getuid()
        return mine and time.time() - facts.st_mtime > _YOUNG_SECONDS
    return False


def _remove_if_free(path: Path) -> None:
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        try:
            if lock(descriptor):
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(_SOCKET, dir_fd=descriptor)
                path.rmdir()
        finally:
            os.close(descriptor)

"""One training per voice, whichever process runs it: it holds a lock, by which the others know of it."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from ownhand.errors import WriterError
from ownhand.home import check_still_kept, make_private_folder
from ownhand.processes import lock

_LOCK_FILE = Path("jobs", ".lock")
"""In the voice's folder. A training creates it; who only looks doesn't."""
BEING_LEARNED = WriterError(
    "This manuscript is being learned just now.", "Give that training up where it was begun, then try again."
)
"""A pause is not enough: what is paused in an editor keeps its memory, and its lock."""
_ALREADY = WriterError("This manuscript is being learned already.", "Wait until that training is done.")


@contextlib.contextmanager
def learning(voice: Path) -> Iterator[None]:
    """For the training itself. Raises WriterError when there is one already, and for a voice that was forgotten."""
    check_still_kept(voice)
    make_private_folder((voice / _LOCK_FILE).parent)
    descriptor = os.open(voice / _LOCK_FILE, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        if not lock(descriptor):
            raise _ALREADY
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def alone(voice: Path) -> Iterator[bool]:
    """True while no training of the voice runs, and then none begins before this ends."""
    descriptor = _opened(voice / _LOCK_FILE)
    try:
        yield descriptor is None or _locked(descriptor)
    finally:
        if descriptor is not None:
            os.close(descriptor)


def check_nobody_learns(voice: Path) -> None:
    """For who is about to prepare a training: raises at once what `learning` would in the end."""
    if is_being_learned(voice):
        raise _ALREADY


def is_being_learned(voice: Path) -> bool:
    """By whatever process."""
    with alone(voice) as nobody_learns:
        return not nobody_learns


def _opened(file: Path) -> int | None:
    try:
        return os.open(file, os.O_RDWR)
    except OSError:
        return None


def _locked(descriptor: int) -> bool:
    try:
        return lock(descriptor)
    except OSError:
        return True  # a disk without locks, on which no training gets this far

"""The server's log: a private file that rotates and never holds manuscript text.

Nothing but our own sentences goes in. Of an unexpected error it keeps the kind and the places in our code, not the
message: a library's message may quote what it was given.
"""

import logging
import os
import traceback
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from ownhand.errors import WriterError
from ownhand.home import make_private_folder

logger = logging.getLogger("ownhand.editor")

_LARGEST = 512 * 1024


class _PrivateFile(RotatingFileHandler):
    def _open(self):  # type: ignore[no-untyped-def]  # the stream type is private to logging
        return os.fdopen(
            os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="utf-8"
        )


class _Formatter(logging.Formatter):
    """Any room may log an error with its traceback; the error's own words stay out."""

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's name
        return _without_words(ei[1]) if ei[1] is not None else ""


def start_log(path: Path) -> None:
    """Send the log to `path`. A folder that can't be written leaves the server without a log, and working."""
    root = logging.getLogger()
    root.handlers = [logging.NullHandler()]
    logging.raiseExceptions = False
    # These quote messages and requests, which hold manuscript text.
    for name in ("pygls", "asyncio", "httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        make_private_folder(path.parent)
        handler = _PrivateFile(path, maxBytes=_LARGEST, backupCount=2, encoding="utf-8")
    except (WriterError, OSError):
        return
    handler.setFormatter(_Formatter("%(asctime)s %(process)d %(levelname)s %(name)s %(message)s"))
    root.addHandler(handler)
    root.setLevel(logging.INFO)


def log_error(where: str, error: BaseException) -> None:
    """Note an unexpected error: its kind and where it came from."""
    logger.error("%s: %s", where, _without_words(error))


def _without_words(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)[-8:]
    places = " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames))
    return f"{type(error).__name__} at {places}"

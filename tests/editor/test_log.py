"""The log: private, and without a word of the manuscript."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from ownhand.editor.log import log_error, start_log


@pytest.fixture(autouse=True)
def root_logger() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, raising = root.handlers[:], root.level, logging.raiseExceptions
    yield
    for handler in root.handlers:
        handler.close()
    root.handlers, root.level, logging.raiseExceptions = handlers, level, raising


def test_errors_leave_their_words_behind(tmp_path: Path) -> None:
    path = tmp_path / "data" / "server.log"
    start_log(path)
    try:
        int("Xylographer")
    except ValueError as error:
        log_error("a suggestion", error)
        logging.getLogger("ownhand.manuscript").exception("reading a page")
    text = path.read_text()
    assert "a suggestion: ValueError at test_log.py:" in text
    assert "reading a page\nValueError at test_log.py:" in text
    assert "Xylographer" not in text
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_folder_that_cannot_be_written_leaves_no_log_and_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    start_log(tmp_path / "file" / "server.log")
    logging.getLogger("ownhand.editor").info("into the void")

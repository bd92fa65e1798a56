"""The log: private, and without a word of the manuscript."""

import asyncio
import gc
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from ownhand.editor.log import log_error, start_log
from ownhand.editor.server import _unattended


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


async def test_what_fails_unattended_is_noted_without_its_words(tmp_path: Path) -> None:
    async def fail() -> None:
        int("Xylographer")

    path = tmp_path / "server.log"
    start_log(path)
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_unattended)
    task = asyncio.create_task(fail())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    del task
    gc.collect()
    text = path.read_text()
    assert "nobody waited for: ValueError at test_log.py:" in text
    assert "Xylographer" not in text


def test_a_folder_that_cannot_be_written_leaves_no_log_and_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    start_log(tmp_path / "file" / "server.log")
    logging.getLogger("ownhand.editor").info("into the void")

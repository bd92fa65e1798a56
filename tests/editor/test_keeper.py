"""One voice's keeper, with a real folder, a real scan child and real locks."""

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ownhand.editor.keeper import Keeper
from ownhand.home import Home
from ownhand.manuscript.consent import Consent, grant
from ownhand.manuscript.corpus import Corpus
from ownhand.manuscript.scanner import job_for
from ownhand.settings import Settings

TIDES = "The tide keeps its own books,\nand never shows them.\n"


class Heard:
    """What a keeper told, each with an event for the next news."""

    def __init__(self) -> None:
        self.words: list[int] = []
        self.files: list[tuple[int, int]] = []
        self.reading = asyncio.Event()

    def told_files(self, files: int, of: int) -> None:
        self.files.append((files, of))
        if of:
            self.reading.set()


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
async def keeper(tmp_path: Path, heard: Heard) -> AsyncIterator[Keeper]:
    folder = tmp_path / "The Lamp"
    folder.mkdir()
    for number in range(40):
        (folder / f"tides-{number}.md").write_text(f"# Tides {number}\n\n{TIDES * 200}")
    voice = grant(Home(tmp_path / "home"), folder, Consent.LEARN)
    corpus = Corpus.open(voice.index_path)
    keeper = Keeper(
        voice,
        lambda: job_for(voice, Settings()),
        corpus,
        on_words=heard.words.append,
        on_files=heard.told_files,
        on_scanned=lambda: None,
        on_trouble=lambda error: pytest.fail(str(error)),
    )
    yield keeper
    await keeper.stop()


async def test_a_scan_that_is_cut_off_is_over(keeper: Keeper, heard: Heard) -> None:
    """The editor went on to show its progress for ever."""
    keeper.start()
    await asyncio.wait_for(heard.reading.wait(), 30)
    await keeper.stop()
    assert heard.files[-1] == (0, 0)


async def test_no_words_are_told_after_the_end(
    keeper: Keeper, heard: Heard, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What the writer forbade was shown as learned, when the count came late."""
    counting, go_on = threading.Event(), threading.Event()
    read = keeper._read_words

    def slowly() -> tuple[int, int]:
        counting.set()
        go_on.wait(30)
        return read()

    monkeypatch.setattr(keeper, "_read_words", slowly)
    keeper.recount()
    await asyncio.to_thread(counting.wait, 30)
    stopping = asyncio.create_task(keeper.stop())
    go_on.set()
    await stopping
    await asyncio.sleep(0)
    assert heard.words == []

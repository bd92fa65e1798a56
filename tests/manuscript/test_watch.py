"""A real folder, a real observer, the ways that editors save."""

import asyncio
import shutil
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

from ownhand.manuscript import watch
from ownhand.manuscript.watch import EVERYTHING, Watcher

PATIENCE = 20.0


class Listener:
    """Collects what a watcher tells, and waits for it."""

    def __init__(self) -> None:
        self.told: asyncio.Queue[frozenset[str] | None] = asyncio.Queue()

    async def until(self, wanted: str | None) -> None:
        """Return once `wanted` was told (None: a full rescan); a full rescan answers for every page."""
        async with asyncio.timeout(PATIENCE):
            while True:
                changed = await self.told.get()
                if changed is EVERYTHING or (wanted is not None and wanted in changed):
                    return


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "novel"
    path.mkdir()
    (path / "a.md").write_text("one")
    return path


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "QUIET_SECONDS", 0.05)
    monkeypatch.setattr(watch, "RETURN_SECONDS", 0.1)
    monkeypatch.setattr(watch, "POLL_SECONDS", 0.1)


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture(params=[False, True], ids=["observed", "polled"])
async def watcher(folder: Path, listener: Listener, request: pytest.FixtureRequest) -> AsyncIterator[Watcher]:
    watcher = Watcher(folder, listener.told.put_nowait, poll=request.param)
    await watcher.start()
    yield watcher
    await watcher.stop()


async def test_a_plain_save(watcher: Watcher, folder: Path, listener: Listener) -> None:
    (folder / "a.md").write_text("two, and longer")
    await listener.until("a.md")


async def test_an_atomic_save_by_rename(watcher: Watcher, folder: Path, listener: Listener) -> None:
    (folder / ".a.md.tmp").write_text("two, and longer")
    (folder / ".a.md.tmp").replace(folder / "a.md")
    await listener.until("a.md")


async def test_a_save_that_moves_the_old_page_aside(watcher: Watcher, folder: Path, listener: Listener) -> None:
    (folder / "a.md").rename(folder / "a.md~")
    (folder / "a.md").write_text("two, and longer")
    await listener.until("a.md")


async def test_a_new_page_in_a_new_folder(watcher: Watcher, folder: Path, listener: Listener) -> None:
    (folder / "part").mkdir()
    (folder / "part" / "b.txt").write_text("new")
    await listener.until("part/b.txt")


async def test_a_page_that_goes(watcher: Watcher, folder: Path, listener: Listener) -> None:
    (folder / "a.md").unlink()
    await listener.until("a.md")


async def test_a_folder_that_is_renamed_asks_for_a_rescan(watcher: Watcher, folder: Path, listener: Listener) -> None:
    (folder / "part").mkdir()
    (folder / "part" / "b.txt").write_text("new")
    await listener.until("part/b.txt")
    (folder / "part").rename(folder / "book")
    await listener.until(None)


async def test_other_files_are_nobodys_business(watcher: Watcher, folder: Path, listener: Listener) -> None:
    (folder / "picture.png").write_bytes(b"x")
    (folder / ".hidden.md").write_text("x")
    (folder / "a.md").write_text("two, and longer")
    async with asyncio.timeout(PATIENCE):
        changed = await listener.told.get()
    assert changed is not None
    assert changed == {"a.md"}


async def test_an_ignore_file_concerns_everything(watcher: Watcher, folder: Path, listener: Listener) -> None:
    (folder / ".ownhandignore").write_text("notes/\n")
    await listener.until(None)


async def test_a_folder_that_goes_and_comes_back(watcher: Watcher, folder: Path, listener: Listener) -> None:
    shutil.rmtree(folder)
    await asyncio.sleep(0.5)
    await asyncio.to_thread(folder.mkdir)
    await listener.until(None)
    while not listener.told.empty():
        listener.told.get_nowait()
    (folder / "b.md").write_text("back")
    await listener.until("b.md")


async def test_a_folder_that_is_not_there_yet(tmp_path: Path, listener: Listener) -> None:
    watcher = Watcher(tmp_path / "later", listener.told.put_nowait, poll=False)
    await watcher.start()
    (tmp_path / "later").mkdir()
    await listener.until(None)
    await watcher.stop()


async def test_an_overflow_asks_for_a_rescan(folder: Path, listener: Listener) -> None:
    """The observer only logs that the system dropped events."""
    c = pytest.importorskip("watchdog.observers.inotify_c")
    watcher = Watcher(folder, listener.told.put_nowait, poll=False)
    await watcher.start()
    c.logger.warning("Inotify queue overflowed; filesystem events were lost")
    await listener.until(None)
    await watcher.stop()


async def test_nothing_is_told_after_the_stop(folder: Path, listener: Listener) -> None:
    watcher = Watcher(folder, listener.told.put_nowait, poll=False)
    await watcher.start()
    (folder / "a.md").write_text("two, and longer")
    await watcher.stop()
    await asyncio.sleep(0.3)
    assert listener.told.empty()
    await watcher.stop()


async def test_folders_that_repositories_and_editors_hide_are_nobodys_business(
    watcher: Watcher, folder: Path, listener: Listener
) -> None:
    (folder / ".git" / "objects" / "4a").mkdir(parents=True)
    (folder / "a.md").write_text("two, and longer")
    async with asyncio.timeout(PATIENCE):
        assert await listener.told.get() == {"a.md"}


async def test_an_end_while_it_begins_leaves_nobody_watching(
    folder: Path, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    beginning, go_on, begun, made = threading.Event(), threading.Event(), threading.Event(), []

    def observer() -> BaseObserver:
        made.append(Observer())
        return made[-1]

    def slowly(self: Watcher, observer: BaseObserver) -> None:
        beginning.set()
        go_on.wait(PATIENCE)
        begin(self, observer)
        begun.set()

    begin = Watcher._begin
    monkeypatch.setattr(watch, "Observer", observer)
    monkeypatch.setattr(Watcher, "_begin", slowly)
    watcher = Watcher(folder, listener.told.put_nowait, poll=False)
    starting = asyncio.create_task(watcher.start())
    await asyncio.to_thread(beginning.wait, PATIENCE)
    starting.cancel()
    asyncio.get_running_loop().call_later(0.2, go_on.set)
    with pytest.raises(asyncio.CancelledError):
        await starting
    await watcher.stop()
    await asyncio.to_thread(begun.wait, PATIENCE)
    assert [each.is_alive() for each in made] == [False]


async def test_a_folder_that_was_closed_for_a_while_is_taken_up_again(
    watcher: Watcher, folder: Path, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`Path.is_dir` raises where the folders above may not be looked into."""
    looked = asyncio.Event()
    loop = asyncio.get_running_loop()

    def closed(self: Path) -> bool:
        loop.call_soon_threadsafe(looked.set)
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "is_dir", closed)
        await asyncio.wait_for(looked.wait(), PATIENCE)
    await listener.until(None)

"""Learning beside the writing, without an editor: the folders, the scan and the conductor are real."""

import asyncio
import contextlib
import shutil
import time
from collections.abc import AsyncIterator, Coroutine
from pathlib import Path
from typing import Any, Literal

import pytest

from children import conductors
from lsp_editor import PATIENCE, until
from ownhand.editor.configuration import Configuration
from ownhand.editor.folder import Doors, Folder
from ownhand.editor.folders import Folders
from ownhand.editor.keeper import Keeper
from ownhand.editor.learning import Learning
from ownhand.editor.learning_progress import LearningProgress
from ownhand.editor.lesson import Lesson
from ownhand.editor.protocol import OwnhandProtocol
from ownhand.editor.status import Status
from ownhand.errors import WriterError
from ownhand.home import Home
from ownhand.manuscript.consent import Consent
from ownhand.training.standing import ELSEWHERE, PAUSED, PAUSING, Standing, of_adapter
from ownhand.voices.learning_lock import learning
from ownhand.voices.peft_folder import CONFIG, WEIGHTS
from ownhand.voices.reveal import Reveal, note_that_it_waits
from ownhand.voices.store import GGUF, StoredAdapter, VoiceStore
from voice_files import card, leave_unfinished

pytestmark = [pytest.mark.embedded, pytest.mark.timeout(600)]

EXAMPLES = Path(__file__).parents[2] / "examples" / "manuscript"


@contextlib.asynccontextmanager
async def ordered_during_the_scan(room: "Room", folder: Folder) -> AsyncIterator[asyncio.Task[Any]]:
    """An order to learn, which waits for the first scan until the block ends."""
    assert folder.keeper is not None
    waits, ended, up_to_date = asyncio.Event(), asyncio.Event(), folder.keeper.up_to_date

    async def slowly() -> None:
        waits.set()
        await ended.wait()
        await up_to_date()

    folder.keeper.up_to_date = slowly
    order = asyncio.create_task(room.learning.train(folder))
    await waits.wait()
    yield order
    ended.set()


class NotingLock(asyncio.Lock):
    """Says when somebody asks for it."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = asyncio.Event()

    async def acquire(self) -> Literal[True]:
        self.asked.set()
        return await super().acquire()


class Room:
    """A manuscript folder that may be learned from, and everything that learns from it."""

    def __init__(self, tmp_path: Path) -> None:
        self.path = shutil.copytree(EXAMPLES, tmp_path / "pages")
        self.uri, self.home = self.path.as_uri(), Home(tmp_path / "home")
        configuration = Configuration({"training": {"when": "always"}}, pytest.fail)
        self.folders = Folders(self.home, configuration, self._doors())
        loop = asyncio.get_running_loop()
        self.status = Status(lambda _: None, loop.call_soon)
        progress = LearningProgress(OwnhandProtocol.__new__(OwnhandProtocol), self._spawn, shows=False)
        self.learning = Learning(self.home, self.folders, self.status, progress, lambda _: None, self._spawn)
        self.ended: list[Standing] = []
        self.learning.on_end = lambda _, standing: self.ended.append(standing)
        self.work: list[asyncio.Task[Any]] = []

    def _doors(self) -> Doors:
        async def nothing(*_: Any) -> None:
            return None

        def ignore(*_: Any) -> None:
            return None

        async def leaving(folder: Folder) -> None:
            await self.learning.left(folder)

        return Doors(nothing, nothing, nothing, pytest.fail, ignore, ignore, ignore, ignore, leaving)

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        self.work.append(asyncio.get_running_loop().create_task(work))

    async def opened(self) -> Folder:
        """Just opened; nothing is read yet."""
        self.folders.add(self.uri)
        folder = self.folders.get(self.uri)
        assert folder is not None
        await self.folders.answer(folder, Consent.LEARN)
        return folder

    async def folder(self) -> Folder:
        """Open; its first scan is under way."""
        folder = await self.opened()
        await until(lambda: folder.keeper is not None and folder.keeper.scanner.running)
        return folder

    async def scanned(self) -> Folder:
        folder = await self.opened()
        assert folder.keeper is not None
        await folder.keeper.up_to_date()
        return folder

    async def leave(self) -> None:
        self.learning.close()
        await self.folders.close()
        for process in conductors():
            process.kill()
        await asyncio.gather(*self.work, return_exceptions=True)


def keep_adapter(voice: Path, workshop: Path) -> StoredAdapter:
    """One that passed; nobody looks into its files."""
    made = workshop / "made"
    made.mkdir()
    for name in (WEIGHTS, CONFIG, GGUF):
        (made / name).touch()
    return VoiceStore(voice).add(made, card("sha256:5a"))


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    room = Room(tmp_path)
    yield room
    await room.leave()


async def test_two_orders_during_the_first_scan_are_one_lesson(room: Room) -> None:
    folder = await room.folder()
    await asyncio.gather(room.learning.train(folder), room.learning.train(folder))
    await until(conductors)
    assert len(conductors()) == 1
    await room.learning.left(folder)
    await until(lambda: not conductors())


async def test_an_order_right_after_the_opening_learns_from_all_pages(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_lock = Keeper._take_lock

    async def slowly(keeper: Keeper) -> bool:
        await asyncio.sleep(1.0)
        return await take_lock(keeper)

    monkeypatch.setattr(Keeper, "_take_lock", slowly)
    folder = await room.opened()
    await room.learning.train(folder)
    await until(lambda: room.learning.standing(folder).state != "preparing", seconds=300)
    assert room.learning.standing(folder).state == "training", room.learning.standing(folder).sentence


async def test_two_looks_at_once_begin_one_lesson(room: Room) -> None:
    folder = await room.scanned()
    await asyncio.gather(room.learning.consider(folder), room.learning.consider(folder))
    await until(conductors)
    await room.learning.left(folder)
    await until(lambda: not conductors())
    await asyncio.wait_for(asyncio.gather(*room.work), PATIENCE)


async def test_a_pause_is_answered_before_the_step_is_over(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step takes as long as it takes; the writer knows at once that the pause was heard."""
    monkeypatch.setattr("ownhand.editor.learning._SOON", 0.0)
    folder = await room.scanned()
    await room.learning.train(folder)
    await until(lambda: room.learning.standing(folder).state == "training", seconds=300)
    paused = await room.learning.pause(folder)
    assert paused is not None
    assert paused["training"]["sentence"] in (PAUSING, PAUSED)
    assert room.status.current()["learning"]["sentence"] in (PAUSING, PAUSED)
    await until(lambda: room.status.current()["learning"]["sentence"] == PAUSED, seconds=300)
    resumed = await room.learning.resume(folder)
    assert resumed is not None
    assert resumed["training"]["sentence"] != PAUSING
    await room.learning.cancel(folder)


async def test_what_was_forbidden_during_the_scan_is_not_learned_after_it(room: Room) -> None:
    folder = await room.folder()
    async with ordered_during_the_scan(room, folder) as order:
        await room.folders.answer(folder, Consent.SUGGEST)
    with pytest.raises(WriterError, match="does not learn"):
        await order
    assert room.learning.standing(folder) == Standing()
    assert conductors() == []


async def test_a_folder_that_was_taken_away_during_the_scan_is_not_learned(room: Room) -> None:
    folder = await room.folder()
    async with ordered_during_the_scan(room, folder) as order:
        leaving = room.folders.remove(room.uri)
        assert leaving is not None
        await leaving
    with pytest.raises(WriterError, match="does not learn"):
        await order
    assert conductors() == []


async def test_what_a_lesson_comes_to_is_not_said_of_a_folder_that_was_left(room: Room) -> None:
    folder = await room.scanned()
    await room.learning.train(folder)
    await until(conductors)
    await room.folders.answer(folder, Consent.SUGGEST)
    assert room.status.current()["training"] == "idle"
    await asyncio.wait_for(asyncio.gather(*room.work), PATIENCE)
    assert room.learning.standing(folder) == Standing()
    assert room.status.current()["learning"] == Standing().to_json()
    assert room.ended == []


async def test_an_order_while_the_folder_is_being_left_begins_nothing(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = await room.scanned()
    is_left, go_on, left, changing = asyncio.Event(), asyncio.Event(), room.learning.left, NotingLock()
    folder.changing = changing

    async def slowly(folder: Folder) -> None:
        await left(folder)
        is_left.set()
        await go_on.wait()

    monkeypatch.setattr(room.learning, "left", slowly)
    leaving = asyncio.create_task(room.folders.answer(folder, Consent.SUGGEST))
    await is_left.wait()
    changing.asked.clear()
    order = asyncio.create_task(room.learning.train(folder))
    await asyncio.wait_for(changing.asked.wait(), PATIENCE)
    go_on.set()
    await leaving
    with pytest.raises(WriterError, match="does not learn"):
        await order
    assert conductors() == []


async def test_a_training_elsewhere_is_seen_to_begin_and_to_end(room: Room, tmp_path: Path) -> None:
    folder = await room.scanned()
    assert folder.voice is not None
    voice = folder.voice.path
    await room.learning.look(folder)
    with learning(voice):
        job = leave_unfinished(voice, step=4, steps=10)
        await room.learning.consider(folder)
        assert room.status.current()["learning"]["state"] == "waiting"
        assert "in another window or in a terminal" in room.status.current()["learning"]["sentence"]
        await room.learning.resume(folder)
        passed = keep_adapter(voice, tmp_path)
        job.remove()
    await room.learning._look_elsewhere(folder)  # of `consider` this part: the whole would begin another one
    assert room.status.current()["learning"]["state"] == "passed"
    await room.learning.resume(folder)
    assert conductors() == []
    assert room.ended == [ELSEWHERE, of_adapter(passed)]


async def test_what_was_broken_off_elsewhere_can_be_gone_on_with(room: Room) -> None:
    folder = await room.scanned()
    assert folder.voice is not None
    with learning(folder.voice.path):
        leave_unfinished(folder.voice.path, step=4, steps=10)
        await room.learning.look(folder)
    await room.learning.pause(folder)  # or it would go on by itself
    await room.learning.consider(folder)
    assert room.status.current()["learning"]["sentence"] == PAUSED


async def test_where_nothing_may_be_learned_any_more_nothing_of_it_is_told(room: Room) -> None:
    folder = await room.scanned()
    assert folder.voice is not None
    leave_unfinished(folder.voice.path, step=4, steps=10)
    await room.learning.look(folder)
    assert room.status.current()["training"] == "paused"
    await room.folders.answer(folder, Consent.SUGGEST)
    await room.learning._look_elsewhere(folder)
    assert room.status.current()["training"] == "idle"


async def test_places_that_nobody_wrote_at_are_written_at_when_the_writer_rests(
    room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "script.json").write_text('{"rules": [], "default": " and nobody at the landing spoke of it again."}')
    monkeypatch.setenv("OWNHAND_SCRIPTED", str(tmp_path / "script.json"))
    folder = await room.scanned()
    assert folder.voice is not None
    voice = folder.voice.path
    note_that_it_waits(voice, keep_adapter(voice, tmp_path))
    await room.learning.look(folder)
    assert await room.learning._still_to_show(folder) is None, "the writer writes"
    monkeypatch.setattr(room.learning, "_typed_at", time.monotonic() - 60)
    with learning(voice):
        assert await room.learning._still_to_show(folder) is None, "another process learns"
    await room.learning.consider(folder)
    await until(lambda: room.ended, seconds=60)
    shown = Reveal.read(voice)
    assert shown is not None
    assert shown.waits
    assert len(shown.places) == 3
    assert room.ended[0].state == "passed"
    assert await room.learning._still_to_show(folder) is None


class ToldLesson:
    """A lesson that does at once what it is told."""

    def __init__(self) -> None:
        self.standing, self.told = Standing("training", "", 1, 10), list[str]()

    def tell(self, wish: str) -> None:
        self.told.append(wish)
        self.standing = Standing("training" if wish == "resume" else "paused", "", 1, 10)

    async def until(self, *_: Any) -> None:
        return

    def leave(self) -> None:
        return


async def test_after_the_writer_let_it_go_on_it_gives_way_again(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = await room.opened()
    monkeypatch.setattr(room.learning, "_may_rest", lambda _: True)
    lesson = room.learning._stand(folder).lesson = ToldLesson()  # type: ignore[assignment]
    room.learning.typed()
    await room.learning.resume(folder)
    room.learning.typed()
    assert lesson.told == ["rest", "resume", "rest"]


async def test_a_success_after_a_failure_counts(room: Room) -> None:
    folder = await room.opened()
    stand = room.learning._stand(folder)
    room.learning._ended(folder, Standing("failed", "The disk is full."))
    assert stand.failed
    room.learning._ended(folder, Standing("paused", PAUSED))
    assert stand.failed
    room.learning._ended(folder, Standing("passed", "It is better.", adapter="2"))
    assert not stand.failed


async def test_an_order_right_after_a_change_of_mind_waits_for_the_lesson_that_was_left(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until that is gone it holds the lock."""
    folder = await room.scanned()
    await room.learning.train(folder)
    first, begin, were_over = room.learning._stand(folder).lesson, room.learning._begin, list[bool]()
    assert first is not None

    def noting(folder: Folder) -> Lesson:
        were_over.append(first.is_over)
        return begin(folder)

    monkeypatch.setattr(room.learning, "_begin", noting)
    await room.learning.left(folder)
    await room.learning.train(folder)
    assert were_over == [True]
    await room.learning.cancel(folder)

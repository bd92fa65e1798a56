"""Learning a folder's hand while its writer writes: on command or by itself, with a pause whenever that helps."""

import asyncio
import os
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from typing import Any

from ownhand.editor.folder import Folder
from ownhand.editor.folders import Folders
from ownhand.editor.learning_progress import LearningProgress
from ownhand.editor.lesson import Lesson
from ownhand.editor.log import log_error
from ownhand.editor.status import Status
from ownhand.errors import WriterError
from ownhand.home import Home
from ownhand.manuscript.consent import Consent
from ownhand.training.circumstances import circumstances
from ownhand.training.job import give_up
from ownhand.training.order import Order
from ownhand.training.runner import check_installed
from ownhand.training.schedule import Desk, Start, Wait, decide
from ownhand.training.standing import ELSEWHERE, PAUSED, PAUSING, Standing, at_rest
from ownhand.voices.learning_lock import is_being_learned
from ownhand.voices.reveal import still_to_write

NOT_LEARNED = WriterError(
    "Ownhand does not learn from this folder.", "Answer again what it may do there, if you changed your mind."
)
LOOK_EVERY = 30.0
"""Seconds between two looks whether there is enough new text to learn by itself."""
REST = 20.0
"""Seconds without a key after which a training goes on that rests while the writer writes."""
_SOON = 4.0
"""Seconds that a command waits for what comes of it."""
_RESTS = "Ownhand rests from learning while you write, and goes on by itself."

Answer = dict[str, Any] | None


@dataclass
class _Stand:
    """How it stands with one folder. `lesson` is there while something is being learned."""

    lesson: Lesson | None = None
    at_rest: Standing = field(default_factory=Standing)
    left: Lesson | None = None
    """One that was left, and perhaps is not over yet."""
    held: bool = False
    """The writer paused it."""
    resting: bool = False
    """It gives way to the writing."""
    failed: bool = False
    newest: str | None = None
    """The voice that was learned last, as far as it is known here."""


class Learning:
    """One lesson per folder at most. `on_end(folder, standing)` is told what came of each."""

    def __init__(
        self,
        home: Home,
        folders: Folders,
        status: Status,
        progress: LearningProgress,
        say: Callable[[str], None],
        spawn: Callable[[Coroutine[Any, Any, Any]], None],
    ) -> None:
        self._home, self._folders, self._status, self._progress = home, folders, status, progress
        self._say, self._spawn = say, spawn
        self.on_end: Callable[[Folder, Standing], None] = lambda *_: None
        self._stands: dict[str, _Stand] = {}
        self._typed_at = time.monotonic()
        self._waking: asyncio.TimerHandle | None = None

    # What the writer asks for

    def standing(self, folder: Folder) -> Standing:
        stand = self._stand(folder)
        return stand.lesson.standing if stand.lesson is not None else stand.at_rest

    async def train(self, folder: Folder) -> Answer:
        """Begin, or go on with what was broken off. Raises WriterError."""
        _check_consent(folder)
        try:
            await asyncio.to_thread(check_installed)
        except WriterError as error:
            return {"sentence": str(error), "needs": "setup"}
        if self._stand(folder).lesson is None and folder.keeper is not None:
            await folder.keeper.up_to_date()  # or there would be no words yet to learn from
        if (left := self._stand(folder).left) is not None:
            await left.stop()  # it holds the lock until it is gone
        async with folder.changing:  # not while the folder is being left
            _check_consent(folder)  # which the writer may have taken back meanwhile
            begun = self._begin(folder) if self._stand(folder).lesson is None else None
        return await (self._begun(folder, begun) if begun is not None else self.resume(folder))

    async def _begun(self, folder: Folder, lesson: Lesson) -> Answer:
        await lesson.until(lambda standing: standing.state != "preparing", _SOON)
        if lesson.standing.state == "failed":
            self._say(lesson.standing.sentence)
            return {"sentence": lesson.standing.sentence}
        return self._answer(folder)

    async def pause(self, folder: Folder) -> Answer:
        stand = self._stand(folder)
        stand.held, stand.resting = True, False
        if stand.lesson is not None:
            stand.lesson.tell("pause")
            self._changed(folder)
            await stand.lesson.until(lambda standing: standing.state == "paused", _SOON)
        return self._answer(folder)

    async def resume(self, folder: Folder) -> Answer:
        """Raises WriterError."""
        stand = self._stand(folder)
        stand.held = stand.resting = False
        if stand.lesson is None:
            await self.look(folder)  # another process may have gone on with it, or given it up
            return await self.train(folder) if stand.at_rest.state == "paused" else self._answer(folder)
        stand.lesson.tell("resume")
        self._changed(folder)
        await stand.lesson.until(lambda standing: standing.state != "paused", _SOON)
        return self._answer(folder)

    async def cancel(self, folder: Folder) -> Answer:
        """Give up what is being learned, or what was broken off. Raises WriterError while somebody else learns it."""
        stand = self._stand(folder)
        if stand.lesson is not None:
            await stand.lesson.stop()
        if folder.voice is not None:
            await asyncio.to_thread(give_up, folder.voice.path)
        stand.held, stand.failed = False, True  # not again by itself in this sitting
        await self.look(folder)
        return self._answer(folder)

    def _answer(self, folder: Folder) -> Answer:
        return {"training": self._shown(folder).to_json()}

    # Running

    def _begin(self, folder: Folder, show: str = "") -> Lesson:
        """With `show`, as `Order` says."""
        quick = bool(os.environ.get("OWNHAND_QUICK"))
        order = Order(self._home, folder.root, self._folders.settings_for(folder), quick, show)
        stand = self._stand(folder)
        lesson = Lesson(order, lambda _: self._changed(folder) if stand.lesson is lesson else None)
        stand.lesson, stand.held = lesson, False
        self._spawn(self._run(folder, lesson))
        self._changed(folder)
        return lesson

    async def _run(self, folder: Folder, lesson: Lesson) -> None:
        stand = self._stand(folder)
        try:
            await lesson.run()
        finally:
            is_left = stand.lesson is not lesson
            if not is_left:
                stand.lesson = None
        if not is_left:
            self._ended(folder, lesson.standing)

    def _ended(self, folder: Folder, ended: Standing) -> None:
        stand = self._stand(folder)
        stand.resting = False
        if ended.state != "paused":
            stand.failed = ended.state == "failed"
        stand.at_rest, stand.newest = ended, ended.adapter or stand.newest
        self._changed(folder)
        self.on_end(folder, ended)

    def _shown(self, folder: Folder) -> Standing:
        standing, stand = self.standing(folder), self._stand(folder)
        if standing.state == "training" and stand.held:
            return replace(standing, sentence=PAUSING)
        if standing.state != "paused":
            return standing
        sentence = _RESTS if stand.resting else PAUSED
        return replace(standing, sentence=sentence)

    def _changed(self, folder: Folder) -> None:
        shown = self._shown(folder)
        self._status.update_folder(folder.uri, training=shown.state, learning=shown.to_json())
        self._progress.show(folder, shown, lambda: self._spawn(self.pause(folder)))

    async def look(self, folder: Folder) -> None:
        """Read from disk how it stands, while nothing runs here."""
        stand = self._stand(folder)
        if (found := await self._from_disk(folder)) is not None:
            stand.at_rest, stand.newest = found, found.adapter
            self._changed(folder)

    async def _from_disk(self, folder: Folder) -> Standing | None:
        """None while something runs here, and where nothing may be learned."""
        if not self._may_look(folder) or folder.voice is None:
            return None
        found = await asyncio.to_thread(at_rest, folder.voice.path)
        return found if self._may_look(folder) else None

    def _may_look(self, folder: Folder) -> bool:
        return folder.consent is Consent.LEARN and self._stand(folder).lesson is None

    def _stand(self, folder: Folder) -> _Stand:
        return self._stands.setdefault(folder.uri, _Stand())

    # Beside the writing

    def typed(self) -> None:
        """The writer writes: what learns on the same machine gives way at once."""
        self._typed_at = time.monotonic()
        for uri, stand in self._stands.items():
            if stand.lesson is not None and not stand.held and not stand.resting and self._may_rest(uri):
                stand.resting = True
                stand.lesson.tell("rest")
        if self._waking is None and any(stand.resting for stand in self._stands.values()):
            self._wake_later(REST)

    def _may_rest(self, uri: str) -> bool:
        folder = self._folders.get(uri)
        return self._folders.settings_for(folder).training_when != "always"

    def _wake_later(self, seconds: float) -> None:
        self._waking = asyncio.get_running_loop().call_later(seconds, self._wake)

    def _wake(self) -> None:
        self._waking = None
        left = self._typed_at + REST - time.monotonic()
        if left > 0:
            self._wake_later(left)
            return
        for stand in self._stands.values():
            if stand.resting and stand.lesson is not None:
                stand.lesson.tell("resume")
            stand.resting = False

    # By itself

    async def watch(self) -> None:
        """Begin by itself where there is enough that is new. To the end of the server."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            for folder in self._folders.all():
                try:
                    await self.consider(folder)
                except Exception as error:
                    log_error("looking whether there is enough to learn", error)

    async def consider(self, folder: Folder) -> None:
        if (adapter := await self._still_to_show(folder)) is not None:
            self._begin(folder, adapter)
            return
        decision = await self._decision(folder)
        stand = self._stand(folder)
        if isinstance(decision, Start):
            self._begin(folder)
            return
        await self._look_elsewhere(folder)
        now = Standing("waiting" if decision.sentence else "idle", decision.sentence)
        overtaken = stand.at_rest.state not in ("idle", "waiting") or stand.at_rest.adapter is not None
        overtaken |= stand.at_rest == ELSEWHERE
        if stand.lesson is None and not overtaken and stand.at_rest != now:
            stand.at_rest = now
            self._changed(folder)

    async def _still_to_show(self, folder: Folder) -> str | None:
        """The first voice at whose places nobody has written, because that was broken off. Not while the writer writes,
        nor after it failed in this sitting."""
        if not self._may_show(folder) or folder.voice is None:
            return None
        adapter = await asyncio.to_thread(still_to_write, folder.voice.path)
        learned = adapter is not None and await asyncio.to_thread(is_being_learned, folder.voice.path)
        return adapter if self._may_show(folder) and not learned else None

    def _may_show(self, folder: Folder) -> bool:
        desk = self._desk(folder)
        return self._may_look(folder) and desk.keeper and not (desk.busy or desk.failed or desk.idle_seconds < REST)

    async def _look_elsewhere(self, folder: Folder) -> None:
        """Another process may have begun a training of this voice, ended it or given it up."""
        stand, found = self._stand(folder), await self._from_disk(folder)
        if found is None:
            return
        learned = found.adapter is not None and found.adapter != stand.newest
        open_now = found == ELSEWHERE or (found.state == "paused" and stand.at_rest.state != "failed")
        open_before = stand.at_rest == ELSEWHERE or stand.at_rest.state == "paused"
        if found != stand.at_rest and (learned or open_now or open_before):
            stand.at_rest, stand.newest = found, found.adapter or stand.newest
            self._changed(folder)
            self.on_end(folder, found)

    async def _decision(self, folder: Folder) -> Start | Wait:
        """The disk is read only where something depends on it."""
        voice, corpus = folder.voice, folder.corpus
        if voice is None or corpus is None or self._desk(folder).forbids:
            return Wait()
        found = await asyncio.to_thread(circumstances, voice, corpus)
        if folder.corpus is not corpus:
            return Wait()
        return decide(self._desk(folder), found)  # as the desk is now, after the look at the disk

    def _desk(self, folder: Folder) -> Desk:
        keeper, stand = folder.keeper, self._stand(folder)
        return Desk(
            self._folders.settings_for(folder).training_when,
            idle_seconds=time.monotonic() - self._typed_at,
            keeper=keeper is not None and keeper.keeps,
            busy=any(each.lesson for each in self._stands.values()),
            failed=stand.failed,
            held=stand.held,
        )

    # The end

    async def left(self, folder: Folder) -> None:
        """The folder is being left, or must not be learned from any more. Its training goes on another time."""
        stand = self._stand(folder)
        lesson, stand.lesson, stand.resting, stand.at_rest = stand.lesson, None, False, Standing()
        if lesson is not None:
            stand.left = lesson
            lesson.leave()
        self._changed(folder)
        if folder.gone:
            self._status.left(folder.uri)

    def close(self) -> None:
        for stand in self._stands.values():
            if stand.lesson is not None:
                stand.lesson.leave()


def _check_consent(folder: Folder) -> None:
    if folder.gone or folder.consent is not Consent.LEARN or folder.voice is None:
        raise NOT_LEARNED

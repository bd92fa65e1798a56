"""Learning a folder's hand while its writer writes: on command or by itself, with a pause whenever that helps."""

import asyncio
import os
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from ownhand.editor.folders import Folder, Folders
from ownhand.editor.learning_progress import LearningProgress
from ownhand.editor.lesson import Lesson
from ownhand.editor.log import log_error
from ownhand.editor.status import Status
from ownhand.errors import WriterError
from ownhand.home import Home
from ownhand.manuscript.consent import Consent
from ownhand.training.circumstances import circumstances
from ownhand.training.job import jobs
from ownhand.training.order import Order
from ownhand.training.runner import check_installed
from ownhand.training.schedule import Start, decide
from ownhand.training.standing import PAUSED, Standing, at_rest

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
        self._lessons: dict[str, Lesson] = {}
        self._at_rest: dict[str, Standing] = {}
        self._held: set[str] = set()
        """Folders whose training the writer paused."""
        self._resting: set[str] = set()
        self._failed: set[str] = set()
        self._typed_at = time.monotonic()
        self._waking: asyncio.TimerHandle | None = None

    # What the writer asks for

    def standing(self, folder: Folder) -> Standing:
        lesson = self._lessons.get(folder.uri)
        return lesson.standing if lesson is not None else self._at_rest.get(folder.uri, Standing())

    async def train(self, folder: Folder) -> Answer:
        """Begin, or go on with what was broken off. Raises WriterError."""
        _check_consent(folder)
        try:
            await asyncio.to_thread(check_installed)
        except WriterError as error:
            return {"sentence": str(error), "needs": "setup"}
        if folder.uri in self._lessons:
            return await self.resume(folder)
        if folder.keeper is not None:
            await folder.keeper.scanner.finished()  # or there would be no words yet to learn from
        lesson = self._begin(folder)
        await lesson.until(lambda standing: standing.state != "preparing", _SOON)
        if lesson.standing.state == "failed":
            self._say(lesson.standing.sentence)
            return {"sentence": lesson.standing.sentence}
        return self._answer(folder)

    async def pause(self, folder: Folder) -> Answer:
        self._held.add(folder.uri)
        self._resting.discard(folder.uri)
        if (lesson := self._lessons.get(folder.uri)) is not None:
            lesson.tell("pause")
            await lesson.until(lambda standing: standing.state == "paused", _SOON)
        return self._answer(folder)

    async def resume(self, folder: Folder) -> Answer:
        """Raises WriterError."""
        self._held.discard(folder.uri)
        lesson = self._lessons.get(folder.uri)
        if lesson is None:
            return await self.train(folder) if self.standing(folder).state == "paused" else self._answer(folder)
        lesson.tell("resume")
        await lesson.until(lambda standing: standing.state != "paused", _SOON)
        return self._answer(folder)

    async def cancel(self, folder: Folder) -> Answer:
        """Give up what is being learned, or what was broken off."""
        if (lesson := self._lessons.get(folder.uri)) is not None:
            await lesson.stop()
        if folder.voice is not None:
            await asyncio.to_thread(_give_up, folder.voice.path)
        self._held.discard(folder.uri)
        self._failed.add(folder.uri)  # not again by itself in this sitting
        await self.look(folder)
        return self._answer(folder)

    def _answer(self, folder: Folder) -> Answer:
        return {"training": self._shown(folder).to_json()}

    # Running

    def _begin(self, folder: Folder) -> Lesson:
        quick = bool(os.environ.get("OWNHAND_QUICK"))
        order = Order(self._home, folder.root, self._folders.settings_for(folder), quick)
        lesson = Lesson(order, lambda _: self._changed(folder))
        self._lessons[folder.uri] = lesson
        self._held.discard(folder.uri)
        self._spawn(self._run(folder, lesson))
        self._changed(folder)
        return lesson

    async def _run(self, folder: Folder, lesson: Lesson) -> None:
        try:
            await lesson.run()
        finally:
            if self._lessons.get(folder.uri) is lesson:
                del self._lessons[folder.uri]
        self._resting.discard(folder.uri)
        ended = lesson.standing
        if ended.state == "failed":
            self._failed.add(folder.uri)
        self._at_rest[folder.uri] = ended
        self._changed(folder)
        self.on_end(folder, ended)

    def _shown(self, folder: Folder) -> Standing:
        standing = self.standing(folder)
        if standing.state != "paused":
            return standing
        sentence = _RESTS if folder.uri in self._resting else PAUSED
        return Standing("paused", sentence, standing.step, standing.steps, standing.eta_seconds)

    def _changed(self, folder: Folder) -> None:
        shown = self._shown(folder)
        self._status.update(training=shown.state, learning=shown.to_json())
        self._progress.show(folder, shown, lambda: self._spawn(self.pause(folder)))

    async def look(self, folder: Folder) -> None:
        """Read from disk how it stands, while nothing runs here."""
        if folder.voice is not None and folder.consent is Consent.LEARN and folder.uri not in self._lessons:
            self._at_rest[folder.uri] = await asyncio.to_thread(at_rest, folder.voice.path)
            self._changed(folder)

    # Beside the writing

    def typed(self) -> None:
        """The writer writes: what learns on the same machine gives way at once."""
        self._typed_at = time.monotonic()
        yielding = [uri for uri in self._lessons if uri not in self._held and self._yields(uri)]
        for uri in yielding:
            if uri not in self._resting:
                self._resting.add(uri)
                self._lessons[uri].tell("rest")
        if self._resting and self._waking is None:
            self._wake_later(REST)

    def _yields(self, uri: str) -> bool:
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
        resting, self._resting = self._resting, set()
        for uri in resting & self._lessons.keys():
            self._lessons[uri].tell("resume")

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
        voice, corpus, keeper = folder.voice, folder.corpus, folder.keeper
        if voice is None or corpus is None or keeper is None or not keeper.keeps:
            return
        now = await asyncio.to_thread(
            circumstances,
            voice,
            corpus,
            when=self._folders.settings_for(folder).training_when,
            idle_seconds=time.monotonic() - self._typed_at,
            busy=bool(self._lessons),
            failed=folder.uri in self._failed,
            held=folder.uri in self._held,
        )
        decision = decide(now)
        if isinstance(decision, Start):
            self._begin(folder)
        elif self.standing(folder).state in ("idle", "waiting") and self.standing(folder).adapter is None:
            self._at_rest[folder.uri] = Standing("waiting" if decision.sentence else "idle", decision.sentence)
            self._changed(folder)

    # The end

    async def left(self, folder: Folder) -> None:
        """The folder is being left, or must not be learned from any more. Its training goes on another time."""
        if (lesson := self._lessons.get(folder.uri)) is not None:
            lesson.leave()
        self._at_rest.pop(folder.uri, None)

    def close(self) -> None:
        for lesson in self._lessons.values():
            lesson.leave()


def _check_consent(folder: Folder) -> None:
    if folder.consent is not Consent.LEARN or folder.voice is None:
        raise NOT_LEARNED


def _give_up(voice: Path) -> None:
    for job in jobs(voice):
        job.remove()

"""One server per voice keeps its index up to date; the others only read.

Who keeps is decided by a lock that the system drops when its holder dies, so that another server takes over.
"""

import asyncio
import contextlib
import os
from collections.abc import Callable
from pathlib import Path

from ownhand.editor.log import log_error, logger
from ownhand.errors import WriterError
from ownhand.manuscript.consent import VoiceFolder
from ownhand.manuscript.corpus import Corpus
from ownhand.manuscript.scan import Job, Outcome
from ownhand.manuscript.scanner import Scanner
from ownhand.manuscript.watch import Watcher
from ownhand.processes import lock

LOCK_NAME = "keeper.lock"
_LOOK_AFTER = 2.0

Words = Callable[[int], None]
Files = Callable[[int, int], None]
Trouble = Callable[[WriterError], None]


def try_lock(path: Path) -> int | None:
    """The descriptor that holds the lock until it is closed, None while another process holds it. Raises OSError."""
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    held = False
    try:
        held = lock(descriptor)
    finally:
        if not held:
            os.close(descriptor)
    return descriptor if held else None


def _give_back(taken: "asyncio.Future[int | None]") -> None:
    if not taken.cancelled() and taken.exception() is None and (descriptor := taken.result()) is not None:
        os.close(descriptor)


class Keeper:
    """Keeps one voice's index, or waits for its turn, from `start` to `stop`.

    `on_words` is told the manuscript's words whenever they may have changed, `on_files(n, of)` how far a scan is and
    (0, 0) when it is over, `on_scanned` of the end of each whole scan, `on_trouble` what the writer should know,
    `on_keeping` that it is this server's turn. All on the event loop.
    """

    def __init__(
        self,
        voice: VoiceFolder,
        job: Callable[[], Job],
        corpus: Corpus,
        on_words: Words,
        on_files: Files,
        on_scanned: Callable[[], None],
        on_trouble: Trouble,
        on_keeping: Callable[[], None] = lambda: None,
    ) -> None:
        self._voice, self._corpus = voice, corpus
        self._on_words, self._on_files = on_words, on_files
        self._on_scanned, self._on_trouble, self._on_keeping = on_scanned, on_trouble, on_keeping
        self.scanner = Scanner(job, on_progress=on_files, on_done=self._scanned, on_error=self._failed)
        self._watcher = Watcher(voice.folder, lambda _: self.scanner.start())
        self._task: asyncio.Task[None] | None = None
        self._counting: set[asyncio.Task[None]] = set()
        self._generation: int | None = None
        self._lock: int | None = None
        self._refused = False
        self._settled = asyncio.Event()
        """It is clear whose turn it is, and a scan of this server's own is under way."""

    @property
    def keeps(self) -> bool:
        """Is it this server's turn?"""
        return self._lock is not None

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run(), name="keeper")

    async def up_to_date(self) -> None:
        """Wait until what this server has to scan is scanned. Another one's scan can't be waited for."""
        await self._settled.wait()
        await self.scanner.finished()

    def recount(self) -> None:
        """The index changed: tell the words anew."""
        task = asyncio.get_running_loop().create_task(self._count())
        self._counting.add(task)
        task.add_done_callback(self._counting.discard)

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await asyncio.gather(self.scanner.cancel(), self._watcher.stop(), return_exceptions=True)
        for counting in self._counting:
            counting.cancel()
        await asyncio.gather(*self._counting, return_exceptions=True)
        self._on_files(0, 0)  # a scan that was cut off is over as well
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
        await asyncio.to_thread(self._corpus.close)

    async def _run(self) -> None:
        try:
            await self._count()
            while not await self._take_lock():
                self._settled.set()
                await asyncio.sleep(_LOOK_AFTER)
                await self._count()
            self._on_keeping()
            await self._watcher.start()
            self.scanner.start()
        except WriterError as error:
            self._on_trouble(error)
        except Exception as error:
            log_error("keeping the index", error)
        finally:
            self._settled.set()

    async def _take_lock(self) -> bool:
        taking = asyncio.ensure_future(asyncio.to_thread(try_lock, self._voice.path / LOCK_NAME))
        try:
            self._lock = await asyncio.shield(taking)
        except OSError as error:
            if not self._refused:
                self._refused = True
                logger.warning("The keeper's lock can't be used (%s).", error.strerror)
        except asyncio.CancelledError:
            # The thread goes on: a lock that nobody holds would keep every other server out.
            taking.add_done_callback(_give_back)
            raise
        return self._lock is not None

    def _scanned(self, _outcome: Outcome) -> None:
        self._on_files(0, 0)
        self.recount()
        self._on_scanned()

    def _failed(self, error: WriterError) -> None:
        self._on_files(0, 0)
        self._on_trouble(error)

    async def _count(self) -> None:
        """Tell the words, if the index changed since they were told."""
        generation, words = await asyncio.to_thread(self._read_words)
        if generation != self._generation:
            self._generation = generation
            self._on_words(words)

    def _read_words(self) -> tuple[int, int]:
        return self._corpus.generation(), self._corpus.counts().words

"""The manuscript folders that are open, and what the writer allows in each.

A folder is not a permission. When the first document of a folder is opened, the writer is asked once; nothing is
scanned or recorded before. An editor that can't ask, and a question that was waved away, mean "only suggest" for this
sitting, and nothing is noted down.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from typing import Any

from ownhand.editor.configuration import Configuration
from ownhand.editor.documents import Document, path_of
from ownhand.editor.folder import Doors, Folder
from ownhand.editor.keeper import Keeper
from ownhand.editor.log import log_error
from ownhand.editor.own_text import LeftOut, OwnTextLedger
from ownhand.errors import WriterError
from ownhand.home import Home
from ownhand.manuscript.consent import Consent, VoiceFolder, consent_for, grant, matching_voice, note_compared
from ownhand.manuscript.corpus import Corpus
from ownhand.manuscript.scanner import job_for
from ownhand.settings import Settings
from ownhand.suggestions.moment import Silence

HEED_EVERY = 2.0
"""Seconds between two looks whether somebody else changed what is allowed."""
PATIENCE = 1.0
"""Seconds that a suggestion waits for the writer's answer to the question about the folder."""

_WAITING = Silence("Ownhand waits for your answer about this folder.")
_KEPT_OUT = Silence("You asked Ownhand to keep out of this folder.")


class Folders:
    def __init__(self, home: Home, configuration: Configuration, doors: Doors, editor: str = "") -> None:
        self._home, self._configuration, self._doors = home, configuration, doors
        self.editor = editor
        self._folders: dict[str, Folder] = {}
        self._reading: set[asyncio.Task[None]] = set()

    @property
    def settings(self) -> Settings:
        return self._configuration.settings

    def settings_for(self, folder: Folder | None) -> Settings:
        return self._configuration.of_folder(folder.uri) if folder else self.settings

    def all(self) -> list[Folder]:
        return [folder for folder in self._folders.values() if not folder.gone]

    def get(self, uri: str | None) -> Folder | None:
        """The folder of that name, also while it is being left; without a name, the only one there is."""
        if uri is None:
            return self.all()[0] if len(self.all()) == 1 else None
        return self._folders.get(uri.rstrip("/"))

    def add(self, uri: str) -> None:
        path, known = path_of(uri), self._folders.get(uri.rstrip("/"))
        if path is not None and (known is None or known.gone):
            self._folders[uri.rstrip("/")] = Folder(uri.rstrip("/"), path)

    def remove(self, uri: str) -> Coroutine[Any, Any, None] | None:
        """Forget a folder at once; what is returned stops what still runs for it."""
        folder = self._folders.get(uri.rstrip("/"))
        if folder is None or folder.gone:
            return None
        folder.gone = True
        return self._leave(folder)

    async def close(self) -> None:
        leaving = (self._leave(folder) for folder in list(self._folders.values()))
        await asyncio.gather(*leaving, return_exceptions=True)

    def of(self, document: Document) -> Folder | None:
        """The innermost folder that holds the document; None for a loose or an untitled one."""
        path = document.path
        if path is None:
            return None
        holding = [folder for folder in self.all() if path.is_relative_to(folder.path)]
        return max(holding, key=lambda folder: len(folder.path.parts), default=None)

    def corpus_of(self, uri: str | None) -> Corpus | None:
        folder = self._folders.get(uri) if uri else None
        return folder.corpus if folder else None

    def voice_of(self, uri: str | None) -> VoiceFolder | None:
        """The voice whose adapter answers in that folder: only where Ownhand may learn."""
        folder = self._folders.get(uri) if uri else None
        return folder.voice if folder and folder.consent is Consent.LEARN else None

    def settings_changed(self) -> None:
        """Other files may belong to the manuscripts now."""
        for folder in self.all():
            if folder.keeper is not None:
                folder.keeper.scanner.start_if_changed()

    def settle(self, folder: Folder) -> asyncio.Task[None]:
        """Find out what is allowed in the folder, asking the writer when nobody has yet. Runs once."""
        if folder.settling is None:
            folder.settling = asyncio.get_running_loop().create_task(self._settle(folder), name="consent")
        return folder.settling

    async def allows_suggestions(self, folder: Folder | None) -> Silence | None:
        """None when suggestions may be made; waits a moment for the writer's answer."""
        if folder is None:
            return None
        if folder.consent is Consent.UNASKED:
            await asyncio.wait({self.settle(folder)}, timeout=PATIENCE)
        return {Consent.UNASKED: _WAITING, Consent.NEITHER: _KEPT_OUT}.get(folder.consent)

    async def ask_again(self, folder: Folder) -> None:
        """Put the question again, whatever was answered before."""
        answer = await self._doors.ask(folder)
        if answer is not None:
            await self.answer(folder, answer)

    async def answer(self, folder: Folder, answer: Consent) -> None:
        """Note the writer's answer and act on it. Raises WriterError when it can't be noted down.

        Then too what the writer forbade is forbidden, for this sitting; learning needs its note.
        """
        async with folder.changing:
            try:
                voice = await asyncio.to_thread(grant, self._home, folder.path, answer)
            except WriterError:
                if answer is not Consent.LEARN:
                    await self._rest(folder)
                    folder.consent = answer
                    self._doors.changed(folder)
                raise
            await self._apply(folder, voice)

    async def _settle(self, folder: Folder) -> None:
        await self._doors.configured()
        try:
            voice = await asyncio.to_thread(consent_for, self._home, folder.path)
            if voice is not None and voice.consent is not Consent.UNASKED:
                async with folder.changing:
                    await self._apply(folder, voice)
            elif (answer := await self._doors.ask(folder)) is not None:
                await self.answer(folder, answer)
        except WriterError as error:
            self._doors.say(str(error))
        except Exception as error:
            log_error("settling what is allowed", error)
        if folder.consent is Consent.UNASKED:
            folder.consent = Consent.SUGGEST
            self._doors.changed(folder)

    async def heed_others(self) -> None:
        """What is allowed may be changed, or forgotten, in another editor or by a command. To the end of the server."""
        while True:
            await asyncio.sleep(HEED_EVERY)
            for folder in self.all():
                try:
                    await self._heed(folder)
                except WriterError as error:
                    self._doors.say(str(error))
                except Exception as error:
                    log_error("looking what is allowed", error)

    async def _heed(self, folder: Folder) -> None:
        voice = folder.voice
        if folder.settling is None or (voice is not None and await asyncio.to_thread(voice.stamp) == folder.noted):
            return
        found = await asyncio.to_thread(consent_for, self._home, folder.path)
        if voice is None and (found is None or found.consent is Consent.UNASKED):
            return
        async with folder.changing:
            if folder.voice is voice and not folder.gone:
                await self._take_note(folder, found)

    async def _take_note(self, folder: Folder, found: VoiceFolder | None) -> None:
        """What is noted of the folder has changed."""
        voice = folder.voice
        folder.noted = await asyncio.to_thread(voice.stamp) if voice is not None else None
        if found is not None and (voice is None or (found.path, found.consent) != (voice.path, voice.consent)):
            await self._apply(folder, found)
        elif found is None and voice is not None and not voice.path.exists():
            await self._rest(folder)
            self._is_forgotten(folder)

    async def _apply(self, folder: Folder, voice: VoiceFolder) -> None:
        self._loop = asyncio.get_running_loop()
        folder.noted = await asyncio.to_thread(voice.stamp)
        if folder.ledger is not None and folder.ledger.path == voice.ledger_path and voice.consent is Consent.LEARN:
            return  # The same answer again: what runs, runs on.
        await self._rest(folder)
        folder.real = await asyncio.to_thread(folder.path.resolve)
        folder.voice, folder.consent, folder.unknown = voice, voice.consent, not voice.compared
        if voice.consent is Consent.LEARN and not folder.gone:
            folder.corpus = await asyncio.to_thread(Corpus.open, voice.index_path)
            ledger = await asyncio.to_thread(self._ledger, voice, LeftOut(folder.corpus))
            folder.ledger = ledger
            folder.keeper = self._keeper(folder, voice, folder.corpus, ledger)
            folder.keeper.start()
            self._doors.learns(folder)
        self._doors.changed(folder)

    def _ledger(self, voice: VoiceFolder, left_out: LeftOut) -> OwnTextLedger:
        """The voice's ledger; what is wrong with it is said on the event loop, where this was called from."""
        left_out.read()
        return OwnTextLedger(
            voice.ledger_path,
            left_out=left_out,
            editor=self.editor,
            on_trouble=self._trouble,
            keep_days=self.settings.verdicts_keep_days,
        )

    async def _read_left_out(self, folder: Folder, ledger: OwnTextLedger) -> None:
        """Also what another server, or a command, was told."""
        try:
            await asyncio.to_thread(ledger.left_out.read)
        except Exception as error:
            log_error("reading what was left out", error)
        if folder.ledger is ledger:
            self._doors.changed(folder)

    def _trouble(self, error: WriterError) -> None:
        """Called in the ledger's thread."""
        with contextlib.suppress(RuntimeError):  # the loop is over: nobody is there to read it
            self._loop.call_soon_threadsafe(self._doors.say, str(error))

    def _keeper(self, folder: Folder, voice: VoiceFolder, corpus: Corpus, ledger: OwnTextLedger) -> Keeper:
        def words(count: int) -> None:
            """The index changed."""
            folder.words = count
            reading = asyncio.get_running_loop().create_task(self._read_left_out(folder, ledger))
            self._reading.add(reading)
            reading.add_done_callback(self._reading.discard)

        return Keeper(
            voice,
            lambda: job_for(voice, self.settings_for(folder)),
            corpus,
            on_words=words,
            on_files=lambda files, of: self._doors.scanning(folder, files, of),
            on_scanned=lambda: self._scanned(folder, voice, corpus),
            on_trouble=lambda error: self._doors.say(str(error)),
            on_keeping=lambda: self._doors.keeping(folder, ledger),
        )

    def _scanned(self, folder: Folder, voice: VoiceFolder, corpus: Corpus) -> None:
        if folder.unknown:
            folder.unknown = False
            folder.comparing = asyncio.get_running_loop().create_task(self._compare(folder, voice, corpus))

    async def _compare(self, folder: Folder, voice: VoiceFolder, corpus: Corpus) -> None:
        """After the first whole scan of a new voice: was this folder only renamed, or is it on a new computer?

        Until that is settled it is asked again in a later sitting.
        """
        try:
            digests = await asyncio.to_thread(corpus.digests)
            known = await asyncio.to_thread(matching_voice, self._home, digests)
            same = await self._doors.ask_same(folder, known) if known is not None else False
            if same is False:
                async with folder.changing:
                    await asyncio.to_thread(note_compared, voice)
            elif same and known is not None:
                await self._take_over(folder, voice, known)
        except WriterError as error:
            self._doors.say(str(error))
        except Exception as error:
            log_error("comparing with known voices", error)

    async def _take_over(self, folder: Folder, voice: VoiceFolder, known: VoiceFolder) -> None:
        """Let the `known` voice serve the folder instead of its new `voice`. Raises WriterError, changing nothing."""
        async with folder.changing:
            if folder.gone or folder.voice != voice:
                return
            await self._rest(folder)
            try:
                voice = await asyncio.to_thread(grant, self._home, folder.path, Consent.LEARN, voice=known)
            finally:
                await self._apply(folder, voice)

    @contextlib.asynccontextmanager
    async def emptied(self, folder: Folder) -> AsyncIterator[None]:
        """Nothing of the folder's voice is open here; afterwards Ownhand only suggests there, in this sitting."""
        async with folder.changing:
            await self._rest(folder)
            try:
                yield
            finally:
                self._is_forgotten(folder)

    def _is_forgotten(self, folder: Folder) -> None:
        folder.voice, folder.consent = None, Consent.SUGGEST
        self._doors.changed(folder)

    async def _leave(self, folder: Folder) -> None:
        if folder.comparing is not None:
            folder.comparing.cancel()
        async with folder.changing:
            await self._rest(folder)
        if folder.gone and self._folders.get(folder.uri) is folder:
            del self._folders[folder.uri]

    async def _rest(self, folder: Folder) -> None:
        """Stop what runs for the folder."""
        if folder.ledger is not None:
            try:
                await self._doors.leaving(folder)
            except Exception as error:
                log_error("noting the last of a folder", error)
        keeper, folder.keeper, folder.corpus, folder.words = folder.keeper, None, None, 0
        ledger, folder.ledger = folder.ledger, None
        # At once: at the end of the server there is little time, and what was noted comes first.
        closing = asyncio.to_thread(ledger.close) if ledger is not None else asyncio.sleep(0)
        stopping = keeper.stop() if keeper is not None else asyncio.sleep(0)
        await asyncio.gather(closing, stopping)

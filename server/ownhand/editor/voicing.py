"""Which adapter answers in which folder, kept up to date while the server runs."""

import asyncio
from collections.abc import Callable

from ownhand.editor.log import log_error
from ownhand.engines.protocol import Adapter, Engine
from ownhand.errors import WriterError
from ownhand.home import Home
from ownhand.manuscript.consent import VoiceFolder
from ownhand.training.serving_base import base_digest
from ownhand.voices.serving import Turns, VoicedEngine
from ownhand.voices.store import VoiceStore


class Voicing:
    """Gives each folder the engine with its voice's champion.

    Before the first suggestion of a folder its champion is looked up. From then on a look at one file's time tells
    whether another one serves; that one is made ready while the present one goes on answering.
    """

    def __init__(
        self, home: Home, voice_of: Callable[[str | None], VoiceFolder | None], say: Callable[[str], None]
    ) -> None:
        self._home, self._voice_of, self._say = home, voice_of, say
        self._turns: Turns | None = None
        self._digest: str | None = None
        self._engines: dict[str | None, VoicedEngine] = {}
        self._seen: dict[str | None, object] = {}
        """What each folder's adapter was chosen by."""
        self._changes: dict[str | None, asyncio.Task[None]] = {}
        self.without_voice = False

    async def engine(self, engine: Engine, folder: str | None) -> VoicedEngine:
        """`engine` as the folder's documents see it: the same object as long as `engine` is."""
        if self._turns is None or self._turns.engine is not engine:
            self._turns, self._digest = Turns(engine), None
            self._engines.clear()
            self._seen.clear()
        if folder not in self._engines:
            voiced = VoicedEngine(self._turns)
            await self._change(voiced, folder)
            if self._turns.engine is not engine:
                return voiced  # the settings changed meanwhile; whoever asks next gets the new engine
            self._engines.setdefault(folder, voiced)
        voiced = self._engines[folder]
        if self._seen.get(folder) != self._stamp(folder) and folder not in self._changes:
            task = asyncio.create_task(self._change(voiced, folder), name="voice")
            self._changes[folder] = task
            task.add_done_callback(lambda _: self._changes.pop(folder, None))
        return voiced

    async def settled(self) -> None:
        """Wait until every change that has begun is over."""
        await asyncio.gather(*self._changes.values(), return_exceptions=True)

    def close(self) -> None:
        for task in self._changes.values():
            task.cancel()

    async def _change(self, voiced: VoicedEngine, folder: str | None) -> None:
        """Let the folder's present champion answer. One that can't is said once; what answered before goes on."""
        stamp = self._stamp(folder)
        try:
            await voiced.use_adapter(await self._champion(voiced, folder))
        except WriterError as error:
            self._say(str(error))
        except Exception as error:
            log_error("changing the voice", error)
        self._seen[folder] = stamp

    async def _champion(self, voiced: VoicedEngine, folder: str | None) -> Adapter | None:
        """None without a look at the model's file, whose digest may take seconds, where nothing was ever activated."""
        voice = self._voice_of(folder)
        if voice is None or self.without_voice or not VoiceStore(voice.path).was_used:
            return None
        if self._digest is None:
            self._digest = await base_digest(voiced.engine, self._home)
        champion = await asyncio.to_thread(VoiceStore(voice.path).champion, self._digest)
        return champion.for_engine() if champion else None

    def _stamp(self, folder: str | None) -> object:
        voice = self._voice_of(folder)
        return (self.without_voice, voice.path, VoiceStore(voice.path).stamp) if voice else None

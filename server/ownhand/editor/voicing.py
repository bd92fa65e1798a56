"""Which adapter answers in which folder, kept up to date while the server runs."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass

from ownhand.editor.log import log_error
from ownhand.engines.ollama import OllamaEngine
from ownhand.engines.protocol import Engine, EngineError, Foretelling
from ownhand.errors import WriterError
from ownhand.home import Home
from ownhand.manuscript.consent import VoiceFolder
from ownhand.training.serving_base import base_digest
from ownhand.voices.serving import Turns, VoicedEngine
from ownhand.voices.store import StoredAdapter, VoiceStore
from ownhand.voices.witness import complaint_today

_PATIENCE = 5.0
"""Seconds that suggestions wait for a voice that is made ready. Most are there at once; one that has to be merged into
the model takes minutes."""
_EMBEDDED = "The embedded engine (ownhand.engine) can serve it."
_GO_BACK = "Go back to the voice before it, or let Ownhand learn again."
_LATE = "Your voice is being made ready; that can take some minutes. Until then the model writes without it."


_REST, _LONGEST_REST = 30.0, 600.0
"""Seconds until a voice that could not be made ready is tried again: at first, and twice as long each time."""
_OWN_FAULT = "Your voice could not be made ready, by an error inside Ownhand; its log says where."


@dataclass(frozen=True)
class Refusal:
    """A voice that was activated and does not write. `adapter` is "" where it is not known which it would be."""

    adapter: str
    why: str


@dataclass(frozen=True)
class _PutOff:
    """A change that failed, to the state of things that `stamp` tells; not before `until`, by the loop's clock."""

    stamp: object
    times: int
    until: float
    why: str


class Voicing:
    """Gives each folder the engine with its voice's champion.

    At each suggestion a look at one file's time tells whether another one serves than before; that one is made ready
    while what answered until now goes on. A suggestion that is given up does not stop it.
    """

    def __init__(
        self,
        home: Home,
        voice_of: Callable[[str | None], VoiceFolder | None],
        say: Callable[[str], None],
        changed: Callable[[str | None], None] = lambda _: None,
    ) -> None:
        """`changed` hears of each folder whose voice was made ready, or refused."""
        self._home, self._voice_of, self._say, self._changed = home, voice_of, say, changed
        self._turns: Turns | None = None
        self._digest: str | None = None
        self._engines: dict[str | None, VoicedEngine] = {}
        self._seen: dict[str | None, object] = {}
        """What each folder's adapter was chosen by."""
        self._changes: dict[str | None, asyncio.Task[None]] = {}
        self._deadlines: dict[str | None, float] = {}
        """Until when each folder's suggestions wait for the change that was begun, by the loop's clock."""
        self._refused: dict[str | None, Refusal] = {}
        self._put_off: dict[str | None, _PutOff] = {}
        self.without_voice = False

    async def engine(self, engine: Engine, folder: str | None) -> VoicedEngine:
        """`engine` as the folder's documents see it: the same object as long as `engine` is."""
        turns = self._turns if self._turns and self._turns.engine is engine else self._begin(engine)
        if folder not in self._engines:
            self._engines[folder] = VoicedEngine(turns)
        voiced = self._engines[folder]
        while folder in self._changes or self._is_due(folder):
            if folder not in self._changes:
                self._changes[folder] = asyncio.create_task(self._change(voiced, folder), name="voice")
                self._deadlines[folder] = asyncio.get_running_loop().time() + _PATIENCE
            if not await self._is_over(self._changes[folder], voiced, folder):
                break
        return voiced

    def _begin(self, engine: Engine) -> Turns:
        """Everything anew, for another engine."""
        self.close()
        self._turns, self._digest = Turns(engine), None
        for known in (self._engines, self._seen, self._changes, self._deadlines, self._refused, self._put_off):
            known.clear()
        return self._turns

    def _is_due(self, folder: str | None) -> bool:
        """Was another adapter chosen than the one that answers, and did it not just fail?"""
        stamp, failed = self._stamp(folder), self._put_off.get(folder)
        if failed is not None and failed.stamp == stamp:
            return asyncio.get_running_loop().time() >= failed.until
        return self._seen.get(folder) != stamp

    async def _is_over(self, change: "asyncio.Task[None]", voiced: VoicedEngine, folder: str | None) -> bool:
        """Wait for it, as long as suggestions wait. One that was given up, with its engine, is never over."""
        left = self._deadlines.get(folder, 0.0) - asyncio.get_running_loop().time()
        if left <= 0:
            return False
        _, late = await asyncio.wait({change}, timeout=left)
        if late and self._deadlines.get(folder):
            self._deadlines[folder] = 0.0
            if voiced.adapter is None:
                self._say(_LATE)
        return not late and not change.cancelled()

    def refusal(self, folder: str | None) -> Refusal | None:
        """Why the folder's champion does not write, where it should."""
        return self._refused.get(folder)

    @property
    def base(self) -> str | None:
        """Digest of the model that serves; None as long as nobody had to know."""
        return self._digest

    async def settled(self) -> None:
        """Wait until every change that has begun is over."""
        await asyncio.gather(*self._changes.values(), return_exceptions=True)

    def close(self) -> None:
        for task in self._changes.values():
            task.cancel()

    async def _change(self, voiced: VoicedEngine, folder: str | None) -> None:
        """Let the folder's present champion answer. One that can't is said once, and tried again later; what answered
        before goes on."""
        stamp = self._stamp(folder)
        try:
            champion = await self._champion(voiced, folder)
            await voiced.use_adapter(champion.for_engine() if champion else None)
            if champion is None and not self.without_voice:
                await self._not_needed(voiced.engine, folder)
            self._refused.pop(folder, None)
            if champion is not None and (wrong := await _wrong(voiced, champion)):
                await self._refuse(voiced, folder, champion, wrong)
            self._seen[folder] = stamp
            self._put_off.pop(folder, None)
        except WriterError as error:
            self._fail(folder, stamp, str(error))
        except Exception as error:
            log_error("changing the voice", error)
            self._fail(folder, stamp, _OWN_FAULT)
        self._changes.pop(folder, None)
        self._changed(folder)

    async def _not_needed(self, engine: Engine, folder: str | None) -> None:
        """After a rollback to the bare model nothing of the voice stays in Ollama."""
        voice = self._voice_of(folder)
        if voice is not None and isinstance(engine, OllamaEngine) and VoiceStore(voice.path).was_used:
            with contextlib.suppress(EngineError):
                await engine.remove_derived(voice.path.name)

    def _fail(self, folder: str | None, stamp: object, why: str) -> None:
        """An engine that is not there yet, or has no room now, may be and have by and by."""
        before = self._put_off.get(folder)
        again = before if before is not None and before.stamp == stamp else None
        if again is None or again.why != why:
            self._say(why)
        times = again.times + 1 if again else 0
        until = asyncio.get_running_loop().time() + min(_REST * 2**times, _LONGEST_REST)
        self._put_off[folder] = _PutOff(stamp, times, until, why)
        self._refused[folder] = Refusal("", why)

    async def _refuse(self, voiced: VoicedEngine, folder: str | None, champion: StoredAdapter, wrong: str) -> None:
        """Let the bare model write, and say why."""
        await voiced.use_adapter(None)
        applies = f"{voiced.name.capitalize()} applies it otherwise than when it was tested."
        self._refused[folder] = Refusal(champion.id, applies)
        help_ = _GO_BACK if voiced.name == "embedded" else _EMBEDDED
        self._say(
            f"{voiced.name.capitalize()} applies voice {champion.id} otherwise than when it was tested: {wrong}. "
            f"So the model writes without it. {help_}"
        )

    async def _champion(self, voiced: VoicedEngine, folder: str | None) -> StoredAdapter | None:
        """None without a look at the model's file, whose digest may take seconds, where nothing was ever activated."""
        voice = self._voice_of(folder)
        if voice is None or self.without_voice or not VoiceStore(voice.path).was_used:
            return None
        return await asyncio.to_thread(VoiceStore(voice.path).serving, await self.base_of(voiced.engine))

    async def base_of(self, engine: Engine) -> str:
        """The digest of what it serves, asked for once. Raises WriterError when it can't be told now."""
        if self._turns is None or self._turns.engine is not engine:
            return await base_digest(engine, self._home)
        if self._digest is None:
            self._digest = await base_digest(engine, self._home)
        return self._digest

    def _stamp(self, folder: str | None) -> object:
        voice = self._voice_of(folder)
        return (self.without_voice, voice.path, VoiceStore(voice.path).stamp) if voice else None


async def _wrong(voiced: VoicedEngine, champion: StoredAdapter) -> str:
    """How this engine applies it otherwise than when it was judged; "" where it does not, or can't be asked."""
    engine, witness = voiced.engine, champion.card.witness
    if not witness or not isinstance(engine, Foretelling):
        return ""
    return await voiced.asked(lambda _: complaint_today(engine, witness))

"""One engine for the whole server, and one suggester for each folder, over it."""

import asyncio
import contextlib
import gc
import importlib
import time
from collections.abc import Callable, Coroutine
from typing import Any, Literal

from ownhand.editor.log import log_error
from ownhand.editor.voicing import Refusal, Voicing
from ownhand.engines.choice import choose_engine
from ownhand.engines.protocol import Engine, EngineError
from ownhand.engines.weights import PACKAGED_NAME
from ownhand.errors import WriterError
from ownhand.home import Home
from ownhand.manuscript.consent import VoiceFolder
from ownhand.settings import Settings
from ownhand.suggestions.own_text import OwnText
from ownhand.suggestions.rejections import Rejections
from ownhand.suggestions.suggester import Suggester
from ownhand.suggestions.warm_up import warm_up

_REST = 3.0
"""Seconds for which an engine that could not be had is not asked for again by itself."""
_CLIENT = ("httpx", "httpcore", "anyio._backends._asyncio")
"""The HTTP client of the engines, with the parts that it imports when it first connects."""
_ENGINE_SETTINGS = ("engine", "model", "ollama_host", "openai_base_url", "openai_api_key")


class Serving:
    """Chooses the engine at the first permitted suggestion, and anew when its settings changed.

    `corpus_of` gives the writer's own text for a folder's key, `voice_of` the voice whose adapter answers there; None
    for documents outside of all folders. `say` tells the writer what can't be served; `voice_changed` hears of each
    folder for which another voice was made ready, or refused.
    """

    def __init__(
        self,
        home: Home,
        corpus_of: Callable[[str | None], OwnText | None],
        *,
        can_ask: bool,
        voice_of: Callable[[str | None], VoiceFolder | None] = lambda _: None,
        say: Callable[[str], None] = lambda _: None,
        voice_changed: Callable[[str | None], None] = lambda _: None,
    ) -> None:
        self._home, self._corpus_of, self._can_ask = home, corpus_of, can_ask
        self._voicing = Voicing(home, voice_of, say, voice_changed)
        self._settings = Settings()
        self._choosing: asyncio.Task[Engine] | None = None
        self._warming: asyncio.Task[None] | None = None
        self._failed_at = 0.0
        self._over = False
        self._suggesters: dict[str | None, tuple[Suggester, OwnText | None]] = {}
        self._rejections: dict[str | None, Rejections] = {}
        self._closing: set[asyncio.Task[Any]] = set()

    @property
    def engine(self) -> Engine | None:
        """The engine, once it was chosen."""
        task = self._choosing
        return task.result() if task and task.done() and not task.cancelled() and not task.exception() else None

    def use(self, settings: Settings) -> bool:
        """New settings. A new engine is chosen only when one of the engine's own settings changed.

        True when an engine that was chosen is let go by that: `chosen` then gives the new one.
        """
        changed = any(getattr(settings, key) != getattr(self._settings, key) for key in _ENGINE_SETTINGS)
        self._settings = settings
        for suggester, _ in self._suggesters.values():
            suggester.pause_ms = settings.suggestion_pause_ms
        if not changed or self._choosing is None:
            return False
        self._in_background(self._let_go(*self._taken()))
        return True

    @property
    def without_voice(self) -> bool:
        """The writer wants suggestions by the bare model for now."""
        return self._voicing.without_voice

    @without_voice.setter
    def without_voice(self, wanted: bool) -> None:
        self._voicing.without_voice = wanted

    def refusal(self, folder: str | None) -> Refusal | None:
        """Why the folder's active voice does not write, where it should."""
        return self._voicing.refusal(folder)

    @property
    def known_base(self) -> str | None:
        """Digest of the model that serves; None as long as nobody had to know."""
        return self._voicing.base

    async def base(self) -> str | None:
        """Digest of the model that serves; None where that can't be told now."""
        try:
            return await self._voicing.base_of(await self.chosen())
        except WriterError:
            return None

    def make_ready(self, folder: str | None) -> None:
        """Another voice was chosen: an engine that is there makes it ready now, not only at the next suggestion."""
        if (engine := self.engine) is not None:
            self._in_background(self._voicing.engine(engine, folder))

    def warm_up(self) -> "asyncio.Task[None]":
        """Load in a thread what the first suggestion would otherwise make the event loop wait for. Done once."""
        if self._warming is None:
            self._warming = asyncio.create_task(asyncio.to_thread(_load_all))
        return self._warming

    async def suggester(self, folder: str | None) -> Suggester:
        """The suggester for a folder's documents. Raises EngineError when no engine can be had."""
        engine = await self._voicing.engine(await self.chosen(), folder)
        corpus = self._corpus_of(folder)
        suggester, its_corpus = self._suggesters.get(folder, (None, None))
        if suggester is None or suggester.engine is not engine or its_corpus is not corpus:
            self._forget(folder)
            suggester = Suggester(
                engine, corpus, pause_ms=self._settings.suggestion_pause_ms, rejections=self.rejections(folder)
            )
            self._suggesters[folder] = suggester, corpus
        suggester.trigger = resolved_trigger(self._settings, engine, can_ask=self._can_ask)
        return suggester

    def rejections(self, folder: str | None) -> Rejections:
        """What the writer called "not mine" in the folder's voice; it outlives the suggester."""
        return self._rejections.setdefault(folder, Rejections())

    def known(self, folder: str | None) -> Suggester | None:
        """The folder's suggester, if it has one already."""
        return self._suggesters.get(folder, (None, None))[0]

    def forbidden(self, folder: str) -> None:
        """Let go of what was read in a folder from which nothing may be taken any more, running answers included."""
        if self._suggesters.get(folder, (None, None))[1] is not None and self._corpus_of(folder) is None:
            self._forget(folder)

    def _forget(self, folder: str | None) -> None:
        suggester, _ = self._suggesters.pop(folder, (None, None))
        if suggester is not None:
            self._in_background(suggester.close())

    async def close(self) -> None:
        self._over = True
        self._voicing.close()
        await self._let_go(*self._taken())
        await asyncio.gather(*self._closing, return_exceptions=True)

    async def chosen(self) -> Engine:
        """The engine that the settings ask for. Raises EngineError when it can't be had."""
        while True:
            task = self._choosing
            if task is None or (_failed(task) and time.monotonic() - self._failed_at > _REST):
                task = self._choosing = asyncio.create_task(self._choose())
                task.add_done_callback(_failed)
            try:
                return await asyncio.shield(task)
            except asyncio.CancelledError:
                asked = asyncio.current_task()
                if self._over or task is self._choosing or (asked and asked.cancelling()):
                    raise
                # The settings changed while it was chosen: the question is still the same.

    async def _choose(self) -> Engine:
        try:
            await asyncio.shield(self.warm_up())
            if self._settings.engine == "ollama" or (self._settings.engine == "auto" and self._settings.model):
                await asyncio.to_thread(importlib.import_module, "ollama")
            return await choose_engine(self._settings, self._home)
        except EngineError:
            self._failed_at = time.monotonic()
            raise
        except Exception as error:
            self._failed_at = time.monotonic()
            log_error("choosing an engine", error)
            raise EngineError("The engine did not start.", "Run `ownhand doctor` to see what is missing.") from error

    def _taken(self) -> tuple[asyncio.Task[Engine] | None, list[Suggester]]:
        """The engine and the suggesters, taken away at once: whoever asks from now on gets new ones."""
        choosing, self._choosing = self._choosing, None
        suggesters, self._suggesters = [suggester for suggester, _ in self._suggesters.values()], {}
        return choosing, suggesters

    @staticmethod
    async def _let_go(choosing: asyncio.Task[Engine] | None, suggesters: list[Suggester]) -> None:
        """Stop all generations and close the engine."""
        await asyncio.gather(*(suggester.close() for suggester in suggesters), return_exceptions=True)
        if choosing is None:
            return
        if not choosing.done():
            choosing.cancel()
        for engine in await asyncio.gather(choosing, return_exceptions=True):
            if not isinstance(engine, BaseException):
                await engine.close()

    def _in_background(self, work: Coroutine[Any, Any, object]) -> None:
        task = asyncio.create_task(work)
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
        task.add_done_callback(_failed)


def _load_all() -> None:
    """Load what engines and suggestions load when they first need it. Takes half a second, so in a thread."""
    for module in _CLIENT:
        with contextlib.suppress(ImportError):  # a part that another version has not is loaded when it is needed
            importlib.import_module(module)
    warm_up()
    gc.freeze()  # what was loaded stays: the collector's full rounds would stop the event loop for it


def resolved_trigger(settings: Settings, engine: Engine, *, can_ask: bool) -> Literal["pause", "manual"]:
    """`auto` is `manual` while only the small packaged model serves, except for a client that can't be asked."""
    if settings.suggestion_trigger != "auto":
        return settings.suggestion_trigger
    return "manual" if can_ask and engine.model == PACKAGED_NAME else "pause"


def _failed(task: asyncio.Task[Any]) -> bool:
    """Did the task fail? Asking also marks its exception as seen."""
    return task.done() and (task.cancelled() or task.exception() is not None)

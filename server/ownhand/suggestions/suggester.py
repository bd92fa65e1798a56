"""A moment becomes a suggestion. The editor and the command line know this room by `Suggester` alone.

One generation runs per document. A request for the same version and place joins it; any other takes its place, and
the requests that waited are told so (`Superseded`). A generation that the writer types along with is not stopped:
the new request waits for it and gets the remainder.
"""

import asyncio
import secrets
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from ownhand.engines.protocol import Engine
from ownhand.suggestions.clock import Clock, SystemClock
from ownhand.suggestions.composer import Composer
from ownhand.suggestions.lookahead import LookAhead, Scope
from ownhand.suggestions.moment import Moment, Silence, Suggestion
from ownhand.suggestions.own_text import OwnText
from ownhand.suggestions.place import Place, read_place
from ownhand.suggestions.shaping import Dropped
from ownhand.suggestions.trace import Stats, Trace
from ownhand.suggestions.trigger import PauseRule

LINGER = 0.15
"""Seconds that a generation nobody waits for goes on: editors take a request back just before they send the next."""

Answer = Suggestion | Silence


class Superseded(Exception):  # noqa: N818 - a newer request is no error
    """A newer request for the same document took this one's place."""


@dataclass
class _Flight:
    """A running generation, and the newest request that waits for it. `grown` is the raw answer so far."""

    moment: Moment
    place: Place
    task: asyncio.Task[Answer] = field(init=False)
    generating: bool = False
    grown: str = ""
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def hear(self, answer: str) -> None:
        self.grown = answer
        self.news.set()

    def continued_by(self, moment: Moment) -> bool:
        """Did the writer only type what this generation has written so far?"""
        if not self.generating or moment.after != self.moment.after:
            return False
        start = self.moment.before_offset + len(self.moment.before) - moment.before_offset
        if start < 0 or not moment.before[:start].endswith(self.moment.before[-200:]):
            return False
        typed = moment.before[start:]
        return bool(typed.strip()) and self.grown.lstrip(" ").startswith(typed.lstrip(" "))


@dataclass
class _Asking:
    """The newest request of a document: those who sent the same one wait together."""

    version: int
    position: int
    superseded: asyncio.Future[None]
    waiters: int = 0


class Suggester:
    """Answers moments with suggestions from one engine.

    `trigger` is "pause" or "manual" (the caller resolves `auto`); it and `pause_ms` may be changed at any time.
    """

    def __init__(
        self,
        engine: Engine,
        corpus: OwnText | None = None,
        clock: Clock | None = None,
        *,
        trigger: Literal["pause", "manual"] = "pause",
        pause_ms: int = 0,
    ) -> None:
        self.engine = engine
        self.trigger: Literal["pause", "manual"] = trigger
        self.stats = Stats()
        self._clock = clock or SystemClock()
        self._pause = PauseRule(self._clock, pause_ms / 1000)
        self._composer = Composer(engine, corpus, self._clock, self.stats)
        self._cache = LookAhead()
        self._flights: dict[str, _Flight] = {}
        self._asking: dict[str, _Asking] = {}
        self._background: set[asyncio.Task[None]] = set()

    @property
    def last_trace(self) -> Trace | None:
        return self._composer.last_trace

    @property
    def pause_ms(self) -> float:
        """The pause as it stands now, in milliseconds."""
        return self._pause.pause * 1000

    @pause_ms.setter
    def pause_ms(self, setting: int) -> None:
        """The setting `suggestion.pauseMs`; 0 leaves the pause to the writer's rhythm."""
        self._pause.setting = setting / 1000

    async def suggest(self, moment: Moment) -> Answer:
        """What to offer at `moment`.

        Raises Superseded when a newer request replaced this one and EngineError for engine trouble. When the task is
        cancelled and nobody else waits, the engine is stopped too.
        """
        self.stats.requests += 1
        asking = self._ask(moment)
        try:
            return await self._answer(moment, asking)
        finally:
            self._done_asking(moment.document, asking)

    async def stream(self, moment: Moment) -> AsyncGenerator[str]:
        """The suggestion as it grows; the pieces joined are its text. Nothing is yielded when there is none."""
        answer = await self.suggest(moment)
        if isinstance(answer, Suggestion):
            yield answer.text

    def changed(self, document: str) -> None:
        """The writer typed in `document`."""
        self._pause.changed(document)

    def accepted(self, suggestion_id: str) -> None:
        self._pause.accepted()

    def dismissed(self, suggestion_id: str) -> None:
        self._cache.drop(suggestion_id)
        self._pause.ignored()

    def ignored(self, suggestion_id: str) -> None:
        self._pause.ignored()

    def closed(self, document: str) -> None:
        """Forget everything about `document` and stop what runs for it."""
        self._supersede(document)
        self._land(document)
        self._cache.forget(document)
        self._composer.forget(document)
        self._pause.closed(document)

    async def close(self) -> None:
        """Stop every generation."""
        running = [flight.task for flight in self._flights.values()] + list(self._background)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    # The newest request

    def _ask(self, moment: Moment) -> _Asking:
        position = moment.before_offset + len(moment.before)
        asking = self._asking.get(moment.document)
        if asking is None or (asking.version, asking.position) != (moment.version, position):
            self._supersede(moment.document)
            asking = _Asking(moment.version, position, asyncio.get_running_loop().create_future())
            self._asking[moment.document] = asking
        asking.waiters += 1
        return asking

    def _supersede(self, document: str) -> None:
        asking = self._asking.pop(document, None)
        if asking and not asking.superseded.done():
            asking.superseded.set_result(None)
            self.stats.superseded += 1

    def _done_asking(self, document: str, asking: _Asking) -> None:
        asking.waiters -= 1
        if asking.waiters or self._asking.get(document) is not asking:
            return
        del self._asking[document]
        flight = self._flights.get(document)
        if flight is not None:
            self._in_background(self._linger(document, flight))

    async def _linger(self, document: str, flight: _Flight) -> None:
        if flight.generating:
            await self._clock.sleep(LINGER)
        if self._flights.get(document) is flight and document not in self._asking:
            self._land(document)

    # Answering

    async def _answer(self, moment: Moment, asking: _Asking) -> Answer:
        found = self._cache.find(self._scope(moment), moment)
        if found is not None:
            self._land(moment.document)
            self.stats.continued += 1
            return found
        flight = self._flights.get(moment.document)
        if flight is not None and flight.continued_by(moment):
            await self._wait(flight, asking)
            found = self._cache.find(self._scope(moment), moment)
            if found is not None:
                return found
            flight = None
        if flight is None or not self._same_question(flight, moment):
            self._land(moment.document)
            place = read_place(moment)
            if isinstance(place, Silence):
                return self._silent(place)
            if self.trigger == "manual" and not moment.invoked:
                return self._silent(Silence("Suggestions start by a key."))
            flight = self._take_off(moment, place)
        return await self._wait(flight, asking)

    def _same_question(self, flight: _Flight, moment: Moment) -> bool:
        asked = flight.moment
        return replace(asked, version=moment.version, invoked=moment.invoked) == moment and (
            asked.invoked or not moment.invoked
        )

    async def _wait(self, flight: _Flight, asking: _Asking) -> Answer:
        waiting: set[asyncio.Future[Any]] = {flight.task, asking.superseded}
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        if asking.superseded.done() or flight.task.cancelled():
            raise Superseded
        return flight.task.result()

    def _take_off(self, moment: Moment, place: Place) -> _Flight:
        flight = _Flight(moment, place)
        flight.task = asyncio.create_task(self._fly(flight))
        flight.task.add_done_callback(lambda task: task.cancelled() or task.exception())
        self._flights[moment.document] = flight
        return flight

    def _land(self, document: str) -> None:
        """Stop the document's generation, if one runs."""
        flight = self._flights.pop(document, None)
        if flight is not None:
            flight.task.cancel()

    async def _fly(self, flight: _Flight) -> Answer:
        moment, started = flight.moment, self._clock.now()
        try:
            if not moment.invoked:
                await self._rest(moment.document)
                started = self._clock.now()
            flight.generating = True
            text = await self._composer.compose(moment, flight.place, grown=flight.hear)
            if isinstance(text, Dropped):
                return self._silent(Silence(f"Nothing worth offering came: {text.reason}."))
            suggestion = self._suggestion(text, flight.place, (self._clock.now() - started) * 1000)
            self._cache.put(self._scope(moment), moment, suggestion, offered=True)
            self.stats.offered += 1
            return suggestion
        finally:
            if self._flights.get(moment.document) is flight:
                del self._flights[moment.document]

    async def _rest(self, document: str) -> None:
        """Wait out the pause; a change that comes meanwhile begins it anew."""
        asked = self._clock.now()
        while (seconds := self._pause.remaining(document, asked)) > 0:
            await self._clock.sleep(seconds)

    def _suggestion(self, text: str, place: Place, milliseconds: float) -> Suggestion:
        adapter = self.engine.adapter
        return Suggestion(
            secrets.token_hex(8),
            text,
            place.form,
            self.engine.name,
            self.engine.model,
            adapter.id if adapter else None,
            milliseconds,
        )

    def _scope(self, moment: Moment) -> Scope:
        adapter = self.engine.adapter
        return Scope(self.engine.model, adapter.id if adapter else None, moment.document)

    def _silent(self, silence: Silence) -> Silence:
        self.stats.silent[silence.why] += 1
        return silence

    def _in_background(self, work: "asyncio._CoroutineLike[None]") -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

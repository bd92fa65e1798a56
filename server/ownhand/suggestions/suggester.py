"""A moment becomes a suggestion. The editor and the command line know this room by `Suggester` alone.

One generation runs per document. A request for the same version and place joins it; any other takes its place, and
the requests that waited are told so (`Superseded`). A generation that the writer types along with is not stopped:
the new request waits for it and gets the remainder.
"""

import asyncio
import secrets
from collections.abc import AsyncGenerator, Callable, Iterable
from dataclasses import replace
from typing import Any, Literal

from ownhand.engines.protocol import Engine
from ownhand.suggestions.clock import Clock, SystemClock
from ownhand.suggestions.composer import Composed, Composer
from ownhand.suggestions.flight import Answer, Asking, Flight
from ownhand.suggestions.judging import Judging
from ownhand.suggestions.lookahead import LookAhead, Scope
from ownhand.suggestions.moment import Moment, Silence, Suggestion
from ownhand.suggestions.own_text import OwnText
from ownhand.suggestions.place import Place, read_place
from ownhand.suggestions.prefetch import Prefetch, on_mains_power
from ownhand.suggestions.rejections import Rejected, Rejections
from ownhand.suggestions.shaping import Dropped
from ownhand.suggestions.trace import Stats, Trace
from ownhand.suggestions.trigger import PauseRule

LINGER = 0.15
"""Seconds that a generation nobody waits for goes on: editors take a request back just before they send the next."""


class Superseded(Exception):  # noqa: N818 - a newer request is no error
    """A newer request for the same document took this one's place."""


class Suggester:
    """Answers moments with suggestions from one engine.

    `trigger` is "pause" or "manual" (the caller resolves `auto`); it and `pause_ms` may be changed at any time.
    `rejections` belong to the voice: hand the same ones to all its suggesters, also to those that come after another
    engine was chosen.
    """

    def __init__(
        self,
        engine: Engine,
        corpus: OwnText | None = None,
        clock: Clock | None = None,
        *,
        trigger: Literal["pause", "manual"] = "pause",
        pause_ms: int = 0,
        on_mains: Callable[[], bool] = on_mains_power,
        rejections: Rejections | None = None,
    ) -> None:
        self.engine = engine
        self.trigger: Literal["pause", "manual"] = trigger
        self.stats = Stats()
        self._clock = clock or SystemClock()
        self._pause = PauseRule(self._clock, pause_ms / 1000)
        self._rejections = Rejections() if rejections is None else rejections
        self._composer = Composer(engine, corpus, self._clock, self.stats, self._rejections)
        self._cache = LookAhead()
        self._judging = Judging(self._cache, self._pause, self._rejections)
        self._prefetch = Prefetch(on_mains)
        self._flights: dict[str, Flight] = {}
        self._asking: dict[str, Asking] = {}
        self._read = set[str]()
        """Documents that the engine was given to read."""
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
        """The suggestion as it grows; the pieces joined are its text. Raises as `suggest` does.

        The last words are held back until the text is whole. Should it be dropped after all, the pieces end.
        """
        asked, given = asyncio.ensure_future(self.suggest(moment)), ""
        try:
            while not asked.done():
                await self._news(moment.document, asked)
                flight = self._flights.get(moment.document)
                draft = self._composer.draft(flight.moment, flight.place, flight.grown) if flight else ""
                if len(draft) > len(given) and draft.startswith(given):
                    yield draft[len(given) :]
                    given = draft
            answer = await asked
            if isinstance(answer, Suggestion) and answer.text.startswith(given) and answer.text != given:
                yield answer.text[len(given) :]
        finally:
            asked.cancel()

    def changed(self, document: str) -> None:
        """The writer typed in `document`."""
        self._pause.changed(document)

    def accepted(self, suggestion_id: str) -> None:
        """The writer took the suggestion, whole or in part, or typed all of it."""
        self._judging.accepted(suggestion_id)

    def dismissed(self, suggestion_id: str) -> None:
        """The writer put it away: nothing starts by itself at that place again before the text changed."""
        self._judging.dismissed(suggestion_id)

    def ignored(self, suggestion_id: str) -> None:
        """The writer went on without it. It counts once, and not for a suggestion of which a part was taken."""
        self._judging.ignored(suggestion_id)

    def rejected(self, suggestion_id: str, reason: str = "") -> bool:
        """ "Not mine": from now on neither this text nor a near variant comes back at its place, and its phrasing ranks
        down in this voice. False when the suggestion isn't known any more; `remember` takes it in then."""
        document = self._judging.rejected(suggestion_id, reason)
        if document is not None and self._prefetch.is_in(document):
            self._prefetch.stop()  # what would have followed it
        return document is not None

    def remember(self, rejections: Iterable[Rejected], accepted: Iterable[str] = ()) -> None:
        """What the writer rejected and accepted in earlier sittings, oldest first. Thousands: call it in a thread."""
        self._rejections.remember(rejections, accepted)

    def closed(self, document: str) -> None:
        """Forget everything about `document` and stop what runs for it."""
        self._supersede(document)
        self._land(document)
        if self._prefetch.is_in(document):
            self._prefetch.stop()
        self._cache.forget(document)
        self._composer.forget(document)
        self._read.discard(document)
        self._pause.closed(document)

    async def close(self) -> None:
        """Stop every generation."""
        self._prefetch.stop()
        self._composer.close()
        running = [flight.task for flight in self._flights.values()] + list(self._background)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _ask(self, moment: Moment) -> Asking:
        """Join the newest request of the document, or become it."""
        asking = self._asking.get(moment.document)
        if asking is None or not asking.is_same(moment):
            self._supersede(moment.document)
            asking = Asking(moment.version, moment.position, asyncio.get_running_loop().create_future())
            self._asking[moment.document] = asking
        asking.waiters += 1
        return asking

    def _supersede(self, document: str) -> None:
        asking = self._asking.pop(document, None)
        if asking and not asking.superseded.done():
            asking.superseded.set_result(None)
            self.stats.superseded += 1

    def _done_asking(self, document: str, asking: Asking) -> None:
        asking.waiters -= 1
        if asking.waiters or self._asking.get(document) is not asking:
            return
        del self._asking[document]
        flight = self._flights.get(document)
        if flight is not None and not flight.generating:
            self._land(document)
        elif flight is not None:
            task = asyncio.create_task(self._linger(document, flight))
            self._background.add(task)
            task.add_done_callback(self._background.discard)

    async def _linger(self, document: str, flight: Flight) -> None:
        await self._clock.sleep(LINGER)
        if self._flights.get(document) is flight and document not in self._asking:
            self._land(document)

    async def _answer(self, moment: Moment, asking: Asking) -> Answer:
        found = self._live(moment)
        if found is not None:
            self._land(moment.document)
            return found
        flight = self._flights.get(moment.document)
        if flight is not None and flight.continued_by(moment):
            await self._wait(flight, asking)
            found = self._live(moment)
            if found is not None:
                return found
        flight = self._flights.get(moment.document)
        if flight is None or not flight.answers(moment):
            self._land(moment.document)
            place = self._place(moment)
            if isinstance(place, Silence):
                self.stats.silent[place.why] += 1
                return place
            flight = self._take_off(moment, place)
        return await self._wait(flight, asking)

    def _live(self, moment: Moment) -> Suggestion | None:
        """The remainder of a suggestion that was offered before."""
        found = self._kept(moment, offered=True)
        if found is not None:
            self.stats.continued += 1
        return found

    def _kept(self, moment: Moment, *, offered: bool) -> Suggestion | None:
        """What the cache has for this place. What brings a rejected text back is put away instead."""
        while (found := self._cache.find(self._scope(moment), moment, offered=offered)) is not None:
            if not self._rejections.forbids(moment.page, moment.before, found.text):
                return found
            self._cache.drop(found.id)
        return None

    def _place(self, moment: Moment) -> Place | Silence:
        """Where a suggestion may start now, or why none does."""
        if not moment.invoked and self.trigger == "manual":
            self._let_read(moment)
            return Silence("Ownhand waits until you ask for a suggestion.")
        if not moment.invoked and self._judging.declined.holds(self._scope(moment), moment):
            return Silence("You put a suggestion away here.")
        return read_place(moment)

    async def _wait(self, flight: Flight, asking: Asking) -> Answer:
        waiting: set[asyncio.Future[Any]] = {flight.task, asking.superseded}
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        if asking.superseded.done():
            raise Superseded
        if not flight.task.cancelled():
            return flight.task.result()
        newer = self._flights.get(flight.moment.document)
        if newer is None or not asking.is_same(newer.moment):
            raise Superseded
        return await self._wait(newer, asking)  # the same question, now asked by a key

    async def _news(self, document: str, asked: "asyncio.Future[Answer]") -> None:
        """Until the document's answer grew, or `asked` is done."""
        await asyncio.sleep(0)
        flight = self._flights.get(document)
        if flight is None or asked.done():
            await asyncio.wait({asked})
            return
        flight.news.clear()
        news = asyncio.ensure_future(flight.news.wait())
        try:
            waiting: set[asyncio.Future[Any]] = {asked, news}
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            news.cancel()

    def _take_off(self, moment: Moment, place: Place) -> Flight:
        if not self._prefetch.is_for(moment):
            self._prefetch.stop()
        flight = Flight(moment, place)
        flight.task = asyncio.create_task(self._fly(flight))
        flight.task.add_done_callback(lambda task: task.cancelled() or task.exception())
        self._flights[moment.document] = flight
        return flight

    def _land(self, document: str) -> None:
        """Stop the document's generation, if one runs."""
        flight = self._flights.pop(document, None)
        if flight is not None:
            flight.task.cancel()

    async def _fly(self, flight: Flight) -> Answer:
        try:
            if not flight.moment.invoked:
                await self._rest(flight.moment.document)
            return await self._written_ahead(flight) or await self._write(flight)
        finally:
            if self._flights.get(flight.moment.document) is flight:
                del self._flights[flight.moment.document]

    async def _rest(self, document: str) -> None:
        """Wait out the pause; a change that comes meanwhile begins it anew."""
        asked = self._clock.now()
        while (seconds := self._pause.remaining(document, asked)) > 0:
            await self._clock.sleep(seconds)

    async def _written_ahead(self, flight: Flight) -> Suggestion | None:
        if self._prefetch.is_for(flight.moment):
            flight.generating = True
            await self._prefetch.wait()
        found = self._kept(flight.moment, offered=False)
        if found is None:
            return None
        self._cache.mark_offered(found.id)
        self.stats.from_prefetch += 1
        return self._offer(flight.moment, found)

    async def _write(self, flight: Flight) -> Answer:
        moment, started = flight.moment, self._clock.now()
        flight.generating = True
        self._read.add(moment.document)
        composed = await self._composed(moment, flight.place, grown=flight.hear)
        if isinstance(composed, Dropped):
            silence = Silence(f"What came was not worth offering: {composed.reason}.")
            self.stats.silent[silence.why] += 1
            return silence
        suggestion = self._suggestion(composed, flight.place, (self._clock.now() - started) * 1000)
        self._cache.put(self._scope(moment), moment, suggestion, offered=True)
        return self._offer(moment, suggestion)

    def _offer(self, moment: Moment, suggestion: Suggestion) -> Suggestion:
        self.stats.offered += 1
        if len(self._flights) <= 1:
            ahead = replace(moment, before=moment.before + suggestion.text, invoked=False)
            self._prefetch.begin(ahead, self._write_ahead)
        return suggestion

    def _let_read(self, moment: Moment) -> None:
        """Seconds of the first suggestion in a document go into reading it: better while the writer types."""
        if moment.document not in self._read and not self._flights and self._prefetch.idle:
            self._read.add(moment.document)
            self._prefetch.begin(moment, self._read_ahead)

    async def _read_ahead(self, moment: Moment) -> None:
        place = read_place(moment)
        if isinstance(place, Place):
            await self._composer.read(moment, place)

    async def _write_ahead(self, moment: Moment) -> None:
        """Compose what follows a shown suggestion and keep it for the request that may come."""
        place = read_place(moment)
        if isinstance(place, Silence) or self._kept(moment, offered=False):
            return
        started = self._clock.now()
        composed = await self._composed(moment, place, ahead=True)
        if isinstance(composed, Composed):
            suggestion = self._suggestion(composed, place, (self._clock.now() - started) * 1000)
            self._cache.put(self._scope(moment), moment, suggestion, offered=False)
            self.stats.prefetched += 1

    async def _composed(self, moment: Moment, place: Place, **how: Any) -> Composed | Dropped:
        """A text by one adapter alone: where another took over meanwhile, it is written anew."""
        while True:
            adapter = self.engine.adapter
            composed = await self._composer.compose(moment, place, **how)
            if self.engine.adapter == adapter:
                return composed

    def _suggestion(self, composed: Composed, place: Place, milliseconds: float) -> Suggestion:
        engine, adapter = self.engine, self.engine.adapter
        return Suggestion(
            secrets.token_hex(8),
            composed.text,
            place.form,
            engine.name,
            engine.model,
            adapter.id if adapter else None,
            milliseconds,
            composed.origin,
        )

    def _scope(self, moment: Moment) -> Scope:
        adapter = self.engine.adapter
        return Scope(self.engine.model, adapter.id if adapter else None, moment.document)

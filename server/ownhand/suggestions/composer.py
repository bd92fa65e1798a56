"""From a moment to a shaped text: passages, prompt, candidates. Knows nothing of requests, pauses and caches.

How many candidates? A second one costs as much as the first, and one whom nobody waits for costs nothing. So a
request gets one, and another only when the first came to nothing or holds a stock phrase or a rejected one, and came
quickly. What is written ahead while the engine is idle gets two, and the writer's own n-gram model chooses.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace

import regex

from ownhand.engines.protocol import Engine, PromptTooLongError
from ownhand.manuscript.model import Form, Here
from ownhand.suggestions.boundary import Limits, boundary
from ownhand.suggestions.candidate import Candidate, generate
from ownhand.suggestions.clock import Clock
from ownhand.suggestions.moment import Moment, Origin
from ownhand.suggestions.own_text import OwnPassage, OwnText
from ownhand.suggestions.place import Place
from ownhand.suggestions.prompt import PASSAGE_TOKENS, Prompt, PromptBuilder
from ownhand.suggestions.rejections import NOT_YOURS, Rejections
from ownhand.suggestions.rerank import OwnHand
from ownhand.suggestions.sampling import longest_answer, sampling_for
from ownhand.suggestions.shaping import FOLLOWS, NEW_LINE, NEW_PARAGRAPH, Dropped, Surroundings, shape
from ownhand.suggestions.stock_phrases import count_stock_phrases
from ownhand.suggestions.trace import Stats, Trace
from ownhand.text.width import display_width
from ownhand.text.words import word_spans

OWN_TEXT = "it repeats another piece of yours"
AHEAD_CANDIDATES = 2
ASKED_CANDIDATES = 3
QUICK = 0.25
"""Seconds within which a first candidate must have come for another one to be worth the wait."""
ASKED_PATIENCE = 2.5
"""Seconds of writing, without those of reading the prompt, after which a key's request that came to nothing rests."""
_NOT_YOURS = Dropped(NOT_YOURS)
_BREAKS = (Dropped(NEW_PARAGRAPH), Dropped(NEW_LINE))
_HELD_BACK_WORDS = 8
MATTER = 2000
"""Characters before the cursor that passages are chosen by."""
PASSAGE_WORDS = PASSAGE_TOKENS // 2
_END = 120
"""Characters of a passage's beginning, and of its end, by which it is known again."""
_BEFORE_HERE, _AFTER_HERE = 8000, 2000
"""Characters around the cursor that stand in the prompt, or will soon: their pieces are no passages."""
_LINES_TO_KNOW = 4
_NARROWEST = 24
_GAP = regex.compile(r"\s\S*\Z")


@dataclass(frozen=True)
class Composed:
    """A text to offer, and how the candidate that was chosen came about."""

    text: str
    origin: Origin


@dataclass
class Composer:
    """One engine, the writer's other pieces, and what the writer rejected."""

    engine: Engine
    corpus: OwnText | None
    clock: Clock
    stats: Stats
    rejections: Rejections = field(default_factory=Rejections)
    last_trace: Trace | None = None
    hand: OwnHand = field(init=False)
    _prompts: PromptBuilder = field(init=False)
    _passages: dict[str, tuple[Form, int, Sequence[OwnPassage]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._prompts = PromptBuilder(self.engine)
        self.hand = OwnHand(self.corpus, self.clock, self.rejections.phrasing)

    async def compose(
        self, moment: Moment, place: Place, *, ahead: bool = False, grown: Callable[[str], None] = lambda _: None
    ) -> Composed | Dropped:
        """What to offer at `moment`, or why nothing. `ahead`: nobody waits for it. Raises EngineError."""
        while True:
            try:
                return await self._compose(moment, place, ahead, grown)
            except PromptTooLongError:
                if not self._prompts.shrink():
                    raise

    async def _compose(
        self, moment: Moment, place: Place, ahead: bool, grown: Callable[[str], None]
    ) -> Composed | Dropped:
        started = self.clock.now()
        await self.engine.load()
        prompt = await self.prompt(moment, place)
        candidates: list[Candidate] = []
        while not candidates or self._wants_another(candidates, moment, place, ahead, self.clock.now() - started):
            candidates.append(await self._candidate(prompt, moment, place, candidates, grown))
        if not ahead:
            self._trace(prompt, candidates, started)
        self.hand.prepare(place.form)
        chosen = self._chosen(candidates, moment, place)
        if isinstance(chosen.text, Dropped):
            return chosen.text
        return Composed(chosen.text, Origin(prompt.digest, chosen.sampling, chosen.first_token_ms))

    async def read(self, moment: Moment, place: Place) -> None:
        """Let the engine read the prompt, so that it finds it in its prefix cache later. Raises EngineError."""
        await self.engine.load()
        prompt = await self.prompt(moment, place)
        one_token = replace(sampling_for(place.form, moment.length), max_tokens=1)
        async with aclosing(self.engine.stream(prompt.text, one_token)) as chunks:
            async for _ in chunks:
                pass

    async def prompt(self, moment: Moment, place: Place) -> Prompt:
        """What the engine is asked at `moment`. Raises EngineError when the engine can't count its tokens."""
        passages = await self._chosen_passages(moment, place)
        return await self._prompts.build(
            moment.document,
            place.text,
            passages,
            title=place.title,
            verse=place.form is Form.VERSE,
            answer_tokens=longest_answer(place.form, moment.length),
        )

    def draft(self, moment: Moment, place: Place, answer: str) -> str:
        """What of a growing answer can be shown already: its last words may still be cut, so they are held back."""
        text = shape(answer[: boundary(answer, _limits(moment, place))], _around(moment, place))
        spans = [] if isinstance(text, Dropped) else list(word_spans(text))
        if isinstance(text, Dropped) or len(spans) <= _HELD_BACK_WORDS:
            return ""
        sure = _GAP.sub("", text[: spans[-_HELD_BACK_WORDS][0]])
        return "" if self._is_rejected(sure, moment) else sure

    def forget(self, document: str) -> None:
        self._prompts.forget(document)
        self._passages.pop(document, None)

    def close(self) -> None:
        self.hand.close()

    async def _candidate(
        self, prompt: Prompt, moment: Moment, place: Place, former: list[Candidate], grown: Callable[[str], None]
    ) -> Candidate:
        """One more candidate after the `former` ones.

        Asked by a key at a paragraph's end, most models begin a new paragraph however often they are asked. The
        suggestion may hold no line break, so the model is let past it, and its next sentence goes on in this one.
        """
        again = sum(candidate.text == _NOT_YOURS for candidate in former)  # what comes a second time needs a wider draw
        sampling = sampling_for(place.form, moment.length, attempt=len(former) + again)
        limits, around = _limits(moment, place), _around(moment, place)
        if moment.invoked and any(candidate.text in _BREAKS for candidate in former):
            sampling = replace(sampling, stop=() if place.form is Form.PROSE else sampling.stop)
            limits, around = replace(limits, past_break=True), replace(around, past_break=True)
        candidate = await generate(self.engine, prompt, sampling, limits, around, self.clock, grown)
        if isinstance(candidate.text, str) and await self._is_own_text(candidate.text, moment, place):
            candidate.text = Dropped(OWN_TEXT)
        if isinstance(candidate.text, str) and self._is_rejected(candidate.text, moment):
            candidate.text = _NOT_YOURS
        self._count(candidate, first=not former)
        return candidate

    def _is_rejected(self, text: str, moment: Moment) -> bool:
        return self.rejections.forbids(moment.page, moment.before, text)

    def _wants_another(
        self, candidates: list[Candidate], moment: Moment, place: Place, ahead: bool, seconds: float
    ) -> bool:
        """Tried again is what failed by chance. What follows the cursor already would come a second time."""
        failed = all(isinstance(candidate.text, Dropped) for candidate in candidates)
        if ahead:
            return len(candidates) < AHEAD_CANDIDATES
        if failed and moment.invoked:
            written = sum(candidate.writing_ms for candidate in candidates) / 1000
            return len(candidates) < ASKED_CANDIDATES and written <= ASKED_PATIENCE
        first = candidates[0].text
        if isinstance(first, Dropped):
            poor = first.reason != FOLLOWS
        else:
            poor = self.hand.is_poor(first, place.text, place.form)
        return poor and len(candidates) < 2 and seconds <= QUICK

    def _chosen(self, candidates: list[Candidate], moment: Moment, place: Place) -> Candidate:
        """The one whose text is best; when no text came, the one that says best why."""
        for one in candidates:
            if isinstance(one.text, str) and self._is_rejected(one.text, moment):
                one.text = _NOT_YOURS  # the writer said so while another was written
        by_text = {one.text: one for one in reversed(candidates) if isinstance(one.text, str)}
        if not by_text:
            return next((one for one in candidates if one.text == _NOT_YOURS), candidates[0])
        texts = [one.text for one in candidates if isinstance(one.text, str)]
        best = self.hand.best(texts, place.text, place.form)
        self.stats.stock_offered += count_stock_phrases(best) > 0
        self.stats.chosen += 1
        return by_text[best]

    def _count(self, candidate: Candidate, *, first: bool) -> None:
        self.stats.candidates += 1
        if isinstance(candidate.text, Dropped):
            self.stats.dropped[candidate.text.reason] += 1
        elif first:
            self.stats.first_candidates += 1
            self.stats.stock_first += count_stock_phrases(candidate.text) > 0

    async def _is_own_text(self, text: str, moment: Moment, place: Place) -> bool:
        """Asked with what was typed of the line: a run of words counts wherever the model took it up."""
        if self.corpus is None:
            return False
        typed = "" if text.startswith("\n") else place.line
        if place.form is Form.PROSE:
            spans = list(word_spans(typed[-200:]))
            typed = typed[-200:][spans[-7][0] :] if len(spans) >= 7 else typed[-200:]
        return await asyncio.to_thread(self.corpus.repeats_own_text, typed + text, here=_here(moment))

    async def _chosen_passages(self, moment: Moment, place: Place) -> list[str]:
        """This sitting's passages: chosen again only when the document's form changed, while there were none, when one
        of them may no longer serve, or when the writer has come to where it stands."""
        if self.corpus is None or self._writes_alone:
            return []
        generation = await asyncio.to_thread(self.corpus.generation)
        form, seen, chosen = self._passages.get(moment.document, (None, -1, []))
        here = _here(moment)
        stays = form is place.form and (seen == generation or await self._serve_on(chosen))
        if not stays or (here and _reached(chosen, here)):
            chosen = await asyncio.to_thread(
                self.corpus.closest, place.text[-MATTER:], place.form, here=here, words=PASSAGE_WORDS
            )
        self._passages[moment.document] = (place.form, generation, chosen)
        return [passage.text for passage in chosen]

    @property
    def _writes_alone(self) -> bool:
        adapter = self.engine.adapter
        return adapter is not None and adapter.alone

    async def _serve_on(self, chosen: Sequence[OwnPassage]) -> bool:
        pieces = {passage.piece_id for passage in chosen}
        return bool(pieces) and self.corpus is not None and await asyncio.to_thread(self.corpus.still_serve, pieces)

    def _trace(self, prompt: Prompt, candidates: list[Candidate], started: float) -> None:
        first = candidates[0]
        told = first.usage.prompt_tokens
        self.last_trace = Trace(
            prompt.text,
            told if told >= 0 else prompt.tokens,
            first.usage.cached_tokens,
            first.usage.generated_tokens,
            first.first_token_ms,
            sum(candidate.total_ms for candidate in candidates),
            (self.clock.now() - started) * 1000,
            len(candidates),
            tuple(c.text.reason for c in candidates if isinstance(c.text, Dropped)),
        )
        self.stats.prompt_tokens += max(told, 0)
        self.stats.cached_tokens += max(first.usage.cached_tokens, 0)


def _here(moment: Moment) -> Here | None:
    if moment.path is None:
        return None
    return Here(moment.path, moment.before[-_BEFORE_HERE:] + moment.after[:_AFTER_HERE])


def _reached(chosen: Sequence[OwnPassage], here: Here) -> bool:
    """Does the beginning or the end of one of them stand here?"""
    ends = (end for passage in chosen for end in (passage.text[:_END], passage.text[-_END:]))
    return any(end in here.text for end in ends)


def _limits(moment: Moment, place: Place) -> Limits:
    return Limits(place.form, moment.length, display_width(place.line), _columns(place, moment.window_columns))


def _around(moment: Moment, place: Place) -> Surroundings:
    return Surroundings(place, moment.after, moment.language, moment.invoked)


def _columns(place: Place, window: int) -> int:
    """The widest line to offer: the window's, or in verse a little more than the widest line of the writer's own."""
    widths = [display_width(line.rstrip()) for line in place.piece.split("\n")[:-1] if line.strip()]
    if place.form is not Form.VERSE or len(widths) < _LINES_TO_KNOW:
        return window
    return min(window, max(int(1.25 * max(widths)), _NARROWEST))

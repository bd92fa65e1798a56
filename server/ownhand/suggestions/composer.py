"""From a moment to a shaped text: passages, prompt, candidates. Knows nothing of requests, pauses and caches."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from ownhand.engines.protocol import Engine
from ownhand.manuscript.model import Form
from ownhand.suggestions.boundary import Limits, display_width
from ownhand.suggestions.candidate import Candidate, generate
from ownhand.suggestions.clock import Clock
from ownhand.suggestions.moment import Moment
from ownhand.suggestions.own_text import OwnText
from ownhand.suggestions.place import Place
from ownhand.suggestions.prompt import PASSAGE_TOKENS, Prompt, PromptBuilder
from ownhand.suggestions.sampling import longest_answer, sampling_for
from ownhand.suggestions.shaping import Dropped, Surroundings
from ownhand.suggestions.trace import Stats, Trace

OWN_TEXT = "repeats a line of yours"
_MATTER = 2000
_LINES_TO_KNOW = 4
_NARROWEST = 24
_PASSAGE_WORDS = PASSAGE_TOKENS // 2


@dataclass
class Composer:
    """One engine and the writer's other pieces."""

    engine: Engine
    corpus: OwnText | None
    clock: Clock
    stats: Stats
    last_trace: Trace | None = None
    _prompts: PromptBuilder = field(init=False)
    _passages: dict[str, tuple[Form, int, list[str]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._prompts = PromptBuilder(self.engine)

    async def compose(
        self, moment: Moment, place: Place, *, grown: Callable[[str], None] = lambda _: None
    ) -> str | Dropped:
        """The text to offer at `moment`, or why nothing. Raises EngineError."""
        started = self.clock.now()
        await self.engine.load()
        prompt = await self.prompt(moment, place)
        candidate = await self._candidate(prompt, moment, place, 0, grown)
        self._trace(prompt, [candidate], started)
        return candidate.text

    async def prompt(self, moment: Moment, place: Place) -> Prompt:
        passages = await self._chosen_passages(moment, place)
        return await self._prompts.build(
            moment.document,
            place.text,
            passages,
            title=place.title,
            verse=place.form is Form.VERSE,
            answer_tokens=longest_answer(place.form, moment.length),
        )

    def forget(self, document: str) -> None:
        self._prompts.forget(document)
        self._passages.pop(document, None)

    async def _candidate(
        self, prompt: Prompt, moment: Moment, place: Place, attempt: int, grown: Callable[[str], None]
    ) -> Candidate:
        sampling = sampling_for(place.form, moment.length, attempt=attempt)
        limits = Limits(place.form, moment.length, display_width(place.line), _columns(place, moment.window_columns))
        around = Surroundings(place, moment.after, moment.language, moment.invoked)
        candidate = await generate(self.engine, prompt, sampling, limits, around, self.clock, grown)
        if isinstance(candidate.text, str) and await self._is_own_text(candidate.text, moment):
            candidate.text = Dropped(OWN_TEXT)
        self.stats.candidates += 1
        if isinstance(candidate.text, Dropped):
            self.stats.dropped[candidate.text.reason] += 1
        return candidate

    async def _is_own_text(self, text: str, moment: Moment) -> bool:
        if self.corpus is None:
            return False
        return await asyncio.to_thread(self.corpus.repeats_own_text, text, not_in=moment.path)

    async def _chosen_passages(self, moment: Moment, place: Place) -> list[str]:
        """This sitting's passages: chosen again only when the document's form changed, or while there were none."""
        if self.corpus is None:
            return []
        generation = self.corpus.generation()
        form, seen, chosen = self._passages.get(moment.document, (None, -1, []))
        if form is place.form and (chosen or seen == generation):
            return chosen
        matter = place.text[-_MATTER:]
        passages = await asyncio.to_thread(
            self.corpus.closest, matter, place.form, not_in=moment.path, words=_PASSAGE_WORDS
        )
        chosen = [passage.text for passage in passages]
        self._passages[moment.document] = (place.form, generation, chosen)
        return chosen

    def _trace(self, prompt: Prompt, candidates: list[Candidate], started: float) -> None:
        first = candidates[0]
        told = first.usage.prompt_tokens
        self.last_trace = Trace(
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


def _columns(place: Place, window: int) -> int:
    """The widest line to offer: the window's, or in verse a little more than the widest line of the writer's own."""
    widths = [display_width(line.rstrip()) for line in place.piece.split("\n")[:-1] if line.strip()]
    if place.form is not Form.VERSE or len(widths) < _LINES_TO_KNOW:
        return window
    return min(window, max(int(1.25 * max(widths)), _NARROWEST))

"""What a model writes when it is let go: continuations of beginnings of the writer's, as they would be served.

From beginnings of passages that were trained on (where reciting would show) and of held-out ones; the first
continuation of each is greedy, the others are drawn as suggestions are. Greedy ones show what was learned by heart. A
small model goes round in circles when it is greedy, adapter or not, so loops are judged on what is drawn.
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from itertools import zip_longest

from ownhand.engines.protocol import Adapter, Engine, Sampling
from ownhand.manuscript.model import Form
from ownhand.suggestions.composer import MATTER, PASSAGE_WORDS
from ownhand.suggestions.prompt import PromptBuilder
from ownhand.suggestions.sampling import sampling_for
from ownhand.text.words import count_words, word_spans
from ownhand.training.evaluation_plan import OwnPassages, Text
from ownhand.training.kept import KeptWriting
from ownhand.training.loops import loop_share
from ownhand.training.novelty import TrainingText, Verbatim, Written

WORDS = 2000
"""Words that a model has to write before it is judged."""
_TOKENS = 96
_BEGINNING = {Form.PROSE: 40, Form.VERSE: 20}
"""Words of a beginning; in verse up to the end of that line."""
_SEEDS_AT_FIRST = 3
"""A beginning is drawn on from so many times in the first round, while the engine has what stands before it in memory:
to read that takes longer than to go on."""
_PAIR = 2
"""Beginnings that are gone on from however many words there are."""
_MOST_SEEDS = 20
"""A model that has little to say is not asked for ever."""


MayWrite = Callable[[], Awaitable[None]]


async def at_once() -> None:
    """Nobody has to be waited for."""


@dataclass(frozen=True)
class Beginning:
    """Where a continuation starts: `text` stands on the page, `whole` is the piece that it is from."""

    whole: Text
    text: str


@dataclass(frozen=True)
class Continuation:
    """What a model wrote after one beginning."""

    form: Form
    greedy: bool
    written: Written


@dataclass(frozen=True)
class Habits:
    """What was found in all that one model wrote."""

    verbatim: Verbatim
    loops: float
    """Share of words in loops, in what was drawn as suggestions are; `greedy_loops` in the rest."""
    greedy_loops: float
    verse: tuple[str, ...]
    """What it wrote in verse."""


def beginnings(texts: Sequence[Text], most: int) -> list[Beginning]:
    """At most `most`, spread evenly over the passages of all texts."""
    every = [(text, cut.start) for text in texts for cut in text.blocks]
    count = min(most, len(every))
    chosen = [every[index * len(every) // count] for index in range(count)]
    return [Beginning(text, _beginning(text.text[start:], text.form)) for text, start in chosen]


def _beginning(text: str, form: Form) -> str:
    spans = list(word_spans(text))
    wanted = min(_BEGINNING[form], max(1, len(spans) // 3))
    end = spans[wanted - 1][1] if spans else 0
    if form is Form.VERSE and (newline := text.find("\n", end)) >= 0:
        end = newline + 1
    return text[:end]


def by_turns(one: Sequence[Beginning], other: Sequence[Beginning]) -> list[Beginning]:
    """One of each, then the next; what is left over of the longer one comes last."""
    return [start for pair in zip_longest(one, other) for start in pair if start is not None]


async def write_on(
    engine: Engine,
    adapter: Adapter | None,
    corpus: OwnPassages,
    starts: Sequence[Beginning],
    *,
    passages: bool,
    words: int = WORDS,
    kept: KeptWriting | None = None,
    told: Callable[[int], None] = lambda _: None,
    may_write: MayWrite = at_once,
) -> list[Continuation]:
    """Let the model continue the beginnings until it wrote `words` words; `told` hears how many, and `may_write` is
    awaited before each continuation. Raises EngineError.

    The same seeds every time. Beginnings come in pairs, one of what was trained on and one of what was held out; the
    first pair is gone on from whatever happens, then there may be words enough at any time. What `kept` has is not
    written again.
    """
    await engine.use_adapter(adapter)
    written: list[Continuation] = []
    total = 0
    for number, (start, ways) in enumerate(_turns(starts)):
        prompt = ""
        for how in ways:
            if total >= words and number >= _PAIR:
                return written
            prompt = prompt or await prompt_for(engine, corpus, start, passages=passages)
            await may_write()
            text = await _continued(engine, prompt, how, kept)
            written.append(Continuation(start.whole.form, how.temperature == 0.0, Written(prompt, text)))
            total += count_words(text)
            told(total)
    return written


def _turns(starts: Sequence[Beginning]) -> Iterator[tuple[Beginning, list[Sampling]]]:
    """Which beginning is next, and how it is gone on from."""
    for start in starts:
        drawn = [sampling(start.whole.form, seed, greedy=False) for seed in range(_SEEDS_AT_FIRST)]
        yield start, [sampling(start.whole.form, 0, greedy=True), *drawn]
    for seed in range(_SEEDS_AT_FIRST, _MOST_SEEDS):
        for start in starts:
            yield start, [sampling(start.whole.form, seed, greedy=False)]


def habits(written: Sequence[Continuation], trained: TrainingText) -> Habits:
    """Loops are looked for in each continuation by itself."""
    return Habits(
        trained.verbatim([each.written for each in written]),
        loop_share(each.written.text for each in written if not each.greedy),
        loop_share(each.written.text for each in written if each.greedy),
        tuple(each.written.text for each in written if each.form is Form.VERSE),
    )


async def prompt_for(engine: Engine, corpus: OwnPassages, start: Beginning, *, passages: bool) -> str:
    """What the engine is asked to go on with."""
    found = []
    if passages:
        whole = start.whole
        found = list(corpus.closest(start.text[-MATTER:], whole.form, here=whole.here, words=PASSAGE_WORDS))
    built = await PromptBuilder(engine).build(
        start.whole.piece,
        start.text,
        [passage.text for passage in found],
        title="",
        verse=start.whole.form is Form.VERSE,
        answer_tokens=_TOKENS,
    )
    return built.text


async def _continued(engine: Engine, prompt: str, sampling: Sampling, kept: KeptWriting | None) -> str:
    text = kept.text(prompt, sampling) if kept else None
    if text is None:
        text = ""
        async with aclosing(engine.stream(prompt, sampling)) as chunks:
            async for chunk in chunks:
                text += chunk.text
        if kept:
            kept.keep(prompt, sampling, text)
    return text


def sampling(form: Form, seed: int, *, greedy: bool) -> Sampling:
    """A suggestion would end at a sentence; here it goes on, as a writer who accepts does."""
    drawn = replace(sampling_for(form, "paragraph", seed=1000 + seed), max_tokens=_TOKENS, stop=())
    return replace(drawn, temperature=0.0, repeat_penalty=1.0) if greedy else drawn

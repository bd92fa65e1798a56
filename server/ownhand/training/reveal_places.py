"""The places of a reveal, and what stands there: the writer's own words, the bare model's and the voice's."""

import asyncio
import random
from collections.abc import Iterable, Sequence
from contextlib import aclosing
from pathlib import Path

import regex

from ownhand.engines.choice import choose_engine
from ownhand.engines.protocol import Adapter, Engine
from ownhand.home import Home
from ownhand.manuscript.consent import VoiceFolder
from ownhand.manuscript.corpus import Corpus
from ownhand.manuscript.model import Form
from ownhand.settings import Settings
from ownhand.text.words import word_spans
from ownhand.training.evaluation_plan import Text
from ownhand.training.samples import Beginning, prompt_for, sampling
from ownhand.training.texts import held_out_as_noted
from ownhand.training.writers_own import touched
from ownhand.voices.reveal import LABELS, Place, Reveal
from ownhand.voices.store import StoredAdapter

PLACES = 3
_WORDS = 45
"""Words of each text: enough to hear a voice, and the same for all three."""
_LINES = 8
_SHOWN_BEFORE = 60
"""Words in front of the place."""
_NEAR = 2000
"""Characters in which what is shown lies."""
_SENTENCE_END = regex.compile(r"""[.!?…؟۔][\"”’»)\]']*(?=\s) | [。！？।॥][\"”’」』）]*""", flags=regex.VERBOSE)


async def prepared(
    home: Home, settings: Settings, voice: VoiceFolder, corpus: Corpus, adapter: StoredAdapter
) -> Reveal:
    """Let model and voice write at the places, and note it for whoever shows it. Raises EngineError and WriterError."""
    engine = await choose_engine(settings, home)
    try:
        held_out = await asyncio.to_thread(held_out_as_noted, corpus, voice.ledger_path)
        reveal = await make_reveal(engine, corpus, adapter, held_out)
    finally:
        await engine.close()
    return await asyncio.to_thread(_noted, voice.path, reveal)


def _noted(voice: Path, reveal: Reveal) -> Reveal:
    """What another process wrote meanwhile stays: the writer may have chosen there."""
    there = Reveal.read(voice)
    if there is not None and there.adapter == reveal.adapter and there.written:
        return there
    reveal.write(voice)
    return reveal


async def make_reveal(engine: Engine, corpus: Corpus, adapter: StoredAdapter, held_out: Sequence[Text]) -> Reveal:
    """Up to three places in `held_out`, the first draw at each: nothing is chosen for the show. Raises EngineError.

    The bare model reads pages of the writer's, as it did until now; the voice what suits it best.
    """
    draw = random.Random(f"{adapter.folder} {adapter.id}")
    places = []
    try:
        for start in beginnings(held_out):
            texts = await three_texts(engine, corpus, adapter, start)
            order = draw.sample(range(len(LABELS)), len(LABELS))
            shown, labels = (tuple(of[index] for index in order) for of in (texts, LABELS))
            places.append(Place(start.whole.title, shown_before(start.text), shown, labels))
    finally:
        await engine.use_adapter(None)
    return Reveal(adapter.id, tuple(places))


async def three_texts(engine: Engine, corpus: Corpus, adapter: StoredAdapter, start: Beginning) -> tuple[str, str, str]:
    """What stands there, what the bare model writes, what the voice writes; in the order of `LABELS`, cut alike."""
    with_passages = adapter.card.context == "passages"
    bare = await goes_on(engine, None, corpus, start, passages=True)
    voiced = await goes_on(engine, adapter.for_engine(), corpus, start, passages=with_passages)
    form = start.whole.form
    return _cut(start.whole.text[len(start.text) :], form), _cut(bare, form), _cut(voiced, form)


def beginnings(texts: Sequence[Text]) -> list[Beginning]:
    """Up to `PLACES` places, in different pieces where there are enough, verse and prose in turn."""
    found = [start for text in texts if (start := _place_in(text)) is not None]
    by_form = [[start for start in found if start.whole.form is form] for form in Form]
    longest = max(map(len, by_form), default=0)
    in_turn = [starts[index] for index in range(longest) for starts in by_form if index < len(starts)]
    return in_turn[:PLACES]


def _place_in(text: Text) -> Beginning | None:
    """About in the middle, where a line or a sentence has ended and enough follows that is all the writer's own; if
    there is such a place, behind the writer's own words too."""
    middle = len(text.text) // 2
    if text.form is Form.VERSE:
        ends: Iterable[int] = (match.end() for match in regex.finditer(r"(?<=\S)\n(?=[^\S\n]*\S)", text.text))
    else:
        ends = (match.end() for match in _SENTENCE_END.finditer(text.text))
    possible = [end for end in ends if _is_own(text, end)]
    place = min(possible, key=lambda end: (_follows_a_model(text, end), abs(end - middle)), default=None)
    return None if place is None else Beginning(text, text.text[:place])


def _is_own(text: Text, place: int) -> bool:
    """Is there enough behind the place, all of it by the writer?"""
    behind = text.text[place : place + _NEAR]
    if len(list(word_spans(behind))) < _WORDS // 2:
        return False
    return not touched(text.by_model, place, place + _end_of_shown(behind, text.form))


def _follows_a_model(text: Text, place: int) -> bool:
    """Did a model write any of what is shown in front of the place?"""
    near = max(0, place - _NEAR)
    spans = list(word_spans(text.text[near:place]))[-_SHOWN_BEFORE:] if text.by_model else []
    return bool(spans) and touched(text.by_model, near + spans[0][0], place)


def _cut(text: str, form: Form) -> str:
    """What is shown of it; the same measure for the writer and the models."""
    end = _end_of_shown(text, form)
    if form is Form.VERSE or end == len(text.rstrip()):
        return text[:end].lstrip("\n")
    return f"{text[:end].lstrip()} …"


def _end_of_shown(text: str, form: Form) -> int:
    """Where the first words end, in verse whole lines."""
    text = text.rstrip()
    if form is Form.VERSE:
        first = len(text) - len(text.lstrip("\n"))
        return first + len("\n".join(text[first:].split("\n")[:_LINES]).rstrip())
    spans = list(word_spans(text))
    return len(text) if len(spans) <= _WORDS else spans[_WORDS - 1][1]


def shown_before(text: str) -> str:
    """The last words in front of a place, from the beginning of a line where one is near."""
    spans = list(word_spans(text))
    if len(spans) <= _SHOWN_BEFORE:
        return text
    start = spans[-_SHOWN_BEFORE][0]
    line = text.rfind("\n", 0, start) + 1
    return text[line:] if start - line < 80 else f"… {text[start:]}"


async def goes_on(engine: Engine, adapter: Adapter | None, corpus: Corpus, start: Beginning, *, passages: bool) -> str:
    """The first draw after `start`, always with the same number to draw by. Raises EngineError."""
    await engine.use_adapter(adapter)
    prompt = await prompt_for(engine, corpus, start, passages=passages)
    async with aclosing(engine.stream(prompt, sampling(start.whole.form, 0, greedy=False))) as chunks:
        return "".join([chunk.text async for chunk in chunks])

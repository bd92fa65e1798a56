"""Typing held-out pieces through the real suggester and engine, to see what suggestions would have saved.

The writer of the replay knows what comes next and is strict. In front of each word there is a rest that takes no time,
and what is offered there is compared with what was written. The longest run of whole words at the suggestion's start
that is exactly what comes next is taken, one word at least: the whole suggestion by one key, else each word by one.
Everything else is typed. So a suggestion that a writer would have liked better than the text counts for nothing, and
the figures are a lower bound of what a willing writer has of it; they are made for comparing.

By itself a suggestion starts only where it would in an editor. Nothing is written ahead. While the typed text goes on
as a live suggestion does, no other one is started.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from random import Random
from typing import cast

from ownhand.engines.protocol import Chunk, Engine, Sampling, Usage
from ownhand.manuscript.model import Form, Here, Piece
from ownhand.suggestions.clock import SystemClock
from ownhand.suggestions.moment import Length, Moment, Suggestion
from ownhand.suggestions.own_text import OwnPassage, OwnText
from ownhand.suggestions.replay_figures import Tally
from ownhand.suggestions.suggester import Suggester
from ownhand.text.words import word_spans

FEWEST_WORDS = 20
"""Fewer words of a piece say too little: then fewer pieces are typed."""
_WINDOW = 65_536
"""Characters before the cursor that a moment holds, as in the editors."""


@dataclass(frozen=True)
class Stretch:
    """What is typed of a piece: `piece.text[start:end]`, `words` words. `above` stands in its file before the piece."""

    piece: Piece
    start: int
    end: int
    words: int
    above: str = ""

    @property
    def places(self) -> list[int]:
        """In front of each word that is typed, counted in the piece's text."""
        text = self.piece.text
        return [start for start, _ in word_spans(text) if self.start <= start < self.end]


@dataclass(frozen=True)
class Taken:
    """What was taken of a suggestion: its first `characters`, which hold `words` words, by `keys` keys."""

    characters: int = 0
    words: int = 0
    keys: int = 0


def choose_stretches(held_out: Sequence[Piece], file_pieces: Sequence[Piece], words: int, seed: int) -> list[Stretch]:
    """About `words` words of the held-out pieces in all, as evenly as they allow, chosen by `seed`.

    `file_pieces` are all pieces: those before a held-out one in its file are the text above it.
    """
    random = Random(seed)
    pieces = [piece for piece in held_out if piece.text.strip()]
    most = max(1, words // FEWEST_WORDS)
    if len(pieces) > most:
        pieces = random.sample(pieces, most)
    stretches, left = [], words
    for number, piece in enumerate(sorted(pieces, key=lambda piece: (piece.words, piece.id))):
        stretch = _stretch(piece, left // (len(pieces) - number), random)
        stretches.append(replace(stretch, above=text_above(piece, file_pieces)))
        left -= stretch.words
    return sorted(stretches, key=lambda stretch: (stretch.piece.path, stretch.piece.ordinal))


def _stretch(piece: Piece, words: int, random: Random) -> Stretch:
    """`words` words of the piece from the start of one of its lines on; all of it when it has no more."""
    text, spans = piece.text, list(word_spans(piece.text))
    line_starts = [number for number in range(len(spans)) if _begins_line(text, spans, number)]
    first = random.choice([number for number in line_starts if number + words <= len(spans)] or [0])
    typed = spans[first : first + max(1, words)]
    start = text.rfind("\n", 0, typed[0][0]) + 1
    return Stretch(piece, start, typed[-1][1], len(typed))


def _begins_line(text: str, spans: Sequence[tuple[int, int]], number: int) -> bool:
    return number == 0 or "\n" in text[spans[number - 1][1] : spans[number][0]]


def text_above(piece: Piece, pieces: Sequence[Piece]) -> str:
    """The file's text before the piece, as a Markdown page would hold it: titles and the pieces in front."""
    earlier = [one for one in pieces if one.path == piece.path and one.ordinal < piece.ordinal]
    page = ""
    for one in sorted(earlier, key=lambda one: one.ordinal):
        page += f"{_title(one)}{one.text.strip(chr(10))}\n\n"
    return page + _title(piece)


def _title(piece: Piece) -> str:
    """A later part of a long text goes on without one."""
    return "" if piece.part > 1 or not piece.title else f"# {piece.title}\n\n"


def take(suggestion: str, coming: str) -> Taken:
    """What the strict writer takes of `suggestion` when `coming` is what was written next."""
    if suggestion and coming.startswith(suggestion) and _ends_word(coming, len(suggestion)):
        return Taken(len(suggestion), sum(1 for _ in word_spans(suggestion)), 1)
    taken = Taken()
    for number, (_, end) in enumerate(word_spans(suggestion), start=1):
        if suggestion[:end] != coming[:end] or not _ends_word(coming, end):
            break
        taken = Taken(end, number, number)
    return taken


def _ends_word(text: str, end: int) -> bool:
    """Does no word of `text` reach over `end`?"""
    near = text[: end + 40]
    return not any(start < end < stop for start, stop in word_spans(near))


class NoPause(SystemClock):
    """Time as it is, but for sleeps, which take none: the writer's rests are only as long as they have to be."""

    def __init__(self) -> None:
        self._slept = 0.0

    def now(self) -> float:
        return super().now() + self._slept

    async def sleep(self, seconds: float) -> None:
        self._slept += seconds
        await asyncio.sleep(0)


class WithoutPassages:
    """The writer's other pieces for everything but the prompt: the arm in which the document stands alone."""

    def __init__(self, corpus: OwnText) -> None:
        self._corpus = corpus

    def generation(self) -> int:
        return self._corpus.generation()

    def closest(self, *_: object, **__: object) -> Sequence[OwnPassage]:
        return []

    def still_serve(self, pieces: Collection[str]) -> bool:
        return self._corpus.still_serve(pieces)

    def repeats_own_text(self, text: str, *, here: Here | None) -> bool:
        return self._corpus.repeats_own_text(text, here=here)

    def sample_texts(self, form: Form, words: int) -> Sequence[str]:
        return self._corpus.sample_texts(form, words)


class Seeded:
    """An engine whose draws come again in another run: each stream has the next seed. Else it is the engine itself.

    Near enough: whether a poor first answer gets a second one depends on how quickly it came.
    """

    def __init__(self, engine: Engine, seed: int) -> None:
        self._engine, self._seed = engine, seed

    @classmethod
    def over(cls, engine: Engine, seed: int) -> Engine:
        return cast(Engine, cls(engine, seed))

    def __getattr__(self, name: str) -> object:
        return getattr(self._engine, name)

    async def stream(self, prompt: str, sampling: Sampling, usage: Usage | None = None) -> AsyncGenerator[Chunk]:
        self._seed += 1
        async with aclosing(self._engine.stream(prompt, replace(sampling, seed=self._seed), usage)) as chunks:
            async for chunk in chunks:
                yield chunk


def suggester_for(engine: Engine, corpus: OwnText | None, *, seed: int) -> Suggester:
    """A suggester as an editor has it, but for the pause and for writing ahead."""
    return Suggester(Seeded.over(engine, seed), corpus, NoPause(), trigger="pause", on_mains=lambda: False)


async def type_stretch(
    suggester: Suggester, stretch: Stretch, length: Length, typed: Callable[[int], None] = lambda _: None
) -> Tally:
    """Type one stretch. `typed` hears how many of its words are done. Raises EngineError."""
    typist = _Typist(suggester, stretch, length)
    for number, place in enumerate(stretch.places):
        typed(number)
        if place >= typist.position:  # not taken with a suggestion
            typist.type_up_to(place)
            await typist.rest()
    typed(stretch.words)
    suggester.closed(typist.document)
    return typist.tally()


class _Typist:
    """The strict writer at work on one stretch."""

    def __init__(self, suggester: Suggester, stretch: Stretch, length: Length) -> None:
        self.document, self.position = f"replay:{stretch.piece.id}", stretch.start
        self._suggester, self._stretch, self._length = suggester, stretch, length
        self._generations = suggester.stats.candidates
        self._offered, self._accepted = set[str](), set[str]()
        self._rests = 0
        self._taken: list[Taken] = []

    def type_up_to(self, place: int) -> None:
        for _ in range(place - self.position):
            self._suggester.changed(self.document)
        self.position = place

    async def rest(self) -> None:
        """Look at what is offered, and take what is right of it."""
        self._rests += 1
        answer = await self._suggester.suggest(self._moment())
        if not isinstance(answer, Suggestion):
            return
        self._offered.add(answer.id)
        taken = take(answer.text, self._stretch.piece.text[self.position : self._stretch.end])
        if taken.words:
            self._suggester.accepted(answer.id)
            self._accepted.add(answer.id)
            self._taken.append(taken)
            self.position += taken.characters

    def tally(self) -> Tally:
        stretch = self._stretch
        return Tally(
            piece=stretch.piece.id,
            form=stretch.piece.form.value,
            characters=stretch.end - stretch.start,
            words=stretch.words,
            rests=self._rests,
            offered=len(self._offered),
            accepted=len(self._accepted),
            accepted_words=sum(taken.words for taken in self._taken),
            accepted_characters=sum(taken.characters for taken in self._taken),
            accept_keys=sum(taken.keys for taken in self._taken),
            generations=self._suggester.stats.candidates - self._generations,
        )

    def _moment(self) -> Moment:
        """As an editor would have frozen it at the end of the page."""
        page = self._stretch.above + self._stretch.piece.text[: self.position]
        return Moment(
            document=self.document,
            version=self._rests,
            before=page[-_WINDOW:],
            after="",
            language="md",
            path=self._stretch.piece.path,
            before_offset=max(0, len(page) - _WINDOW),
            length=self._length,
        )

"""What of a text is the writer's own where a model wrote stretches of it: its words, and the tokens that may be scored.

A model finds its own text likely, so such a stretch says nothing of the writer's hand: it is read, and not counted. A
token or word that lies in it with any part is not the writer's.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from ownhand.engines.wire import sound
from ownhand.text.words import word_spans
from ownhand.training.tokens import located

Spans = Sequence[tuple[int, int]]
"""Stretches [start, end) of a text in code points, in order and without overlaps."""


@dataclass(frozen=True)
class OwnTokens:
    """A text in tokens: those with a number in the ranges `left_out` do not count; `size` bytes of UTF-8 do."""

    ids: tuple[int, ...]
    left_out: tuple[tuple[int, int], ...]
    size: int


def own_words(text: str, by_model: Spans) -> int:
    """Words of the writer's."""
    return sum(not touched(by_model, start, end) for start, end in word_spans(text))


def touched(by_model: Spans, start: int, end: int) -> bool:
    """Did a model write any of [start, end)?"""
    return any(first < end and start < stop for first, stop in by_model)


def within(by_model: Spans, start: int, end: int) -> tuple[tuple[int, int], ...]:
    """The stretches as they lie in [start, end), counted from there."""
    return tuple(
        (max(first, start) - start, min(stop, end) - start) for first, stop in by_model if first < end and start < stop
    )


def own_tokens(text: str, pieces: list[tuple[int, bytes]], by_model: Spans) -> OwnTokens:
    """Which tokens of `text` count; `pieces` are (id, bytes) of each. Raises WriterError when they do not spell it."""
    ids = located(text, pieces).ids
    # In bytes: a token may be a part of one sign.
    spans = [(len(sound(text[:start]).encode()), len(sound(text[:end]).encode())) for start, end in by_model]
    places = list(_places(text, pieces))
    theirs = [touched(spans, start, end) for start, end in places]
    size = sum(end - start for (start, end), their in zip(places, theirs, strict=True) if not their)
    return OwnTokens(ids, tuple(_ranges(theirs)), size)


def _places(text: str, pieces: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, int]]:
    """Bytes of the text for which each token stands. The space that some vocabularies put first is none of them."""
    spelled = [len(piece) for _, piece in pieces]
    at = len(sound(text).encode()) - sum(spelled)
    for size in spelled:
        yield max(at, 0), max(at + size, 0)
        at += size


def _ranges(marks: Iterable[bool]) -> Iterator[tuple[int, int]]:
    """[first, stop) of each run of true ones."""
    for marked, run in groupby(enumerate(marks), key=lambda item: item[1]):
        numbers = [number for number, _ in run]
        if marked:
            yield numbers[0], numbers[-1] + 1

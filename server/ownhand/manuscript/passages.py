"""Cuts a piece at its own joints: paragraphs, stanzas; within one that is too long at lines, sentences, words."""

from collections.abc import Iterator
from dataclasses import dataclass

import regex

from ownhand.manuscript.model import Form
from ownhand.manuscript.sketch import gram_hashes, word_hash
from ownhand.text.words import count_words, matching_words, word_spans

PASSAGE_WORDS = {Form.PROSE: (150, 400), Form.VERSE: (60, 250)}
"""Fewest (but for a piece's last) and most words of a passage."""

_GAP = regex.compile(r"\n(?:[^\S\n]*\n)+")
_LINE_END = regex.compile(r"\n")
_SENTENCE_GAP = regex.compile(r"(?<=[.!?…][\"'”’»)]*)\s+|(?<=[。！？」])")


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open stretch of a text, in code points, and its words."""

    start: int
    end: int
    words: int


def passages(text: str, form: Form) -> list[Span]:
    """The passages of a piece, in order: whole paragraphs or stanzas, sized as `PASSAGE_WORDS` says."""
    low, high = PASSAGE_WORDS[form]
    return _even_end(gather(blocks(text, high), low, high), low, high)


def blocks(text: str, most: int) -> list[Span]:
    """Paragraphs or stanzas of `text`; one of more than `most` words is cut at lines, else sentences, else words."""
    return list(_cut(text, 0, len(text), most, (_GAP, _LINE_END, _SENTENCE_GAP)))


def gather(spans: list[Span], low: int, high: int) -> list[Span]:
    """Join neighbours until each run holds `low` words, none more than `high` unless a single span does."""
    runs: list[Span] = []
    for span in spans:
        if runs and (runs[-1].words < low and runs[-1].words + span.words <= high):
            runs[-1] = _joined(runs[-1], span)
        else:
            runs.append(span)
    return runs


def _even_end(runs: list[Span], low: int, high: int) -> list[Span]:
    """A last run that is too short joins the one before."""
    if len(runs) > 1 and runs[-1].words < low // 2 and runs[-2].words + runs[-1].words <= high + low // 2:
        return [*runs[:-2], _joined(runs[-2], runs[-1])]
    return runs


def _joined(left: Span, right: Span) -> Span:
    return Span(left.start, right.end, left.words + right.words)


def _cut(text: str, start: int, end: int, most: int, gaps: tuple["regex.Pattern[str]", ...]) -> Iterator[Span]:
    if not gaps:
        yield from _cut_at_words(text, start, end, most)
        return
    begin = start
    for gap in gaps[0].finditer(text, start, end):
        yield from _fitting(text, begin, gap.start(), most, gaps[1:])
        begin = gap.end()
    yield from _fitting(text, begin, end, most, gaps[1:])


def _fitting(text: str, start: int, end: int, most: int, gaps: tuple["regex.Pattern[str]", ...]) -> Iterator[Span]:
    words = count_words(text[start:end])
    if words > most:
        yield from _cut(text, start, end, most, gaps)
    elif words:
        yield Span(start, end, words)


def _cut_at_words(text: str, start: int, end: int, most: int) -> Iterator[Span]:
    spans = list(word_spans(text[start:end]))
    for first in range(0, len(spans), most):
        last = min(first + most, len(spans))
        until = spans[last][0] if last < len(spans) else end - start
        yield Span(start + (spans[first][0] if first else 0), start + until, last - first)


def parts(text: str, form: Form) -> list[str]:
    """A long text without sections, cut into parts of 600 to 2,000 words at joints that an edit elsewhere doesn't move.

    Joints are chosen by a paragraph's own words (content-defined chunking), so that the parts before and after an
    edit stay what they were.
    """
    found: list[Span] = []
    for span in blocks(text, PASSAGE_WORDS[form][1]):
        whole = found and found[-1].words
        if not whole or found[-1].words + span.words > 2000 or (found[-1].words >= 600 and _is_joint(text, span)):
            found.append(span)
        else:
            found[-1] = _joined(found[-1], span)
    return [text[span.start : span.end] for span in _even_end(found, 600, 2000)]


def _is_joint(text: str, span: Span) -> bool:
    """About one span in so many that a part gets some 500 words beyond its minimum."""

    words = matching_words(text[span.start : span.end])[:12]
    every = max(1, 500 // span.words)
    return gram_hashes([word_hash(word) for word in words], len(words))[0] % every == 0

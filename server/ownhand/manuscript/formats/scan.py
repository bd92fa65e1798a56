"""How a text becomes regions, for every format that an editor can hold.

A format describes itself in two steps. Its *outline* lists the constructs that may hold blank lines or that
win over everything else (front matter, fenced code, comments); one cheap pass over the whole text. What is left
falls into *blocks*, runs of lines that aren't blank, and a block is understood from its own lines alone. So the
whole text is parsed block by block, and the kind of one place costs the outline and one block.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import Protocol

from ownhand.manuscript.formats.lines import line_end, line_start
from ownhand.manuscript.model import Kind, Region

MASK = "\ufffc"
"""Stands for the characters of an inline comment while its block is read, so that offsets stay the same."""

_BLOCK = re.compile(r"(?>(?:^[^\S\n]*+\S[^\n]*+\n?)+)", re.MULTILINE)
_LINE_KINDS = (Kind.HEADING, Kind.BREAK)


class Grammar(Protocol):
    """One text format. Both functions return regions in order, without overlap, and leave VOICE out."""

    def outline(self, text: str) -> list[Region]:
        """The constructs that may span blank lines. One that covers whole lines separates blocks."""

    def block(self, text: str, start: int, end: int) -> list[Region]:
        """What is not voice in the block text[start:end], whole lines none of which is blank."""


def regions(text: str, grammar: Grammar) -> tuple[Region, ...]:
    """The regions of `text`: in order, without gaps, none empty."""
    spans = grammar.outline(text)
    inline = [span for span in spans if not _covers_lines(text, span)]
    masked = _masked(text, inline)
    marks: list[Region] = []
    position = 0
    for span in [*(span for span in spans if _covers_lines(text, span)), Region(len(text), len(text), Kind.VOICE)]:
        for match in _BLOCK.finditer(masked, position, span.start):
            marks.extend(grammar.block(masked, match.start(), match.end()))
        marks.append(span)
        position = span.end
    return tuple(_filled(_overlaid(marks, inline), len(text)))


def kind_at_cursor(text: str, cursor: int, grammar: Grammar) -> Kind:
    """What the place between text[cursor - 1] and text[cursor] is.

    On the line of a heading or break: that. Between two characters of one kind: that kind. At a border, what a
    letter typed there would become.
    """
    view = _View(text, grammar)
    left = view.kind(cursor - 1) if cursor > 0 and text[cursor - 1] != "\n" else None
    right = view.kind(cursor) if cursor < len(text) else None
    for kind in (left, right):
        if kind in _LINE_KINDS:
            return kind
    if cursor > 0 and right is not None and view.kind(cursor - 1) == right:
        return right
    return _View(f"{text[:cursor]}x{text[cursor:]}", grammar).kind(cursor)


class _View:
    """Kinds of single characters, without parsing the whole text."""

    def __init__(self, text: str, grammar: Grammar) -> None:
        spans = grammar.outline(text)
        self._grammar = grammar
        self._inline = [span for span in spans if not _covers_lines(text, span)]
        self._whole = [span for span in spans if _covers_lines(text, span)]
        self._text = _masked(text, self._inline)
        self._marks: list[Region] = []
        self._read = (0, 0)

    def kind(self, index: int) -> Kind:
        """The kind of the character at `index`, which exists."""
        whole = _span_at(self._whole, index)
        if whole is not None:
            return whole.kind
        if not self._read[0] <= index < self._read[1]:
            self._read_block(index)
        found = _span_at(self._marks, index)
        return found.kind if found else Kind.VOICE

    def _read_block(self, index: int) -> None:
        before = bisect_right(self._whole, index, key=lambda span: span.start)
        floor = self._whole[before - 1].end if before else 0
        ceiling = self._whole[before].start if before < len(self._whole) else len(self._text)
        start, end = block_around(self._text, index, floor, ceiling)
        marks = self._grammar.block(self._text, start, end) if self._text[start:end].strip() else []
        first = bisect_right(self._inline, start, key=lambda span: span.end)
        last = bisect_right(self._inline, end, key=lambda span: span.start)
        self._marks = list(_overlaid(marks, self._inline[first:last]))
        self._read = (start, end)


def block_around(text: str, index: int, floor: int, ceiling: int) -> tuple[int, int]:
    """The block that holds text[index], or the blank line that does, within [floor, ceiling)."""
    start = max(line_start(text, index), floor)
    end = line_end(text, index, ceiling)
    if not text[start:end].strip():
        return start, end
    while start > floor:
        previous = max(text.rfind("\n", floor, start - 1) + 1, floor)
        if not text[previous:start].strip():
            break
        start = previous
    while end < ceiling:
        following = line_end(text, end, ceiling)
        if not text[end:following].strip():
            break
        end = following
    return start, end


def _span_at(spans: list[Region], index: int) -> Region | None:
    place = bisect_right(spans, index, key=lambda span: span.start)
    return spans[place - 1] if place and index < spans[place - 1].end else None


def _covers_lines(text: str, span: Region) -> bool:
    starts = span.start == 0 or text[span.start - 1] == "\n"
    return starts and (span.end == len(text) or text[span.end - 1] == "\n")


def _masked(text: str, spans: list[Region]) -> str:
    if not spans:
        return text
    parts: list[str] = []
    position = 0
    for span in spans:
        parts += text[position : span.start], MASK * (span.end - span.start)
        position = span.end
    return "".join([*parts, text[position:]])


def _overlaid(marks: list[Region], spans: list[Region]) -> Iterator[Region]:
    """`marks` with inline `spans` laid over them, both in order. A heading's or break's line stays one region."""
    index = position = 0
    for mark in marks:
        while index < len(spans) and spans[index].start < mark.end:
            span = spans[index]
            index += 1
            if mark.kind in _LINE_KINDS and span.start >= mark.start:
                continue
            start = max(mark.start, position)
            if start < span.start:
                yield Region(start, span.start, mark.kind, mark.level)
            yield span
            position = span.end
        start = max(mark.start, position)
        if start < mark.end:
            yield Region(start, mark.end, mark.kind, mark.level)
            position = mark.end
    yield from spans[index:]


def _filled(marks: Iterator[Region], length: int) -> Iterator[Region]:
    """`marks` with VOICE in their gaps; neighbours of one kind become one, headings and breaks excepted."""
    open_region: Region | None = None
    position = 0
    for mark in [*marks, Region(length, length, Kind.VOICE)]:
        for part in (Region(position, mark.start, Kind.VOICE), mark):
            if part.start >= part.end:
                continue
            if open_region and open_region.kind == part.kind and part.kind not in _LINE_KINDS:
                open_region = Region(open_region.start, part.end, part.kind)
                continue
            if open_region:
                yield open_region
            open_region = part
        position = max(position, mark.end)
    if open_region:
        yield open_region

"""What is scored: blocks of about 200 words of prose, poems whole (a long one in groups of stanzas)."""

from collections.abc import Iterable
from dataclasses import dataclass

from ownhand.manuscript.model import Form
from ownhand.manuscript.passages import blocks as joints
from ownhand.manuscript.passages import gather

_WORDS = {Form.PROSE: (200, 320), Form.VERSE: (280, 400)}
"""Fewest (but for a piece's last block) and most words of a block."""
_OPENING = 1 / 3


@dataclass(frozen=True, slots=True)
class Cut:
    """A block [start, end) of a text in code points; `warm` is where its scoring starts when the engine has read what
    stands before: at the block's start, or within a piece's first block after the first third."""

    start: int
    end: int
    warm: int


def cuts(text: str, form: Form) -> list[Cut]:
    """The blocks of a piece: every character lies in one of them, blank lines with the block before."""
    low, high = _WORDS[form]
    spans = gather(joints(text, high), low, high)
    if len(spans) > 1 and spans[-1].words < low // 2:
        spans = spans[:-1]
    starts = [0, *(span.start for span in spans[1:])]
    ends = [*starts[1:], len(text)]
    return [Cut(start, end, start or _after_opening(text, end)) for start, end in zip(starts, ends, strict=True)]


def cuts_within(text: str, form: Form, stretches: Iterable[tuple[int, int]]) -> list[Cut]:
    """The blocks of these stretches of a piece, each stretch taken by itself, at their places in the piece."""
    return [
        Cut(at + cut.start, at + cut.end, at + cut.warm) for at, stop in stretches for cut in cuts(text[at:stop], form)
    ]


def _after_opening(text: str, end: int) -> int:
    """The joint nearest to a third of the first block: a paragraph or stanza, else a line, else a word."""
    aim = int(end * _OPENING)
    for gap in ("\n\n", "\n", " "):
        places = [at + len(gap) for at in _places(text[:end], gap) if end * 0.15 < at < end * 0.7]
        if places:
            return min(places, key=lambda at: abs(at - aim))
    return aim


def _places(text: str, part: str) -> list[int]:
    found, at = [], text.find(part)
    while at >= 0:
        found.append(at)
        at = text.find(part, at + 1)
    return found

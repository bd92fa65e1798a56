"""Verse or prose? Decided by who broke the lines: a poet, a paragraph's end, or an editor's right margin.

Each block of lines (between blank lines) votes with its words. A break that a margin forced says prose, a break in
the middle of a sentence that nothing forced says verse; where every line ends its sentence, short lines that stand
together and are no dialogue or list say verse. Widths are columns: a wide East Asian character counts two.
"""

import math
from dataclasses import dataclass
from itertools import pairwise

import regex

from ownhand.manuscript.model import Form
from ownhand.text.width import display_width

_SENTENCE_END = regex.compile(r"[.!?…。！？：:][\s\"'”’»«›‹“)\]）」』〉》*_]*$|[」』]\s*$")
_LIST_ITEM = regex.compile(r"^\s*(?:[-*+•·‣]|\d{1,3}[.)]|[a-z][.)]|\[[ x]\])\s")
_SPEECH = regex.compile(r"^\s*(?:[–—―-]{1,2}\s?\S|[\"“„«»‚‘'「『])")
_CAPITALS = regex.compile(r"^\s*[\p{Lu}\d][\p{Lu}\p{N}\p{P}\p{Zs}]+$")

_NARROWEST_MARGIN = 40
_USUAL_MARGIN = 50
_LONG_LINE = 110
_SHORT_LINE = 52


@dataclass(frozen=True)
class _Line:
    text: str
    width: int
    first_word: int
    """Width of the first word, which the line before would have had to hold."""
    indent: int
    ends: bool
    """It ends a sentence."""
    item: bool
    speech: bool

    @property
    def capital(self) -> bool:
        return self.text.lstrip("\"“„«‘'")[:1].isupper()


def form_of(text: str) -> Form:
    return Form.VERSE if is_verse(text) else Form.PROSE


def is_verse(text: str) -> bool:
    """Is this piece verse? `text` is the voice of one piece, without headings."""
    blocks = _blocks(text)
    lines = [line for block in blocks for line in block]
    if len(lines) < 2:
        return False
    margin = _margin(blocks, lines)
    if margin is None and _stands_in_single_lines(blocks, lines):
        return _single_lines_are_verse(lines)
    votes = sum(_vote(block, margin) for block in blocks)
    return votes > 0


def _blocks(text: str) -> list[list[_Line]]:
    blocks: list[list[_Line]] = [[]]
    for raw in text.split("\n"):
        if raw.strip():
            blocks[-1].append(_line(raw))
        elif blocks[-1]:
            blocks.append([])
    return [block for block in blocks if block]


def _line(raw: str) -> _Line:
    text = raw.strip()
    return _Line(
        text,
        display_width(raw.rstrip()),
        display_width(text.split(None, 1)[0]) if display_width(text[:1]) == 1 else 2,
        len(raw) - len(raw.lstrip()),
        bool(_SENTENCE_END.search(text)),
        bool(_LIST_ITEM.match(raw)),
        bool(_SPEECH.match(raw)),
    )


def _margin(blocks: list[list[_Line]], lines: list[_Line]) -> int | None:
    """The right margin that broke this text's lines, or None when no margin did."""
    widths = sorted(line.width for line in lines)
    margin = widths[math.ceil(0.97 * (len(widths) - 1))]
    pairs = [pair for block in blocks for pair in pairwise(block)]
    # A narrow margin is believed only on more evidence: lines of verse are short and may be even.
    fewest, share = (2, 0.85) if margin >= _USUAL_MARGIN else (4, 0.95)
    if margin < _NARROWEST_MARGIN or len(pairs) < fewest or _marches(pairs) or _is_couplets(blocks, margin):
        return None
    forced = sum(_is_forced(line, after, margin) for line, after in pairs)
    # A line that ends its sentence short of the margin may end a paragraph that no blank line follows.
    free_paragraph_ends = sum(line.ends and not _is_forced(line, after, margin) for line, after in pairs)
    return margin if forced >= share * (len(pairs) - free_paragraph_ends) and forced >= 0.5 * len(pairs) else None


def _marches(pairs: list[tuple[_Line, _Line]]) -> bool:
    """Even verse looks forced too; lines that are sentences, or open with capitals within one, speak for it."""
    running = [(line, after) for line, after in pairs if not line.ends]
    if len(running) <= 0.4 * len(pairs):
        return True
    return len(running) >= 3 and sum(after.capital for _, after in running) >= 0.8 * len(running)


def _is_couplets(blocks: list[list[_Line]], margin: int) -> bool:
    """Two lines at a time, the second as long as the first: a paragraph's last line is mostly shorter."""
    last = [block[-1].width for block in blocks if len(block) > 1]
    return max(map(len, blocks)) == 2 and sum(last) >= 0.85 * margin * len(last)


def _is_forced(line: _Line, after: _Line, margin: int) -> bool:
    return line.width + 1 + after.first_word > margin


def _stands_in_single_lines(blocks: list[list[_Line]], lines: list[_Line]) -> bool:
    return len(lines) >= 4 and len(lines) < 1.2 * len(blocks)


def _single_lines_are_verse(lines: list[_Line]) -> bool:
    """Every line stands alone between blank lines: verse set wide, or paragraphs."""
    running = sum(not line.ends and not line.item and not _CAPITALS.match(line.text) for line in lines)
    widths = sorted(line.width for line in lines)
    return running >= 0.6 * len(lines) and widths[len(widths) // 2] <= _SHORT_LINE and widths[-1] <= _LONG_LINE


def _vote(block: list[_Line], margin: int | None) -> float:
    """Columns of text for verse (positive) or prose (negative)."""
    size = sum(line.width for line in block)
    if len(block) == 1:
        line = block[0]
        if line.width > _LONG_LINE or line.item:
            return -size
        return 0.0 if line.ends else 0.3 * size
    if margin is not None or sum(line.item for line in block) > 0.5 * len(block):
        return -size
    pairs = list(pairwise(block))
    running = sum(_runs_on(line) for line, _ in pairs) / len(pairs)
    if running >= 0.34:
        return size
    spoken = sum(line.speech for line in block) / len(block)
    together = max(line.width for line in block) <= _SHORT_LINE + 8 and spoken < 0.34
    if together and (len(block) >= 3 or running > 0):
        return size
    return -size if max(line.width for line in block) > _LONG_LINE or spoken >= 0.34 else -0.5 * size


def _runs_on(line: _Line) -> bool:
    """The line was broken inside its sentence. A cue or a heading in capitals was not."""
    return not line.ends and not line.item and not _CAPITALS.match(line.text)

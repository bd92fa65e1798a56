"""What is known of an old text is carried over to a new one that tells of no changes."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from ownhand.verdicts.whose.align import EFFORT, Block, Box, align
from ownhand.verdicts.whose.stretches import NOT_OBSERVED, UNKNOWN, Origin, Stretch, Stretches
from ownhand.verdicts.whose.tokens import Tokens


class Mark(NamedTuple):
    """From `offset` characters behind the start of a token on, in it or in the space behind it, holds `origin`."""

    token: int
    offset: int
    origin: Origin


def marks_of(stretches: Iterable[Stretch], tokens: Tokens) -> list[Mark]:
    """`stretches` of a text in terms of its `tokens`."""
    starts = tokens.bounds[0:-1:2]
    marks, at = [], 0
    for length, origin in stretches:
        token = bisect_right(starts, at) - 1
        marks.append(Mark(token, at - starts[token], origin))
        at += length
    return marks


def carry(old: Sequence[int], marks: Sequence[Mark], new: Tokens, fresh: Origin, effort: int = EFFORT) -> Stretches:
    """The stretches of the new text. `old` are the hashes of the old one.

    What is new is `fresh`; where it would cost too much to tell what is new, it is unknown unless nothing was observed
    of the old text there either.
    """
    found = align(old, new.hashes, effort)
    length = new.bounds[-1]
    result = Stretches([(length, fresh)])
    for box in found.given_up:
        start, end = new.bounds[2 * box.new - 1], new.bounds[2 * box.new_end]
        result.replace(start, end, [(end - start, _lost(box, marks, fresh))])
    for block in found.kept:
        start, end = _extent(block, marks, old, new)
        result.replace(start, end, [*_stretches(block, marks, new, start, end, fresh)])
    return result


def _extent(block: Block, marks: Sequence[Mark], old: Sequence[int], new: Tokens) -> tuple[int, int]:
    """The characters of the new text that `block` tells of: its tokens, and the space around it where the old text was
    of one origin on both sides of it, or ended.
    """
    bounds, beyond = new.bounds, block.old + block.size
    start, end = bounds[2 * block.new], bounds[2 * (block.new + block.size) - 1]
    if block.old and not marks[_first(marks, block.old - 1) : _first(marks, block.old + 1)]:
        start = bounds[2 * block.new - 1]
    if beyond == len(old):
        is_open = block.new + block.size == len(new.hashes)
    else:
        is_open = not marks[_first(marks, beyond - 1) : _first(marks, beyond + 1)]
    return start, bounds[2 * (block.new + block.size)] if is_open else end


def _stretches(
    block: Block, marks: Sequence[Mark], new: Tokens, start: int, end: int, fresh: Origin
) -> Iterator[Stretch]:
    first, beyond = _first(marks, block.old), _first(marks, block.old + block.size)
    at, origin = start, marks[first - 1].origin if first else fresh
    for mark in marks[first:beyond]:
        token = block.new + mark.token - block.old
        place = min(new.bounds[2 * token] + mark.offset, new.bounds[2 * token + 2], end)
        yield place - at, origin
        at, origin = place, mark.origin
    yield end - at, origin


def _lost(box: Box, marks: Sequence[Mark], fresh: Origin) -> Origin:
    """What is said of text in whose place something was known or not."""
    known = marks[max(_first(marks, box.old) - 1, 0) : _first(marks, box.old_end)]
    return fresh if all(mark.origin == NOT_OBSERVED for mark in known) else UNKNOWN


def _first(marks: Sequence[Mark], token: int) -> int:
    """The number of marks before `token`."""
    return bisect_left(marks, token, key=lambda mark: mark.token)

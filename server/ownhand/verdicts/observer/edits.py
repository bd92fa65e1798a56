"""Changes of a text, as small as they can be told within bounded time.

An editor may say "the whole document is now this" when one word was mended or every paragraph was wrapped anew. What
follows a stretch of text through such a change needs to know which parts of it stayed.
"""

import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from ownhand.verdicts.whose.align import align
from ownhand.verdicts.whose.tokens import tokens_of

MOST_CHARACTERS = 200_000
"""Both sides of a replacement that is compared word by word; a larger one is compared line by line first."""
_EFFORT = 60_000
"""Steps of one comparison: some 50 ms."""
_LINE = re.compile(r"[^\n]*\n|[^\n]+")

Range = tuple[int, int]
Pair = tuple[int, int, int, int]
"""[start, end) in the old text and [start, end) in the new one, which are the same."""


@dataclass(frozen=True, slots=True)
class Edit:
    """`removed` gave way to `inserted` at `offset`: code points of the document, each line end counted as one "\\n"."""

    offset: int
    removed: str
    inserted: str


def difference(old: str, new: str) -> list[Edit]:
    """Edits that turn `old` into `new`, to be applied one after the other."""
    return refined(Edit(0, old, new))


def refined(edit: Edit) -> list[Edit]:
    """The same change without what stayed as it was. Edits come in an order in which each can be applied as it is.

    What would take too long to compare stays one edit.
    """
    edit = _trimmed(edit)
    if not edit.removed and not edit.inserted:
        return []
    if not edit.removed or not edit.inserted:
        return [edit]
    if len(edit.removed) + len(edit.inserted) <= MOST_CHARACTERS:
        return list(_split(edit, _same_words(edit.removed, edit.inserted)))
    return list(_by_lines(edit))


def _by_lines(edit: Edit) -> Iterator[Edit]:
    """Line by line, then within what lies between the lines that stayed. A line stays when its letters do."""
    shift = 0
    for old, new in _aligned_lines(edit.removed, edit.inserted):
        gone, come = edit.removed[slice(*old)], edit.inserted[slice(*new)]
        if gone != come:
            part = _trimmed(Edit(edit.offset + old[0] + shift, gone, come))
            yield from _words_within(part)
            shift += len(come) - len(gone)


def _words_within(part: Edit) -> Iterator[Edit]:
    small = len(part.removed) + len(part.inserted) <= MOST_CHARACTERS
    if small and part.removed and part.inserted:
        yield from _split(part, _same_words(part.removed, part.inserted))
    else:
        yield part


def _split(edit: Edit, same: Iterator[Pair]) -> Iterator[Edit]:
    """The edits between what is the same on both sides."""
    old_at = new_at = shift = 0
    for old_start, old_end, new_start, new_end in [*same, (len(edit.removed),) * 2 + (len(edit.inserted),) * 2]:
        gone, come = edit.removed[old_at:old_start], edit.inserted[new_at:new_start]
        if gone != come:
            yield _trimmed(Edit(edit.offset + old_at + shift, gone, come))
            shift += len(come) - len(gone)
        old_at, new_at = old_end, new_end


def _same_words(old: str, new: str) -> Iterator[Pair]:
    """Words and signs that stayed. Where the white space between them stayed too, they are one stretch."""
    mine, theirs = tokens_of(old), tokens_of(new)
    for block in align(mine.hashes, theirs.hashes, _EFFORT, moves=False).kept:
        whole = _bounds(mine.bounds, block.old, block.size) + _bounds(theirs.bounds, block.new, block.size)
        if old[whole[0] : whole[1]] == new[whole[2] : whole[3]]:
            yield whole
            continue
        for at in range(block.size):
            pair = _bounds(mine.bounds, block.old + at, 1) + _bounds(theirs.bounds, block.new + at, 1)
            if old[pair[0] : pair[1]] == new[pair[2] : pair[3]]:
                yield pair


def _bounds(bounds: Sequence[int], first: int, size: int) -> tuple[int, int]:
    return bounds[2 * first], bounds[2 * (first + size - 1) + 1]


def _aligned_lines(old: str, new: str) -> Iterator[tuple[Range, Range]]:
    """Stretches of both texts that correspond, in order and without gaps: lines with the same letters, and the rest."""
    mine, theirs = _LINE.findall(old), _LINE.findall(new)
    old_at, new_at = [0, *accumulate(map(len, mine))], [0, *accumulate(map(len, theirs))]
    old_line = new_line = 0
    for block in align(_letters(mine), _letters(theirs), _EFFORT, moves=False).kept:
        yield (old_at[old_line], old_at[block.old]), (new_at[new_line], new_at[block.new])
        for at in range(block.size):
            mine_at, theirs_at = block.old + at, block.new + at
            yield (old_at[mine_at], old_at[mine_at + 1]), (new_at[theirs_at], new_at[theirs_at + 1])
        old_line, new_line = block.old + block.size, block.new + block.size
    yield (old_at[old_line], len(old)), (new_at[new_line], len(new))


def _letters(lines: Sequence[str]) -> list[int]:
    return [zlib.crc32("".join(filter(str.isalnum, line)).encode("utf-8", "surrogatepass")) for line in lines]


def _trimmed(edit: Edit) -> Edit:
    """Without the beginning and the end that are the same on both sides."""
    removed, inserted = edit.removed, edit.inserted
    if not removed or not inserted:
        return edit
    head = common_start(removed, inserted)
    removed, inserted = removed[head:], inserted[head:]
    tail = common_start(removed[::-1], inserted[::-1])
    if tail:
        removed, inserted = removed[:-tail], inserted[:-tail]
    return Edit(edit.offset + head, removed, inserted)


def common_start(one: str, other: str) -> int:
    """How many characters both begin with. Compares slices, so that megabytes take milliseconds."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low

"""Changes of a text, as small as they can be told.

An editor may say "the whole document is now this" when one word was mended or a paragraph was wrapped anew. What
follows a stretch of text through such a change needs to know which parts of it stayed.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

MOST_TOKENS = 800
"""Tokens on either side up to which a replacement is compared token by token; beyond, line by line first."""
MOST_LINES = 4000
"""Lines on either side up to which they are compared; beyond, a replacement stays one."""
_LEAST_STAYED = 8
"""Characters in a row that have to be the same to count as having stayed: single words and spaces match by chance."""
_TOKEN = re.compile(r"\w+\s?|\s|[^\w\s]")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")


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
    """The same change without what stayed as it was. Edits come in an order in which each can be applied as it is."""
    edit = _trimmed(edit)
    if not edit.removed and not edit.inserted:
        return []
    if not edit.removed or not edit.inserted:
        return [edit]
    return list(_split(edit, _LINE, MOST_LINES)) if _is_large(edit) else _by_token(edit)


def _is_large(edit: Edit) -> bool:
    """A cheap look that errs towards lines: a token has four characters and a half on average."""
    return max(len(edit.removed), len(edit.inserted)) > 4 * MOST_TOKENS


def _by_token(edit: Edit) -> list[Edit]:
    return list(_split(edit, _TOKEN, MOST_TOKENS))


def _split(edit: Edit, pattern: re.Pattern[str], most: int) -> Iterator[Edit]:
    """Edits between the stretches that stayed; between lines that stayed it is looked at tokens again."""
    old, new = pattern.findall(edit.removed), pattern.findall(edit.inserted)
    if max(len(old), len(new)) > most:
        yield edit
        return
    shift = 0
    for removed, inserted, offset in _between(old, new, _stayed(old, new)):
        part = _trimmed(Edit(edit.offset + offset + shift, removed, inserted))
        shift += len(inserted) - len(removed)
        if pattern is _LINE and part.removed and part.inserted and not _is_large(part):
            yield from _by_token(part)
        elif part.removed or part.inserted:
            yield part


def _stayed(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int, int]]:
    """(index in old, index in new, number of tokens) of what stayed, in order, ending with (len(old), len(new), 0).

    A word is the same whether a space or a line end follows it: wrapped text stays, but for its line ends.
    """
    blocks = SequenceMatcher(None, _spaced(old), _spaced(new), autojunk=False).get_matching_blocks()
    long = [block for block in blocks if sum(map(len, old[block.a : block.a + block.size])) >= _LEAST_STAYED]
    same = [(block.a + at, block.b + at) for block in long for at in range(block.size)]
    return [*_runs([pair for pair in same if old[pair[0]] == new[pair[1]]]), (len(old), len(new), 0)]


def _spaced(tokens: Sequence[str]) -> list[str]:
    return [f"{token[:-1]} " if token[-1].isspace() else token for token in tokens]


def _runs(pairs: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int, int]]:
    """Pairs of indices that rise together, as (first, first, how many)."""
    start, size = (0, 0), 0
    for pair in pairs:
        if size and pair == (start[0] + size, start[1] + size):
            size += 1
            continue
        if size:
            yield *start, size
        start, size = pair, 1
    if size:
        yield *start, size


def _between(
    old: Sequence[str], new: Sequence[str], stayed: Sequence[tuple[int, int, int]]
) -> Iterator[tuple[str, str, int]]:
    """(removed, inserted, offset in the old text) of each gap between what stayed."""
    at_old = at_new = offset = 0
    for start_old, start_new, size in stayed:
        removed, inserted = "".join(old[at_old:start_old]), "".join(new[at_new:start_new])
        if removed or inserted:
            yield removed, inserted, offset
        kept = sum(map(len, old[start_old : start_old + size]))
        offset += len(removed) + kept
        at_old, at_new = start_old + size, start_new + size


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

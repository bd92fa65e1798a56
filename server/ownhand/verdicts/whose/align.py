"""Which tokens of a new text are those of an old one. Bounded work, whatever the texts are.

After patience diff (Bram Cohen's: what occurs once on both sides is an anchor, and the longest chain of anchors in
order holds): first with whole clauses, then with rows of a few tokens, then with single ones; `difflib` in what is left
between. Clauses that moved are looked for at the end. Few tokens in the middle of foreign ones are no match: "and the"
stands in every text.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise
from operator import lt
from typing import NamedTuple

EFFORT = 1_000_000
"""Steps of one alignment: far more than a novel with edits on every page takes. A step is a microsecond or so."""
_LEAF = 100_000
"""Steps of one stretch without anchors."""
_CLAUSE, _LONG_CLAUSE = 0xF, 0x3F
"""A clause ends where these bits of a token's hash are 0: every 16 or 64 tokens or so, wherever it stands."""
_VERY_LARGE = 200_000
_LARGE = 500
"""Tokens from which on clauses are looked at first: many times fewer than rows."""
_ROW = 4
_MOVED = 8
"""Tokens from which on a text is recognized in another place."""
_STRAY = 4
Row = Sequence[int]
Places = tuple[list[int], list[int]]
"""What is compared, as a number each, and the tokens at which it begins."""


class Block(NamedTuple):
    """new[new : new + size] is old[old : old + size]."""

    old: int
    new: int
    size: int


class Box(NamedTuple):
    """A stretch of the old tokens and the one of the new that lies in its place."""

    old: int
    old_end: int
    new: int
    new_end: int


@dataclass(frozen=True, slots=True)
class Alignment:
    """`kept` in the order of the new text; `given_up` are boxes that would have cost too much."""

    kept: list[Block]
    given_up: list[Box]


def align(old: Row, new: Row, effort: int = EFFORT, *, moves: bool = True) -> Alignment:
    """Without `moves`, what is kept comes in the same order in both."""
    search = _Search(old, new, effort)
    search.run()
    blocks = _slid(old, new, _joined_blocks(sorted(search.kept)))
    sides = _Free(old), _Free(new)
    kept = [_taken(block, *sides) for block in _without_strays(blocks, len(old), len(new))]
    # A stray may have held the token that a neighbour ends with.
    kept = [_taken(_grown(*sides, *block), *sides) for block in kept]
    moved = _moved(*sides) if moves else []
    return Alignment(sorted([*kept, *moved], key=lambda block: block.new), search.given_up)


class _Search:
    def __init__(self, old: Row, new: Row, effort: int) -> None:
        self._old, self._new, self._effort = old, new, effort
        self.kept: list[Block] = []
        self.given_up: list[Box] = []

    def run(self) -> None:
        boxes = [Box(0, len(self._old), 0, len(self._new))]
        while boxes:
            box = self._trimmed(boxes.pop())
            size, other = box.old_end - box.old, box.new_end - box.new
            if not size or not other:
                continue
            inner = self._anchored(box, size + other)
            if inner:
                boxes.extend(inner)
            else:
                self._leaf(box)

    def _anchored(self, box: Box, size: int) -> list[Box]:
        """What `_split` gives by the largest units that serve; nothing when they would cost too much."""
        self._effort -= size // 8
        inner = self._split(box, _clauses) if size > _LARGE else []
        if inner or self._effort < 2 * size:
            return inner
        self._effort -= 2 * size
        return self._split(box, _rows) or self._split(box, _singles)

    def _trimmed(self, box: Box) -> Box:
        """Without what both begin and end with, which is kept."""
        old, old_end, new, new_end = box
        size = self._common(box)
        self._keep(old, new, size)
        old, new = old + size, new + size
        while old < old_end and new < new_end and self._old[old_end - 1] == self._new[new_end - 1]:
            old_end, new_end = old_end - 1, new_end - 1
        self._keep(old_end, new_end, box.old_end - old_end)
        return Box(old, old_end, new, new_end)

    def _common(self, box: Box) -> int:
        """How many tokens both sides of `box` begin with."""
        old, new = self._old, self._new
        most = min(box.old_end - box.old, box.new_end - box.new)
        size = 0
        while size < most and old[box.old + size] == new[box.new + size]:
            size += 1
        return size

    def _keep(self, old: int, new: int, size: int) -> None:
        if size:
            self.kept.append(Block(old, new, size))

    def _split(self, box: Box, units: Callable[[Row], Places]) -> list[Box]:
        """Keep what grows from the anchors in `box`; the boxes between them, none when there are no anchors."""
        sides = units(self._old[box.old : box.old_end]), units(self._new[box.new : box.new_end])
        boxes: list[Box] = []
        old_at, new_at = box.old, box.new
        for old_place, new_place in _anchors(*sides):
            old, new = box.old + old_place, box.new + new_place
            if old < old_at or new < new_at:
                continue  # grown over already
            size = self._common(Box(old, box.old_end, new, box.new_end))
            if size:
                self._keep(old, new, size)
                boxes.append(Box(old_at, old, new_at, new))
                old_at, new_at = old + size, new + size
        return [*boxes, Box(old_at, box.old_end, new_at, box.new_end)] if boxes else []

    def _leaf(self, box: Box) -> None:
        old, new = self._old[box.old : box.old_end], self._new[box.new : box.new_end]
        counts = Counter(new)
        # The steps of difflib's first search; what it does after that adds as much again.
        cost = sum(counts[token] for token in old) + len(old)
        if cost > min(_LEAF, self._effort):
            self.given_up.append(box)
            return
        self._effort -= cost
        for match in SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks():
            self._keep(box.old + match.a, box.new + match.b, match.size)


def _clauses(tokens: Row) -> Places:
    mask = _CLAUSE if len(tokens) < _VERY_LARGE else _LONG_CLAUSE
    starts = [0, *(place for place, token in enumerate(tokens, 1) if not token & mask)]
    return [hash(tuple(tokens[start:end])) for start, end in pairwise([*starts, len(tokens)])], starts


def _rows(tokens: Row) -> Places:
    rows = list(map(hash, zip(*(tokens[start:] for start in range(_ROW)), strict=False)))
    return rows, list(range(len(rows)))


def _singles(tokens: Row) -> Places:
    return list(tokens), list(range(len(tokens)))


def _anchors(old: Places, new: Places) -> list[tuple[int, int]]:
    """(old, new) places of what occurs once on each side; the longest chain that rises on both."""
    once_old, once_new = _once(*old), _once(*new)
    pairs = [(place, once_new[unit]) for unit, place in once_old.items() if unit in once_new]
    places = [place for _, place in pairs]
    if all(map(lt, places, places[1:])):
        return pairs
    return [pairs[index] for index in _longest_rising(places)]


def _once(units: list[int], places: list[int]) -> dict[int, int]:
    """Where each unit stands that occurs once, in the order of the places."""
    last = dict(zip(units, places, strict=True))
    if len(last) == len(units):
        return last
    counts = Counter(units)
    return {unit: place for unit, place in last.items() if counts[unit] == 1}


def _longest_rising(values: list[int]) -> list[int]:
    """Indexes of a longest rising subsequence (Schensted's patience sorting)."""
    tops: list[int] = []
    at_top: list[int] = []
    below: list[int] = []
    for index, value in enumerate(values):
        pile = bisect_left(tops, value)
        below.append(at_top[pile - 1] if pile else -1)
        if pile == len(tops):
            tops.append(value)
            at_top.append(index)
        else:
            tops[pile], at_top[pile] = value, index
    chain = []
    index = at_top[-1] if at_top else -1
    while index >= 0:
        chain.append(index)
        index = below[index]
    return chain[::-1]


def _slid(old: Row, new: Row, blocks: list[Block]) -> list[Block]:
    """What only came in is taken to begin as late as it can: a sentence after a full stop, not with the one before."""
    slid: list[Block] = []
    for block in blocks:
        last = slid[-1] if slid else Block(0, 0, 0)
        end = last.new + last.size
        step = 0
        if slid and last.old + last.size == block.old:
            while step < block.size and new[end + step] == old[block.old + step]:
                step += 1
            slid[-1] = Block(last.old, last.new, last.size + step)
        if step < block.size:
            slid.append(Block(block.old + step, block.new + step, block.size - step))
    return slid


def _without_strays(blocks: list[Block], old_size: int, new_size: int) -> Iterator[Block]:
    """The blocks but for those of a few tokens that have more change than themselves on one side."""
    bounded = [Block(0, 0, 0), *blocks, Block(old_size, new_size, 0)]
    gaps = [
        max(after.old - before.old - before.size, after.new - before.new - before.size)
        for before, after in pairwise(bounded)
    ]
    for index, block in enumerate(blocks):
        if block.size >= _STRAY or max(gaps[index : index + 2]) <= block.size:
            yield block


def _joined_blocks(blocks: list[Block]) -> list[Block]:
    """Sorted blocks, with those that touch on both sides made one."""
    joined: list[Block] = []
    for block in blocks:
        last = joined[-1] if joined else None
        if last and (last.old + last.size, last.new + last.size) == (block.old, block.new):
            joined[-1] = Block(last.old, last.new, last.size + block.size)
        else:
            joined.append(block)
    return joined


def _moved(old: "_Free", new: "_Free") -> Iterator[Block]:
    """Clauses that stand elsewhere now with what belongs to them, recognized only if they were there once."""
    once_old, once_new = _once(*old.clauses()), _once(*new.clauses())
    for clause, place in once_new.items():
        if clause in once_old:
            block = _grown(old, new, once_old[clause], place)
            if block.size >= _MOVED:
                yield _taken(block, old, new)


def _taken(block: Block, old: "_Free", new: "_Free") -> Block:
    old.take(block.old, block.size)
    new.take(block.new, block.size)
    return block


class _Free:
    """The tokens of one side that have no partner on the other."""

    def __init__(self, tokens: Row) -> None:
        self.tokens = tokens
        self._free = bytearray(b"\1") * len(tokens)

    def take(self, start: int, size: int) -> None:
        self._free[start : start + size] = bytes(size)

    def is_free(self, place: int) -> bool:
        return 0 <= place < len(self._free) and self._free[place] == 1

    def clauses(self) -> Places:
        units, places, start = [], [], self._free.find(1)
        while start >= 0:
            end = self._free.find(0, start)
            end = len(self._free) if end < 0 else end
            inner_units, inner_places = _clauses(self.tokens[start:end])
            units += inner_units
            places += [start + place for place in inner_places]
            start = self._free.find(1, end)
        return units, places


def _grown(old: _Free, new: _Free, old_place: int, new_place: int, size: int = 0) -> Block:
    """The block with the free tokens around it that are the same on both sides."""

    def same(shift: int) -> bool:
        there, here = old_place + shift, new_place + shift
        return old.is_free(there) and new.is_free(here) and old.tokens[there] == new.tokens[here]

    start, end = 0, size
    while same(end):
        end += 1
    while end and same(start - 1):
        start -= 1
    return Block(old_place + start, new_place + start, end - start)

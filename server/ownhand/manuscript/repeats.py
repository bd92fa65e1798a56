"""Does a text repeat the writer's own words? Eight words in a row, or a whole line of verse, by hashed word runs.

Every fourth run of five words of a piece is stored with its neighbours: whatever eight words are taken from the piece,
one stored run lies within them. A hit is confirmed by the three words on either side (16 bits of hash each).
"""

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence

from ownhand.manuscript.sketch import gram_hashes, hashed_words

RUN = 8
_GRAM = 5
_STRIDE = RUN - _GRAM + 1
_AROUND = RUN - _GRAM
SHORTEST_LINE = 3
BLOCK = 40
"""Words in a row that are a passage and no turn of phrase."""
_WITHIN_LINE = 5
"""A verse line of this many words counts in the middle of a line too; a shorter one only as a line of its own."""


def signed(value: int) -> int:
    """A 64-bit hash as SQLite's signed integer."""
    return value - (1 << 64) if value >= 1 << 63 else value


def stored_grams(hashes: Sequence[int]) -> Iterator[tuple[int, int, bytes]]:
    """(hash, position in words, neighbours) of each run that is stored for a piece with these word hashes."""
    for number, value in enumerate(gram_hashes(hashes, _GRAM, _STRIDE)):
        position = number * _STRIDE
        yield signed(value), position, _neighbours(hashes, position)


def asked_grams(hashes: Sequence[int]) -> Iterator[tuple[int, bytes]]:
    """(hash, neighbours) of every run of a text that is asked about."""
    for position, value in enumerate(gram_hashes(hashes, _GRAM)):
        yield signed(value), _neighbours(hashes, position)


def runs_together(stored: bytes, asked: bytes) -> bool:
    """Given the same five words: are there eight in a row, neighbours included?"""
    one, other = array("H"), array("H")
    one.frombytes(stored)
    other.frombytes(asked)
    same = [left == right and left != 0 for left, right in zip(one, other, strict=True)]
    before = next((count for count in range(_AROUND) if not same[_AROUND - 1 - count]), _AROUND)
    after = next((count for count in range(_AROUND) if not same[_AROUND + count]), _AROUND)
    return before + after >= _AROUND


def places_of_runs(hashes: Sequence[int], known: Callable[[list[int]], set[int]]) -> list[int]:
    """Where in a text with these word hashes the runs begin that `known` picks out of all their hashes."""
    runs = [signed(value) for value in gram_hashes(hashes, _GRAM)]
    found = known(sorted(set(runs)))
    return [position for position, value in enumerate(runs) if value in found]


def holds_block(positions: Iterable[int]) -> bool:
    """Given the places of runs that are stored for another text: are there `BLOCK` words in a row of it?"""
    found = set(positions)
    steps = range(0, BLOCK - _GRAM, _STRIDE)
    return any(all(position + step in found for step in steps) for position in found)


def unshared_runs(hashes: Sequence[int], shared: Iterable[int]) -> Iterator[int]:
    """Hashes of the runs that are stored for a piece, without those around the places in `shared`."""
    near = {position + step for position in shared for step in range(1 - _STRIDE, _STRIDE)}
    return (value for value, position, _ in stored_grams(hashes) if position not in near)


def _neighbours(hashes: Sequence[int], position: int) -> bytes:
    """Three words before and three after, 16 bits each, never 0 for a word; 0 stands for "no word there"."""
    places = [*range(position - _AROUND, position), *range(position + _GRAM, position + _GRAM + _AROUND)]
    return array("H", [hashes[at] % 65535 + 1 if 0 <= at < len(hashes) else 0 for at in places]).tobytes()


def stored_lines(text: str) -> set[int]:
    """Hashes of the lines of a poem that are worth guarding by themselves: 3 to 7 words (longer ones are runs)."""
    lines = map(hashed_words, text.split("\n"))
    return {_line(line) for line in lines if SHORTEST_LINE <= len(line) < RUN}


def asked_lines(text: str) -> set[int]:
    """Hashes of the lines of `text`, and of every run of five to seven words in it."""
    asked = set()
    for raw in text.split("\n"):
        line = hashed_words(raw)
        if SHORTEST_LINE <= len(line) < RUN:
            asked.add(_line(line))
        for size in range(_WITHIN_LINE, min(len(line), RUN - 1) + 1):
            asked.update(_line(line[start : start + size]) for start in range(len(line) - size + 1))
    return asked


def _line(hashes: Sequence[int]) -> int:
    return signed(gram_hashes(hashes, len(hashes))[0])

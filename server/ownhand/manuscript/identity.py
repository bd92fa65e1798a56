"""Which new piece is which known one? So that an id survives edits, renames, moves, splits and merges.

In this order: the very same words (in the same file first), most of the same words, then the same place in the file:
the same title, or the one place left when every other piece was recognized. Each known piece goes to one new piece.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from ownhand.manuscript.sketch import Sketch

SAME_FILE = 0.3
ELSEWHERE = 0.5
"""Share of the shorter text that has to be found in the other."""
FEWEST_SHARED = 4
"""Shingles: fewer in common prove nothing."""


@dataclass(frozen=True)
class Known:
    """A piece of the index that may have changed, moved or gone. `path` is None when it was gone already."""

    key: int
    path: str | None
    ordinal: int
    title: str
    digest: bytes
    sketch: Sketch


@dataclass(frozen=True)
class Seen:
    """A piece as it was just read."""

    path: str
    ordinal: int
    title: str
    digest: bytes
    sketch: Sketch


def match(seen: Sequence[Seen], known: Sequence[Known]) -> dict[int, int]:
    """For positions in `seen` the key of the known piece that it is; new ones are missing."""
    matching = _Matching(seen, known)
    for step in (matching.by_words_in_file, matching.by_words, matching.by_likeness, matching.by_place):
        step()
    return matching.found


class _Matching:
    def __init__(self, seen: Sequence[Seen], known: Sequence[Known]) -> None:
        self.seen = seen
        self.free = {item.key: item for item in known}
        self.found: dict[int, int] = {}
        self._by_key: dict[int, list[int]] = {}

    def _open(self) -> Iterator[tuple[int, Seen]]:
        return ((number, piece) for number, piece in enumerate(self.seen) if number not in self.found)

    def _take(self, number: int, key: int) -> None:
        self.found[number] = key
        del self.free[key]

    def by_words_in_file(self) -> None:
        self._by_digest(lambda item: (item.path, item.digest))

    def by_words(self) -> None:
        self._by_digest(lambda item: item.digest)

    def _by_digest(self, name_of: Callable[[Known | Seen], object]) -> None:
        waiting = defaultdict(list)
        for item in sorted(self.free.values(), key=lambda item: (item.path is None, item.ordinal), reverse=True):
            waiting[name_of(item)].append(item.key)
        for number, piece in list(self._open()):
            if keys := waiting.get(name_of(piece)):
                self._take(number, keys.pop())

    def by_likeness(self) -> None:
        """Best pairs first; equally good ones in the order of the manuscript."""
        pairs = [
            (not same_file, -likeness, number, key)
            for number, piece in self._open()
            for key, same_file, likeness in self._alike(piece)
        ]
        for _, _, number, key in sorted(pairs):
            if number not in self.found and key in self.free:
                self._take(number, key)

    def _alike(self, piece: Seen) -> Iterator[tuple[int, bool, float]]:
        for item in self._candidates(piece):
            overlap = piece.sketch.overlap(item.sketch)
            same_file = item.path == piece.path
            likeness = max(overlap.of_mine, overlap.of_theirs)
            if overlap.shared >= FEWEST_SHARED and likeness >= (SAME_FILE if same_file else ELSEWHERE):
                yield item.key, same_file, overlap.jaccard

    def _candidates(self, piece: Seen) -> Iterable[Known]:
        """Few known pieces are simply all compared; many are looked up by their smallest hashes."""
        if len(self.free) <= 200:
            return list(self.free.values())
        if not self._by_key:
            for item in self.free.values():
                for value in item.sketch.smallest():
                    self._by_key.setdefault(value, []).append(item.key)
        keys = {key for value in piece.sketch.smallest() for key in self._by_key.get(value, ()) if key in self.free}
        return [self.free[key] for key in sorted(keys)]

    def by_place(self) -> None:
        for path in sorted({piece.path for _, piece in self._open()}):
            self._by_title(path)
            self._by_gap(path)

    def _by_title(self, path: str) -> None:
        titles = {item.title: item.key for item in self.free.values() if item.path == path and item.title}
        for number, piece in list(self._open()):
            if piece.path == path and titles.get(piece.title) in self.free:
                self._take(number, titles[piece.title])

    def _by_gap(self, path: str) -> None:
        """One known and one new piece are left, at the same place: the piece was rewritten."""
        old = sorted((item for item in self.free.values() if item.path == path), key=lambda item: item.ordinal)
        new = [(number, piece) for number, piece in self._open() if piece.path == path]
        if len(old) == len(new) == 1 and old[0].ordinal == new[0][1].ordinal:
            self._take(new[0][0], old[0].key)

"""Keeps held-out text out of training: eight words in a row of any version of a held-out piece."""

from collections.abc import Callable, Iterable

from ownhand.manuscript.repeats import RUN, asked_grams, places_of_runs
from ownhand.manuscript.sketch import gram_hashes, hashed_words


class HeldOutGuard:
    """Does a text share `RUN` words in a row with a held-out piece?

    `texts` are the held-out pieces as they are now. `known_runs` tells which of some hashes are runs of five words of
    held-out pieces as they were at any scan (the index keeps every fourth); where such a run is of no present text, it
    alone counts: the words around it are not known any more.
    """

    def __init__(self, texts: Iterable[str], known_runs: Callable[[list[int]], set[int]]) -> None:
        self._known_runs = known_runs
        self._now: set[int] = set()
        self._runs_now: set[int] = set()
        for text in texts:
            hashes = hashed_words(text)
            self._now.update(gram_hashes(hashes, min(RUN, len(hashes))) if hashes else ())
            # Every one: a word put in front moves all of them away from where the index counted its every fourth.
            self._runs_now.update(value for value, _ in asked_grams(hashes))

    def touches(self, text: str) -> bool:
        hashes = hashed_words(text)
        if not self._now.isdisjoint(gram_hashes(hashes, RUN)):
            return True
        return bool(places_of_runs(hashes, lambda runs: self._known_runs(runs) - self._runs_now))

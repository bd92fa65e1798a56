"""Does a model write anew, or recite what it was trained on? Runs of the writer's own words in what it wrote.

A *verbatim run* is eight or more consecutive words (as `text.words.matching_words` compares them) that stand so in a
text that was trained on. Not counted: what the prompt itself holds, since going on with a quotation is no reciting, and
refrains, which a piece repeats by itself.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ownhand.text.words import matching_words

RUN = 8
_SEED = 4
"""Words in a row from which the longest run is looked for."""
Gram = tuple[str, ...]


@dataclass(frozen=True)
class Written:
    """What a model wrote after a prompt."""

    prompt: str
    text: str


@dataclass(frozen=True)
class Verbatim:
    """How much of some text stands so in the training text: words in runs, all words, words of the longest run."""

    copied: int
    words: int
    longest: int

    @property
    def share(self) -> float:
        return self.copied / self.words if self.words else 0.0


class TrainingText:
    """The texts that were trained on, to be looked up by runs of words."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._words = [matching_words(text) for text in texts]
        self._places: dict[Gram, list[tuple[int, int]]] = {}
        self._refrains: set[Gram] = set()
        for number, words in enumerate(self._words):
            counted = Counter(_grams(words, RUN))
            self._refrains |= {gram for gram, count in counted.items() if count > 1}
            for at, gram in enumerate(_grams(words, _SEED)):
                self._places.setdefault(gram, []).append((number, at))
        self._runs = {gram for words in self._words for gram in _grams(words, RUN)} - self._refrains

    def verbatim(self, written: Iterable[Written]) -> Verbatim:
        """All that was written, together."""
        copied = total = longest = 0
        for each in written:
            words, said = matching_words(each.text), matching_words(each.prompt)
            copied += len(self._copied(words, set(_grams(said, RUN))))
            longest = max(longest, self._longest(words, set(_grams(said, _SEED))))
            total += len(words)
        return Verbatim(copied, total, longest)

    def _copied(self, words: Sequence[str], said: set[Gram]) -> set[int]:
        """Positions of words that lie in a run of `RUN`."""
        starts = [at for at, gram in enumerate(_grams(words, RUN)) if gram in self._runs and gram not in said]
        return {at + step for at in starts for step in range(RUN)}

    def _longest(self, words: Sequence[str], said: set[Gram]) -> int:
        """The longest run that stands so in one of the texts, followed word by word."""
        longest, followed = 0, dict[tuple[int, int], int]()
        for gram in _grams(words, _SEED):
            places = [] if gram in said else self._places.get(gram, [])
            followed = {(number, at): followed.get((number, at - 1), _SEED - 1) + 1 for number, at in places}
            best = max(followed.items(), key=lambda item: item[1], default=None)
            if best and best[1] > longest and not self._is_refrain(*best):
                longest = best[1]
        return longest

    def _is_refrain(self, place: tuple[int, int], length: int) -> bool:
        number, at = place
        run = self._words[number][at + _SEED - length : at + _SEED]
        return length >= RUN and all(gram in self._refrains for gram in _grams(run, RUN))


def novelty(challenger: Verbatim, base: Verbatim) -> float:
    """1 less the share of copied words that goes beyond the base's own; never above 1."""
    return 1.0 - max(0.0, challenger.share - base.share)


def _grams(words: Sequence[str], size: int) -> Iterable[Gram]:
    return (tuple(words[at : at + size]) for at in range(len(words) - size + 1))

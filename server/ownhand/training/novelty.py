"""Does a model write anew, or recite what it was trained on? Runs of the writer's own words in what it wrote.

A *verbatim run* is eight or more consecutive words (as `text.words.matching_words` compares them) that stand so in a
text that was trained on. Not counted: what the prompt itself holds, since going on with a quotation is no reciting, and
refrains, which a piece repeats by itself.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ownhand.manuscript.sketch import gram_hashes, hashed_words

RUN = 8
_SEED = 4
"""Words in a row from which the longest run is looked for."""


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
    """The texts that were trained on, to be looked up by runs of words.

    Words and runs are kept as hashes of 64 bits, 28 bytes for each word: a lifetime's writing takes some megabytes
    beside the model that writes. That two runs of a million have one hash happens once in some ten million such texts.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._words = array("Q")
        """Of all texts, one after the other: a run never goes over an end, so a number is place enough."""
        self._refrains: set[int] = set()
        runs, seeds, starts = array("Q"), array("Q"), array("I")
        for text in texts:
            words = _hashes(text)
            found = gram_hashes(words, RUN)
            self._refrains.update(gram for gram, count in Counter(found).items() if count > 1)
            runs.extend(found)
            starts.extend(range(len(self._words), len(self._words) + max(0, len(words) - _SEED + 1)))
            seeds.extend(gram_hashes(words, _SEED))
            self._words.extend(words)
        self._runs = array("Q", sorted(runs))
        self._places = _Places(seeds, starts)

    def verbatim(self, written: Iterable[Written]) -> Verbatim:
        """All that was written, together."""
        copied = total = longest = 0
        for each in written:
            words, said = _hashes(each.text), _hashes(each.prompt)
            copied += len(self._copied(words, set(gram_hashes(said, RUN))))
            longest = max(longest, self._longest(words, set(gram_hashes(said, _SEED))))
            total += len(words)
        return Verbatim(copied, total, longest)

    def _copied(self, words: Sequence[int], said: set[int]) -> set[int]:
        """Positions of words that lie in a run of `RUN`."""
        starts = [at for at, gram in enumerate(gram_hashes(words, RUN)) if gram not in said and self._is_run(gram)]
        return {at + step for at in starts for step in range(RUN)}

    def _is_run(self, gram: int) -> bool:
        at = bisect_left(self._runs, gram)
        return at < len(self._runs) and self._runs[at] == gram and gram not in self._refrains

    def _longest(self, words: Sequence[int], said: set[int]) -> int:
        """The longest run that stands so in one of the texts, followed word by word."""
        longest, followed = 0, dict[int, int]()
        for gram in gram_hashes(words, _SEED):
            places = () if gram in said else self._places.of(gram)
            followed = {at: followed.get(at - 1, _SEED - 1) + 1 for at in places}
            best = max(followed.items(), key=lambda item: item[1], default=None)
            if best and best[1] > longest and not self._is_refrain(*best):
                longest = best[1]
        return longest

    def _is_refrain(self, at: int, length: int) -> bool:
        starts = range(at + _SEED - length, at + _SEED - RUN + 1)
        # One by one: the first that is none settles it, and a run may be a whole piece.
        grams = (gram_hashes(self._words[start : start + RUN], RUN)[0] for start in starts)
        return length >= RUN and all(gram in self._refrains for gram in grams)


class _Places:
    """Where each of many hashes stands: in two arrays, for a dictionary of them would be many times as large."""

    def __init__(self, hashes: Sequence[int], places: Sequence[int]) -> None:
        order = sorted(range(len(hashes)), key=hashes.__getitem__)
        self._hashes = array("Q", (hashes[number] for number in order))
        self._places = array("I", (places[number] for number in order))

    def of(self, value: int) -> Sequence[int]:
        """All places of one hash, in order."""
        first = bisect_left(self._hashes, value)
        return self._places[first : bisect_right(self._hashes, value, first)]


def novelty(challenger: Verbatim, base: Verbatim) -> float:
    """1 less the share of copied words that goes beyond the base's own; never above 1."""
    return 1.0 - max(0.0, challenger.share - base.share)


def _hashes(text: str) -> "array[int]":
    return array("Q", hashed_words(text))

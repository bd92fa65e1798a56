"""A small model of the writer's own words, to tell which of two candidates is more in the writer's hand.

Interpolated Kneser-Ney over trigrams of words and punctuation (Chen and Goodman, "An Empirical Study of Smoothing
Techniques for Language Modeling", 1999, section 2.7), with one discount. What the words have never seen falls
back on a model of letters, so that a new word is judged by its spelling.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import regex

_TOKEN = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]|[\p{L}\p{M}\p{N}]+(?:['’][\p{L}]+)*|\n|[^\s\p{L}\p{N}]")
_ORDER = 3
_DISCOUNT = 0.75
_LETTERS = 4
_ALPHABET = 200
_START = "\x02"


def tokens(text: str) -> list[str]:
    return [token.replace("’", "'") for token in _TOKEN.findall(text.casefold())]


@dataclass
class _Level:
    """Counts of what follows each history of one length."""

    follows: dict[tuple[str, ...], Counter[str]] = field(default_factory=dict)

    def add(self, history: tuple[str, ...], word: str) -> None:
        self.follows.setdefault(history, Counter())[word] += 1

    def weigh(self, history: tuple[str, ...], word: str, lower: float) -> float:
        """Discounted share of `word` after `history`, the rest spread as `lower` says."""
        seen = self.follows.get(history)
        if not seen:
            return lower
        total = seen.total()
        return max(seen[word] - _DISCOUNT, 0.0) / total + _DISCOUNT * len(seen) / total * lower


class NgramModel:
    """Build with `NgramModel.of(texts)` (in a thread: about a second for 100,000 words); then read-only."""

    def __init__(self) -> None:
        self._words = [_Level() for _ in range(_ORDER)]
        self._letters: dict[str, Counter[str]] = {}
        self.size = 0

    @classmethod
    def of(cls, texts: Iterable[str]) -> "NgramModel":
        model, seen = cls(), set[tuple[str, ...]]()
        for text in texts:
            model._read(tokens(text), seen)
        return model

    def log_probability(self, text: str, before: str = "") -> float:
        """Natural log-probability per token of `text` after `before`; -inf for a text without tokens."""
        history, written = [_START] * (_ORDER - 1) + tokens(before[-200:]), tokens(text)
        if not written:
            return -math.inf
        total = 0.0
        for token in written:
            total += math.log(self._probability(history, token))
            history.append(token)
        return total / len(written)

    def holds(self, run: Sequence[str]) -> bool:
        """Do the texts hold this run of two or three words, comparable ones as `tokens` gives them?"""
        level = self._words[len(run) - 1]
        return level.follows.get(tuple(run[:-1]), Counter())[run[-1]] > 0

    def _read(self, words: list[str], seen: set[tuple[str, ...]]) -> None:
        """The highest order counts occurrences, the lower ones in how many contexts a word was new."""
        padded = [_START] * (_ORDER - 1) + words
        for index in range(_ORDER - 1, len(padded)):
            self._words[-1].add(tuple(padded[index - _ORDER + 1 : index]), padded[index])
            for order in range(_ORDER - 1):
                gram = tuple(padded[index - order - 1 : index + 1])
                if gram not in seen:
                    seen.add(gram)
                    self._words[order].add(gram[1:-1], padded[index])
        for word in words:
            self._read_letters(word)
        self.size += len(words)

    def _read_letters(self, word: str) -> None:
        spelled = _START * (_LETTERS - 1) + word + _START
        for index in range(_LETTERS - 1, len(spelled)):
            self._letters.setdefault(spelled[index - _LETTERS + 1 : index], Counter())[spelled[index]] += 1

    def _probability(self, history: Sequence[str], word: str) -> float:
        probability = self._spelling(word)
        for order, level in enumerate(self._words):
            probability = level.weigh(tuple(history[len(history) - order :]), word, probability)
        return probability

    def _spelling(self, word: str) -> float:
        """Probability of the word letter by letter, add-one smoothed over an alphabet."""
        spelled, probability = _START * (_LETTERS - 1) + word + _START, 1.0
        for index in range(_LETTERS - 1, min(len(spelled), 40)):
            seen = self._letters.get(spelled[index - _LETTERS + 1 : index], Counter())
            probability *= (seen[spelled[index]] + 1 / _ALPHABET) / (seen.total() + 1)
        return probability

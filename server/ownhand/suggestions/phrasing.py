"""How the writer's verdicts weigh on phrasing, wherever in the voice it comes up: part of the n-gram reranker.

Word runs of two and three of a rejected text lower a candidate that uses them, those of an accepted one raise it a
little. What the writer's own text holds is the writer's, whatever was rejected with it: "said nothing" goes down only
for someone who never wrote it. Runs of nothing but short words ("out of the") say nothing about a voice.

The reason decides how much. "Wrong word" and "cliché" are about the very words and weigh most. Without a reason, or
with one in the writer's own words, the words are the likeliest cause, but not the certain one. A wrong rhythm is one
of the sentence rather than of its phrases. A wrong fact is about what is said: its words are fine.
"""

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from ownhand.suggestions.place import is_unspaced
from ownhand.text.words import matching_words

Gram = tuple[str, ...]
Holds = Callable[[Gram], bool]
"""Is this word run in the writer's own text?"""

WRONG_FACT = "wrong fact"
_BY_REASON = {"wrong word": 1.0, "cliche": 1.0, "wrong rhythm": 0.25, WRONG_FACT: 0.0}
_ANY_REASON = 0.5
_ACCEPTED = 0.1
_BY_SIZE = {2: 0.4, 3: 1.0}
"""In nats per token for a word run of that size, as the n-gram model scores: two fluent candidates differ by about
half a nat, so one shared run of three tips the scales and a whole shared phrase decides."""
_LOWEST, _HIGHEST = -3.0, 0.3
_PLAINLY = -0.5
"""From here on a phrase is avoided when it comes up. Two words alone ("went over") must be rejected twice for it."""
_WEIGHTY_LETTERS = 4


@dataclass
class Phrasing:
    """Weights of word runs: below 0 for rejected ones, above for accepted ones."""

    _weights: dict[Gram, float] = field(default_factory=dict)
    _accepted: set[int] = field(default_factory=set)

    def reject(self, text: str, reason: str = "") -> None:
        self._weigh(text, -_weight(reason))

    def reject_for(self, text: str, reason: str, former: str) -> None:
        """The writer gave another reason for a rejection that weighs already: add what it weighs more or less."""
        self._weigh(text, _weight(former) - _weight(reason))

    def accept(self, text: str) -> None:
        """The same text taken twice counts once."""
        if hash(text) not in self._accepted:
            self._accepted.add(hash(text))
            self._weigh(text, _ACCEPTED)

    def score(self, text: str, own: Holds) -> float:
        """What the verdicts add to a candidate's score, in nats per token."""
        return min(max(sum(self._weights[gram] for gram in self._hits(text, own)), _LOWEST), _HIGHEST)

    def uses_rejected(self, text: str, own: Holds) -> bool:
        """Does `text` use a phrase that was plainly rejected?"""
        return any(self._weights[gram] <= _PLAINLY for gram in self._hits(text, own))

    def _hits(self, text: str, own: Holds) -> list[Gram]:
        known = {gram for gram in grams(text) if gram in self._weights} if self._weights else ()
        return [gram for gram in known if not own(gram)]

    def _weigh(self, text: str, weight: float) -> None:
        for gram in set(grams(text)) if weight else ():
            self._weights[gram] = self._weights.get(gram, 0.0) + weight * _BY_SIZE[len(gram)]


def grams(text: str) -> Iterator[Gram]:
    """The word runs of two and three in `text` that say something."""
    words = matching_words(text)
    for size in _BY_SIZE:
        for start in range(len(words) - size + 1):
            gram = tuple(words[start : start + size])
            if _says_something(gram):
                yield gram


def _weight(reason: str) -> float:
    return _BY_REASON.get(plain_reason(reason), _ANY_REASON)


def plain_reason(reason: str) -> str:
    """A reason made comparable: no capitals, no accents."""
    return "".join(c for c in unicodedata.normalize("NFD", reason.strip().casefold()) if not unicodedata.combining(c))


def _says_something(gram: Gram) -> bool:
    """Two weighty words, or three of which one is. Where words have no spaces each sign is one: three of them."""
    if any(is_unspaced(word[0]) for word in gram):
        return len(gram) > 2
    weighty = sum(len(word) >= _WEIGHTY_LETTERS for word in gram)
    return weighty >= (2 if len(gram) == 2 else 1)

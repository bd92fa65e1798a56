"""Does a model go round in circles? Words and lines that come again at once, and again."""

from collections.abc import Iterable, Sequence

from ownhand.text.words import matching_words

_LONGEST_TURN = 24
"""Words of the longest phrase that is looked for."""
_TURNS = 3
"""A phrase that stands so many times in a row is a loop; a writer may well say a thing twice."""
_LEAST_WORDS = 6
""" "Never, never, never" is no loop yet."""


def looping_words(text: str) -> tuple[int, int]:
    """(words that lie in a loop, all words). A loop is a phrase of up to 24 words said three times or more in a row."""
    words = matching_words(text)
    caught: set[int] = set()
    for size in range(1, min(_LONGEST_TURN, len(words) // _TURNS) + 1):
        caught |= _caught(words, size)
    return len(caught), len(words)


def loop_share(texts: Iterable[str]) -> float:
    """Share of the words of all texts together that lie in loops."""
    counts = [looping_words(text) for text in texts]
    total = sum(words for _, words in counts)
    return sum(caught for caught, _ in counts) / total if total else 0.0


def _caught(words: Sequence[str], size: int) -> set[int]:
    """Positions within stretches that repeat themselves every `size` words, long enough to be loops."""
    found: set[int] = set()
    start = 0
    while start + size < len(words):
        end = start
        while end + size < len(words) and words[end] == words[end + size]:
            end += 1
        length = end + size - start
        if length >= max(_TURNS * size, _LEAST_WORDS):
            found |= set(range(start, end + size))
        start = end + 1
    return found

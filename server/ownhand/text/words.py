"""Words and graphemes, as Unicode defines them (UAX #29).

A word here is a segment between UAX #29 word boundaries that holds a letter or a digit: "don't" is one word,
"co-op" two, each ideograph one. Every count and every n-gram of the project goes through this module.
"""

import unicodedata
from collections.abc import Iterator

import regex

_BOUNDARY = regex.compile(r"(?w)\b", flags=regex.V1)
_GRAPHEME = regex.compile(r"\X")


def words(text: str) -> list[str]:
    """The words of `text`, as written."""
    return [part for part in _BOUNDARY.split(text) if _is_word(part)]


def word_spans(text: str) -> Iterator[tuple[int, int]]:
    """(start, end) of each word, in code points."""
    start = 0
    for part in _BOUNDARY.split(text):
        if _is_word(part):
            yield start, start + len(part)
        start += len(part)


def count_words(text: str) -> int:
    return sum(1 for part in _BOUNDARY.split(text) if _is_word(part))


def matching_words(text: str) -> list[str]:
    """Words made comparable: NFC, case folded, one kind of apostrophe."""
    return words(unicodedata.normalize("NFC", text).replace("’", "'").casefold())


def last_grapheme_start(text: str) -> int:
    """Where the last grapheme cluster of `text` begins, in code points; 0 for the empty text."""
    # A cluster is short in practice; a window keeps this independent of the text's length.
    window_start = max(0, len(text) - 64)
    last = window_start
    for match in _GRAPHEME.finditer(text, window_start):
        last = match.start()
    return last


def _is_word(part: str) -> bool:
    # Most parts are plain words or single spaces; the first look spares them the loop.
    return part.isalnum() or (len(part) > 1 and any(character.isalnum() for character in part))

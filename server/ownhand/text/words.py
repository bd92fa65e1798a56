"""Words, as Unicode defines them (UAX #29).

A word here is a segment between UAX #29 word boundaries that holds a letter or a digit: "don't" is one word,
"co-op" two, each ideograph one. Every count and every n-gram of the project goes through this module.
"""

import unicodedata
from collections.abc import Iterator

import regex

_BOUNDARY = regex.compile(r"(?w)\b", flags=regex.V1)


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


def _is_word(part: str) -> bool:
    # Most parts are plain words or single spaces; the first look spares them the loop.
    return part.isalnum() or (len(part) > 1 and any(character.isalnum() for character in part))

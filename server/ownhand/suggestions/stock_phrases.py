"""Stock phrases of machine prose, counted so that candidates which lean on them rank lower."""

import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

import regex

_LIST = "stock_phrases.toml"


def load_stock_phrases() -> None:
    """Read and compile the lists, which takes some 40 ms: call it in a thread before the first count."""
    _pattern()


@cache
def _pattern() -> "regex.Pattern[str]":
    lists: dict[str, list[str]] = tomllib.loads(files(__package__).joinpath(_LIST).read_text(encoding="utf-8"))
    spaced = [_expression(phrase) for language, phrases in lists.items() if language != "ja" for phrase in phrases]
    unspaced = [regex.escape(phrase) for phrase in lists["ja"]]
    return regex.compile(rf"\b(?:{'|'.join(spaced)})\b|{'|'.join(unspaced)}", flags=regex.I)


def _expression(phrase: str) -> str:
    words = [r"\S+(?:\s\S+){0,2}" if word == "*" else regex.escape(word) for word in phrase.split()]
    return r"\s+".join(words).replace("'", "['’]")


def count_stock_phrases(text: str) -> int:
    """How many stock phrases `text` holds, in any of the languages that are listed."""
    return sum(1 for _ in _pattern().finditer(text))


def stock_share(texts: Iterable[str]) -> float:
    """The share of `texts` that hold at least one stock phrase, from 0 to 1; 0 for no texts."""
    hits = [count_stock_phrases(text) > 0 for text in texts]
    return sum(hits) / len(hits) if hits else 0.0

"""Is a text another one over again, to a reader's eye? Both are given as comparable words (see `text.words`)."""

from collections import Counter
from collections.abc import Sequence

from ownhand.text.distance import distance, distances

ONE_IN = 4
"""Of so many words one may differ, counted as token edits: one put in, left out, or changed."""

Words = Sequence[str]


def alike(one: Words, other: Words) -> bool:
    """The same words, but for one in four of the longer text."""
    return one == other or distance(one, other) <= max(len(one), len(other)) // ONE_IN


def is_variant(text: Words, rejected: Words, *, typed: int = 0, near: bool = True) -> bool:
    """Is `text` the `rejected` one, a beginning of it, or that one with more behind it?

    The first `typed` words of `text` are in the document already, so only what reaches beyond them counts. `near`:
    one word in four may differ, but a beginning and what goes on beyond must share their last word, or every sentence
    that begins alike would count. A rejected single word forbids itself alone, not all that begins with it.
    """
    size, whole = len(text), len(rejected)
    if size <= typed or not whole:
        return False
    if list(text[:whole]) == list(rejected[:size]):
        return typed < whole and (size <= whole or whole > 1)
    return near and _may_be_near(text, rejected) and _is_near(text, rejected, typed)


def _may_be_near(text: Words, rejected: Words) -> bool:
    """The cheap test: do they share enough words at all?"""
    shared = (Counter(text) & Counter(rejected)).total()
    shorter = min(len(text), len(rejected))
    return shared >= shorter - shorter // ONE_IN


def _is_near(text: Words, rejected: Words, typed: int) -> bool:
    """Of the longer one no more is looked at than can lie within the allowed distance of the shorter one."""
    text, rejected = text[: _reach(len(rejected))], rejected[: _reach(len(text))]
    return _holds_near(text, rejected, typed) or _begins_near(text, rejected)


def _reach(words: int) -> int:
    """A text of `n` words more differs from this one by `n` at least; one in four of both together is a third of it."""
    return words + words // (ONE_IN - 1) + 2


def _holds_near(text: Words, rejected: Words, typed: int) -> bool:
    """The rejected words, whole but for small changes, with or without more behind them.

    What comes has to bring the text nearer to them than what was typed is already.
    """
    size, whole = len(text), len(rejected)
    to_beginnings = distances(rejected, text)
    if to_beginnings[size] <= max(size, whole) // ONE_IN:
        return to_beginnings[size] < to_beginnings[min(typed, size)]
    beyond = (end for end in range(typed + 1, size) if text[end - 1] == rejected[-1])
    return any(to_beginnings[end] <= min(whole // ONE_IN, to_beginnings[typed] - 1) for end in beyond)


def _begins_near(text: Words, rejected: Words) -> bool:
    """A beginning of the rejected words, but for small changes."""
    to_beginnings = distances(text, rejected)
    ends = (end for end in range(1, len(rejected)) if rejected[end - 1] == text[-1])
    return any(to_beginnings[end] <= len(text) // ONE_IN for end in ends)

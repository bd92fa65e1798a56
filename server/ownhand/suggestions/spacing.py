"""Spaces where the suggestion meets the text, and inside it, as the writer sets them."""

import regex

from ownhand.suggestions.place import is_unspaced

_BREAKING = " \t\n"
_OPENERS = "([{«‹„‚¿¡「『【（〈《—–-/*_"
_CLOSING_MARKS = ".,…)]}%"
_HIGH_MARKS = ";:!?»"
_HARD_SPACED = regex.compile(r"([\u00a0\u202f])[;:!?»]")
_HARD_QUOTED = regex.compile(r"«([\u00a0\u202f])")
_SOFT_SPACED = regex.compile(r"\w [;:!?»]")
_RUNS = regex.compile(r"(?<=\S) {2,}(?=\S)")


def joined_start(text: str, before: str) -> str:
    """Prose: `text` with the space, or without it, that its start needs after `before`."""
    body = text.lstrip(_BREAKING)
    last, first = before[-1:], body[:1]
    if not last or last.isspace() or not first:
        return body
    spaced = len(body) < len(text)
    if is_unspaced(last) or is_unspaced(first):
        return body if not spaced or _either_is_sign(last, first) or is_unspaced(last + first) else f" {body}"
    if first in _CLOSING_MARKS or first.isspace():
        return body
    if first in _HIGH_MARKS:
        return f" {body}" if spaced and _SOFT_SPACED.search(before[-4000:]) else body
    if last in _OPENERS and not (last in "—–-" and spaced):
        return body
    if last in "\"'“‘”’":
        return body if not _closes(before) else f" {body}" if spaced or first.isalnum() else body
    return f" {body}" if spaced or (last in ".,;:!?…)" and first.isalpha()) else body


def _either_is_sign(last: str, first: str) -> bool:
    return not (last.isalnum() and first.isalnum())


def _closes(before: str) -> bool:
    """Is the quotation mark at the end of `before` a closing one?"""
    mark, paragraph = before[-1], before.rpartition("\n")[2]
    if mark in "”’":
        return True
    if mark in "“‘":
        # German closes with the mark that English opens with.
        return paragraph.count("„" if mark == "“" else "‚") > 0
    if mark == "'":
        return before[-2:-1].isalnum() or before[-2:-1] in ".,!?"
    return paragraph.count(mark) % 2 == 0


def joined_end(text: str, rest: str) -> str:
    """`text` with the space that its end needs before `rest`, what follows on the line."""
    body = text.rstrip(" \t\n")
    if not body or not rest or rest[0].isspace() or not rest[0].isalnum():
        return body
    return body if is_unspaced(body[-1]) or body[-1] in _OPENERS else f"{body} "


def as_written(text: str, before: str) -> str:
    """Inner spaces in the writer's manner: single ones, and French signs with the hard space that stands before."""
    recent = before[-4000:]
    if ".  " not in recent:
        text = _RUNS.sub(" ", text)
    hard = _HARD_SPACED.search(recent)
    if hard:
        text = regex.sub(r"(?<=[\w…\")]) (?=[;:!?»])", hard[1], text)
    quoted = _HARD_QUOTED.search(recent)
    if quoted:
        text = regex.sub(r"« ?(?=\S)", f"«{quoted[1]}", text)
    return regex.sub(r"(?<=[\p{Han}\p{Hiragana}\p{Katakana}。、]) +(?=[\p{Han}\p{Hiragana}\p{Katakana}「])", "", text)

"""Markup in an answer: whole or not at all. What opens must close, and nothing closes that did not open."""

import regex

from ownhand.manuscript.formats.breaks import is_break

_BLOCK = regex.compile(r"\s{0,3}(?:#{1,6}\s|>|\||```|~~~|[-*+]\s|\d{1,3}[.)]\s|\[\^)")
_FOREIGN = regex.compile(r"<[A-Za-z/!]|https?://|www\.|!\[|\]\(|\{\{|```|\\[A-Za-z]+")
_MARKS = regex.compile(r"\*{1,3}|(?<![^\W_])_{1,3}|_{1,3}(?![^\W_])|`|~~")


def opens_block(text: str, line: str) -> bool:
    """Would `text` make a heading, list, quotation, table or scene break of the line that begins with `line`?"""
    written = line + text.partition("\n")[0]
    return not line.strip() and bool(_BLOCK.match(written) or is_break(written))


def without_breaks(text: str) -> str:
    """Verse up to the first line that is a heading or a scene break."""
    kept: list[str] = []
    for number, line in enumerate(text.split("\n")):
        if number and (regex.match(r"\s{0,3}#{1,6}\s", line) or is_break(line)):
            break
        kept.append(line)
    return "\n".join(kept)


def balanced(text: str, paragraph: str, rest: str, *, language: str) -> str:
    """The longest start of `text` whose markup is whole.

    `paragraph` is what stands before the cursor in its paragraph: emphasis opened there may be closed here, unless
    `rest`, the text right behind the cursor, closes it already.
    """
    text = text[: _foreign(text, language)]
    while (end := min(_emphasis(text, paragraph, rest), _brackets(text, paragraph))) < len(text):
        text = text[:end]
    return text


def _foreign(text: str, language: str) -> int:
    match = _FOREIGN.search(text)
    return len(text) if match is None or (language == "tex" and match[0].startswith("\\")) else match.start()


def _emphasis(text: str, paragraph: str, rest: str) -> int:
    """Where the first mark stands that closes nothing, or opens what is never closed."""
    outside: set[str] = set()
    for match in _MARKS.finditer(paragraph):
        if not _stands_alone(paragraph, match):
            outside ^= {match[0]}
    opened: dict[str, int] = {}
    for match in _MARKS.finditer(text):
        mark = match[0]
        if _stands_alone(text, match):
            return min([match.start(), *opened.values()])
        if mark in opened:
            del opened[mark]
        elif mark in outside:
            if rest.startswith(mark):
                return match.start()
            outside.discard(mark)
        elif text[match.end() : match.end() + 1].strip():
            opened[mark] = match.start()
        else:
            return min([match.start(), *opened.values()])
    return min(opened.values(), default=len(text))


def _stands_alone(text: str, match: "regex.Match[str]") -> bool:
    """A sign with space on both sides is no emphasis."""
    return not text[: match.start()][-1:].strip() and not text[match.end() :][:1].strip()


def _brackets(text: str, paragraph: str) -> int:
    """Square brackets must pair within `text`; a round one may be closed here if the paragraph opened it."""
    square: list[int] = []
    depth = paragraph.count("(") - paragraph.count(")")
    for index, character in enumerate(text):
        if character == "[":
            square.append(index)
        elif character == "]" and square:
            square.pop()
        elif character == "(":
            depth = max(depth, 0) + 1
        elif character == ")" and depth > 0:
            depth -= 1
        elif character in ")]" and not _numbering(text, index):
            return min([index, *square])
    return square[0] if square else len(text)


def _numbering(text: str, index: int) -> bool:
    return text[index] == ")" and text[max(0, index - 1) : index].isalnum() and not text[: index - 1].strip()

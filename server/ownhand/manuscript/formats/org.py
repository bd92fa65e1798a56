"""Org mode: headings, keywords, blocks, drawers, comments and links (orgmode.org/worg/org-syntax.html).

Quotations are QUOTE, verse blocks and everything not marked otherwise are voice. Emphasis marks and list markers
stay in the voice as typed. No parser for Org keeps offsets, and its syntax is line by line.
"""

import re
from collections.abc import Iterator

from ownhand.manuscript.formats.breaks import is_lone_break
from ownhand.manuscript.formats.front_matter import front_matter_end
from ownhand.manuscript.formats.lines import line_end, lines_of
from ownhand.manuscript.model import Kind, Region

_HEAD = re.compile(
    r"(?>(?:[ \t]*(?:#\+\w[^\n]*|#(?![^\s+])[^\n]*)?\n)*)(?:#\+(?!begin_)\w[^\n]*(?:\n|\Z))?", re.IGNORECASE
)
_BEGIN = re.compile(
    r"^[ \t]*(?:#\+begin_(?P<name>\w+)[^\n]*|:[A-Za-z][\w-]*:[ \t]*)(?:\n|\Z)", re.MULTILINE | re.IGNORECASE
)
_DRAWER_REST = re.compile(r"(?>(?:(?![ \t]*:END:)[^\n]*\n){0,500})[ \t]*:END:[ \t]*(?:\n|\Z)", re.IGNORECASE)
_HEADING = re.compile(r"(\*+)[ \t]")
_MARKUP_LINE = re.compile(r"[ \t]*(?:#\+\w+\S*:|(?:SCHEDULED|DEADLINE|CLOSED):[ \t]|#\+end_)", re.IGNORECASE)
_COMMENT_LINE = re.compile(r"[ \t]*#(?:[ \t]|$)")
_FIXED_WIDTH = re.compile(r"[ \t]*:(?:[ \t]|$)")
_INLINE = re.compile(
    r"(?P<link_open>\[\[[^\[\]\n]{1,1000}\]\[)(?P<link>[^\[\]]{1,1000})(?P<link_close>\]\])"
    r"|(?P<whole>\[\[[^\[\]\n]{1,1000}\]\]|\[fn:[^\[\]\n:]{1,100}\]|[<\[]\d{4}-\d\d-\d\d[^<>\[\]\n]{0,60}[>\]]"
    r"|<<<?[^<>\n]{1,200}>>>?|@@\w+:[^@\n]{0,300}@@)"
    r"|(?P<code>(?<![^\s(\"'{-])(?P<sign>[=~])(?=\S)[^\n]{1,300}?(?<=\S)(?P=sign)(?![^\s)\"'},.;:!?-]))"
)
_KINDS = {
    "src": Kind.CODE,
    "example": Kind.CODE,
    "export": Kind.CODE,
    "comment": Kind.COMMENT,
    "quote": Kind.QUOTE,
}


class Org:
    """The grammar of `.org`."""

    def outline(self, text: str) -> list[Region]:
        head = head_end(text)
        found = [Region(0, head, Kind.FRONT_MATTER)] if head else []
        if "#+" in text or ":END:" in text.upper():
            found.extend(_blocks(text, head))
        return found

    def block(self, text: str, start: int, end: int) -> list[Region]:
        if "\n" not in text[start : end - 1] and _lone_break(text[start:end]):
            return [Region(start, end, Kind.BREAK)]
        marks: list[Region] = []
        for line in lines_of(text, start, end):
            marks += _line(text, *line)
        return marks


def head_end(text: str) -> int:
    """Where the `#+KEYWORD:` lines and comments at the very beginning end; 0 when there are none."""
    end = front_matter_end(text)
    if end:
        return end
    match = _HEAD.match(text)
    return match.end() if match and match[0].strip() else 0


def _lone_break(line: str) -> bool:
    return is_lone_break(line) and line.strip() != "#"


def _line(text: str, start: int, end: int) -> list[Region]:
    heading = _HEADING.match(text, start, end)
    if heading and not _lone_break(text[start:end]):
        return [Region(start, end, Kind.HEADING, len(heading[1]))]
    if _MARKUP_LINE.match(text, start, end):
        return [Region(start, end, Kind.MARKUP)]
    line = text[start:end].rstrip("\n")
    if _COMMENT_LINE.match(line):
        return [Region(start, end, Kind.COMMENT)]
    if _FIXED_WIDTH.match(line):
        return [Region(start, end, Kind.CODE)]
    if len(line) >= 5 and not line.strip("-"):
        return [Region(start, end, Kind.BREAK)]
    return _inline(text, start, end)


def _inline(text: str, start: int, end: int) -> list[Region]:
    if not any(text.find(sign, start, end) >= 0 for sign in "[<=~@"):
        return []
    marks: list[Region] = []
    for match in _INLINE.finditer(text, start, end):
        if match["link"] is not None:
            marks.append(Region(*match.span("link_open"), Kind.MARKUP))
            marks.append(Region(*match.span("link_close"), Kind.MARKUP))
        else:
            marks.append(Region(*match.span(), Kind.CODE if match["code"] else Kind.MARKUP))
    return marks


def _blocks(text: str, position: int) -> Iterator[Region]:
    """Source, example, comment and quotation blocks, and drawers. Left open, a block runs to the end of the text.

    The `#+begin_` and `#+end_` lines of a verse block are markup and what stands between is read like all else.
    """
    while first := _BEGIN.search(text, position):
        position = first.end()
        if not first["name"]:
            rest = _DRAWER_REST.match(text, position)
            if rest:
                position = rest.end()
                yield Region(first.start(), position, Kind.MARKUP)
            continue
        kind = _KINDS.get(first["name"].lower())
        if kind is None:
            yield Region(first.start(), position, Kind.MARKUP)
            continue
        closing = re.compile(rf"^[ \t]*#\+end_{re.escape(first['name'])}[ \t]*$", re.MULTILINE | re.IGNORECASE)
        end = closing.search(text, position)
        inner_end, position = (end.start(), line_end(text, end.end())) if end else (len(text), len(text))
        if kind is not Kind.QUOTE:
            yield Region(first.start(), position, kind)
            continue
        parts = (
            Region(first.start(), first.end(), Kind.MARKUP),
            Region(first.end(), inner_end, kind),
            Region(inner_end, position, Kind.MARKUP),
        )
        yield from (part for part in parts if part.start < part.end)

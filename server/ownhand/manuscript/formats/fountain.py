"""Screenplays in Fountain 1.1 (fountain.io/syntax), read by the line.

Action, dialogue, parentheticals and lyrics are voice. Character cues and transitions follow from the scene, not
from the hand, and are markup. Synopses, `[[notes]]` and `/* boneyard */` are comments. No parser that keeps offsets
is at hand, and the syntax is a matter of single lines and their neighbours.
"""

import re
from collections.abc import Iterator

from ownhand.manuscript.formats.breaks import is_lone_break
from ownhand.manuscript.formats.lines import Openers, filled_lines, line_end, lines_of
from ownhand.manuscript.model import Kind, Region

SCENE_LEVEL = 4
"""Scene headings lie below acts and sequences (`#`, `##`, `###`)."""

_TITLE_PAGE = re.compile(r"(?>(?:[A-Za-z][\w \t-]{0,40}:[^\n]*\n?(?>(?:[ \t]+\S[^\n]*\n?)*))+)(?=\s|\Z)")
_NO_TITLE_PAGE = re.compile(r"(?:INT|EXT|EST|I/E|FADE|CUT)\b", re.IGNORECASE)
_SECTION = re.compile(r"(#{1,6})[ \t]*[^#\s]")
_SCENE = re.compile(r"(?:INT\.?/EXT|EXT\.?/INT|INT|EXT|EST|I/E)[. \t]|\.(?!\.)[^\W_]", re.IGNORECASE)
_TRANSITION = re.compile(r"[^a-z\n]*\bTO:|FADE (?:IN|OUT)[.:]?|FADE TO BLACK[.:]?|>(?!.*<\s*$).*")
_CUE = re.compile(r"@.+|(?![!~>.(])(?=[^a-z(]*[^\W\d_])(?:(?![a-z])[^(\n])+(?:\([^)\n]*\)[ \t]*)*\^?")
_PAGE_BREAK = re.compile(r"={3,}")
_CENTRED = re.compile(r"[ \t]*(>[ \t]*)\S.*?([ \t]*<[ \t]*)$", re.MULTILINE)
_FORCED = re.compile(r"[ \t]*([!~])")
_CLOSERS = {"/*": "*/", "[[": "]]"}


class Fountain:
    """The grammar of `.fountain`."""

    def outline(self, text: str) -> list[Region]:
        end = title_page_end(text)
        return ([Region(0, end, Kind.FRONT_MATTER)] if end else []) + list(_comments(text, end))

    def block(self, text: str, start: int, end: int) -> list[Region]:
        lines = lines_of(text, start, end)
        marks: list[Region] = []
        for number, (first, stop) in enumerate(lines):
            line = text[first:stop].strip()
            is_last = number == len(lines) - 1
            marks += _line(text, Region(first, stop, Kind.VOICE), line, number == 0, is_last)
        return marks


def title_page_end(text: str) -> int:
    """Where the title page ends: `Key: value` lines from the very beginning to the first blank line; 0 for none."""
    match = _TITLE_PAGE.match(text)
    return match.end() if match and not _NO_TITLE_PAGE.match(text) else 0


def _line(text: str, place: Region, line: str, is_first: bool, is_last: bool) -> list[Region]:
    whole, section = (place.start, place.end), _SECTION.match(line)
    if section:
        return [Region(*whole, Kind.HEADING, len(section[1]))]
    if _PAGE_BREAK.fullmatch(line) or (is_first and is_last and is_lone_break(line)):
        return [Region(*whole, Kind.BREAK)]
    if line.startswith("="):
        return [Region(*whole, Kind.COMMENT)]
    if is_first and _SCENE.match(line):
        return [Region(*whole, Kind.HEADING, SCENE_LEVEL)]
    if (is_first and is_last) and _TRANSITION.fullmatch(line):
        return [Region(*whole, Kind.MARKUP)]
    if is_first and not is_last and len(line) < 80 and _CUE.fullmatch(line):
        return [Region(*whole, Kind.MARKUP)]
    return _signs(text, place)


def _signs(text: str, place: Region) -> list[Region]:
    """The signs around a centred, forced or sung line; its words are voice."""
    centred = _CENTRED.match(text, place.start, place.end)
    if centred:
        return [Region(*centred.span(1), Kind.MARKUP), Region(*centred.span(2), Kind.MARKUP)]
    forced = _FORCED.match(text, place.start, place.end)
    return [Region(*forced.span(1), Kind.MARKUP)] if forced else []


def _comments(text: str, position: int) -> Iterator[Region]:
    """Boneyard and notes. A boneyard that is left open hides the rest, a note the rest of its line."""
    openers = Openers(text, tuple(_CLOSERS), position)
    while found := openers.next(position):
        start, closer = found[0], _CLOSERS[found[1]]
        close = text.find(closer, start + 2)
        blank = text.find("\n\n", start, close) if closer == "]]" and close >= 0 else -1
        if close < 0 or blank >= 0:
            rest = line_end(text, start)
            end = len(text) if closer == "*/" else rest - text.endswith("\n", start, rest)
        else:
            end = close + 2
        yield _widened(text, start, end)
        position = end


def _widened(text: str, start: int, end: int) -> Region:
    """A comment that fills its lines takes them whole."""
    return Region(*(filled_lines(text, start, end) or (start, end)), Kind.COMMENT)

"""TeX and LaTeX, read with tolerance: a manuscript need not compile, and a chapter rarely stands alone.

The outline takes what may hold blank lines (preamble, comments, verbatim text, displayed math, tables, quotations);
a block's commands are read one by one, with the arguments that pylatexenc knows for them. Names of commands, braces
and arguments that aren't text are markup; every other argument is voice. Characters written as commands (`\\'e`,
`\\ldots`) stay in the voice as typed, of `\\&` the `&`. A verse line's `\\\\` is markup, its newline is voice. Nothing
recurses, and what is left open ends with its block.
"""

import re
from collections.abc import Iterator

from ownhand.manuscript.formats.breaks import is_lone_break
from ownhand.manuscript.formats.lines import Openers, filled_lines, line_end, line_start, trails
from ownhand.manuscript.formats.tex_commands import BREAKS, CHARACTERS, HEADINGS, QUOTES, arguments_of
from ownhand.manuscript.model import Kind, Region

_OPAQUE = {
    **dict.fromkeys(("verbatim", "verbatim*", "Verbatim", "lstlisting", "minted", "alltt"), Kind.CODE),
    **dict.fromkeys(("comment", "filecontents", "filecontents*"), Kind.COMMENT),
    **dict.fromkeys(("equation", "equation*", "align", "align*", "gather", "gather*", "displaymath"), Kind.MARKUP),
    **dict.fromkeys(("multline", "eqnarray", "tabular", "tabular*", "table", "figure", "tikzpicture"), Kind.MARKUP),
    **dict.fromkeys(("thebibliography", "picture"), Kind.MARKUP),
    **dict.fromkeys(("quote", "quotation", "displayquote", "epigraphs"), Kind.QUOTE),
}
_OPENERS = ("%", "\\begin", "\\[", "$$")
_BEGIN = re.compile(r"\\begin[ \t]*\{(?P<name>" + "|".join(map(re.escape, _OPAQUE)) + r")\}")
_DOCUMENT = re.compile(r"^[^%\n]*?\\begin[ \t]*\{document\}[^\n]*(?:\n|\Z)", re.MULTILINE)
_END_DOCUMENT = re.compile(r"^[^%\n]*?\\end[ \t]*\{document\}", re.MULTILINE)
_CLASS = re.compile(r"(?>(?:[ \t]*(?:%[^\n]*)?\n)*)[ \t]*\\documentclass\b")
_TITLE = re.compile(r"\\title[ \t]*(?:\[[^\]\n]*\])?[ \t]*\{([^{}\n]{1,200})\}")
_TOKEN = re.compile(r"\\(?:[A-Za-z@]+\*?|[\s\S]|\Z)|\$|[{}]")
_ACCENT = re.compile(r"\\(?:['`^\"~=.](?:\{\\?[A-Za-z]{0,2}\}|\\[ij]|[A-Za-z])|[cvHkrudb]\{\\?[A-Za-z]{1,2}\})")
_LINE_END = re.compile(r"\\\\\*?!?(?:[ \t]*\[[^\]\n]{0,40}\])?")
_MATH = re.compile(r"\$[^$\n]{1,300}\$|\\\((?:[^\\]|\\(?!\))){0,500}\\\)")
_BRACES = re.compile(r"\\[\s\S]|[{}]")
_SPECIAL = "\\{}$"


class Tex:
    """The grammar of `.tex`."""

    def outline(self, text: str) -> list[Region]:
        start = preamble_end(text)
        ending = _END_DOCUMENT.search(text, start) if start and "\\end" in text else None
        end = text.rfind("\n", 0, ending.end()) + 1 if ending else len(text)
        found = [Region(0, start, Kind.FRONT_MATTER)] if start else []
        found.extend(_outlined(text, start, end))
        if end < len(text):
            found.append(Region(max(end, found[-1].end if found else 0), len(text), Kind.MARKUP))
        return [region for region in found if region.start < region.end]

    def block(self, text: str, start: int, end: int) -> list[Region]:
        if is_lone_break(text[start:end].strip()) and "\n" not in text[start : end - 1]:
            return [Region(start, end, Kind.BREAK)]
        if not any(text.find(sign, start, end) >= 0 for sign in _SPECIAL):
            return []
        return _whole_lines(text, start, end, list(_commands(text, start, end)))


def preamble_end(text: str) -> int:
    """Where the text proper begins: after the line of `\\begin{document}`; 0 in a chapter without a preamble."""
    if "\\documentclass" not in text[:20_000] and "\\begin{document}" not in text:
        return 0
    match = _DOCUMENT.search(text)
    if match:
        return match.end()
    return len(text) if _CLASS.match(text) else 0


def tex_title(text: str) -> str | None:
    match = _TITLE.search(text[:20_000])
    return match[1].strip() or None if match else None


def _outlined(text: str, position: int, end: int) -> Iterator[Region]:
    unclosed: set[str] = set()
    openers = Openers(text, _OPENERS, position)
    while (found := openers.next(position)) and found[0] < end:
        place, opener = found
        position = place + len(opener)
        begin = _BEGIN.match(text, place, end) if opener == "\\begin" else None
        if _is_escaped(text, place) or (opener == "\\begin" and not begin):
            continue
        if opener == "%":
            region = _comment(text, place)
            position = region.end
            yield region
            continue
        closer = f"\\end{{{begin['name']}}}" if begin else "\\]" if opener == "\\[" else "$$"
        inner = begin.end() if begin else position
        close = -1 if closer in unclosed else text.find(closer, inner, end)
        if close < 0:
            unclosed.add(closer)
            continue
        kind = _OPAQUE[begin["name"]] if begin else Kind.MARKUP
        whole = _widened(text, place, close + len(closer), kind)
        yield from _environment(text, whole, inner, close)
        position = whole.end


def _is_escaped(text: str, index: int) -> bool:
    """Does an odd number of backslashes stand before text[index]?"""
    start = index
    while start > 0 and text[start - 1] == "\\":
        start -= 1
    return (index - start) % 2 == 1


def _comment(text: str, start: int) -> Region:
    """From `%` to the end of the line; with the newline where nothing else stands on the line."""
    newline = text.find("\n", start)
    end = len(text) if newline < 0 else newline
    return Region(*(filled_lines(text, start, end) or (start, end)), Kind.COMMENT)


def _environment(text: str, whole: Region, inner: int, close: int) -> Iterator[Region]:
    """An environment as one region, or a quotation with its commands taken out; text[inner:close] is its inside."""
    if whole.kind is not Kind.QUOTE:
        yield whole
        return
    inner = _line_rest(text, inner, close)
    yield Region(whole.start, inner, Kind.MARKUP)
    position = inner
    for mark in _commands(text, inner, close):
        if position < mark.start:
            yield Region(position, mark.start, Kind.QUOTE)
        yield Region(mark.start, mark.end, Kind.MARKUP)
        position = mark.end
    if position < close:
        yield Region(position, close, Kind.QUOTE)
    yield Region(close, whole.end, Kind.MARKUP)


def _line_rest(text: str, position: int, limit: int) -> int:
    """Past the newline, where nothing else stands on the line."""
    return line_end(text, position, limit) if trails(text, position) else position


def _widened(text: str, start: int, end: int, kind: Kind) -> Region:
    return Region(*(filled_lines(text, start, end) or (start, end)), kind)


def _commands(text: str, position: int, end: int) -> Iterator[Region]:
    """The markup between two offsets, token by token."""
    while match := _TOKEN.search(text, position, end):
        region = _sign(text, match, end) if _is_sign(match[0]) else _command(text, match, end)
        position = region.end
        if region.kind is not Kind.VOICE:
            yield region


def _is_sign(symbol: str) -> bool:
    return len(symbol) < 2 or not (symbol[1].isascii() and (symbol[1].isalpha() or symbol[1] == "@"))


def _sign(text: str, match: re.Match[str], end: int) -> Region:
    """A brace, math, or a command of one sign: a line's end, an accent, an escaped character or a space."""
    start = match.start()
    accent = _ACCENT.match(text, start, end)
    if accent:
        return Region(start, accent.end(), Kind.VOICE)
    if match[0] in ("$", "\\("):
        math = _MATH.match(text, start, end)
        return Region(start, math.end(), Kind.MARKUP) if math else Region(start, match.end(), Kind.VOICE)
    verse_end = _LINE_END.match(text, start, end)
    if verse_end:
        return Region(start, verse_end.end(), Kind.MARKUP)
    keeps_next = match[0][1:] in tuple("%&$#_{} \n\t")
    return Region(start, start + 1 if keeps_next else match.end(), Kind.MARKUP)


def _command(text: str, match: re.Match[str], end: int) -> Region:
    start, name = match.start(), match[0][1:].rstrip("*")
    accent = _ACCENT.match(text, start, end)
    if accent:
        return Region(start, accent.end(), Kind.VOICE)
    if name in CHARACTERS:
        return Region(start, match.end() + 2 * text.startswith("{}", match.end(), end), Kind.VOICE)
    stop = _arguments_end(text, match.end(), end, arguments_of(name))
    if name in HEADINGS:
        return _line_of(text, start, stop, end, Kind.HEADING, HEADINGS[name])
    if name in BREAKS:
        return _line_of(text, start, stop, end, Kind.BREAK, 0)
    if stop == match.end():
        # TeX swallows the space after a command's name.
        while stop < end and text[stop] in " \t":
            stop += 1
    return Region(start, stop, Kind.QUOTE if name in QUOTES else Kind.MARKUP)


def _line_of(text: str, start: int, stop: int, end: int, kind: Kind, level: int) -> Region:
    return Region(start, line_end(text, stop, end) if trails(text, stop) else stop, kind, level)


def _arguments_end(text: str, position: int, end: int, spec: str) -> int:
    """Where a command's arguments end. `spec` has a `[` per optional and a `{` per required one, in order."""
    for wanted in spec:
        place = position
        while place < end and text[place] in " \t\n":
            place += 1
        if place < end and text[place] == wanted == "[":
            close = text.find("]", place, min(end, place + 300))
            position = close + 1 if close >= 0 else position
        elif place < end and text[place] == wanted == "{":
            position = _closing_brace(text, place, end)
    return position


def _closing_brace(text: str, position: int, end: int) -> int:
    depth = 0
    for match in _BRACES.finditer(text, position, end):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if depth == 0:
            return match.end()
    return end


def _whole_lines(text: str, start: int, end: int, marks: list[Region]) -> list[Region]:
    """Lines that hold nothing but markup become markup with their newline, a lone `\\\\` excepted."""
    widened: list[Region] = []
    index = 0
    while index < len(marks):
        first = max(line_start(text, marks[index].start), start)
        last = index
        stop = line_end(text, max(marks[last].end - 1, start), end)
        while last + 1 < len(marks) and marks[last + 1].start < stop:
            last += 1
            stop = max(stop, line_end(text, marks[last].end - 1, end))
        group = marks[index : last + 1]
        filled = not text.startswith("\\\\", group[0].start) and _fills(text, first, stop, group)
        widened += [Region(first, stop, Kind.MARKUP)] if filled else group
        index = last + 1
    return widened


def _fills(text: str, start: int, end: int, marks: list[Region]) -> bool:
    """Does nothing but blanks stand between these marks, all of them markup?"""
    position = start
    for mark in [*marks, Region(end, end, Kind.MARKUP)]:
        if mark.kind is not Kind.MARKUP or text[position : mark.start].strip():
            return False
        position = mark.end
    return True

"""Markdown as writers keep it, Obsidian's additions included.

Block structure comes from markdown-it (CommonMark and tables), block by block, with these differences, each for
the sake of verse and of what writers mean:

- Indented text is voice, never an indented code block: poets indent by four spaces and more.
- Emphasis marks, list markers, escapes, entities and hard breaks stay in the voice exactly as typed, trailing spaces
  included: the writer types them as part of the line, and a continuation has to type them too.
- HTML tags are markup, the text between them is voice (`<pre>` and `<div>` hold poems, not programs).
- A rule right below a paragraph is a scene break, and a heading's underline only below one short title-like line.
- `~~~` before a blank line is a scene break, not the start of a code block.

Fences, comments (`<!-- -->`, `%% %%`) and front matter may span blank lines; they make the outline.
"""

import re
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from ownhand.manuscript.formats.breaks import is_lone_break
from ownhand.manuscript.formats.front_matter import front_matter_end
from ownhand.manuscript.formats.inline import inline_marks
from ownhand.manuscript.formats.lines import Openers, filled_lines, leads, line_end, line_start
from ownhand.manuscript.formats.plain import breaks_in
from ownhand.manuscript.model import Kind, Region

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_FENCE = re.compile(
    r"[ \t]*+(?>(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*)(?P<fence>`{3,}(?=[^`\n]*$)|~{3,}(?![ \t]*(?:\n[ \t]*\n|\n?\Z)))",
    re.MULTILINE,
)
_PROGRAM = re.compile(r"[ \t]*+<(?P<name>script|style)\b", re.IGNORECASE)
_OPENERS = ("```", "~~~", "<!--", "%%", "<script", "<style", "<SCRIPT", "<STYLE")
_CLOSERS = {"<!--": "-->", "%%": "%%"}
_STRUCTURE = re.compile(r"^[ \t]*+(?:[>#=+*_|:-]|\d{1,9}[.)]|[⁂❦❧☙❡—–~•·◆◇§✦])", re.MULTILINE)
_TABLE_HINT = re.compile(r"^[ \t]*+[|:-][|: \t-]*+$", re.MULTILINE)
_LONG_CHARACTERS = 200_000
_CALLOUT = re.compile(r"[ \t]*>[ \t]*\[![\w-]+\]")
_QUOTE_MARKS = re.compile(r"^[ \t]*(?:>[ \t]?)+", re.MULTILINE)
_SENTENCE_END = (".", ",", ";", "!", "…", '."', ".”", "?”", "!”", "—")


class Markdown:
    """The grammar of `.md` and `.markdown`."""

    @cached_property
    def _parser(self) -> "MarkdownIt":
        # Imported late: the server answers before it reads its first Markdown.
        from markdown_it import MarkdownIt

        parser = MarkdownIt("commonmark", {"html": False}).enable("table")
        return parser.disable(["code", "reference", "html_block"])

    def outline(self, text: str) -> list[Region]:
        end = front_matter_end(text)
        found = [Region(0, end, Kind.FRONT_MATTER)] if end else []
        found.extend(_multiline(text, end))
        return found

    def block(self, text: str, start: int, end: int) -> list[Region]:
        block = text[start:end]
        if not _STRUCTURE.search(block) and not ("|" in block and _TABLE_HINT.search(block)):
            return inline_marks(text, start, end)
        first = block[:200].strip()
        if "\n" not in first and is_lone_break(block):
            return [Region(start, end, Kind.BREAK)]
        if len(block) > _LONG_CHARACTERS:
            return breaks_in(text, start, end)
        marks: list[Region] = []
        position = start
        for mark in _structures(self._tokens(block), block, start):
            if mark.start >= position:
                marks += inline_marks(text, position, mark.start)
                marks += _quote(text, mark) if mark.kind is Kind.QUOTE else [mark]
                position = mark.end
        return marks + inline_marks(text, position, end)

    def _tokens(self, block: str) -> list["Token"]:
        tokens: list[Token] = []
        self._parser.block.parse(block, self._parser, {}, tokens)
        return tokens


def _multiline(text: str, position: int) -> Iterator[Region]:
    """Fences, comments, scripts: each from its opener to its closer, or to the end."""
    unclosed: set[str] = set()
    openers = Openers(text, _OPENERS, position)
    while found := openers.next(position):
        place, opener = found
        region = _opened(text, opener, place, unclosed)
        position = max(place + len(opener), region.end if region else 0)
        if region:
            yield region


def _opened(text: str, opener: str, place: int, unclosed: set[str]) -> Region | None:
    """What this opener begins; None when it doesn't stand where it could."""
    if opener in _CLOSERS:
        return _comment(text, opener, place, unclosed)
    start = line_start(text, place)
    fence = _FENCE.match(text, start)
    if fence and fence.start("fence") == place:
        return Region(start, _fence_end(text, fence["fence"], fence.end()), Kind.CODE)
    program = _PROGRAM.match(text, start)
    if program and program.end() == place + len(opener):
        closer = re.compile(rf"</{program['name']}>", re.IGNORECASE)
        return Region(start, _closing_line(text, closer, program.end()), Kind.CODE)
    return None


def _fence_end(text: str, fence: str, position: int) -> int:
    return _closing_line(text, re.compile(rf"^[ \t]*+{fence[0]}{{{len(fence)},}}[ \t]*$", re.MULTILINE), position)


def _closing_line(text: str, closer: re.Pattern[str], position: int) -> int:
    match = closer.search(text, position)
    return line_end(text, match.end()) if match else len(text)


def _comment(text: str, opener: str, start: int, unclosed: set[str]) -> Region:
    """A comment that fills its lines takes them whole. Left open at a line's start it runs to the end of the text,
    open within a line to the end of that line."""
    closer = _CLOSERS[opener]
    close = -1 if closer in unclosed else text.find(closer, start + len(opener))
    if close >= 0:
        end = close + len(closer)
        return Region(*(filled_lines(text, start, end) or (start, end)), Kind.COMMENT)
    unclosed.add(closer)
    if leads(text, start):
        return Region(line_start(text, start), len(text), Kind.COMMENT)
    newline = text.find("\n", start)
    return Region(start, len(text) if newline < 0 else newline, Kind.COMMENT)


def _structures(tokens: list["Token"], block: str, offset: int) -> Iterator[Region]:
    """Headings, breaks, quotes, tables and fences of one block, in order; a quote's inside is left out."""
    starts = [0, *(match.end() for match in re.finditer("\n", block))]
    starts += [len(block)] * 2
    inside = 0
    for token in tokens:
        if token.type in {"blockquote_close", "table_close"}:
            inside -= 1
        if inside == 0 and token.map is not None:
            start, end = starts[token.map[0]], starts[token.map[1]]
            yield from _structure(token, block, start, end, offset)
        if token.type in {"blockquote_open", "table_open"}:
            inside += 1


def _structure(token: "Token", block: str, start: int, end: int, offset: int) -> Iterator[Region]:
    source = block[start:end]
    if token.type == "heading_open":
        yield from _heading(token, source, start + offset)
    elif token.type == "hr":
        yield Region(start + offset, end + offset, Kind.BREAK)
    elif token.type == "blockquote_open":
        kind = Kind.COMMENT if _CALLOUT.match(source) else Kind.QUOTE
        yield Region(start + offset, end + offset, kind)
    elif token.type == "table_open":
        yield Region(start + offset, end + offset, Kind.MARKUP)
    elif token.type == "fence":
        yield Region(start + offset, end + offset, Kind.CODE)


def _heading(token: "Token", source: str, start: int) -> Iterator[Region]:
    level = int(token.tag[1:])
    end = start + len(source)
    if token.markup.startswith("#"):
        if not source.strip("# \t\n"):
            yield Region(start, end, Kind.BREAK)
        elif not source.startswith(("    ", "\t")):
            yield Region(start, end, Kind.HEADING, level)
        return
    above, under = source.rstrip("\n").rsplit("\n", 1)
    if "\n" not in above and len(above) <= 80 and not above.rstrip().endswith(_SENTENCE_END):
        yield Region(start, end, Kind.HEADING, level)
    elif len(under.strip()) >= 3:
        yield Region(start + len(above) + 1, end, Kind.BREAK)


def _quote(text: str, quote: Region) -> list[Region]:
    """A quotation with its `>` marks taken out, as MARKUP."""
    marks: list[Region] = []
    position = quote.start
    for match in _QUOTE_MARKS.finditer(text, quote.start, quote.end):
        marks += [Region(position, match.start(), Kind.QUOTE)] if position < match.start() else []
        marks.append(Region(match.start(), match.end(), Kind.MARKUP))
        position = match.end()
    return [*marks, Region(position, quote.end, Kind.QUOTE)] if position < quote.end else marks

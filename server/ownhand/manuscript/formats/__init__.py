"""Every format that a manuscript may be kept in, and what in it is the writer's voice.

`parse` reads a file's bytes, `parse_text` a document that is open in an editor. A format that keeps its text as
text gives regions over exactly that text. `.docx` and `.rtf` are read only: their text is extracted.
"""

import re
from collections.abc import Callable

from ownhand.manuscript.encoding import Unreadable, decode
from ownhand.manuscript.formats.docx import parse_docx
from ownhand.manuscript.formats.fountain import Fountain, title_page_end
from ownhand.manuscript.formats.front_matter import front_matter_end, is_off, title_in
from ownhand.manuscript.formats.markdown import Markdown
from ownhand.manuscript.formats.org import Org, head_end
from ownhand.manuscript.formats.plain import Plain
from ownhand.manuscript.formats.rtf import parse_rtf
from ownhand.manuscript.formats.scan import Grammar, regions
from ownhand.manuscript.formats.tex import Tex, tex_title
from ownhand.manuscript.model import ParsedFile

__all__ = ["READ_ONLY", "SUFFIXES", "Unreadable", "grammar_of", "heading_text", "parse", "parse_text"]

_PLAIN: Grammar = Plain()
_MARKDOWN: Grammar = Markdown()
_GRAMMARS: dict[str, Grammar] = {
    "md": _MARKDOWN,
    "markdown": _MARKDOWN,
    "txt": _PLAIN,
    "fountain": Fountain(),
    "org": Org(),
    "tex": Tex(),
}
_EXTRACTORS: dict[str, Callable[[bytes], ParsedFile]] = {"docx": parse_docx, "rtf": parse_rtf}

READ_ONLY = frozenset(_EXTRACTORS)
"""Formats that no editor shows as text: learned from, never suggested in."""

SUFFIXES = frozenset(_GRAMMARS) | READ_ONLY
"""Lower case, without the dot."""

_HEADING_MARKS = {
    "md": re.compile(r"^\s*#{1,6}\s+|\s+#+\s*$|\n\s*[=-]+\s*$|[*`]|~~|(?<!\w)_+|_+(?!\w)"),
    "txt": re.compile(r"\n\s*[=~-]+\s*$"),
    "fountain": re.compile(r"^\s*(?:#{1,6}|\.)\s*|\s*#[^#\n]*#\s*$"),
    "org": re.compile(r"^\*+\s+(?:(?:TODO|NEXT|WAITING|DONE|CANCELLED)\s+)?(?:\[#\w\]\s+)?|\s+:[\w@#%:]+:\s*$"),
    "tex": re.compile(r"\\(?:label|index)\{[^{}]*\}|\\[A-Za-z@]+\*?(?:\[[^\]]*\])?|[{}]"),
}


def parse(suffix: str, data: bytes) -> ParsedFile:
    """A file's text and regions. `suffix` as `Path.suffix` gives it, with or without the dot, in any case.

    Raises Unreadable when the bytes aren't this format.
    """
    extract = _EXTRACTORS.get(normal_suffix(suffix))
    return extract(data) if extract else parse_text(suffix, decode(data))


def parse_text(suffix: str, text: str) -> ParsedFile:
    """An open document's text and regions. An unknown suffix is plain text; never raises."""
    text = text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
    return ParsedFile(text, regions(text, grammar_of(suffix)), _title(normal_suffix(suffix), text), is_off(text))


def heading_text(suffix: str, region_text: str) -> str:
    """The words of a HEADING region without the format's signs, on one line."""
    marks = _HEADING_MARKS.get(normal_suffix(suffix).replace("markdown", "md"))
    return " ".join((marks.sub("", region_text) if marks else region_text).split())


def grammar_of(suffix: str) -> Grammar:
    return _GRAMMARS.get(normal_suffix(suffix), _PLAIN)


def normal_suffix(suffix: str) -> str:
    return suffix.lower().removeprefix(".")


def _title(suffix: str, text: str) -> str | None:
    if suffix == "tex":
        return tex_title(text)
    if suffix == "org":
        return title_in(text[: head_end(text)].replace("#+", ""))
    if suffix == "fountain":
        return title_in(text[: title_page_end(text)])
    return title_in(text[: front_matter_end(text)])

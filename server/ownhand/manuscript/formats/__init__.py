"""Every format that a manuscript may be kept in, and what in it is the writer's voice.

`parse` reads a file's bytes, `parse_text` a document that is open in an editor. A format that keeps its text as
text gives regions over exactly that text. `.docx` and `.rtf` are read only: their text is extracted.
"""

from ownhand.manuscript.encoding import Unreadable, decode
from ownhand.manuscript.formats.front_matter import front_matter_end, is_off, title_in
from ownhand.manuscript.formats.markdown import Markdown
from ownhand.manuscript.formats.plain import Plain
from ownhand.manuscript.formats.scan import Grammar, regions
from ownhand.manuscript.model import ParsedFile

__all__ = ["READ_ONLY", "SUFFIXES", "Unreadable", "parse", "parse_text"]

READ_ONLY = frozenset({"docx", "rtf"})
"""Formats that no editor shows as text: learned from, never suggested in."""

_PLAIN: Grammar = Plain()
_MARKDOWN: Grammar = Markdown()
GRAMMARS: dict[str, Grammar] = {"md": _MARKDOWN, "markdown": _MARKDOWN, "txt": _PLAIN}

SUFFIXES = frozenset(GRAMMARS)
"""Lower case, without the dot."""


def parse(suffix: str, data: bytes) -> ParsedFile:
    """A file's text and regions. `suffix` as `Path.suffix` gives it, with or without the dot, in any case.

    Raises Unreadable when the bytes aren't this format.
    """
    return parse_text(suffix, decode(data))


def parse_text(suffix: str, text: str) -> ParsedFile:
    """An open document's text and regions. An unknown suffix is plain text; never raises."""
    name = suffix.lower().removeprefix(".")
    grammar = GRAMMARS.get(name, _PLAIN)
    text = text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
    head = text[: front_matter_end(text)]
    return ParsedFile(text, regions(text, grammar), title_in(head), is_off(text))

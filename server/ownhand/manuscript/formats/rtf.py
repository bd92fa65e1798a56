"""Rich text: a line per paragraph, through striprtf. Styles are lost; breaks and chapter lines are recognized."""

import re

from ownhand.manuscript.encoding import Unreadable
from ownhand.manuscript.formats.breaks import is_lone_break
from ownhand.manuscript.formats.plain import is_chapter
from ownhand.manuscript.model import Kind, ParsedFile, Region

_LARGEST_TEXT = 8_000_000
"""Characters of RTF without its pictures: a very long novel, and some seconds of work."""

_PICTURE = re.compile(r"\{(?:\\\*)?\\(?:pict|objdata|blipuid)\b[^{}]*+(?>(?:\{[^{}]*+\}[^{}]*+)*)\}")
_TITLE = re.compile(r"\{\\title ([^{}\\]{1,200})\}")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")


def parse_rtf(data: bytes) -> ParsedFile:
    """Raises Unreadable for what is no rich text, is damaged or too large."""
    if not data.lstrip()[:5].lower().startswith(b"{\\rtf"):
        raise Unreadable("not rich text")
    # RTF is 7 bit; what lies above is read as the code page that most writers' programs meant.
    source = _PICTURE.sub("", data.decode("cp1252", errors="replace"))
    if len(source) > _LARGEST_TEXT:
        raise Unreadable("too much rich text for one file; split it or save it as .docx")
    from striprtf.striprtf import rtf_to_text

    try:
        # Without the word, a link's address is passed over as any field's instruction and its text is kept.
        text: str = rtf_to_text(  # type: ignore[no-untyped-call]
            source.replace("HYPERLINK", "HYPER-LINK"), errors="replace"
        )
    except (ValueError, LookupError, TypeError, IndexError, OverflowError) as error:
        raise Unreadable("damaged rich text") from error
    # Characters beyond the first plane come as two halves.
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    title = _TITLE.search(source[:20_000])
    return ParsedFile(text, tuple(_regions(text)), title[1].strip() or None if title else None)


def _regions(text: str) -> list[Region]:
    regions: list[Region] = []
    for match in _LINE.finditer(text):
        kind = _kind(match[0])
        if regions and kind is Kind.VOICE and regions[-1].kind is Kind.VOICE:
            regions[-1] = Region(regions[-1].start, match.end(), kind)
        else:
            regions.append(Region(match.start(), match.end(), kind, int(kind is Kind.HEADING)))
    return regions


def _kind(line: str) -> Kind:
    if not line.strip():
        return Kind.VOICE
    if is_lone_break(line):
        return Kind.BREAK
    return Kind.HEADING if is_chapter(line.strip()) else Kind.VOICE

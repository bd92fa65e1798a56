"""Word's .docx: a line per paragraph, tabs and line breaks kept, styles telling headings and quotations.

Accepted text alone is read: insertions count, deletions don't. Comments, headers, footers, footnotes, tables and
text boxes are left out. The file is bounded before it is unpacked.
"""

import io
import re
from collections.abc import Iterator
from typing import Any

from ownhand.manuscript.encoding import Unreadable
from ownhand.manuscript.formats.breaks import is_lone_break
from ownhand.manuscript.formats.plain import is_chapter
from ownhand.manuscript.model import Kind, ParsedFile, Region

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LARGEST_PART = 128 * 1024 * 1024
_LARGEST_TOTAL = 512 * 1024 * 1024
_MOST_PARTS = 10_000
_HEADING = re.compile(r"heading (\d)", re.IGNORECASE)
_OUTSIDE = ("tbl", "txbxContent", "Fallback")
_SIGNS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "\u2011", "softHyphen": "\u00ad"}


def parse_docx(data: bytes) -> ParsedFile:
    """Raises Unreadable for what is no .docx, is damaged, protected or unpacks to an absurd size."""
    if data.startswith(_OLE):
        raise Unreadable("protected by a password, or an old .doc file; save it as .docx without a password")
    _check_size(data)
    # Loading python-docx takes a quarter of a second and is needed by few.
    import docx

    try:
        document = docx.Document(io.BytesIO(data))
        names = {style.style_id: str(style.name) for style in document.styles if style.name}
        paragraphs = list(_paragraphs(document.element.body, names))
    except Exception as error:
        # A damaged package fails in as many ways as it has parts (KeyError, ValueError, lxml's own).
        raise Unreadable("not a Word document, or a damaged one") from error
    return _parsed(paragraphs)


def _check_size(data: bytes) -> None:
    import zipfile

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            parts = package.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise Unreadable("not a Word document, or a damaged one") from error
    total = sum(part.file_size for part in parts)
    largest = max((part.file_size for part in parts if part.filename.endswith((".xml", ".rels"))), default=0)
    if total > _LARGEST_TOTAL or largest > _LARGEST_PART or len(parts) > _MOST_PARTS:
        raise Unreadable("too large when unpacked")
    if any(part.flag_bits & 1 for part in parts):
        raise Unreadable("protected by a password")


def _paragraphs(body: Any, names: dict[str, str]) -> Iterator[tuple[str, str]]:
    """(style name, text) of each paragraph."""
    from docx.oxml.ns import qn

    outside = {qn(f"w:{name}") for name in _OUTSIDE} | {f"{{{_compatibility()}}}Fallback"}
    for paragraph in body.iter(qn("w:p")):
        if any(parent.tag in outside for parent in paragraph.iterancestors()):
            continue
        style = paragraph.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
        name = names.get(style.get(qn("w:val"), ""), "") if style is not None else ""
        yield name, "".join(_words(paragraph, outside | {qn("w:del"), qn("w:moveFrom"), qn("w:pPr")}))


def _compatibility() -> str:
    return "http://schemas.openxmlformats.org/markup-compatibility/2006"


def _words(element: Any, outside: set[str]) -> Iterator[str]:
    pending = list(reversed(element))
    while pending:
        child = pending.pop()
        if not isinstance(child.tag, str) or child.tag in outside:
            continue
        name = child.tag.rpartition("}")[2]
        if name == "t":
            yield child.text or ""
        elif name in _SIGNS:
            yield _SIGNS[name]
        else:
            pending.extend(reversed(child))


def _parsed(paragraphs: list[tuple[str, str]]) -> ParsedFile:
    regions: list[Region] = []
    lines: list[str] = []
    position, title = 0, None
    for style, words in paragraphs:
        kind, level = _kind(style, words)
        if style.casefold() == "title" and words.strip() and title is None:
            title = words.strip()
        line = words + "\n"
        if regions and kind in (Kind.VOICE, Kind.QUOTE) and regions[-1].kind == kind:
            regions[-1] = Region(regions[-1].start, position + len(line), kind)
        else:
            regions.append(Region(position, position + len(line), kind, level))
        lines.append(line)
        position += len(line)
    return ParsedFile("".join(lines), tuple(regions), title)


def _kind(style: str, words: str) -> tuple[Kind, int]:
    if not words.strip():
        return Kind.VOICE, 0
    heading = _HEADING.match(style)
    if heading or style.casefold() in {"title", "subtitle"}:
        return Kind.HEADING, int(heading[1]) if heading else 1
    if is_lone_break(words):
        return Kind.BREAK, 0
    if is_chapter(words.strip()):
        return Kind.HEADING, 1
    return (Kind.QUOTE if "quote" in style.casefold() or "epigraph" in style.casefold() else Kind.VOICE), 0

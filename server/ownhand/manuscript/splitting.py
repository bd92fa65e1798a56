"""A parsed file becomes pieces: by heading, by scene break, else the file itself.

Each heading opens a section. A scene break cuts a section where both sides are worth a piece. A bit of prose that is
too short to stand alone joins the piece before it; a poem stands alone however short, and whole with its breaks if it
has a title. A piece's text is the voice as
typed; what isn't the voice is taken out, and the blank lines around it become one.
"""

from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

import regex

from ownhand.manuscript.formats import heading_text
from ownhand.manuscript.model import Form, Kind, ParsedFile, Region
from ownhand.manuscript.passages import parts
from ownhand.manuscript.verse import form_of
from ownhand.text.words import count_words

SHORTEST_PROSE = 60
"""Words below which a section of prose is no piece of its own."""
SHORTEST_SCENE = 150
LONGEST_WHOLE = 3000
"""Words above which a text without sections is cut into parts."""
LONGEST_POEM = 600
"""A poem with a title is one piece across its breaks up to this many words; without a title each break ends a poem."""

_CLIPPED = regex.compile(
    r"^\s*(?:source|url|link|clipped(?:_from)?)\s*:\s*[\"']?(?:https?://|\[)", flags=regex.M | regex.I
)
_ATTRIBUTION = regex.compile(
    r"^\s*[—–―]\s?\p{Lu}[\p{L}.]+(?:\s(?:\p{Lu}[\p{L}.]*|de|von|van|du|la)){1,4}(?:,.{0,60})?\s*$"
)
_LAST_GAP = regex.compile(r"\n(?:[^\S\n]*\n)*$")
_FIRST_GAP = regex.compile(r"^(?:[^\S\n]*\n)*")


@dataclass(frozen=True)
class RawPiece:
    """A piece that has no identity yet. `question`: likely not the writer's own words, so ask."""

    title: str
    text: str
    form: Form
    words: int
    question: bool = False
    part: int = 0
    parts: int = 0


@dataclass
class _Section:
    """What lies between two headings or breaks: the regions that may be the writer's."""

    title: str
    own_heading: bool
    """A heading opens it; otherwise it is the file's beginning or follows a break."""
    regions: list[Region] = field(default_factory=list)


def split(parsed: ParsedFile, path: str) -> list[RawPiece]:
    """The pieces of the file at `path`; its name is the title of last resort. One that says `ownhand: off` has none."""
    if parsed.off:
        return []
    file = PurePosixPath(path)
    clipping = any(
        region.kind is Kind.FRONT_MATTER and _CLIPPED.search(parsed.text[region.start : region.end])
        for region in parsed.regions
    )
    bits = [bit for section in _sections(parsed, file.suffix) if (bit := _bit(parsed.text, section, clipping))]
    titled = [_titled(piece, file.stem) for piece in _join_short(bits)]
    return [part for piece in _numbered(titled) for part in _in_parts(piece)]


def _sections(parsed: ParsedFile, suffix: str) -> list[_Section]:
    sections = [_Section(parsed.title or "", False)]
    for region in parsed.regions:
        if region.kind is Kind.HEADING:
            sections.append(_Section(heading_text(suffix, parsed.text[region.start : region.end]), True))
        elif region.kind is Kind.BREAK:
            sections.append(_Section(sections[-1].title, False))
        elif region.kind in (Kind.VOICE, Kind.QUOTE):
            sections[-1].regions.append(region)
    return sections


@dataclass(frozen=True)
class _Bit:
    """A section's text before short ones are joined."""

    piece: RawPiece
    own_heading: bool


def _bit(text: str, section: _Section, clipping: bool) -> _Bit | None:
    body = voice_text(text, [region for region in section.regions if region.kind is Kind.VOICE])
    words = count_words(body)
    quoted = sum(count_words(text[r.start : r.end]) for r in section.regions if r.kind is Kind.QUOTE)
    if quoted > words:
        body = voice_text(text, section.regions)
        return _Bit(RawPiece(section.title, body, form_of(body), count_words(body), True), section.own_heading)
    question = clipping or _is_attributed(body)
    return _Bit(RawPiece(section.title, body, form_of(body), words, question), section.own_heading) if words else None


def voice_text(text: str, regions: list[Region]) -> str:
    """The text of `regions` joined: what was cut out between them leaves no gap of more than one blank line."""
    body, end = "", None
    for region in regions:
        part = text[region.start : region.end]
        cut = text[end : region.start] if end is not None else ""
        body = _join(body, part) if "\n" in cut or (cut and body.endswith("\n")) else body + part
        end = region.end
    return _trim(body)


def _join(left: str, right: str) -> str:
    """Two stretches between which whole lines were taken out."""
    before, after = _LAST_GAP.search(left), _FIRST_GAP.match(right)
    breaks = (before.group().count("\n") if before else 0) + (after.group().count("\n") if after else 0)
    kept_left = left[: before.start()] if before else left
    return kept_left + "\n" * min(max(breaks, 1), 2) + right[after.end() if after else 0 :]


def _trim(text: str) -> str:
    """Without blank lines at both ends; the first line's indent and the last one's trailing spaces stay."""
    first = _FIRST_GAP.match(text)
    text = text[first.end() if first else 0 :]
    last = _LAST_GAP.search(text)
    return text[: last.start()] if last else text


def _is_attributed(text: str) -> bool:
    """A short text that ends in a name behind a dash is likely somebody else's."""
    lines = text.rstrip().split("\n")
    return len(lines) > 1 and len(text) < 1500 and bool(_ATTRIBUTION.match(lines[-1]))


def _join_short(bits: list[_Bit]) -> list[RawPiece]:
    """Prose too short to stand alone joins its neighbour: the piece before it, else the one after."""
    pieces: list[RawPiece] = []
    for bit in bits:
        before = pieces[-1] if pieces else None
        if before is not None and _belong_together(before, bit):
            pieces[-1] = _merged(before, bit.piece)
        else:
            pieces.append(bit.piece)
    return pieces


def _belong_together(before: RawPiece, bit: _Bit) -> bool:
    piece = bit.piece
    if before.question or piece.question or before.form is not piece.form:
        return False
    if piece.form is Form.VERSE:
        return not bit.own_heading and bool(piece.title) and before.words + piece.words <= LONGEST_POEM
    least = SHORTEST_PROSE if bit.own_heading else SHORTEST_SCENE
    return piece.words < least or before.words < least


def _merged(left: RawPiece, right: RawPiece) -> RawPiece:
    return replace(
        left,
        title=left.title or right.title,
        text=f"{left.text}\n\n{right.text}",
        words=left.words + right.words,
    )


def _titled(piece: RawPiece, name: str) -> RawPiece:
    return piece if piece.title else replace(piece, title=_first_line(piece.text) or name)


def _numbered(pieces: list[RawPiece]) -> list[RawPiece]:
    """Scenes that share a title are counted: "Ferry", "Ferry (2)"."""
    seen: dict[str, int] = {}
    numbered = []
    for piece in pieces:
        seen[piece.title] = count = seen.get(piece.title, 0) + 1
        numbered.append(replace(piece, title=f"{piece.title} ({count})") if count > 1 else piece)
    return numbered


def _first_line(text: str) -> str:
    line = next((" ".join(line.split()) for line in text.split("\n") if line.strip()), "")
    return line if len(line) <= 60 else line[:59].rsplit(" ", 1)[0] + "…"


def _in_parts(piece: RawPiece) -> list[RawPiece]:
    if piece.words <= LONGEST_WHOLE:
        return [piece]
    texts = parts(piece.text, piece.form)
    return [
        replace(piece, text=text, words=count_words(text), part=number, parts=len(texts))
        for number, text in enumerate(texts, 1)
    ]

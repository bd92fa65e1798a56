"""What kind of place the cursor stands in: prose or verse, and whether a suggestion may start there at all.

Reads bounded windows around the cursor, so that a place in a long novel costs what it costs in a short one.
"""

from dataclasses import dataclass
from pathlib import PurePosixPath

import regex

from ownhand.manuscript.formats.breaks import is_break, is_lone_break
from ownhand.manuscript.formats.front_matter import front_matter_end, title_in
from ownhand.manuscript.formats.place import place_kind, switched_off
from ownhand.manuscript.model import Form, Kind
from ownhand.manuscript.verse import is_verse
from ownhand.suggestions.boundary import CLOSERS
from ownhand.suggestions.graphemes import parts
from ownhand.suggestions.moment import Moment, Silence

_KIND_BEFORE, _KIND_AFTER = 20_000, 4_000
_FORM_BEFORE, _FORM_AFTER = 3_000, 1_500
_HEAD = 8_000
_HEADINGS = {
    "org": regex.compile(r"\*+\s"),
    "tex": regex.compile(r"\\(?:part|chapter|(?:sub)*section|poemtitle)\b"),
    "fountain": regex.compile(r"(?:#|(?:INT|EXT|EST|I/E)[. ])"),
}
_MARKDOWN_HEADING = regex.compile(r"#{1,6}\s")
_WORD_END = regex.compile(r"[\p{L}\p{N}\p{M}]\Z")
_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}ー々]")
_JOINING = ".,;:!?…。、！？" + CLOSERS

SWITCHED_OFF = Silence("This file says `ownhand: off`.")
_CLOSED = {
    Kind.HEADING: "This is a title.",
    Kind.BREAK: "This line parts two scenes.",
    Kind.FRONT_MATTER: "This is the file's front matter.",
    Kind.CODE: "This is code.",
    Kind.COMMENT: "This is a comment.",
    Kind.MARKUP: "This is markup.",
}


@dataclass(frozen=True)
class Place:
    """`text` is the document before the cursor without its front matter, `piece` its last part, from a title or break
    on (bounded). `line` is the cursor's line up to the cursor, `rest` what follows on it.
    """

    form: Form
    text: str
    piece: str
    line: str
    rest: str
    title: str = ""

    @property
    def touches_word(self) -> bool:
        """The cursor stands right behind a word of a script that has spaces: it may not be finished."""
        return bool(_WORD_END.search(self.line)) and not is_unspaced(self.line[-1:])

    @property
    def inside_word(self) -> bool:
        return self.touches_word and self.rest[:1].isalnum()

    @property
    def fills(self) -> bool:
        """More than closing punctuation follows on the line, so the text must join on both sides."""
        return bool(self.rest.strip(" \t\u00a0\u202f" + _JOINING))


def read_place(moment: Moment) -> Place | Silence:
    """The place of `moment`, or why nothing is offered there."""
    head = (moment.before[:_HEAD] + moment.after[:_HEAD])[:_HEAD] if moment.before_offset == 0 else ""
    if switched_off(head):
        return SWITCHED_OFF
    if not parts(moment.before, moment.after):
        return Silence("The cursor stands inside a character.")
    before, after = _window(moment.before, _KIND_BEFORE), moment.after[:_KIND_AFTER]
    if moment.position > len(before):
        before = f"\n{before}"  # a scene break at the window's start is no front matter
    closed = _CLOSED.get(place_kind(moment.language, before, after))
    if closed:
        return Silence(closed)
    place = _place(moment, front_matter_end(head))
    why = None if moment.invoked else _why_not_by_itself(place)
    return Silence(why) if why else place


def is_unspaced(character: str) -> bool:
    """Is it of a script that writes no spaces between words?"""
    return bool(_UNSPACED.match(character))


def _why_not_by_itself(place: Place) -> str | None:
    if place.inside_word:
        return "The cursor is inside a word."
    if place.fills:
        return "Text follows on this line."
    if not place.line.strip() and place.form is Form.PROSE:
        return "Nothing starts by itself on an empty line."
    return None


def _place(moment: Moment, front_matter: int) -> Place:
    text = moment.before[front_matter:]
    line, rest = text.rpartition("\n")[2], moment.after.partition("\n")[0]
    piece, following = _piece(_window(text, _FORM_BEFORE), moment.after[:_FORM_AFTER], moment.language)
    form = _form(piece, following) or _form(_untitled(text, moment.language), following) or Form.PROSE
    title = title_in(moment.before[:front_matter]) or _title_from(moment.path)
    return Place(form, text, piece, line, rest, title)


def _piece(before: str, after: str, language: str) -> tuple[str, str]:
    """Both sides of the cursor up to the nearest title or scene break."""
    lines = before.split("\n")
    start = next((n + 1 for n in range(len(lines) - 2, -1, -1) if _parts(lines, n, language)), 0)
    following = after.split("\n")
    end = next((n for n in range(1, len(following)) if _parts(following, n, language)), len(following))
    return "\n".join(lines[start:]), "\n".join(following[:end])


def _untitled(text: str, language: str) -> str:
    """The last pages without their titles and breaks, for a piece too new to tell its own form."""
    lines = _window(text, _FORM_BEFORE).split("\n")
    return "\n".join("" if _parts(lines, number, language) else line for number, line in enumerate(lines))


def _parts(lines: list[str], number: int, language: str) -> bool:
    line = lines[number]
    if _HEADINGS.get(language, _MARKDOWN_HEADING).match(line) or is_break(line):
        return True
    alone = not any(near.strip() for near in lines[max(0, number - 1) : number + 2] if near is not line)
    return alone and bool(line.strip()) and is_lone_break(line)


def _form(before: str, after: str) -> Form | None:
    """The form of a text; None when there is too little to tell. The unfinished line has no vote by itself."""
    finished, _, line = before.rpartition("\n")
    rest = after.partition("\n")[2]
    alone = not finished.rpartition("\n")[2].strip() and not rest.partition("\n")[0].strip()
    text = f"{finished}\n{rest}" if alone else f"{finished}\n{line}{after}"
    if sum(1 for written in text.split("\n") if written.strip()) < 2:
        return None
    return Form.VERSE if is_verse(text) else Form.PROSE


def _window(text: str, characters: int) -> str:
    """The end of `text`, from the beginning of a line on where it has lines."""
    if len(text) <= characters:
        return text
    newline = text.find("\n", len(text) - characters)
    return text[newline + 1 :] if 0 <= newline < len(text) - characters // 2 else text[-characters:]


def _title_from(path: str | None) -> str:
    if path is None:
        return ""
    stem = PurePosixPath(path).stem.replace("-", " ").replace("_", " ").strip()
    return stem[:1].upper() + stem[1:]

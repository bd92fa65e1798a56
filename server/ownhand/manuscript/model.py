"""What a manuscript is made of: regions of a file, pieces, and what is counted of them."""

from dataclasses import dataclass
from enum import StrEnum


class Form(StrEnum):
    PROSE = "prose"
    VERSE = "verse"


class Kind(StrEnum):
    """What a stretch of a file is. Only VOICE (and QUOTE, once the writer said "mine") is the writer's text."""

    VOICE = "voice"
    HEADING = "heading"
    BREAK = "break"
    QUOTE = "quote"
    FRONT_MATTER = "front matter"
    CODE = "code"
    COMMENT = "comment"
    MARKUP = "markup"


@dataclass(frozen=True, slots=True)
class Region:
    """A half-open stretch [start, end) of `ParsedFile.text`, in code points; `level` is a heading's depth from 1."""

    start: int
    end: int
    kind: Kind
    level: int = 0


@dataclass(frozen=True)
class ParsedFile:
    """A file's text, decoded, line ends made "\\n", nothing else changed, and its regions in order without gaps."""

    text: str
    regions: tuple[Region, ...]
    title: str | None = None
    off: bool = False
    """The writer wrote `ownhand: off` in the front matter."""


class Mine(StrEnum):
    """Whose text a piece is. A QUESTION teaches nothing until the writer answered."""

    MINE = "mine"
    NOT_MINE = "not mine"
    QUESTION = "question"


@dataclass(frozen=True, slots=True)
class Piece:
    """One poem, chapter, scene or essay.

    `path` is relative to the manuscript folder with "/" (absolute for an added sample), `ordinal` counts the
    pieces of that file from 0. `text` is the voice alone, exactly as written. `held_out` gives the reason why
    the piece is kept from training, `copy_of` the id of the newest draft when this one is nearly identical.
    A long text without sections is cut into parts at paragraph bounds, each a piece: `part` counts them from 1
    up to `parts` (both 0 for a whole piece).
    """

    id: str
    path: str
    ordinal: int
    title: str
    form: Form
    text: str
    words: int
    modified: float
    mine: Mine = Mine.MINE
    held_out: str | None = None
    copy_of: str | None = None
    part: int = 0
    parts: int = 0

    @property
    def teaches(self) -> bool:
        """May suggestions and training learn from it?"""
        return self.mine is Mine.MINE and self.held_out is None and self.copy_of is None


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of whole paragraphs or stanzas of one piece: 150 to 400 words of prose, a short poem whole."""

    piece_id: str
    path: str
    title: str
    form: Form
    text: str
    words: int


@dataclass(frozen=True, slots=True)
class Here:
    """A place in a file of the manuscript: `text` is what stands around it, some pages. It tells which of the file's
    pieces are there, though the file may have changed since it was read."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that was passed over, and why in a few plain words."""

    path: str
    reason: str

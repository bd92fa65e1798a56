"""A file and a cursor become a moment, as an editor would have frozen it."""

from dataclasses import dataclass
from pathlib import Path

from ownhand.errors import WriterError
from ownhand.manuscript.encoding import Unreadable, decode
from ownhand.suggestions.moment import Length, Moment
from ownhand.text.utf16 import code_points, utf16_length

LARGEST_FILE = 2_000_000
"""Bytes; above it suggestions rest in the editors too."""
_BEFORE, _AFTER = 65_536, 8_192
"""Characters on both sides of the cursor that a moment holds, as in the editors."""
_NOT_TEXT = (".docx", ".rtf")


@dataclass(frozen=True)
class Cursor:
    """`line` counts from 1, `column` from 0 in UTF-16 units, as editors show and send them.

    Without a line it is the last one on which something stands, without a column the line's end.
    """

    line: int | None = None
    column: int | None = None


def read_text(file: Path) -> str:
    """The text of `file`, line ends made "\\n". Raises WriterError when there is none to write in."""
    if file.suffix.lower() in _NOT_TEXT:
        raise WriterError(
            f"{file} can be read, but not written in.", "Save a copy as plain text or Markdown and name that."
        )
    try:
        if file.stat().st_size > LARGEST_FILE:
            raise WriterError(f"{file} is larger than 2 MB; suggestions rest there.", "Split it into chapters.")
        return decode(file.read_bytes())
    except FileNotFoundError as error:
        raise WriterError(f"There is no file {file}.", "Look at the name and the folder you are in.") from error
    except IsADirectoryError as error:
        raise WriterError(f"{file} is a folder.", "Name a file in it.") from error
    except OSError as error:
        raise WriterError(f"{file} can't be read: {error.strerror}.", "Make it readable, or name another.") from error
    except Unreadable as error:
        raise WriterError(f"{file} can't be read: {error.reason}.", "Name a text or Markdown file.") from error


def offset_of(text: str, cursor: Cursor, name: str) -> int:
    """The code point offset of `cursor`. Raises WriterError, saying what there is, for a place that isn't there."""
    lines = text.split("\n")
    number = text.rstrip().count("\n") + 1 if cursor.line is None else cursor.line
    if not 1 <= number <= len(lines):
        raise WriterError(
            f"{name} has no line {number}.", f"Give a --line from 1 to {len(lines)} (the first line is 1)."
        )
    line = lines[number - 1]
    column = utf16_length(line) if cursor.column is None else cursor.column
    if not 0 <= column <= utf16_length(line):
        raise WriterError(
            f"Line {number} of {name} has no column {column}.",
            f"Give a --column from 0 to {utf16_length(line)} (its end).",
        )
    return sum(len(earlier) + 1 for earlier in lines[: number - 1]) + code_points(line, column)


def moment_at(file: Path, text: str, offset: int, *, folder: Path | None, length: Length) -> Moment:
    """The moment at `offset` in `text`; `folder` is the manuscript folder that `file` belongs to, if any."""
    left = text.rfind("\n", 0, offset - _BEFORE) + 1 if offset > _BEFORE else 0
    return Moment(
        document=file.absolute().as_uri(),
        version=0,
        before=text[left:offset],
        after=text[offset : offset + _AFTER],
        language=file.suffix.lower().removeprefix("."),
        path=file.resolve().relative_to(folder).as_posix() if folder else None,
        before_offset=left,
        invoked=True,
        length=length,
    )

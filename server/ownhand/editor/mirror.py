"""The server's copy of a document that is open in the editor.

Lines end at "\\n", "\\r\\n" and "\\r" alone, as the Language Server Protocol says; U+2028, U+2029, U+0085, VT and FF
are ordinary characters. An edit costs what it touches: the lines it spans are spliced into a list, and absolute
offsets are counted from the place of the last edit rather than from the document's start.
"""

import re
from dataclasses import dataclass

from ownhand.editor.positions import Encoding, column_to_index, without_lone_surrogates
from ownhand.verdicts.observer.edits import Edit

_LINE_END = re.compile(r"(\r\n|\r|\n)")


@dataclass(frozen=True, slots=True)
class Window:
    """Text around a cursor with "\\n" line ends.

    `before_offset` characters of the document lie left of `before`, each line end counted as one.
    """

    before: str
    after: str
    before_offset: int


Place = tuple[int, int]
"""Line and column, both from 0; the column in the client's units."""


class Mirror:
    """One open document. Lines and their ends are kept apart, so that every line's content is at hand as it is."""

    def __init__(self, text: str, encoding: Encoding = "utf-16") -> None:
        self._encoding: Encoding = encoding
        self.replace_all(text)

    def replace_all(self, text: str) -> None:
        """The whole document anew."""
        text = without_lone_surrogates(text)
        self._lines, self._ends = _split(text)
        self._bytes = _utf8_length(text)
        # The finger: a line whose offset (characters, each line end counted as one) is known.
        self._finger_line, self._finger_offset = 0, 0

    def replace(self, start: Place, end: Place, text: str) -> Edit:
        """Apply one incremental change. A place beyond the end means the end; a swapped range is put in order.

        Returns the same change in code points from the document's start.
        """
        (first, first_index), (last, last_index) = sorted((self._inside(start), self._inside(end)))
        head, tail = self._lines[first][:first_index], self._lines[last][last_index:]
        if first_index == 0 and first > 0 and self._ends[first - 1] == "\r":
            # What follows may begin with "\n" and so complete a "\r\n" with the line above.
            first -= 1
            head = self._lines[first] + "\r"
        text = without_lone_surrogates(text)
        inserted, old = text.replace("\r\n", "\n"), "\n".join(self._lines[first : last + 1])
        edit = self._splice(first, last, head + text + tail + self._ends[last])
        if "\r" in inserted or head.endswith("\r"):
            return edit
        return Edit(edit.offset + first_index, old[first_index : len(old) - len(tail)], inserted)

    def _splice(self, first: int, last: int, new: str) -> Edit:
        """Put `new`, with its line ends, in the place of whole lines; the change is that of whole lines, too."""
        self._move_finger(first)
        before = "\n".join(self._lines[first : last + 1])
        old = sum(map(_utf8_length, self._lines[first : last + 1])) + sum(map(len, self._ends[first : last + 1]))
        is_end = last == len(self._lines) - 1
        lines, ends = _split(new)
        if not is_end:
            # The text goes on after its last line end; what _split saw behind it is the next line's start.
            lines.pop()
            ends.pop()
        self._bytes += _utf8_length(new) - old
        self._lines[first : last + 1] = lines
        self._ends[first : last + 1] = ends
        return Edit(self._finger_offset, before, "\n".join(lines))

    @property
    def text(self) -> str:
        """The whole document, exactly as the editor holds it. Costs a copy."""
        return "".join(part for pair in zip(self._lines, self._ends, strict=True) for part in pair)

    @property
    def plain(self) -> str:
        """The whole document with "\\n" line ends: what offsets are counted in. Costs a copy."""
        return "\n".join(self._lines)

    @property
    def size(self) -> int:
        """Bytes in UTF-8."""
        return self._bytes

    @property
    def line_count(self) -> int:
        return len(self._lines)

    def line(self, number: int) -> str:
        """A line's content without its end."""
        return self._lines[number]

    def head(self, lines: int) -> list[str]:
        """The first lines, without their ends."""
        return self._lines[:lines]

    def window(self, place: Place, left: int = 65_536, right: int = 8_192, step: int = 16_384) -> Window:
        """About `left` characters before `place` and `right` after it, cut at the start and the end of a line.

        The left edge lies at the start of a line and moves in steps of about `step` characters while the cursor
        moves on, so that what follows from it stays the same from one keystroke to the next.
        """
        line, index = self._inside(place)
        self._move_finger(line)
        cursor = self._finger_offset + index
        first, offset = self._window_start(line, max(0, (cursor - left) // step * step))
        last = self._window_end(line, index, right)
        before = "\n".join([*self._lines[first:line], self._lines[line][:index]])
        after = "\n".join([self._lines[line][index:], *self._lines[line + 1 : last + 1]])
        return Window(before, after, offset)

    def _window_start(self, line: int, target: int) -> tuple[int, int]:
        """The line that holds the offset `target` and that line's own offset, walking up from `line`."""
        offset = self._finger_offset
        while line > 0 and offset > target:
            line -= 1
            offset -= len(self._lines[line]) + 1
        return line, offset

    def _window_end(self, line: int, index: int, right: int) -> int:
        room = right - (len(self._lines[line]) - index)
        while room > 0 and line < len(self._lines) - 1:
            line += 1
            room -= len(self._lines[line]) + 1
        return line

    def _inside(self, place: Place) -> tuple[int, int]:
        """Line and code point index, clamped into the document."""
        line, column = place
        if line < 0:
            return 0, 0
        if line >= len(self._lines):
            return len(self._lines) - 1, len(self._lines[-1])
        return line, column_to_index(self._lines[line], column, self._encoding)

    def _move_finger(self, line: int) -> None:
        here = self._finger_line
        if line >= here:
            self._finger_offset += sum(map(len, self._lines[here:line])) + line - here
        else:
            self._finger_offset -= sum(map(len, self._lines[line:here])) + here - line
        self._finger_line = line


def _split(text: str) -> tuple[list[str], list[str]]:
    """Contents and ends of the lines of `text`; the last line has no end, and is "" after a final line end."""
    if "\r" not in text:
        lines = text.split("\n")
        return lines, ["\n"] * (len(lines) - 1) + [""]
    pairs = text.count("\r\n")
    if pairs == text.count("\r") == text.count("\n"):
        lines = text.split("\r\n")
        return lines, ["\r\n"] * (len(lines) - 1) + [""]
    parts = _LINE_END.split(text)
    return parts[0::2], [*parts[1::2], ""]


def _utf8_length(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())

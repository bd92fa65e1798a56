"""Columns as editors count them: UTF-8 bytes, UTF-16 units or code points (LSP 3.17 `PositionEncodingKind`).

A column that falls inside a character means the character's start; one beyond the line's end means its end.
All conversions run at C speed, because one line may hold a whole chapter.
"""

from collections.abc import Iterable
from typing import Literal, cast, get_args

Encoding = Literal["utf-8", "utf-16", "utf-32"]

_CONTINUATION_BYTES = bytes(range(0x80, 0xC0))


def choose_encoding(offered: Iterable[object] | None) -> Encoding:
    """The first encoding in the client's order of preference that we know; UTF-16 when it names none."""
    for encoding in offered or ():
        if encoding in get_args(Encoding):
            return cast(Encoding, encoding)
    return "utf-16"


def column_to_index(line: str, column: int, encoding: Encoding) -> int:
    """The code point index in `line` (without its line end) of a column counted in `encoding`'s units."""
    column = max(column, 0)
    if encoding == "utf-32" or line.isascii():
        return min(column, len(line))
    head = line[:column]
    return _utf8_index(head, column) if encoding == "utf-8" else _utf16_index(head, column)


def without_lone_surrogates(text: str) -> str:
    """`text` with each lone surrogate (JSON can carry them) replaced by U+FFFD, which every encoding counts alike."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return "".join("\ufffd" if "\ud800" <= character <= "\udfff" else character for character in text)
    return text


def _utf8_index(head: str, column: int) -> int:
    data = head.encode()
    starts = len(data[:column].translate(None, _CONTINUATION_BYTES))
    inside = column < len(data) and 0x80 <= data[column] < 0xC0
    return starts - 1 if inside else starts


def _utf16_index(head: str, column: int) -> int:
    units = head.encode("utf-16-le")[: 2 * column]
    # A pair cut in half is dropped, which leaves the index of its start.
    return len(units.decode("utf-16-le", errors="ignore"))

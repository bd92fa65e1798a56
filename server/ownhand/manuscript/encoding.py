"""Bytes become text: the encoding found, line ends made "\\n", nothing else changed.

Composed and decomposed letters, U+2028, vertical tabs and form feeds stay as the writer's program wrote them.
"""

import codecs
import re

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark begins with UTF-16's
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE = 64_000
_CONTROLS = re.compile(r"[\x01-\x08\x0e-\x1a\x1c-\x1f]")
_SPOTS = re.compile("\ufffd+")
_DAMAGED_SHARE = 0.001


class Unreadable(Exception):  # noqa: N818 - it names a state of the file, which a scan reports and passes over
    """This file can't be read as text. `reason`: a few plain words that complete "skipped: ..."."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def decode(data: bytes) -> str:
    """The text in `data`. Raises Unreadable for a binary file or an encoding that can't be told."""
    text = _decode(data)
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _decode(data: bytes) -> str:
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return _checked(data[len(mark) :].decode(encoding, errors="replace"))
    if b"\0" in data:
        encoding_found = _wide_encoding(data)
        if encoding_found is None:
            raise Unreadable("not a text file")
        return _checked(data.decode(encoding_found, errors="replace"))
    try:
        return _checked(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        return _checked(_legacy(data, error))


def _checked(text: str) -> str:
    """Refuse what is no writing: NULs, or control characters in numbers."""
    sample = text[:_SAMPLE]
    if "\0" in text or len(_CONTROLS.findall(sample)) > max(4, len(sample) // 200):
        raise Unreadable("not a text file")
    if text.count("\ufffd") > max(2, len(text) // 50):
        raise Unreadable("damaged, or in an unknown encoding")
    return text


def _wide_encoding(data: bytes) -> str | None:
    """UTF-16 or UTF-32 without a mark: NULs stand regularly, and spaces and line ends are where they should be."""
    sample = data[: _SAMPLE // 4 * 4]
    for encoding in ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be"):
        width = 4 if "32" in encoding else 2
        try:
            text = sample[: len(sample) // width * width].decode(encoding)
        except UnicodeDecodeError:
            continue
        common = sum(text.count(sign) for sign in " \n\r、。,.") * 40 > len(text)
        if text and common and "\0" not in text and not _CONTROLS.search(text):
            return encoding
    return None


def _legacy(data: bytes, error: UnicodeDecodeError) -> str:
    if _mostly_utf8(data):
        return data.decode("utf-8", errors="replace")
    # Needed by few files, and not free to load.
    from ownhand.manuscript.legacy import legacy_encoding

    encoding = legacy_encoding(_legacy_sample(data, error.start))
    if encoding is None:
        raise Unreadable("not a text file, or in an unknown encoding")
    return data.decode(encoding, errors="replace")


def _mostly_utf8(data: bytes) -> bool:
    """A UTF-8 text with a few broken spots, as a crash or a careless paste leaves them."""
    text = data[: _SAMPLE * 16].decode("utf-8", errors="replace")
    broken = len(_SPOTS.findall(text))
    real = sum(1 for character in text if character > "\x7f") - text.count("\ufffd")
    return broken <= max(1, int(len(text) * _DAMAGED_SHARE)) and real > 4 * broken


def _legacy_sample(data: bytes, first: int) -> bytes:
    """At most `_SAMPLE` bytes around the first that isn't ASCII, cut at line ends so that no character is halved."""
    if len(data) <= _SAMPLE:
        return data
    start = data.rfind(b"\n", 0, max(first - _SAMPLE // 2, 1)) + 1
    end = data.rfind(b"\n", start, start + _SAMPLE)
    return data[start : end if end > first else start + _SAMPLE]

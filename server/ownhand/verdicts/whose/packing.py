"""Whose words a document is made of, as bytes for the ledger and back.

Two parts, each a format byte and zlib. The runs are JSON: suggestions' ids once, then for each run its length, kind,
suggestion, and its start in tokens. The tokens are 32-bit hashes, little endian (see `whose_tokens` on what they are).
"""

import json
import sys
import zlib
from array import array
from dataclasses import dataclass
from typing import Any

from ownhand.verdicts.whose.carry import Mark, marks_of
from ownhand.verdicts.whose.stretches import Kind, Origin, Stretch
from ownhand.verdicts.whose.tokens import digest_of, tokens_of
from ownhand.verdicts.whose.words import WhoseWords

FORMAT = b"\1"
_KINDS = tuple(Kind)
"""Noted by their place here: append only."""
_MOST_BYTES = 256 * 1024 * 1024
"""Unpacked. A damaged note can't fill the memory."""


class Damaged(Exception):  # noqa: N818 - it names a state of what was read
    """These bytes are none that `pack` made, or come from a newer Ownhand."""


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What was noted: the stretches of the text as it was, the same in terms of tokens, and the tokens' hashes."""

    stretches: list[Stretch]
    marks: list[Mark]
    hashes: list[int]


def pack(words: WhoseWords, text: str) -> tuple[bytes, bytes, bytes]:
    """(digest, runs, tokens) of `text`, which `words` describes. Raises ValueError when the two differ in length.

    About 100 ms for a novel: call it in another thread with a `copy` of the words.
    """
    if len(words) != len(text):
        raise ValueError(f"{len(words)} characters are described, {len(text)} are there")
    tokens = tokens_of(text)
    stretches = words.stretches
    suggestions = list(dict.fromkeys(origin.suggestion for _, origin in stretches if origin.suggestion is not None))
    number = {suggestion: index for index, suggestion in enumerate(suggestions)}
    runs = [
        [length, _KINDS.index(origin.kind), number.get(origin.suggestion or "", -1), mark.token, mark.offset]
        for (length, origin), mark in zip(stretches, marks_of(stretches, tokens), strict=True)
    ]
    noted = json.dumps({"suggestions": suggestions, "runs": runs}, separators=(",", ":")).encode()
    return digest_of(text), FORMAT + zlib.compress(noted), FORMAT + zlib.compress(_little_endian(tokens.hashes), 1)


def unpack(runs: bytes, tokens: bytes) -> Unpacked:
    """The reverse of `pack`. Raises Damaged."""
    try:
        noted = json.loads(_content(runs))
        suggestions: list[str] = [str(suggestion) for suggestion in noted["suggestions"]]
        stretches, marks = [], []
        for run in noted["runs"]:
            length, origin, mark = _run(run, suggestions)
            stretches.append((length, origin))
            marks.append(mark)
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise Damaged("runs") from error
    hashes = unpack_tokens(tokens)
    if any(not 0 <= mark.token < len(hashes) for mark in marks) or marks != sorted(marks, key=_place):
        raise Damaged("runs")
    return Unpacked(stretches, marks, hashes)


def unpack_tokens(tokens: bytes) -> list[int]:
    """The tokens' hashes. Raises Damaged."""
    hashes = array("I")
    try:
        hashes.frombytes(_content(tokens))
    except ValueError as error:  # half a number
        raise Damaged("tokens") from error
    if sys.byteorder == "big":
        hashes.byteswap()
    return hashes.tolist()


def _run(run: Any, suggestions: list[str]) -> tuple[int, Origin, Mark]:
    length, kind, suggestion, token, offset = (int(value) for value in run)
    if min(length, kind, suggestion + 1, token, offset) < 0:
        raise ValueError("a negative number")
    origin = Origin(_KINDS[kind], suggestions[suggestion] if suggestion >= 0 else None)
    return length, origin, Mark(token, offset, origin)


def _place(mark: Mark) -> tuple[int, int]:
    return mark.token, mark.offset


def _content(packed: bytes) -> bytes:
    if packed[:1] != FORMAT:
        raise Damaged("format")
    unzip = zlib.decompressobj()
    try:
        content = unzip.decompress(packed[1:], _MOST_BYTES)
    except zlib.error as error:
        raise Damaged("compression") from error
    if not unzip.eof:
        raise Damaged("compression")
    return content


def _little_endian(hashes: list[int]) -> bytes:
    numbers = array("I", hashes)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()

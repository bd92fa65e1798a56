"""A text as hashed tokens: enough to find a text again after changes, without keeping it.

A token is a word or a single sign; white space is none, so that a text that was only wrapped anew has the same tokens.
Of scripts that write without spaces each character is a token.

A hash of a single word hides nothing from anybody with a dictionary: a row of them is the text to whoever wants to
read it. What is made here is personal data like the manuscript itself, and goes where that may go.
"""

import hashlib
import re
import zlib
from dataclasses import dataclass
from itertools import accumulate

_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Thai, Lao, Burmese, Khmer, Japanese, Chinese."""
_TOKEN = re.compile(rf"([^\W{_UNSPACED}]+|[{_UNSPACED}]|[^\w\s])")
_START = 0
DIGEST_BYTES = 16


@dataclass(frozen=True, slots=True)
class Tokens:
    """Token k spans [bounds[2k], bounds[2k + 1]) of the text and is followed by white space up to bounds[2k + 2].

    Token 0 is empty and stands for the text's start; its hash is the same in every text.
    """

    hashes: list[int]
    bounds: list[int]


class _Hashes(dict[str, int]):
    """CRC-32 of each token's UTF-8, counted once per word."""

    def __missing__(self, token: str) -> int:
        value = zlib.crc32(token.encode("utf-8", "surrogatepass"))
        self[token] = value
        return value


def tokens_of(text: str) -> Tokens:
    parts = _TOKEN.split(text)
    hashes = [_START, *map(_Hashes().__getitem__, parts[1::2])]
    return Tokens(hashes, [0, 0, *accumulate(map(len, parts))])


def digest_of(text: str) -> bytes:
    """Stands for the whole text: BLAKE2b of its UTF-8."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=DIGEST_BYTES).digest()

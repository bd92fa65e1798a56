"""What a token is in bytes, from a GGUF's own vocabulary.

Two kinds of vocabulary: byte-pair ("gpt2"), which writes every byte as a printable character (OpenAI's GPT-2 encoder,
`bytes_to_unicode`), and SentencePiece ("llama"), which writes a space as "▁" and lone bytes as "<0x0A>".
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_BYTE = re.compile(r"<0x([0-9A-F]{2})>")


def token_bytes(metadata: Mapping[str, Any]) -> list[bytes]:
    """The bytes of each token by id. Empty for a kind of vocabulary that isn't known, or none at all."""
    tokens = metadata.get("tokenizer.ggml.tokens")
    kind = metadata.get("tokenizer.ggml.model")
    if not isinstance(tokens, Sequence) or kind not in ("gpt2", "llama"):
        return []
    if kind == "gpt2":
        table = {character: byte for byte, character in _printable()}
        return [_byte_pair(token, table) for token in tokens]
    return [_sentence_piece(token) for token in tokens]


def _byte_pair(token: str, table: Mapping[str, int]) -> bytes:
    try:
        return bytes(table[character] for character in token)
    except KeyError:  # a special token is written as it is
        return token.encode()


def _sentence_piece(token: str) -> bytes:
    matched = _BYTE.fullmatch(token)
    return bytes([int(matched[1], 16)]) if matched else token.replace("▁", " ").encode()


def _printable() -> Iterator[tuple[int, str]]:
    """Each byte and the character that stands for it: itself where it can be printed, else one from U+0100 on."""
    beyond = 0x100
    for byte in range(256):
        if 0x21 <= byte <= 0x7E or 0xA1 <= byte <= 0xAC or 0xAE <= byte <= 0xFF:
            yield byte, chr(byte)
        else:
            yield byte, chr(beyond)
            beyond += 1

"""A tokenizer that works like the real ones, without a model."""

import regex

_BITS = regex.compile(r"\s*[^\s\P{ascii}]{1,5}|\s+|.", regex.DOTALL)


class PlainTokenizer:
    """Cuts a text into bits; a sign outside of ASCII into its bytes, as byte-pair vocabularies do with rare ones."""

    def __init__(self) -> None:
        self.vocabulary: dict[bytes, int] = {}

    async def token_pieces(self, text: str) -> list[tuple[int, bytes]]:
        return self.pieces(text)

    def pieces(self, text: str) -> list[tuple[int, bytes]]:
        found = [part for bit in _BITS.findall(text) for part in _parts(bit)]
        return [(self.vocabulary.setdefault(part, len(self.vocabulary) + 10), part) for part in found]

    def spelled(self, ids: object) -> str:
        known = {number: part for part, number in self.vocabulary.items()}
        return b"".join(known[number] for number in ids).decode()


def _parts(bit: str) -> list[bytes]:
    data = bit.encode()
    return [data] if bit.isascii() else [data[at : at + 1] for at in range(len(data))]

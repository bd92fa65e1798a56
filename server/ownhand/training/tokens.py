"""The corpus in tokens, through the tokenizer of the engine that will serve.

Everything is trained, measured and served in one vocabulary, cut by one program. A tokenizer rebuilt elsewhere from the
same file may cut differently (the one that transformers builds from Gemma's GGUF takes every letter for a token), and
nobody would notice but the writer.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from ownhand.engines.wire import sound
from ownhand.errors import WriterError

_NEXT_STEP = "Choose another model in ownhand.model, or fetch this one again."


class Tokenizer(Protocol):
    """What of an engine is needed here; `EmbeddedEngine` has it."""

    async def token_pieces(self, text: str) -> list[tuple[int, bytes]]:
        """(id, bytes) of each token of `text`, without start and end tokens. Raises EngineError."""
        ...


@dataclass(frozen=True)
class Tokens:
    """A text in tokens. `ends` are code points: where each token's last whole character ends. Both have one length."""

    ids: tuple[int, ...]
    ends: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.ids)


async def tokenize(engine: Tokenizer, text: str) -> Tokens:
    """The tokens of `text`. Raises EngineError, and WriterError when they do not spell the text."""
    pieces = await engine.token_pieces(text) if text else []
    return located(text, pieces)


def located(text: str, pieces: list[tuple[int, bytes]]) -> Tokens:
    """Where each token ends. A vocabulary of the SentencePiece kind may put one space before the text."""
    written, spelled = sound(text).encode(), b"".join(piece for _, piece in pieces)
    lead = len(spelled) - len(written)
    if spelled != b" " * lead + written or lead not in (0, 1):
        raise WriterError("This model's tokens do not spell your text back, so it can't learn from it.", _NEXT_STEP)
    characters = _characters_before(written)
    ends, at = [], -lead
    for _, piece in pieces:
        at += len(piece)
        ends.append(characters[max(at, 0)])
    return Tokens(tuple(token for token, _ in pieces), tuple(ends))


def _characters_before(data: bytes) -> list[int]:
    """For each offset into UTF-8 `data` the number of whole characters before it; one entry more than bytes."""
    counts, whole = [0], 0
    for after in range(1, len(data) + 1):
        # A character ends where no continuation byte (10xxxxxx) follows.
        whole += after == len(data) or (data[after] & 0xC0) != 0x80
        counts.append(whole)
    return counts


def check_agreement(texts: Iterable[tuple[str, tuple[int, ...]]], encode: Callable[[str], list[int]]) -> None:
    """Refuse a second tokenizer that cuts the writer's texts otherwise than the engine did.

    `texts` are (text, the engine's ids). Raises WriterError at the first difference.
    """
    for text, ids in texts:
        if tuple(encode(text)) != ids:
            raise WriterError(
                "The tokenizer in the model's folder cuts your text otherwise than the engine that serves it.",
                "Take the folder that the engine's model was made from.",
            )

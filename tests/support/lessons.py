"""Texts as samples to train on, cut and labelled as a manuscript's pages are."""

from collections.abc import Iterable
from typing import Any

from ownhand.engines.protocol import SpecialTokens
from ownhand.engines.special import bounds
from ownhand.manuscript.model import Form, Piece
from ownhand.text.words import count_words
from ownhand.training.dataset import LearnedPiece, build
from ownhand.training.held_out_guard import HeldOutGuard
from ownhand.training.prepare import row_of
from ownhand.training.recipe import MAX_TOKENS
from ownhand.training.tokens import Tokenizer, tokenize


async def samples_of(
    engine: Tokenizer, special: SpecialTokens, texts: Iterable[tuple[Form, str]]
) -> list[dict[str, Any]]:
    """The rows of `passages.json`; every text is a piece of its own, nothing is held out."""
    pieces = [
        Piece(f"p{number}", f"p{number}.md", 0, "", form, text, count_words(text), 0.0)
        for number, (form, text) in enumerate(texts)
    ]
    learned = [LearnedPiece(piece, await tokenize(engine, piece.text)) for piece in pieces]
    dataset = build(learned, bounds(special), HeldOutGuard([], lambda _: set()), MAX_TOKENS)
    return [row_of(sample) for sample in (*dataset.train, *dataset.validation)]

"""The texts of a judging: what was learned, and what it is tested on."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ownhand.manuscript.corpus import Corpus
from ownhand.manuscript.held_out import CHOSEN
from ownhand.manuscript.model import Form, Mine, Piece
from ownhand.text.words import count_words
from ownhand.training.dataset import CharacterSpan
from ownhand.training.evaluation_plan import Text
from ownhand.training.job import Job
from ownhand.training.language import language_of
from ownhand.training.learned import learned_of
from ownhand.training.model_written import by_model

_TELLING = 150
"""Words from which a piece tells its language."""


def held_out_texts(corpus: Corpus) -> list[Text]:
    """The pieces that were drawn to test by, as texts to score of which nobody says what a model wrote."""
    return texts_of(held_out_pieces(corpus.pieces(with_text=True)))


def held_out_as_noted(corpus: Corpus, ledger: Path) -> list[Text]:
    """The same, with the stretches that a model wrote, as far as the ledger knows. Raises WriterError."""
    pieces = corpus.pieces(with_text=True)
    held_out = held_out_pieces(pieces)
    # What is learned is asked about too: a note tells of a whole file, which may hold both.
    return texts_of(held_out, by_model(ledger, [*(piece for piece in pieces if piece.teaches), *held_out]))


def held_out_pieces(pieces: Sequence[Piece]) -> list[Piece]:
    """Those of a manuscript's pieces that were drawn to test by, in the order of their files.

    Of one that was copied since, the newest version stands for it, wherever that lies.
    """
    drawn = {piece.copy_of or piece.id for piece in pieces if piece.held_out == CHOSEN}
    return [piece for piece in pieces if piece.id in drawn and piece.held_out and piece.mine is Mine.MINE]


def learned_texts(job: Job) -> list[Text]:
    """The pieces of which the job learns anything, as they were when it was made, and what of them. Raises WriterError.

    Text beyond the token budget is none: whoever asks how well it was learned would ask about text that was not.
    """
    return _with_languages(
        [
            Text(each.piece, each.form, each.text, each.path, title=each.title, learned=each.stretches)
            for each in learned_of(job)
            if each.stretches
        ]
    )


def taught_words(job: Job) -> int:
    """Words of all pieces that taught when the job was made, those beyond the budget too. Raises WriterError."""
    return sum(count_words(each.text) for each in learned_of(job))


def texts_of(pieces: Iterable[Piece], written: Mapping[str, Sequence[CharacterSpan]] | None = None) -> list[Text]:
    """As texts to score; `written` are stretches of pieces, by id, that a model wrote and nobody edited."""
    spans = {key: tuple(stretches) for key, stretches in (written or {}).items()}
    return _with_languages(
        [
            Text(piece.id, piece.form, piece.text, piece.path, title=piece.title, by_model=spans.get(piece.id, ()))
            for piece in pieces
        ]
    )


def digest_of_texts(texts: Sequence[Text]) -> str:
    """Stands for the very text that was tested on, and for what of it counted."""
    # Where all of it counts it is the digest that such a text had on the cards of an older Ownhand.
    what = [(text.piece, text.text, *([text.by_model] if text.by_model else [])) for text in texts]
    return hashlib.sha256(json.dumps(what).encode()).hexdigest()[:32]


def _with_languages(texts: Sequence[Text]) -> list[Text]:
    """A short one, a poem above all, says too little by itself: it is taken to be in the language of its form's texts
    together."""
    usual = {form: language_of("\n".join(text.text for text in texts if text.form is form)) for form in Form}
    return [replace(text, language=_language(text) or usual[text.form]) for text in texts]


def _language(text: Text) -> str:
    return language_of(text.text) if count_words(text.text) >= _TELLING else ""

"""From a manuscript to a job folder: what is learned, what is held out, in the tokens of the engine that serves.

Runs where the manuscript's index and the engine are at hand (the server, the terminal), before the trainer's child
starts. A job holds a copy of everything, so that a manuscript that changes meanwhile changes nothing in it.
"""

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ownhand.engines.special import bounds
from ownhand.errors import WriterError
from ownhand.home import make_private_folder, write_private
from ownhand.manuscript.corpus import Corpus
from ownhand.manuscript.model import Mine, Piece
from ownhand.manuscript.promise import ENOUGH_WORDS, FEWEST_WORDS
from ownhand.text.counted import counted
from ownhand.training.dataset import CharacterSpan, Dataset, LearnedPiece, Sample, build, not_learned
from ownhand.training.held_out_guard import HeldOutGuard
from ownhand.training.job import HELD_OUT_FILE, JOBS, PASSAGES_FILE, BaseModel, Job
from ownhand.training.recipe import Recipe
from ownhand.training.tokens import Tokenizer, tokenize

FORMAT = 1


@dataclass(frozen=True)
class Material:
    """What a manuscript gives to learn from: pieces that teach, pieces that are held out, with their text."""

    teaching: tuple[Piece, ...]
    held_out: tuple[Piece, ...]
    guard: HeldOutGuard

    @property
    def words(self) -> int:
        return sum(piece.words for piece in self.teaching)


@dataclass(frozen=True)
class Prepared:
    """A dataset with what it was made of."""

    material: Material
    dataset: Dataset
    base: BaseModel
    recipe: Recipe

    @property
    def manuscript(self) -> str:
        """Stands for what is learned and how; the same again means that an unfinished job can go on."""
        way = [self.base.digest, str(self.base.folder), self.recipe.to_json()]
        facts = json.dumps(way, sort_keys=True).encode()
        digest = hashlib.blake2b(facts, digest_size=16, person=b"manuscript")
        for sample in (*self.dataset.train, *self.dataset.validation):
            digest.update(repr((sample.piece, sample.input_ids, sample.labels)).encode())
        return digest.hexdigest()


def material(corpus: Corpus) -> Material:
    """Reads the saved index. Raises WriterError when there is too little to learn from, saying how much helps."""
    pieces = corpus.pieces(with_text=True)
    teaching = tuple(piece for piece in pieces if piece.teaches)
    held = tuple(piece for piece in pieces if piece.held_out and piece.mine is Mine.MINE)
    words = sum(piece.words for piece in teaching)
    if words < FEWEST_WORDS:
        raise WriterError(
            f"You have {counted(words, 'word')} of your own to learn from, and a hand can't be learned from so few.",
            f"With {FEWEST_WORDS} words Ownhand can try. {ENOUGH_WORDS}",
        )
    guard = HeldOutGuard((piece.text for piece in held), corpus.held_out_runs)
    return Material(teaching, tuple(piece for piece in held if not piece.copy_of), guard)


async def prepare(
    found: Material,
    engine: Tokenizer,
    base: BaseModel,
    recipe: Recipe,
    by_model: Mapping[str, Sequence[CharacterSpan]] | None = None,
) -> Prepared:
    """Tokenize and cut. `by_model` are stretches of pieces, by id, that a model wrote and nobody edited.

    Raises EngineError, and WriterError when the model's tokens do not spell the text or nothing is left to learn.
    """
    beyond = not_learned(found.teaching, by_model or {})
    learned = [
        LearnedPiece(piece, await tokenize(engine, piece.text), tuple(beyond.get(piece.id, ())))
        for piece in found.teaching
    ]
    dataset = build(learned, bounds(base.special), found.guard, recipe.max_tokens)
    if not dataset.train:
        raise WriterError("Nothing is left to learn: all your pages share text with held-out ones.", "Write on.")
    return Prepared(found, dataset, base, recipe)


def job_for(
    prepared: Prepared, voice: Path, *, device: str, trainer: str, threads: int, card: int | None = None
) -> Job:
    """A new job folder in the voice's folder, ready for the trainer's child. Raises WriterError."""
    folder = make_private_folder(voice / JOBS / time.strftime("%Y%m%d-%H%M%S"))
    write_private(folder / PASSAGES_FILE, _json(_passages(prepared.dataset)))
    write_private(folder / HELD_OUT_FILE, _json({"format": FORMAT, "pieces": _held_out(prepared.material.held_out)}))
    job = Job(folder, prepared.base, prepared.recipe, device, trainer, threads, prepared.manuscript, card)
    job.write()
    return job


def _passages(dataset: Dataset) -> dict[str, Any]:
    """`passages.json`: the pieces with their text and tokens, and the samples cut from them."""
    return {
        "format": FORMAT,
        "pieces": [
            {
                "piece": learned.piece.id,
                "title": learned.piece.title,
                "form": learned.piece.form.value,
                "path": learned.piece.path,
                "text": learned.piece.text,
                "ids": learned.tokens.ids,
            }
            for learned in dataset.pieces
        ],
        "train": [row_of(sample) for sample in dataset.train],
        "validation": [row_of(sample) for sample in dataset.validation],
    }


def row_of(sample: Sample) -> dict[str, Any]:
    """A sample as `passages.json` holds it; `start` and `stop` are characters of its piece."""
    return {
        "input_ids": sample.input_ids,
        "labels": sample.labels,
        "piece": sample.piece,
        "form": sample.form.value,
        "words": sample.words,
        "start": sample.start,
        "stop": sample.stop,
    }


def _held_out(pieces: Sequence[Piece]) -> list[dict[str, Any]]:
    return [
        {"piece": piece.id, "form": piece.form.value, "title": piece.title, "path": piece.path, "text": piece.text}
        for piece in pieces
    ]


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()

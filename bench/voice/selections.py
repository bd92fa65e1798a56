"""An author's selection (`authors.py`) as an index of the product's, in which so many words teach."""

import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from hashlib import blake2b
from pathlib import Path

from bench.voice.authors import Author
from ownhand.errors import WriterError
from ownhand.home import Home
from ownhand.manuscript.consent import find_voice
from ownhand.manuscript.corpus import Corpus
from ownhand.manuscript.held_out import CHOSEN
from ownhand.manuscript.model import Piece
from ownhand.manuscript.scanner import refresh
from ownhand.settings import Settings

_EVERY, _KEPT_AT, _KEPT_FRESH_AT = 9, 4, 8
_FITS = 1.08
"""A selection may be so much larger than was asked for."""


def scanned(author: Author, scratch: Path) -> Path:
    """The index of all of an author's pages, made by the product's own scan. Raises WriterError without the texts."""
    if not author.texts.is_dir():
        raise WriterError(f"The texts of {author.name} are not here.", "Run tools/fetch_authors.py.")
    home, folder = Home(scratch / f"home-{author.name}"), scratch / author.name
    shutil.copytree(author.texts, folder)
    refresh(home, folder, Settings(), lambda *_: None)
    voice = find_voice(home, folder)
    assert voice is not None
    return voice.index_path


def selected(author: Author, index: Path, words: int, target: Path) -> Corpus:
    """A copy of `index` at `target` in which so many words teach and the rest is nobody's; 0 stands for all."""
    with closing(sqlite3.connect(index)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)
    corpus = Corpus.open(target)
    pieces = corpus.pieces(with_text=True)
    kept = _kept(author, pieces)
    drawn = _within(words, [piece for piece in _drawn(pieces) if _may_teach(author, piece) and piece.id not in kept])
    _mark(target, drawn, kept)
    corpus.close()
    return Corpus.open(target)


def _kept(author: Author, pieces: Sequence[Piece]) -> set[str]:
    if not author.folder:
        return {piece.id for piece in pieces if piece.held_out == CHOSEN and piece.copy_of is None}
    at = _KEPT_FRESH_AT if author.fresh else _KEPT_AT
    return {piece.id for piece in pieces if _chapter(piece) % _EVERY == at}


def _may_teach(author: Author, piece: Piece) -> bool:
    if not author.folder:
        return piece.teaches
    if author.texts.name == "melville":  # one book for two selections: its halves take turns
        return _chapter(piece) % _EVERY not in (_KEPT_AT, _KEPT_FRESH_AT) and _chapter(piece) % 2 == author.fresh
    return True


def _chapter(piece: Piece) -> int:
    return int(Path(piece.path).stem.rpartition("-")[2])


def _drawn(pieces: Sequence[Piece]) -> list[Piece]:
    """By the hash of the text: ids differ from scan to scan."""
    return sorted(pieces, key=lambda piece: blake2b(piece.text.encode(), digest_size=8, person=b"lab").digest())


def _within(words: int, pieces: Sequence[Piece]) -> list[Piece]:
    chosen, total = [], 0
    for piece in pieces:
        if not words or total + piece.words <= words * _FITS:
            chosen.append(piece)
            total += piece.words
        if words and total >= words / _FITS:
            break
    return chosen


def _mark(index: Path, teaching: Sequence[Piece], kept: set[str]) -> None:
    with closing(sqlite3.connect(index)) as connection, connection:
        connection.execute("UPDATE pieces SET share = NULL, held_out = NULL, mine = 'not mine'")
        connection.executemany(
            "UPDATE pieces SET share = 'teach', mine = 'mine', copy_of = NULL WHERE id = ?",
            [(piece.id,) for piece in teaching],
        )
        connection.executemany(
            "UPDATE pieces SET share = 'held', held_out = ?, mine = 'mine', copy_of = NULL WHERE id = ?",
            [(CHOSEN, piece_id) for piece_id in kept],
        )

"""An unfinished training, and whether it is worth while to end it though the manuscript went on meanwhile.

A job holds its own copy of the pages. Whoever writes every day would otherwise never see the end of a training that
takes longer than a sitting.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from ownhand.errors import WriterError
from ownhand.manuscript.corpus import Corpus
from ownhand.text.words import count_words
from ownhand.training.job import Job, read_passages
from ownhand.training.prepare import Prepared
from ownhand.training.still_taught import still_taught

LEAST_SHARE = 0.9
"""Of the words that would be learned now, those that the job learns just so."""


def can_go_on(job: Job, wanted: Prepared, corpus: Corpus) -> bool:
    """Does it learn the same in the same way: all of it, or nearly, and nothing that may not be learned any more?"""
    if job.manuscript == wanted.manuscript:
        return True
    way = (job.base.digest, job.base.folder, job.recipe)
    if way != (wanted.base.digest, wanted.base.folder, wanted.recipe):
        return False
    try:
        pieces = pieces_of(job)
    except WriterError:
        return False
    if not still_taught(corpus, {piece["piece"]: (piece["path"], piece["text"]) for piece in pieces}):
        return False
    guard = wanted.material.guard
    return _nearly_all(pieces, wanted) and not any(guard.touches(piece["text"]) for piece in pieces)


def pieces_of(job: Job) -> list[dict[str, Any]]:
    """The pieces that the job learns, with their text, as `passages.json` holds them. Raises WriterError."""
    try:
        return list(read_passages(job.folder)["pieces"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WriterError("The training's copy of your pages can't be read.", "Train again.") from error


def _nearly_all(pieces: Iterable[dict[str, Any]], wanted: Prepared) -> bool:
    lines = Counter(line for piece in pieces for line in piece["text"].split("\n"))
    known = 0
    for piece in wanted.material.teaching:
        for line, times in Counter(piece.text.split("\n")).items():
            same = min(times, lines[line])
            lines[line] -= same
            known += same * count_words(line)
    return known >= LEAST_SHARE * wanted.material.words

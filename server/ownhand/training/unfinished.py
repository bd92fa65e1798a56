"""An unfinished training, and whether it is worth while to end it though the manuscript went on meanwhile.

A job holds its own copy of the pages. Whoever writes every day would otherwise never see the end of a training that
takes longer than a sitting.
"""

from collections import Counter
from collections.abc import Iterable

from ownhand.errors import WriterError
from ownhand.manuscript.corpus import Corpus
from ownhand.text.words import count_words
from ownhand.training.held_out_guard import HeldOutGuard
from ownhand.training.job import Job
from ownhand.training.learned import LearnedText, learned_of
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
        pieces = learned_of(job)
    except WriterError:
        return False
    if not still_taught(corpus, {each.piece: (each.path, each.text) for each in pieces if each.stretches}):
        return False
    return _nearly_all(pieces, wanted) and not _touches_held_out(pieces, wanted.material.guard)


def _touches_held_out(pieces: Iterable[LearnedText], guard: HeldOutGuard) -> bool:
    """The job was made of what the guard of its day let through, and holds whole pieces: what was left out of them then
    is no reason to refuse it now."""
    return any(guard.touches(each.text[start:stop]) for each in pieces for start, stop in each.stretches)


def _nearly_all(pieces: Iterable[LearnedText], wanted: Prepared) -> bool:
    lines = Counter(line for each in pieces for line in each.text.split("\n"))
    known = 0
    for piece in wanted.material.teaching:
        for line, times in Counter(piece.text.split("\n")).items():
            same = min(times, lines[line])
            lines[line] -= same
            known += same * count_words(line)
    return known >= LEAST_SHARE * wanted.material.words

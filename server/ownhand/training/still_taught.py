"""Is what was learned still the writer's to learn? A manuscript goes on while a training runs.

An id says most of it: a piece keeps its id through edits, and a copy of its file makes it a draft of the copy. But
where two parts of a long chapter become one, an id goes though its text stays: then the text itself is looked for.
"""

from collections.abc import Collection, Mapping

from ownhand.manuscript.corpus import Corpus
from ownhand.manuscript.sketch import gram_hashes, hashed_words

_RUN = 5
"""Words in a row that two texts seldom share by chance."""
_MOST = 0.5
"""Of the runs of a text: where so many are found, it is there, edited."""

Learned = Mapping[str, tuple[str, str]]
"""By a piece's id the path of its file and its text, as they were when they were learned."""


def still_taught(corpus: Corpus, learned: Learned) -> bool:
    """Do all these pieces teach? Not what was deleted, held out or called "not mine" meanwhile."""
    resting = learned.keys() - corpus.serving(learned)
    if not resting:
        return True
    if resting != corpus.gone(resting):
        return False
    there = _taught_runs(corpus, {learned[piece][0] for piece in resting})
    return all(_lies_in(text, there.get(path, set())) for path, text in map(learned.__getitem__, resting))


def _taught_runs(corpus: Corpus, paths: Collection[str]) -> dict[str, set[int]]:
    """By path the runs of all that these files teach now."""
    pieces = [piece for piece in corpus.pieces(with_text=True) if piece.path in paths]
    serving = corpus.serving([piece.id for piece in pieces])
    found: dict[str, set[int]] = {}
    for piece in pieces:
        if piece.id in serving:
            found.setdefault(piece.path, set()).update(_runs(piece.text))
    return found


def _lies_in(text: str, there: Collection[int]) -> bool:
    runs = _runs(text)
    return bool(runs) and sum(run in there for run in runs) >= _MOST * len(runs)


def _runs(text: str) -> set[int]:
    return set(gram_hashes(hashed_words(text), _RUN))

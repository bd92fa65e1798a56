"""Which stretches of the writer's pieces a model wrote, from what the ledger noted of each file's words."""

from collections.abc import Iterable
from pathlib import Path

from ownhand.errors import WriterError
from ownhand.manuscript.model import Piece
from ownhand.training.dataset import CharacterSpan
from ownhand.verdicts.reading.figures import load_whose
from ownhand.verdicts.whose.anchor import reopen
from ownhand.verdicts.whose.words import Kind, Run


def by_model(ledger: Path, pieces: Iterable[Piece]) -> dict[str, tuple[CharacterSpan, ...]]:
    """Piece id to the stretches of its text that came from suggestions and stand there as they came.

    What was noted of a file is found again in each of its pieces. A ledger that can't be read tells of none.
    """
    found = {}
    for piece in pieces:
        try:
            whose = load_whose(ledger, piece.path)
        except WriterError:
            return {}
        if whose is not None and (spans := tuple(_spans(reopen(whose, piece.text).runs))):
            found[piece.id] = spans
    return found


def _spans(runs: Iterable[Run]) -> Iterable[CharacterSpan]:
    return ((run.start, run.end) for run in runs if run.kind is Kind.FROM_OWNHAND)

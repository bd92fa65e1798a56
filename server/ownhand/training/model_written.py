"""Which stretches of the writer's pieces a model wrote, from what the ledger noted of each file's words."""

from collections.abc import Iterable
from pathlib import Path

from ownhand.manuscript.model import Piece
from ownhand.training.dataset import CharacterSpan
from ownhand.verdicts.ledger.chunks import clean
from ownhand.verdicts.reading.figures import all_whose
from ownhand.verdicts.whose.anchor import Gone, reopen
from ownhand.verdicts.whose.words import Kind, Run


def by_model(ledger: Path, pieces: Iterable[Piece]) -> dict[str, tuple[CharacterSpan, ...]]:
    """Piece id to the stretches of its text that came from suggestions and stand there as they came.

    What was noted of a file is found again in each of its pieces, also where the file was renamed since.

    Raises WriterError when the ledger can't be read: what a model wrote would be learned as the writer's own.
    """
    pieces = list(pieces)
    noted, there = {whose.document: whose for whose in all_whose(ledger)}, {clean(piece.path) for piece in pieces}
    gone = Gone(whose for document, whose in noted.items() if document not in there)
    found = {}
    for piece in pieces:
        whose = noted.get(clean(piece.path)) or gone.find(piece.text)
        if whose is not None and (spans := tuple(_spans(reopen(whose, piece.text).runs))):
            found[piece.id] = spans
    return found


def _spans(runs: Iterable[Run]) -> Iterable[CharacterSpan]:
    return ((run.start, run.end) for run in runs if run.kind is Kind.FROM_OWNHAND)

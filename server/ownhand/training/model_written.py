"""Which stretches of the writer's pieces a model wrote, from what the ledger noted of each file's words.

A note tells of a file, and a file may hold many pieces, which part from each other: it is renamed, split, or a chapter
goes to a file of its own. So each file's own note is asked first. What that is silent on is looked for in the notes of
all other files, of those that are still there too. Each note is compared once with all that may come from it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from ownhand.manuscript.model import Piece
from ownhand.training.dataset import CharacterSpan
from ownhand.verdicts.facts import Whose
from ownhand.verdicts.ledger.chunks import clean
from ownhand.verdicts.reading.figures import all_whose
from ownhand.verdicts.whose.anchor import Notes, reopen
from ownhand.verdicts.whose.packing import Damaged, unpack
from ownhand.verdicts.whose.words import Kind, Run

_BETWEEN = "\n\n"
_SILENT = (Kind.NOT_OBSERVED, Kind.PASTED, Kind.UNKNOWN)
"""What may have come from another file of the manuscript."""
Spans = list[CharacterSpan]


def by_model(ledger: Path, pieces: Iterable[Piece]) -> dict[str, tuple[CharacterSpan, ...]]:
    """Piece id to the stretches of its text that came from suggestions and stand there as they came.

    What was noted of a file is found again in each of its pieces, also where the file was renamed or split since, or
    the piece was moved to another file. Drafts of one text are expected to be one piece.

    Raises WriterError when the ledger can't be read: what a model wrote would be learned as the writer's own.
    """
    noted = {whose.document: whose for whose in all_whose(ledger)}
    written: dict[str, Spans] = {}
    silent: dict[str, Spans] = {}
    files = _by_file(pieces)
    for document, there in files.items():
        for piece, runs in _reopened(noted.get(document), there):
            written[piece.id], silent[piece.id] = _of_kinds(runs, Kind.FROM_OWNHAND), _of_kinds(runs, *_SILENT)
    for note, asked in _elsewhere(noted.values(), files, silent):
        for piece, runs in _reopened(note, asked):
            written[piece.id] += _overlap(_of_kinds(runs, Kind.FROM_OWNHAND), silent[piece.id])
    return {key: tuple(_without_repeats(spans)) for key, spans in written.items() if spans}


def _by_file(pieces: Iterable[Piece]) -> dict[str, list[Piece]]:
    """In the order of the manuscript, under the names that the ledger knows."""
    files = defaultdict(list)
    for piece in sorted(pieces, key=lambda piece: (piece.path, piece.ordinal)):
        files[clean(piece.path)].append(piece)
    return files


def _elsewhere(
    noted: Iterable[Whose], files: Mapping[str, Sequence[Piece]], silent: Mapping[str, Spans]
) -> Iterator[tuple[Whose, list[Piece]]]:
    """Notes of other files, and all pieces that each may tell of."""
    notes = Notes(filter(_tells_of_a_model, noted))
    found: dict[str, tuple[Whose, list[Piece]]] = {}
    for document, there in files.items():
        unknown = {piece.id: _text(piece, silent[piece.id]) for piece in there if silent[piece.id]}
        together = list(notes.find_all(_BETWEEN.join(unknown.values()), but=document))
        for piece in (piece for piece in there if piece.id in unknown):
            # A piece that is short, or was much changed, is known by its file.
            for note in list(notes.find_all(unknown[piece.id], but=document)) or together:
                found.setdefault(note.document, (note, []))[1].append(piece)
    yield from found.values()


def _tells_of_a_model(whose: Whose) -> bool:
    """Others would only stand in the way of one that does: a file that was split, and a part of it renamed since."""
    try:
        stretches = unpack(whose.runs, whose.tokens).stretches
    except Damaged:
        return False
    return any(origin.kind is Kind.FROM_OWNHAND for _, origin in stretches)


def _reopened(whose: Whose | None, pieces: Sequence[Piece]) -> Iterator[tuple[Piece, list[Run]]]:
    """What the note says of each piece. All are looked for at once: each look goes through the whole note."""
    runs, start, first = reopen(whose, _BETWEEN.join(piece.text for piece in pieces)).runs, 0, 0
    for piece in pieces:
        end = start + len(piece.text)
        while first < len(runs) and runs[first].end <= start:
            first += 1
        yield piece, list(_cut(runs, first, start, end))
        start = end + len(_BETWEEN)


def _cut(runs: Sequence[Run], first: int, start: int, end: int) -> Iterator[Run]:
    """The runs from `first` on as they lie in [start, end), counted from there."""
    for number in range(first, len(runs)):
        run = runs[number]
        if run.start >= end:
            return
        yield Run(max(run.start, start) - start, min(run.end, end) - start, run.kind, run.suggestion)


def _text(piece: Piece, spans: Iterable[CharacterSpan]) -> str:
    return _BETWEEN.join(piece.text[start:end] for start, end in spans)


def _of_kinds(runs: Iterable[Run], *kinds: Kind) -> Spans:
    return [(run.start, run.end) for run in runs if run.kind in kinds]


def _overlap(spans: Spans, others: Spans) -> Spans:
    """What lies in both; both in order and without overlaps."""
    both, number = [], 0
    for start, end in spans:
        while number < len(others) and others[number][1] <= start:
            number += 1
        for other_start, other_end in others[number:]:
            if other_start >= end:
                break
            both.append((max(start, other_start), min(end, other_end)))
    return both


def _without_repeats(spans: Spans) -> Iterator[CharacterSpan]:
    """In order; what two notes tell of is counted once."""
    reached = 0
    for start, end in sorted(spans):
        if end > reached:
            yield max(start, reached), end
            reached = end

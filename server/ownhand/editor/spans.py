"""From code points of a document to places that the editor understands."""

from collections.abc import Iterator, Sequence

from ownhand.editor.mirror import Mirror, Place
from ownhand.editor.positions import Encoding
from ownhand.text.utf16 import utf16_length
from ownhand.verdicts.whose.words import Run


def run_ranges(mirror: Mirror, runs: Sequence[Run], encoding: Encoding) -> list[tuple[Place, Place, Run]]:
    """Start and end place of each run that is not empty, in the order given, which has to be that of the text.

    Offsets count each line end as one character. One that lies beyond the text means its end: the editor may have
    gone on while the runs were made.
    """
    runs = [run for run in runs if run.start < run.end]
    places = _places(mirror, [offset for run in runs for offset in (run.start, run.end)], encoding)
    return [(next(places), next(places), run) for run in runs]


def index_to_column(line: str, index: int, encoding: Encoding) -> int:
    """The column, in `encoding`'s units, of the character at `index` of `line`: the reverse of `column_to_index`."""
    head = line[:index]
    if encoding == "utf-32" or head.isascii():
        return len(head)
    return len(head.encode()) if encoding == "utf-8" else utf16_length(head)


def _places(mirror: Mirror, offsets: Sequence[int], encoding: Encoding) -> Iterator[Place]:
    """The place of each offset; they may stay where they are or rise."""
    number, start, last = 0, 0, mirror.line_count - 1
    line = mirror.line(0)
    for offset in offsets:
        while number < last and offset > start + len(line):
            start += len(line) + 1
            number += 1
            line = mirror.line(number)
        yield number, index_to_column(line, offset - start, encoding)

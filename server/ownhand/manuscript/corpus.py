"""The manuscript as suggestions and the command line read it: counts, pieces, the closest passages, repeats.

Reads the saved index and nothing else. Every call is short and may come from any thread; a missing index reads as an
empty manuscript until the first scan has begun.
"""

import contextlib
import logging
import sqlite3
import threading
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ownhand.manuscript import answers, index, repeats
from ownhand.manuscript.closest import LEARNABLE, TEACHES, ClosestPassages, among
from ownhand.manuscript.model import Form, Here, Mine, Passage, Piece, Skipped
from ownhand.manuscript.sketch import hashed_words

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Counts:
    """What the manuscript amounts to. Words and pieces count each draft once; questions and "not mine" are apart."""

    files: int = 0
    pieces: int = 0
    words: int = 0
    prose_pieces: int = 0
    prose_words: int = 0
    verse_pieces: int = 0
    verse_words: int = 0
    held_out_pieces: int = 0
    held_out_words: int = 0
    questions: int = 0
    not_mine: int = 0
    copies: int = 0
    skipped: int = 0


class Corpus:
    """One manuscript's index, read-only."""

    def __init__(self, index_path: Path) -> None:
        self.index_path = index_path
        self._local = threading.local()
        self._damaged: tuple[int, int] | None = None
        self._closest = ClosestPassages(self._all)

    @classmethod
    def open(cls, index_path: Path) -> "Corpus":
        """Raises WriterError when a newer Ownhand wrote the index."""
        corpus = cls(index_path)
        corpus.generation()
        return corpus

    def close(self) -> None:
        """Close this thread's connection; other threads' close with them."""
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
        self._local.__dict__.clear()

    def generation(self) -> int:
        """Another number whenever the index changed."""
        return int(self._one("SELECT value FROM meta WHERE key = 'generation'")[0])

    def counts(self) -> Counts:
        rows = self._all(
            "SELECT form, mine, copy_of IS NOT NULL, share = 'held', count(*), sum(words) FROM pieces "
            "WHERE file IS NOT NULL GROUP BY 1, 2, 3, 4"
        )
        own = [row for row in rows if row[1] == Mine.MINE and not row[2]]

        def total(column: int, of: Iterable[tuple[Any, ...]]) -> int:
            return sum(row[column] for row in of)

        prose = [row for row in own if row[0] == Form.PROSE]
        verse = [row for row in own if row[0] == Form.VERSE]
        held = [row for row in own if row[3]]
        files, skipped = self._one("SELECT count(*), count(skipped) FROM files")
        return Counts(
            files=files - skipped,
            pieces=total(4, own),
            words=total(5, own),
            prose_pieces=total(4, prose),
            prose_words=total(5, prose),
            verse_pieces=total(4, verse),
            verse_words=total(5, verse),
            held_out_pieces=total(4, held),
            held_out_words=total(5, held),
            questions=total(4, [row for row in rows if row[1] == Mine.QUESTION]),
            not_mine=total(4, [row for row in rows if row[1] == Mine.NOT_MINE]),
            copies=total(4, [row for row in rows if row[1] == Mine.MINE and row[2]]),
            skipped=skipped,
        )

    def pieces(self, *, with_text: bool = False) -> list[Piece]:
        """Every piece in the order of files and places; `text` is empty unless asked for."""
        text = "pieces.text" if with_text else "''"
        return self._pieces(text, "", ())

    def piece(self, piece_id: str) -> Piece | None:
        """One piece with its text."""
        found = self._pieces("pieces.text", "AND pieces.id = ?", (piece_id,))
        return found[0] if found else None

    def piece_texts(self, piece_ids: Iterable[str]) -> dict[str, str]:
        """Texts by piece id; unknown ids are left out."""
        found = ((piece_id, self._all("SELECT text FROM pieces WHERE id = ?", (piece_id,))) for piece_id in piece_ids)
        return {piece_id: rows[0][0] for piece_id, rows in found if rows}

    def digests(self) -> set[bytes]:
        """What stands for the words of each piece, for `consent.matching_voice`."""
        return {digest for (digest,) in self._all("SELECT digest FROM pieces WHERE file IS NOT NULL")}

    def skipped(self) -> list[Skipped]:
        rows = self._all("SELECT path, skipped FROM files WHERE skipped IS NOT NULL ORDER BY path")
        return [Skipped(*row) for row in rows]

    def closest(self, text: str, form: Form, *, here: Here | None, words: int) -> list[Passage]:
        """The writer's own passages closest to `text` in form and matter, best first, of at most `words` words in all.

        Ranked by BM25 over the rarer words of `text`, then filled up with the newest of that form; what other files
        leave empty comes from the other pieces of the file that is written. Held-out pieces, copies, open questions and
        what stands `here` never serve; the answer is the same until the index changes.
        """
        places = among(here.path, self._around(here)) if here else among(None, ())
        return self._closest.find(text, form, words, places, self.generation())

    def still_serve(self, pieces: Collection[str]) -> bool:
        """Do all the pieces with these ids still teach?"""
        return self.serving(pieces) == set(pieces)

    def serving(self, pieces: Collection[str]) -> set[str]:
        """Which of the pieces with these ids teach: there, the writer's own, not held out. A draft does while the piece
        that counts for it does: its words are learned there."""
        return {row[0] for row in self._among(_SERVING, tuple(pieces))}

    def gone(self, pieces: Collection[str]) -> set[str]:
        """Which of these ids are of no file any more, or unknown, without a word against them: what became of their
        text they can't tell. What was held out or not the writer's own is not among them."""
        return set(pieces) - {row[0] for row in self._among(_THERE_OR_REFUSED, tuple(pieces))}

    def repeats_own_text(self, text: str, *, here: Here | None) -> bool:
        """Does `text` hold eight consecutive words or a whole verse line (3 words or more) of a piece not `here`?

        A verse line of 3 or 4 words counts only when it is a whole line of `text`, so hand over the line with what
        was typed of it. All pieces count, held out or not.
        """
        found = self._holding(text)
        if here is None or not found or any(path != here.path for path in found.values()):
            return bool(found)
        around = self._around(here)
        return bool(around) and not found.keys() <= around

    def _around(self, here: Here) -> set[str]:
        """Ids of the file's pieces of which something stands here; none where that can't be told."""
        return {piece for piece, path in self._holding(here.text).items() if path == here.path}

    def _holding(self, text: str) -> dict[str, str]:
        """Ids and paths of the pieces with which `text` shares eight words in a row or a line of verse."""
        asked: dict[int, list[bytes]] = {}
        for value, around in repeats.asked_grams(hashed_words(text)):
            asked.setdefault(value, []).append(around)
        found = dict(self._among(_LINES, tuple(repeats.asked_lines(text))))
        for piece, path, value, stored in self._among(_GRAMS, tuple(asked)):
            if piece not in found and any(repeats.runs_together(stored, near) for near in asked[value]):
                found[piece] = path
        return found

    def _among(self, sql: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
        """Rows with one of these values, asked for in parts."""
        parts = (values[start : start + _AT_ONCE] for start in range(0, len(values), _AT_ONCE))
        return [row for part in parts for row in self._all(sql.format(_holes(part)), part)]

    def sample_texts(self, form: Form, words: int) -> list[str]:
        """Texts of pieces that teach, newest first, until `words` words are reached: food for the n-gram model."""
        rows = self._all(
            f"SELECT id, words FROM pieces WHERE {TEACHES} AND form = ? ORDER BY modified DESC, id",  # noqa: S608
            (form.value,),
        )
        chosen, total = [], 0
        for piece_id, size in rows:
            if total >= words:
                break
            chosen.append(piece_id)
            total += size
        return list(self.piece_texts(chosen).values())

    def held_out_runs(self, hashes: Sequence[int]) -> set[int]:
        """Which of these hashes are runs of words (as in `repeats`) of a held-out piece, as it was at any scan."""
        return {row[0] for row in self._among(_HELD_RUNS, hashes)}

    def set_mine(self, piece_id: str, mine: Mine) -> None:
        """Write the writer's answer. Raises WriterError when the piece is unknown or the disk refuses."""
        answers.set_mine(self.index_path, piece_id, mine)

    def add_samples(self, paths: Iterable[Path]) -> None:
        """Note texts from elsewhere, to be read in place by the next scan. Raises WriterError."""
        answers.add_samples(self.index_path, paths)

    def remove_samples(self, paths: Iterable[Path]) -> None:
        """Take them out again; the next scan forgets their text. Raises WriterError."""
        answers.remove_samples(self.index_path, paths)

    def _pieces(self, text: str, condition: str, values: Sequence[object]) -> list[Piece]:
        rows = self._all(
            f"SELECT pieces.id, path, ordinal, title, form, {text}, words, modified, mine, "  # noqa: S608
            "coalesce(held_out, CASE WHEN share IS NULL AND mine = 'mine' THEN ? END), copy_of, part, parts "
            f"FROM pieces JOIN files ON files.id = file {condition} ORDER BY path, ordinal",
            (_UNDECIDED, *values),
        )
        return [_piece(row) for row in rows]

    def _one(self, sql: str, values: Sequence[object] = ()) -> tuple[Any, ...]:
        return self._all(sql, values)[0]

    def _all(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        try:
            return self._connection().execute(sql, values).fetchall()
        except sqlite3.DatabaseError as error:
            # Not its message: SQLite quotes what it was asked, which is the manuscript's words.
            log.warning("The manuscript index can't be read (%s).", getattr(error, "sqlite_errorname", "unknown"))
            if index.is_damage(error):
                self._damaged = self._local.stamp
                index.note_damage(self.index_path)
            self.close()
        # Nothing to read for now; of a damaged index, until a scan has made it anew.
        with contextlib.closing(index.empty()) as nothing:
            return nothing.execute(sql, values).fetchall()

    def _connection(self) -> sqlite3.Connection:
        """This thread's connection; a new one when the index appeared or was made anew."""
        stamp = self._stamp()
        if getattr(self._local, "stamp", "none") != stamp:
            self.close()
            self._local.stamp = stamp
            unreadable = stamp is None or stamp == self._damaged
            self._local.connection = index.empty() if unreadable else index.open_for_reading(self.index_path)
        return self._local.connection  # type: ignore[no-any-return]

    def _stamp(self) -> tuple[int, int] | None:
        """Which file the index is; None while there is none."""
        try:
            status = self.index_path.stat()
        except OSError:
            return None
        return status.st_dev, status.st_ino


_AT_ONCE = 500
"""Values in one statement."""
_HELD_RUNS = "SELECT hash FROM held_runs WHERE hash IN ({})"
_SERVING = (
    f"SELECT id FROM pieces WHERE {LEARNABLE} AND "  # noqa: S608
    f"(copy_of IS NULL OR copy_of IN (SELECT id FROM pieces WHERE {TEACHES})) AND id IN ({{}})"
)
_THERE_OR_REFUSED = "SELECT id FROM pieces WHERE (file IS NOT NULL OR mine != 'mine' OR share IS 'held') AND id IN ({})"
_UNDECIDED = "not sorted yet: the manuscript is still being read"
_GRAMS = (
    "SELECT pieces.id, path, hash, around FROM grams JOIN pieces ON pieces.key = grams.piece "
    "JOIN files ON files.id = pieces.file WHERE hash IN ({})"
)
_LINES = (
    "SELECT pieces.id, path FROM verse_lines JOIN pieces ON pieces.key = verse_lines.piece "
    "JOIN files ON files.id = pieces.file WHERE hash IN ({})"
)


def _holes(values: Collection[object]) -> str:
    return ",".join("?" * len(values))


def _piece(row: tuple[Any, ...]) -> Piece:
    piece_id, path, ordinal, title, form, text, words, modified, mine, held_out, copy_of, part, parts = row
    return Piece(
        piece_id, path, ordinal, title, Form(form), text, words, modified, Mine(mine), held_out, copy_of, part, parts
    )

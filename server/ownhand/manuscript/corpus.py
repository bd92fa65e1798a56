"""The manuscript as suggestions and the command line read it: counts, pieces, the closest passages, repeats.

Reads the saved index and nothing else. Every call is short and may come from any thread; a missing index reads as an
empty manuscript until the first scan has begun.
"""

import contextlib
import logging
import re
import sqlite3
import threading
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ownhand.manuscript import answers, index, repeats
from ownhand.manuscript.model import Form, Mine, Passage, Piece, Skipped
from ownhand.manuscript.sketch import word_hash
from ownhand.text.words import matching_words

log = logging.getLogger(__name__)

_TEACHES = "pieces.share = 'teach' AND pieces.mine = 'mine' AND pieces.copy_of IS NULL AND pieces.file IS NOT NULL"
_RAREST = 24
"""Words of the question that are looked up: the rarest ones say most about the matter."""
_FILLED = 0.8
"""Share of the words asked for from which nothing is filled up."""
_COMMON = 0.1
"""A word found in this share of all passages says nothing about the matter."""
_REMEMBERED = 5000


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
        self._frequencies: dict[str, int] = {}
        self._counted: int | None = None
        """The generation that the frequencies were counted in."""

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

    def closest(self, text: str, form: Form, *, not_in: str | None, words: int) -> list[Passage]:
        """The writer's own passages closest to `text` in form and matter, best first, of at most `words` words in all.

        Ranked by BM25 over the rarer words of `text`, then filled up with the newest of that form. Held-out pieces,
        copies, open questions and the file `not_in` never serve; the answer is the same until the index changes.
        """
        by_matter = self._by_matter(self._rare_words(text), form, not_in)
        chosen = _within(words, by_matter)
        enough = sum(passage.words for passage in chosen) >= words * _FILLED
        return chosen if enough else _within(words, [*by_matter, *self._newest(form, not_in)])

    def still_serve(self, pieces: Collection[str]) -> bool:
        """Do all the pieces with these ids still teach: there, the writer's own, not held out?"""
        asked = ", ".join("?" * len(set(pieces)))
        (serving,) = self._one(
            f"SELECT count(DISTINCT id) FROM pieces WHERE {_TEACHES} AND id IN ({asked})",  # noqa: S608
            tuple(set(pieces)),
        )
        return bool(serving == len(set(pieces)))

    def _newest(self, form: Form, not_in: str | None) -> list[tuple[Any, ...]]:
        return self._all(
            f"{_PASSAGE} WHERE pieces.key IN (SELECT key FROM pieces JOIN files ON files.id = file "  # noqa: S608
            f"WHERE {_TEACHES} AND form = ? AND path IS NOT ? ORDER BY pieces.modified DESC, pieces.id LIMIT 16) "
            "ORDER BY pieces.modified DESC, pieces.id, passages.id LIMIT 64",
            (form.value, not_in),
        )

    def _rare_words(self, text: str) -> list[str]:
        (passages,) = self._one("SELECT count(*) FROM passages")
        common = max(2, passages * _COMMON)
        self._forget_old_frequencies()
        frequencies = sorted((self._frequency(word), word) for word in set(_terms(text)))
        return [word for count, word in frequencies if 0 < count <= common][:_RAREST]

    def _forget_old_frequencies(self) -> None:
        generation = self.generation()
        if generation != self._counted:
            self._counted = generation
            self._frequencies.clear()

    def _frequency(self, word: str) -> int:
        """Passages that hold `word`, remembered until the index changes."""
        known = self._frequencies.get(word)
        if known is None:
            if len(self._frequencies) >= _REMEMBERED:
                self._frequencies.clear()
            rows = self._all("SELECT doc FROM vocabulary WHERE term = ?", (word,))
            known = self._frequencies[word] = rows[0][0] if rows else 0
        return known

    def _by_matter(self, rare: Sequence[str], form: Form, not_in: str | None) -> list[tuple[Any, ...]]:
        if not rare:
            return []
        asked = " OR ".join(f'"{word}"' for word in rare)
        return self._all(
            "WITH best AS (SELECT rowid AS id, rank AS score FROM passage_words WHERE passage_words MATCH ? "  # noqa: S608
            f"ORDER BY rank, rowid LIMIT 512) {_PASSAGE} JOIN best ON best.id = passages.id "
            f"WHERE {_TEACHES} AND form = ? AND path IS NOT ? ORDER BY score, passages.id LIMIT 64",
            (asked, form.value, not_in),
        )

    def repeats_own_text(self, text: str, *, not_in: str | None) -> bool:
        """Does `text` hold eight consecutive words or a whole verse line (3 words or more) of a piece outside `not_in`?

        A verse line of 3 or 4 words counts only when it is a whole line of `text`, so hand over the line with what
        was typed of it. All pieces count, held out or not.
        """
        asked: dict[int, list[bytes]] = {}
        for value, around in repeats.asked_grams([word_hash(word) for word in matching_words(text)]):
            asked.setdefault(value, []).append(around)
        hits = self._all(_GRAMS.format(_holes(asked)), (*asked, not_in))
        if any(repeats.runs_together(stored, around) for value, stored in hits for around in asked[value]):
            return True
        lines = repeats.asked_lines(text)
        return bool(self._all(_LINES.format(_holes(lines)), (*lines, not_in)))

    def sample_texts(self, form: Form, words: int) -> list[str]:
        """Texts of pieces that teach, newest first, until `words` words are reached: food for the n-gram model."""
        rows = self._all(
            f"SELECT id, words FROM pieces WHERE {_TEACHES} AND form = ? ORDER BY modified DESC, id",  # noqa: S608
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
        found: set[int] = set()
        for start in range(0, len(hashes), _AT_ONCE):
            asked = hashes[start : start + _AT_ONCE]
            found.update(row[0] for row in self._all(_HELD_RUNS.format(_holes(asked)), asked))
        return found

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
_TERM = re.compile(r"[^\W_]+")
_UNDECIDED = "not sorted yet: the manuscript is still being read"
_PASSAGE = (
    "SELECT passages.id, pieces.id, path, title, form, substr(text, start + 1, stop - start), passages.words "
    "FROM passages JOIN pieces ON pieces.key = passages.piece JOIN files ON files.id = pieces.file"
)
_GRAMS = (
    "SELECT hash, around FROM grams JOIN pieces ON pieces.key = grams.piece JOIN files ON files.id = pieces.file "
    "WHERE hash IN ({}) AND path IS NOT ?"
)
_LINES = (
    "SELECT 1 FROM verse_lines JOIN pieces ON pieces.key = verse_lines.piece JOIN files ON files.id = pieces.file "
    "WHERE hash IN ({}) AND path IS NOT ? LIMIT 1"
)


def _terms(text: str) -> list[str]:
    """The words of `text` as the full-text index cuts them: at an apostrophe ("l'eau") and every other sign too."""
    return [term for word in matching_words(text) for term in _TERM.findall(word)]


def _holes(values: Collection[object]) -> str:
    return ",".join("?" * len(values))


def _piece(row: tuple[Any, ...]) -> Piece:
    piece_id, path, ordinal, title, form, text, words, modified, mine, held_out, copy_of, part, parts = row
    return Piece(
        piece_id, path, ordinal, title, Form(form), text, words, modified, Mine(mine), held_out, copy_of, part, parts
    )


def _within(words: int, rows: Iterable[tuple[Any, ...]]) -> list[Passage]:
    """Each passage once, as many from the front as fit into `words`."""
    chosen: dict[object, Passage] = {}
    left = words
    for number, piece_id, path, title, form, text, size in rows:
        if number not in chosen and size <= left:
            chosen[number] = Passage(piece_id, path, title, Form(form), text, size)
            left -= size
    return list(chosen.values())

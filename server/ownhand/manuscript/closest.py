"""Which of the writer's own passages are closest to a text: BM25 over its rarer words, then the newest of its form."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ownhand.manuscript.model import Form, Passage
from ownhand.text.words import matching_words

LEARNABLE = "pieces.share = 'teach' AND pieces.mine = 'mine' AND pieces.file IS NOT NULL"
"""A draft too, whose words count where the newest stands."""
TEACHES = f"{LEARNABLE} AND pieces.copy_of IS NULL"
_RAREST = 24
"""Words of the question that are looked up: the rarest ones say most about the matter."""
_FILLED = 0.8
"""Share of the words asked for from which nothing is filled up."""
_COMMON = 0.1
"""A word found in this share of all passages says nothing about the matter."""
_REMEMBERED = 5000
_TERM = re.compile(r"[^\W_]+")
_PASSAGE = (
    "SELECT passages.id, pieces.id, path, title, form, substr(text, start + 1, stop - start), passages.words "
    "FROM passages JOIN pieces ON pieces.key = passages.piece JOIN files ON files.id = pieces.file"
)

Ask = Callable[[str, Sequence[object]], list[tuple[Any, ...]]]


@dataclass(frozen=True)
class Among:
    """A condition on `path` and `pieces.id`, with its values."""

    sql: str
    values: tuple[object, ...]


def among(path: str | None, around: Collection[str]) -> list[Among]:
    """Where passages may come from when `path` is written, `around` being its pieces at that place: from other files,
    then from the file's other pieces. With nothing known of the place the whole file is taken for it."""
    elsewhere = Among("path IS NOT ?", (path,))
    if path is None or not around:
        return [elsewhere]
    return [elsewhere, Among(f"path IS ? AND pieces.id NOT IN ({', '.join('?' * len(around))})", (path, *around))]


class ClosestPassages:
    """Answers from the index that `ask` queries."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._frequencies: dict[str, int] = {}
        self._counted: int | None = None
        """The generation that the frequencies were counted in."""

    def find(self, text: str, form: Form, words: int, places: Sequence[Among], generation: int) -> list[Passage]:
        """Of at most `words` words in all, best first; the later `places` only fill what the first leave empty."""
        self._forget_old_frequencies(generation)
        rare = self._rare_words(text)
        rows: list[tuple[Any, ...]] = []
        chosen: list[Passage] = []
        for found in self._better_first(rare, form, places):
            rows += found
            chosen = _within(words, rows)
            if sum(passage.words for passage in chosen) >= words * _FILLED:
                break
        return chosen

    def _better_first(
        self, rare: Sequence[str], form: Form, places: Sequence[Among]
    ) -> Iterator[list[tuple[Any, ...]]]:
        for place in places if rare else ():
            yield self._by_matter(rare, form, place)
        for place in places:
            yield self._newest(form, place)

    def _by_matter(self, rare: Sequence[str], form: Form, place: Among) -> list[tuple[Any, ...]]:
        asked = " OR ".join(f'"{word}"' for word in rare)
        return self._ask(
            "WITH best AS (SELECT rowid AS id, rank AS score FROM passage_words WHERE passage_words MATCH ? "  # noqa: S608
            f"ORDER BY rank, rowid LIMIT 512) {_PASSAGE} JOIN best ON best.id = passages.id "
            f"WHERE {TEACHES} AND form = ? AND {place.sql} ORDER BY score, passages.id LIMIT 64",
            (asked, form.value, *place.values),
        )

    def _newest(self, form: Form, place: Among) -> list[tuple[Any, ...]]:
        return self._ask(
            f"{_PASSAGE} WHERE pieces.key IN (SELECT key FROM pieces JOIN files ON files.id = file "  # noqa: S608
            f"WHERE {TEACHES} AND form = ? AND {place.sql} ORDER BY pieces.modified DESC, pieces.id LIMIT 16) "
            "ORDER BY pieces.modified DESC, pieces.id, passages.id LIMIT 64",
            (form.value, *place.values),
        )

    def _rare_words(self, text: str) -> list[str]:
        passages = self._ask("SELECT count(*) FROM passages", ())[0][0]
        common = max(2, passages * _COMMON)
        frequencies = sorted((self._frequency(word), word) for word in set(_terms(text)))
        return [word for count, word in frequencies if 0 < count <= common][:_RAREST]

    def _forget_old_frequencies(self, generation: int) -> None:
        if generation != self._counted:
            self._counted = generation
            self._frequencies.clear()

    def _frequency(self, word: str) -> int:
        """Passages that hold `word`, remembered until the index changes."""
        known = self._frequencies.get(word)
        if known is None:
            if len(self._frequencies) >= _REMEMBERED:
                self._frequencies.clear()
            rows = self._ask("SELECT doc FROM vocabulary WHERE term = ?", (word,))
            known = self._frequencies[word] = rows[0][0] if rows else 0
        return known


def _terms(text: str) -> list[str]:
    """The words of `text` as the full-text index cuts them: at an apostrophe ("l'eau") and every other sign too."""
    return [term for word in matching_words(text) for term in _TERM.findall(word)]


def _within(words: int, rows: Iterable[tuple[Any, ...]]) -> list[Passage]:
    """Each passage once, as many from the front as fit into `words`."""
    chosen: dict[object, Passage] = {}
    left = words
    for number, piece_id, path, title, form, text, size in rows:
        if number not in chosen and size <= left:
            chosen[number] = Passage(piece_id, path, title, Form(form), text, size)
            left -= size
    return list(chosen.values())

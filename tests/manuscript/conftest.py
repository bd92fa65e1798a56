"""A manuscript on disk, its index, and text that no two pieces share."""

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from ownhand.home import make_private_folder
from ownhand.manuscript.corpus import Corpus
from ownhand.manuscript.model import Piece
from ownhand.manuscript.scan import Job, Outcome, scan

_NOUNS = """
ferry slip rope lantern gull harbour kettle stair window coat boot yard gate dog hammer brass scale pan weight
flour bowl oven bread apple orchard ladder hedge lane church bell hymn chapel grave spade clay field plough
crow winter letter stamp postman bicycle puncture river bridge arch pike reed heron mill wheel stone dust
attic trunk ribbon glove thimble needle wool sheep fence wire nail door hinge key drawer spoon salt sugar tea
pot steam train platform ticket signal tunnel coal fire ash bucket well pump tap sink soap towel line peg
sheet wind rain thunder cellar jar plum wasp sister uncle baker sexton widow soldier nurse tailor cousin
lodger drunkard bishop girl boy twin stranger clerk judge slow cold yellow crooked patient hollow early narrow
bitter plain stubborn quiet borrowed furious lame sober wrong
"""
_PAST = "took left found broke sold kept burned mended carried forgot counted buried wore swallowed lost hid"
_WORDS, _VERBS = _NOUNS.split(), _PAST.split()


def prose(seed: int, words: int = 200) -> str:
    """Paragraphs of about `words` words that share no run of words with another seed's."""
    rng = random.Random(seed)
    sentences: list[str] = []
    while sum(sentence.count(" ") + 1 for sentence in sentences) < words:
        noun, other, place = rng.choice(_WORDS), rng.choice(_WORDS), rng.choice(_WORDS)
        verb, article, last = rng.choice(_VERBS), rng.choice(["a", "no", "one"]), rng.choice(_WORDS)
        where = f"{rng.choice(['by', 'under', 'before', 'without'])} {rng.choice(['its', 'my', 'their'])} {place}"
        sentences.append(f"The {rng.choice(_WORDS)} {noun} {verb} {article} {last} {other} {where}.")
    groups = [" ".join(sentences[start : start + 5]) for start in range(0, len(sentences), 5)]
    return "\n\n".join(groups)


def verse(seed: int, lines: int = 16) -> str:
    rng = random.Random(seed + 10_000)
    made = []
    for number in range(lines):
        made.append(" " * rng.choice([0, 0, 4]) + " ".join(rng.choice(_WORDS) for _ in range(rng.randint(3, 6))))
        if number % 4 == 3:
            made.append("")
    return "\n".join(made).rstrip()


class Manuscript:
    """A folder with pages, scanned within this process."""

    def __init__(self, root: Path) -> None:
        self.folder = root / "manuscript"
        self.folder.mkdir()
        self.job = Job(make_private_folder(root / "voice") / "index.sqlite3", self.folder)
        self._clock = 1_700_000_000

    def write(self, name: str, text: str) -> Path:
        """Save a page; each save is newer than the one before."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        self._clock += 60
        os.utime(path, (self._clock, self._clock))
        return path

    def scan(self) -> Outcome:
        return scan(self.job, lambda files, of: None)

    @property
    def corpus(self) -> Corpus:
        return Corpus.open(self.job.index)

    def pieces(self) -> dict[str, Piece]:
        """Pieces with their text by "path title"."""
        corpus = self.corpus
        try:
            return {f"{piece.path} {piece.title}": piece for piece in corpus.pieces(with_text=True)}
        finally:
            corpus.close()


@pytest.fixture
def manuscript(tmp_path: Path) -> Manuscript:
    return Manuscript(tmp_path)


@pytest.fixture
def make_prose() -> Callable[..., str]:
    return prose


@pytest.fixture
def make_verse() -> Callable[..., str]:
    return verse

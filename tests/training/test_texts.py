"""Which texts a judging is about."""

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ownhand.home import Home
from ownhand.manuscript.consent import find_voice
from ownhand.manuscript.corpus import Corpus
from ownhand.manuscript.model import Form, Mine
from ownhand.manuscript.scanner import refresh
from ownhand.settings import Settings
from ownhand.text.words import count_words
from ownhand.training.texts import held_out_as_noted, held_out_texts
from ownhand.verdicts.facts import Whose
from ownhand.verdicts.ledger.ledger import Ledger
from ownhand.verdicts.whose.packing import pack
from ownhand.verdicts.whose.words import WhoseWords

MANUSCRIPT = Path(__file__).parents[2] / "examples" / "manuscript"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(MANUSCRIPT, tmp_path / "pages")


@pytest.fixture
def read(tmp_path: Path, folder: Path) -> Callable[[], Corpus]:
    """The corpus as it is after a scan."""

    def scanned() -> Corpus:
        home = Home(tmp_path / "home")
        refresh(home, folder, Settings(), lambda *_: None)
        voice = find_voice(home, folder)
        assert voice is not None
        return Corpus.open(voice.index_path)

    return scanned


def later(file: Path, text: str) -> None:
    """Write it as if a minute had gone by since the others."""
    file.write_text(text, encoding="utf-8")
    at = file.stat().st_mtime + 60
    os.utime(file, (at, at))


def test_a_second_draft_of_everything_is_what_is_tested_on(folder, read):
    before = held_out_texts(read())
    shutil.copytree(folder, folder.parent / "copy")
    shutil.move(folder.parent / "copy", folder / "draft 2")
    for file in (folder / "draft 2").rglob("*.md"):
        later(file, file.read_text(encoding="utf-8") + "\nAnd one more line of it.\n")
    after = held_out_texts(read())
    assert [text.title for text in after] == [text.title for text in before]
    assert all(text.path.startswith("draft 2/") for text in after)


def test_a_conflicted_copy_takes_no_piece_out_of_the_test(folder, read):
    before = held_out_texts(read())
    file = folder / before[0].path
    later(file.with_stem(f"{file.stem} (conflicted copy)"), file.read_text(encoding="utf-8"))
    for _ in range(2):
        after = held_out_texts(read())
        assert sorted(text.text for text in after) == sorted(text.text for text in before)


def test_what_is_not_the_writer_s_is_not_tested_on(read):
    corpus = read()
    first, *others = held_out_texts(corpus)
    corpus.set_mine(first.piece, Mine.NOT_MINE)
    assert held_out_texts(corpus) == others
    assert held_out_texts(read()) == others


def test_what_is_tested_on_says_what_a_model_wrote_of_it(tmp_path, read):
    """In the pieces that are tested on, wherever in a file they stand, and in nothing else."""
    corpus = read()
    plain = held_out_texts(corpus)
    page = next(text for text in plain if text.form is Form.PROSE)
    start, end = page.text.index(" ", 400), page.text.index(" ", 520)
    words = WhoseWords.unobserved(0)
    words.edit(0, "", page.text)
    words.mark(start, end, "s1")
    ledger = Ledger(tmp_path / "ledger.sqlite3")
    ledger.hand_over(Whose(page.path, 0.0, *pack(words, page.text)))
    assert ledger.flush(10)
    ledger.close()
    noted = held_out_as_noted(corpus, tmp_path / "ledger.sqlite3")
    assert [replace(text, by_model=()) for text in noted] == plain
    (told,) = [text for text in noted if text.by_model]
    assert told.piece == page.piece
    assert told.by_model == ((start, end),)
    assert told.own_words == page.own_words - count_words(page.text[start:end])

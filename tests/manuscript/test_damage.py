"""An index that is damaged, locked or on a disk that can't be written: nothing is lost that can be kept."""

import os
import sqlite3
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ownhand.errors import WriterError
from ownhand.manuscript import index
from ownhand.manuscript.corpus import Corpus
from ownhand.manuscript.model import Form, Mine

Maker = Callable[..., str]
PAGE = 4096


@pytest.fixture
def grown(manuscript: Any, make_prose: Maker, tmp_path: Path) -> Any:
    """A manuscript whose marks a fresh look would not give: chapters came one by one, one was renounced."""
    for number in range(16):
        manuscript.write(f"{number:02}.md", f"# Chapter {number}\n\n{make_prose(number, 300)}\n")
        if number % 3 == 0:
            manuscript.scan()
    manuscript.scan()
    corpus = manuscript.corpus
    corpus.set_mine(next(piece.id for piece in corpus.pieces() if piece.teaches), Mine.NOT_MINE)
    sample = tmp_path / "letters.txt"
    sample.write_text(make_prose(99, 200))
    corpus.add_samples([sample])
    corpus.close()
    manuscript.scan()
    return manuscript


def marks(manuscript: Any) -> dict[str, tuple[str, bool, Mine]]:
    corpus = manuscript.corpus
    try:
        return {piece.path: (piece.id, bool(piece.held_out), piece.mine) for piece in corpus.pieces()}
    finally:
        corpus.close()


def pages_of(path: Path, table: str) -> list[int]:
    """Numbers, from 1, of the pages that hold a table's rows: its b-tree as the file format describes it."""
    data = path.read_bytes()
    with sqlite3.connect(path) as connection:
        (root,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,)).fetchone()
        assert connection.execute("PRAGMA page_size").fetchone() == (PAGE,)
    connection.close()
    waiting, leaves = [root], []
    while waiting:
        number = waiting.pop()
        page = data[(number - 1) * PAGE : number * PAGE]
        if page[0] == 13:
            leaves.append(number)
            continue
        cells = int.from_bytes(page[3:5])
        places = [int.from_bytes(page[12 + 2 * cell : 14 + 2 * cell]) for cell in range(cells)]
        waiting += [int.from_bytes(page[place : place + 4]) for place in places] + [int.from_bytes(page[8:12])]
    return sorted(leaves)


def spoil(path: Path, pages: list[int]) -> None:
    data = bytearray(path.read_bytes())
    for number in pages:
        data[(number - 1) * PAGE : number * PAGE] = b"\xa5" * PAGE
    path.write_bytes(bytes(data))


def test_marks_and_answers_survive_damage_elsewhere_in_the_index(grown: Any) -> None:
    before = marks(grown)
    assert sum(held for _, held, _ in before.values()) >= 3
    spoil(grown.job.index, pages_of(grown.job.index, "files") + pages_of(grown.job.index, "passages"))
    grown.scan()
    assert marks(grown) == before
    assert list(grown.job.index.parent.glob("*.broken-*"))


def test_a_damaged_page_costs_the_pieces_in_it_and_no_others(grown: Any) -> None:
    before = marks(grown)
    leaves = pages_of(grown.job.index, "pieces")
    assert len(leaves) > 2
    spoil(grown.job.index, leaves[:1])
    spoil(grown.job.index, pages_of(grown.job.index, "files"))
    grown.scan()
    after = marks(grown)
    assert after.keys() == before.keys()
    assert sum(after[path] == before[path] for path in before) >= 10


def test_damage_that_only_a_reader_meets_is_mended_by_the_next_scan(grown: Any) -> None:
    before = marks(grown)
    spoil(grown.job.index, pages_of(grown.job.index, "passages"))
    reader = grown.corpus
    assert reader.closest("the brass bell", Form.PROSE, here=None, words=900) == []
    grown.scan()
    assert reader.closest("the brass bell", Form.PROSE, here=None, words=900) != []
    reader.close()
    assert marks(grown) == before
    assert not list(grown.job.index.parent.glob("*.damaged"))


def test_only_the_last_damaged_index_is_kept(grown: Any) -> None:
    for text in (b"one" * 500, b"another" * 500):
        grown.job.index.write_bytes(text)
        grown.scan()
    assert len(list(grown.job.index.parent.glob("*.broken-*"))) == 1


def test_an_answer_about_a_damaged_index_is_one_sentence(grown: Any) -> None:
    spoil(grown.job.index, [1])
    with pytest.raises(WriterError, match="damaged"):
        grown.corpus.set_mine("any", Mine.MINE)
    grown.scan()
    assert len(marks(grown)) == 16, "all but the sample, whose name went with the index"


def test_a_reader_that_was_shut_out_for_a_moment_reads_again(grown: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """One failed look must not make the manuscript empty for the rest of the sitting."""
    opening = index.open_for_reading

    def locked(path: Path) -> sqlite3.Connection:
        raise sqlite3.OperationalError("database is locked")

    monkeypatch.setattr(index, "open_for_reading", locked)
    corpus = Corpus(grown.job.index)
    assert corpus.counts().pieces == 0
    monkeypatch.setattr(index, "open_for_reading", opening)
    assert corpus.counts().pieces > 0
    corpus.close()
    assert not list(grown.job.index.parent.glob("*.damaged"))


@pytest.fixture
def shown_to_all(grown: Any) -> Iterator[Path]:
    """The index alone in a folder that nobody may write to; for the superuser, seen with a plain user's eyes."""
    folder = Path(tempfile.mkdtemp())
    path = folder / "index.sqlite3"
    path.write_bytes(grown.job.index.read_bytes())
    path.chmod(0o444)
    folder.chmod(0o555)
    superuser = os.geteuid() == 0
    if superuser:
        os.seteuid(65534)
    yield path
    if superuser:
        os.seteuid(0)
    folder.chmod(stat.S_IRWXU)
    path.unlink()
    folder.rmdir()


@pytest.mark.skipif(os.name == "nt", reason="permissions work otherwise there")
def test_an_index_in_a_folder_that_nobody_may_write_to_is_read(shown_to_all: Path) -> None:
    corpus = Corpus.open(shown_to_all)
    assert corpus.counts().pieces >= 15
    assert corpus.closest("the brass bell", Form.PROSE, here=None, words=900) != []
    corpus.close()


@pytest.mark.skipif(os.name == "nt", reason="permissions work otherwise there")
def test_an_answer_where_nobody_may_write_is_one_sentence(shown_to_all: Path) -> None:
    with pytest.raises(WriterError, match="can't write"):
        Corpus(shown_to_all).set_mine("any", Mine.MINE)


def test_an_index_of_the_first_format_is_brought_up(grown: Any) -> None:
    before = marks(grown)
    with sqlite3.connect(grown.job.index) as connection:
        connection.executescript("DROP TABLE held_runs; PRAGMA user_version = 1;")
    connection.close()
    grown.scan()
    assert marks(grown) == before
    with sqlite3.connect(grown.job.index) as connection:
        assert connection.execute("SELECT count(*) FROM held_runs").fetchone()[0] > 100
    connection.close()


def test_an_index_of_older_rules_is_read_anew_and_keeps_ids_and_answers(grown: Any) -> None:
    before, titles = marks(grown), set(grown.pieces())
    with sqlite3.connect(grown.job.index) as connection:
        connection.executescript("UPDATE pieces SET title = '*Old* title', form = 'verse'; PRAGMA user_version = 2;")
    connection.close()
    grown.scan()
    assert marks(grown) == before
    pieces = grown.pieces()
    assert set(pieces) == titles
    assert {piece.form for piece in pieces.values()} == {Form.PROSE}

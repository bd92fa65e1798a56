"""The reading side: closest passages, repeats, counts, answers."""

import os
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ownhand.errors import WriterError
from ownhand.manuscript import index
from ownhand.manuscript.corpus import Corpus
from ownhand.manuscript.model import Form, Here, Mine
from ownhand.manuscript.repeats import RUN, asked_grams, runs_together, stored_grams
from ownhand.manuscript.walk import LARGEST_FILE

Maker = Callable[..., str]

SCALES = (
    "My father mended scales in a shop by the level crossing. He would hold a pan up to his ear as though it might "
    "say what was wrong with it, and mostly it did. Brass talks, he said, and iron sulks. When a train went by every "
    "needle in the place moved a little and then came home. "
) * 3
BEES = (
    "The bees came with the house. Nobody had told us. There were four hives at the bottom of the orchard under the "
    "wall, and in June the whole garden hummed like a wire. My mother put on a curtain and a pair of ski gloves and "
    "went down to introduce herself. "
) * 3
POEM = "what the crane lifts\n    it lifts once\nand the river\n        keeps the other half\n\nnobody signs for it"


@pytest.fixture
def shelf(manuscript: Any, make_prose: Maker) -> Any:
    manuscript.write("scales.md", f"# Scales\n\n{SCALES}\n")
    manuscript.write("bees.md", f"# Bees\n\n{BEES}\n")
    manuscript.write("crane.md", f"# Crane\n\n{POEM}\n")
    manuscript.scan()
    return manuscript


def test_counts_add_up(shelf: Any) -> None:
    counts = shelf.corpus.counts()
    assert (counts.files, counts.pieces, counts.prose_pieces, counts.verse_pieces) == (3, 3, 2, 1)
    assert counts.words == counts.prose_words + counts.verse_words == sum(p.words for p in shelf.corpus.pieces())


def test_text_comes_on_demand(shelf: Any) -> None:
    corpus = shelf.corpus
    piece = next(piece for piece in corpus.pieces() if piece.title == "Crane")
    assert piece.text == ""
    assert corpus.piece(piece.id).text == POEM
    assert corpus.piece_texts([piece.id, "unknown"]) == {piece.id: POEM}


def test_the_closest_passage_shares_the_matter(shelf: Any) -> None:
    found = shelf.corpus.closest("the needle of the brass scale moved", Form.PROSE, here=None, words=200)
    assert [passage.path for passage in found] == ["scales.md"]
    found = shelf.corpus.closest("a hive in the orchard", Form.PROSE, here=None, words=400)
    assert found[0].title == "Bees"
    assert BEES.strip().startswith(found[0].text[:40])


def test_the_closest_passage_is_of_the_form_and_never_of_the_file(shelf: Any) -> None:
    corpus = shelf.corpus
    assert [p.title for p in corpus.closest("the river", Form.VERSE, here=None, words=400)] == ["Crane"]
    assert corpus.closest("the river", Form.VERSE, here=Here("crane.md", ""), words=400) == []


@pytest.fixture
def novel_in_one_file(manuscript: Any) -> Any:
    """Three chapters, the last of them poems."""
    manuscript.write("novel.md", f"# Scales\n\n{SCALES}\n\n# Bees\n\n{BEES}\n\n# Crane\n\n{POEM}\n")
    manuscript.scan()
    return manuscript


def test_other_chapters_of_the_file_serve_too_but_not_what_stands_here(novel_in_one_file: Any) -> None:
    corpus = novel_in_one_file.corpus

    def titles(here: Here, text: str = "a pan of brass") -> list[str]:
        return [passage.title for passage in corpus.closest(text, Form.PROSE, here=here, words=190)]

    rewritten = "Long ago " + SCALES.replace("He would", "He did") + " And so on."
    assert titles(Here("novel.md", BEES)) == ["Scales"]
    assert titles(Here("novel.md", rewritten)) == ["Bees"]
    assert titles(Here("novel.md", BEES[-100:] + POEM[:40] + SCALES[:100])) == []
    assert titles(Here("novel.md", "Nothing of this is known.")) == []
    novel_in_one_file.write("pump.md", "# Pump\n\n" + "The zinc pump in the yard gave rust, then nothing. " * 18)
    novel_in_one_file.scan()
    assert titles(Here("novel.md", BEES)) == ["Scales"], "nearest in matter"
    assert titles(Here("novel.md", BEES), "quite another thing") == ["Pump"], "another file's"


def test_what_stands_in_another_chapter_is_a_repeat_too(novel_in_one_file: Any) -> None:
    corpus = novel_in_one_file.corpus
    assert corpus.repeats_own_text("Brass talks, he said, and iron sulks. When", here=Here("novel.md", BEES))
    assert not corpus.repeats_own_text("Brass talks, he said, and iron sulks. When", here=Here("novel.md", SCALES))
    assert corpus.repeats_own_text("it lifts once", here=Here("novel.md", BEES))
    assert not corpus.repeats_own_text("it lifts once", here=Here("novel.md", "keeps the other half"))


def test_the_closest_passages_fill_up_with_the_newest(shelf: Any) -> None:
    found = shelf.corpus.closest("quite another thing", Form.PROSE, here=None, words=2000)
    assert [passage.title for passage in found] == ["Bees", "Scales"]


def test_the_same_question_has_the_same_answer(novel_corpus: Corpus) -> None:
    asked = [novel_corpus.closest("the brass bell", Form.PROSE, here=None, words=900) for _ in range(3)]
    assert asked[0] == asked[1] == asked[2] != []


@pytest.fixture
def novel_corpus(manuscript: Any, make_prose: Maker) -> Corpus:
    for number in range(16):
        manuscript.write(f"{number:02}.md", f"# Chapter {number}\n\n{make_prose(number, 300)}\n")
    manuscript.scan()
    return manuscript.corpus


def test_held_out_pieces_never_serve(novel_corpus: Corpus) -> None:
    kept = {piece.id for piece in novel_corpus.pieces() if piece.held_out}
    assert len(kept) >= 3
    for piece_id, text in novel_corpus.piece_texts(kept).items():
        found = novel_corpus.closest(text[:200], Form.PROSE, here=None, words=3000)
        assert found
        assert piece_id not in {passage.piece_id for passage in found}
    samples = novel_corpus.sample_texts(Form.PROSE, 100_000)
    assert len(samples) == 16 - len(kept)


def test_copies_never_serve(shelf: Any) -> None:
    shelf.write("old bees.md", f"# Bees\n\n{BEES}\n")
    shelf.write("bees.md", f"# Bees\n\n{BEES}\n\nWe kept our distance.\n")
    shelf.scan()
    corpus = shelf.corpus
    found = corpus.closest("a hive in the orchard", Form.PROSE, here=None, words=2000)
    assert corpus.counts().copies == 1
    assert "old bees.md" not in {passage.path for passage in found}
    assert sum("the whole garden hummed" in text for text in corpus.sample_texts(Form.PROSE, 10_000)) <= 1


def test_sample_texts_stop_when_there_are_enough_words(novel_corpus: Corpus) -> None:
    assert len(novel_corpus.sample_texts(Form.PROSE, 500)) == 2


@pytest.mark.parametrize("seven", [True, False])
def test_eight_words_in_a_row_are_a_repeat_and_seven_are_not(shelf: Any, seven: bool) -> None:
    run = "He would hold a pan up to" if seven else "He would hold a pan up to his"
    text = f"Then {run} somebody."
    assert shelf.corpus.repeats_own_text(text, here=None) is not seven


def test_repeats_look_past_case_and_punctuation(shelf: Any) -> None:
    text = "“BRASS talks”, he said; and iron sulks. When a"
    assert shelf.corpus.repeats_own_text(text, here=None)
    assert not shelf.corpus.repeats_own_text(text, here=Here("scales.md", ""))


def test_a_whole_line_of_verse_is_a_repeat(shelf: Any) -> None:
    corpus = shelf.corpus
    assert corpus.repeats_own_text("a bird\nit lifts once\nmore", here=None)
    assert corpus.repeats_own_text("keeps the other half", here=None)
    assert not corpus.repeats_own_text("I think it lifts once a year", here=None)
    assert not corpus.repeats_own_text("it lifts once", here=Here("crane.md", ""))
    assert not corpus.repeats_own_text("the river", here=None)


def test_held_out_text_is_never_repeated_either(novel_corpus: Corpus) -> None:
    for text in novel_corpus.piece_texts(p.id for p in novel_corpus.pieces() if p.held_out).values():
        assert novel_corpus.repeats_own_text(" ".join(text.split()[20:30]), here=None)


words = st.lists(st.integers(1, 6), min_size=RUN, max_size=40)


@given(words, words)
@settings(deadline=None)
def test_repeats_are_found_exactly(one: list[int], other: list[int]) -> None:
    one_runs = {tuple(one[at : at + RUN]) for at in range(len(one) - RUN + 1)}
    expected = any(tuple(other[at : at + RUN]) in one_runs for at in range(len(other) - RUN + 1))
    stored = [(value, around) for value, _, around in stored_grams(one)]
    found = any(
        value == asked and runs_together(around, about)
        for value, around in stored
        for asked, about in asked_grams(other)
    )
    assert found is expected


def test_japanese_is_found(manuscript: Any) -> None:
    text = "駅前の古い秤のことを、父はよく話した。子どものころ、その秤に乗るのが楽しみだったという。"
    manuscript.write("scale.txt", text)
    manuscript.write("sea.txt", "海辺の町で、祖母は毎朝、網を直していた。誰も手伝わなかった。猫だけが見ていた。")
    manuscript.scan()
    found = manuscript.corpus.closest("古い秤の針", Form.PROSE, here=None, words=80)
    assert found[0].path == "scale.txt"
    assert manuscript.corpus.repeats_own_text("いつも父はよく話した。子どもだった", here=None)


def test_a_question_teaches_only_after_the_answer(manuscript: Any) -> None:
    manuscript.write("found.md", "# Found\n\n> " + SCALES.strip() + "\n")
    manuscript.scan()
    corpus = manuscript.corpus
    (piece,) = corpus.pieces()
    assert (piece.mine, piece.teaches, corpus.counts().questions) == (Mine.QUESTION, False, 1)
    assert corpus.closest("a pan", Form.PROSE, here=None, words=400) == []
    before = corpus.generation()
    corpus.set_mine(piece.id, Mine.MINE)
    assert corpus.generation() != before
    assert corpus.pieces()[0].teaches
    assert corpus.closest("a pan", Form.PROSE, here=None, words=400) != []


def test_passages_serve_on_while_all_their_pieces_teach(shelf: Any) -> None:
    corpus = shelf.corpus
    teaching = [piece.id for piece in corpus.pieces() if piece.teaches]
    held = [piece.id for piece in corpus.pieces() if not piece.teaches]
    assert len(teaching) > 1
    assert corpus.still_serve(teaching)
    assert not corpus.still_serve([*teaching, "unknown"])
    assert not any(corpus.still_serve([piece]) for piece in held)
    corpus.set_mine(teaching[0], Mine.NOT_MINE)
    assert not corpus.still_serve(teaching)
    assert corpus.still_serve(teaching[1:])


def test_an_answer_about_an_unknown_piece_is_refused(shelf: Any) -> None:
    with pytest.raises(WriterError):
        shelf.corpus.set_mine("nothing", Mine.MINE)


def test_samples_from_elsewhere_are_read_in_place(shelf: Any, tmp_path: Path) -> None:
    sample = tmp_path / "letters.txt"
    sample.write_text("Dear Ida, the cellar is full of water and the cat has learned to swim. " * 9)
    shelf.corpus.add_samples([sample])
    shelf.scan()
    assert sample.as_posix() in {piece.path for piece in shelf.corpus.pieces()}
    sample.unlink()
    shelf.scan()
    assert [item.path for item in shelf.corpus.skipped()] == [sample.as_posix()]


def test_a_sample_that_is_taken_out_is_forgotten(shelf: Any, tmp_path: Path) -> None:
    sample = tmp_path / "letters.txt"
    sample.write_text("Dear Ida, the cellar is full of water and the cat has learned to swim. " * 9)
    before = shelf.corpus.counts()
    shelf.corpus.add_samples([sample])
    shelf.scan()
    shelf.corpus.remove_samples([sample])
    shelf.scan()
    assert shelf.corpus.counts() == before
    assert b"learned to swim" not in shelf.job.index.read_bytes()
    with pytest.raises(WriterError, match="no added sample"):
        shelf.corpus.remove_samples([sample])


def test_a_page_of_the_manuscript_is_no_sample(shelf: Any) -> None:
    before = shelf.corpus.counts()
    shelf.corpus.add_samples([shelf.folder / "bees.md"])
    shelf.scan()
    assert shelf.corpus.counts() == before


def test_a_sample_that_is_not_there_is_refused(shelf: Any, tmp_path: Path) -> None:
    with pytest.raises(WriterError, match="no file"):
        shelf.corpus.add_samples([tmp_path / "nothing.txt"])


def test_a_missing_index_reads_as_an_empty_manuscript_until_there_is_one(manuscript: Any) -> None:
    corpus = Corpus.open(manuscript.job.index)
    assert corpus.counts().pieces == 0
    assert corpus.closest("anything", Form.PROSE, here=None, words=100) == []
    assert corpus.repeats_own_text("one two three four five six seven eight nine", here=None) is False
    manuscript.write("crane.md", POEM)
    manuscript.scan()
    assert corpus.counts().pieces == 1


def test_any_thread_may_read(shelf: Any) -> None:
    corpus, found = shelf.corpus, []
    threads = [threading.Thread(target=lambda: found.append(corpus.counts().pieces)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [3, 3, 3, 3]


def test_an_index_of_a_newer_version_is_refused_and_left_alone(shelf: Any) -> None:
    connection = index.open_for_writing(shelf.job.index)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(WriterError, match="newer Ownhand"):
        Corpus.open(shelf.job.index)
    with pytest.raises(WriterError, match="newer Ownhand"):
        shelf.scan()
    assert shelf.job.index.exists()


def test_a_corrupt_index_is_moved_aside_and_made_anew(shelf: Any) -> None:
    before = {piece.id: piece.held_out for piece in shelf.corpus.pieces()}
    path = shelf.job.index
    for name in (path.name + "-wal", path.name + "-shm"):
        path.with_name(name).unlink(missing_ok=True)
    path.write_bytes(b"SQLite format 3\0" + b"garbage" * 4000)
    shelf.scan()
    assert {piece.id: piece.held_out for piece in shelf.corpus.pieces()} == before
    assert list(path.parent.glob("*.broken-*"))


def test_damage_in_the_middle_of_the_index_is_found_while_scanning(shelf: Any, make_prose: Maker) -> None:
    for number in range(20):
        shelf.write(f"{number}.md", make_prose(number))
    shelf.scan()
    data = bytearray(shelf.job.index.read_bytes())
    data[8192:] = b"\x5a" * (len(data) - 8192)
    shelf.job.index.write_bytes(bytes(data))
    shelf.scan()
    assert shelf.corpus.counts().files == 23


def test_a_damaged_index_reads_as_an_empty_manuscript_until_it_is_made_anew(shelf: Any) -> None:
    corpus = shelf.corpus
    corpus.close()
    for name in (shelf.job.index.name + "-wal", shelf.job.index.name + "-shm"):
        shelf.job.index.with_name(name).unlink(missing_ok=True)
    shelf.job.index.write_bytes(b"not a database at all" * 500)
    assert corpus.counts().pieces == 0
    shelf.scan()
    assert corpus.counts().pieces == 3


def test_the_index_is_private(shelf: Any) -> None:
    for path in shelf.job.index.parent.iterdir():
        assert path.stat().st_mode & 0o077 == 0, path.name


def test_french_is_found_behind_its_apostrophes(manuscript: Any) -> None:
    manuscript.write(
        "eau.txt", "Il regardait l’eau monter sous le moulin, et personne ne disait rien de l’écluse. " * 4
    )
    manuscript.write(
        "pain.txt", "Le boulanger pesait la farine d’avance, chaque matin, sans lever la tête du pétrin. " * 4
    )
    manuscript.scan()
    found = manuscript.corpus.closest("Je pensais à l’écluse.", Form.PROSE, here=None, words=70)
    assert [passage.path for passage in found] == ["eau.txt"]


def test_a_word_is_found_though_it_was_asked_for_before_it_was_written(manuscript: Any) -> None:
    manuscript.write("bees.md", f"# Bees\n\n{BEES}\n")
    manuscript.scan()
    corpus = manuscript.corpus
    assert [p.path for p in corpus.closest("the zinc pump", Form.PROSE, here=None, words=200)] == ["bees.md"]
    manuscript.write("pump.md", "The zinc pump stood in the yard and gave rust until noon and water after. " * 5)
    manuscript.write("tailor.md", "A tailor lost his thimble on the bridge and would not cross it again. " * 5)
    manuscript.scan()
    assert corpus.closest("the zinc pump", Form.PROSE, here=None, words=80)[0].path == "pump.md"


@pytest.mark.skipif(os.name == "nt", reason="no pipes there")
def test_samples_that_cannot_be_read_are_skipped_with_the_reason(shelf: Any, tmp_path: Path) -> None:
    samples = [tmp_path / name for name in ("big.txt", "pipe.txt", "page.md", "book.pdf")]
    for sample in samples:
        sample.write_text("---\nownhand-page: true\n---\n\nSamples and how they were heard.\n")
    shelf.corpus.add_samples(samples)
    os.truncate(samples[0], LARGEST_FILE + 1)
    samples[1].unlink()
    os.mkfifo(samples[1])
    shelf.scan()
    reasons = {Path(item.path).name: item.reason for item in shelf.corpus.skipped()}
    assert reasons.keys() == {"big.txt", "pipe.txt", "page.md", "book.pdf"}
    assert reasons["big.txt"] == "larger than 32 MB"


def test_what_the_index_was_asked_is_not_logged(shelf: Any, caplog: pytest.LogCaptureFixture) -> None:
    """SQLite's messages quote the question, and questions hold the manuscript's words."""
    with pytest.raises(sqlite3.OperationalError):
        shelf.corpus._all("SELECT xylographer")
    assert "can't be read (SQLITE_ERROR)" in caplog.text
    assert "xylographer" not in caplog.text

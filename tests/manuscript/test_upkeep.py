"""What happens to ids, held-out marks and drafts while a manuscript is written."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ownhand.manuscript.held_out import CHOSEN, FOLLOWS, HOLDS
from ownhand.manuscript.model import Form, Mine, Piece
from ownhand.manuscript.repeats import BLOCK, holds_block, places_of_runs, unshared_runs
from ownhand.manuscript.sketch import Sketch, word_hash
from ownhand.text.words import matching_words

Maker = Callable[..., str]


def overlap(one: str, other: str) -> float:
    """Share of `one`'s three-word runs that lie in `other`."""
    left, right = (Sketch.of([word_hash(word) for word in matching_words(text)]) for text in (one, other))
    return left.overlap(right).of_mine


@pytest.fixture
def novel(manuscript: Any, make_prose: Maker) -> Any:
    """Twenty chapters in ten files, scanned."""
    for number in range(10):
        chapters = [f"## Chapter {2 * number + half}\n\n{make_prose(2 * number + half, 300)}\n" for half in (0, 1)]
        manuscript.write(f"book/{number:02}.md", "\n".join(chapters))
    manuscript.scan()
    return manuscript


def held(pieces: dict[str, Piece]) -> set[str]:
    return {piece.id for piece in pieces.values() if piece.held_out}


def one_held(pieces: dict[str, Piece]) -> Piece:
    return next(piece for piece in pieces.values() if piece.held_out)


def test_a_seventh_is_kept_aside_with_the_reason(novel: Any) -> None:
    pieces = novel.pieces()
    assert len(pieces) == 20
    assert sum(piece.held_out == CHOSEN for piece in pieces.values()) == 3
    assert all(piece.teaches is (piece.held_out is None) for piece in pieces.values())


def test_a_second_scan_reads_nothing(novel: Any) -> None:
    outcome = novel.scan()
    assert (outcome.files, outcome.changed, outcome.removed) == (10, 0, 0)


def test_the_same_manuscript_is_sorted_the_same_way_elsewhere(novel: Any, tmp_path_factory: Any) -> None:
    other = type(novel)(tmp_path_factory.mktemp("other"))
    for path in sorted(novel.folder.rglob("*.md")):
        other.write(path.relative_to(novel.folder).as_posix(), path.read_text())
    other.scan()
    assert {key: (p.id, p.held_out) for key, p in novel.pieces().items()} == {
        key: (p.id, p.held_out) for key, p in other.pieces().items()
    }


def test_an_edit_keeps_id_and_mark(novel: Any) -> None:
    before = one_held(novel.pieces())
    path = novel.folder / before.path
    sentences = before.text.split(". ")
    novel.write(
        before.path, path.read_text().replace(before.text, ". ".join([*sentences[:4], "New here", *sentences[6:]]))
    )
    novel.scan()
    after = next(piece for piece in novel.pieces().values() if piece.id == before.id)
    assert after.text != before.text
    assert after.held_out == before.held_out


def test_a_chapter_written_anew_under_its_title_keeps_its_id(novel: Any, make_prose: Maker) -> None:
    before = novel.pieces()["book/03.md Chapter 6"]
    novel.write(before.path, (novel.folder / before.path).read_text().replace(before.text, make_prose(999, 300)))
    novel.scan()
    assert novel.pieces()["book/03.md Chapter 6"].id == before.id


def test_renamed_files_and_folders_keep_ids_and_marks(novel: Any) -> None:
    before = novel.pieces()
    (novel.folder / "book").rename(novel.folder / "novel")
    (novel.folder / "novel" / "03.md").rename(novel.folder / "novel" / "three.md")
    novel.scan()
    after = novel.pieces()
    assert {p.id for p in after.values()} == {p.id for p in before.values()}
    assert held(after) == held(before)


def test_a_chapter_that_moves_to_another_file_keeps_its_id(novel: Any) -> None:
    pieces = novel.pieces()
    moved = pieces["book/02.md Chapter 5"]
    source = novel.folder / "book" / "02.md"
    novel.write("book/02.md", source.read_text().split("## Chapter 5")[0])
    novel.write("book/08.md", f"{(novel.folder / 'book' / '08.md').read_text()}\n\n## Chapter 5\n\n{moved.text}\n")
    novel.scan()
    assert novel.pieces()["book/08.md Chapter 5"].id == moved.id


def _with_heading_in_the_middle(paragraphs: list[str]) -> list[str]:
    half = len(paragraphs) // 2
    return [*paragraphs[:half], "## Later", *paragraphs[half:]]


def test_a_split_of_a_held_out_piece_is_held_out_in_all_its_parts(novel: Any) -> None:
    before = one_held(novel.pieces())
    paragraphs = before.text.split("\n\n")
    cut = "\n\n".join(_with_heading_in_the_middle(paragraphs))
    novel.write(before.path, (novel.folder / before.path).read_text().replace(before.text, cut))
    novel.scan()
    parts = [piece for piece in novel.pieces().values() if overlap(piece.text, before.text) > 0.5]
    assert len(parts) == 2
    assert all(piece.held_out for piece in parts)
    assert before.id in {piece.id for piece in parts}


def test_a_split_of_a_taught_piece_goes_on_teaching(novel: Any) -> None:
    before = next(piece for piece in novel.pieces().values() if piece.teaches)
    paragraphs = before.text.split("\n\n")
    cut = "\n\n".join(_with_heading_in_the_middle(paragraphs))
    novel.write(before.path, (novel.folder / before.path).read_text().replace(before.text, cut))
    novel.scan()
    parts = [piece for piece in novel.pieces().values() if overlap(piece.text, before.text) > 0.5]
    assert len(parts) == 2
    assert all(piece.teaches for piece in parts)


def test_held_out_text_that_is_merged_into_a_taught_piece_is_not_learned(novel: Any) -> None:
    pieces = novel.pieces()
    kept = one_held(pieces)
    target = next(piece for piece in pieces.values() if piece.teaches and piece.path != kept.path)
    page = novel.folder / target.path
    novel.write(target.path, page.read_text().replace(target.text, f"{target.text}\n\n{kept.text}"))
    novel.write(kept.path, (novel.folder / kept.path).read_text().replace(kept.text, ""))
    novel.scan()
    for piece in novel.pieces().values():
        assert not (piece.teaches and overlap(kept.text, piece.text) > 0.2)


def test_a_draft_of_a_held_out_piece_is_held_out_and_counts_once(novel: Any) -> None:
    words = novel.corpus.counts().words
    kept = one_held(novel.pieces())
    novel.write("drafts/new.md", f"# A new name\n\n{kept.text} And a last sentence.\n")
    novel.scan()
    after = novel.pieces()
    newest = after["drafts/new.md A new name"]
    assert newest.held_out == FOLLOWS
    assert newest.copy_of is None
    assert next(piece for piece in after.values() if piece.id == kept.id).copy_of == newest.id
    assert novel.corpus.counts().words == words + 4
    assert novel.corpus.counts().copies == 1


def test_when_the_newest_draft_goes_the_older_one_counts_again(novel: Any) -> None:
    piece = novel.pieces()["book/00.md Chapter 0"]
    copy = novel.write("copy.md", piece.text)
    novel.scan()
    assert novel.pieces()["book/00.md Chapter 0"].copy_of
    copy.unlink()
    novel.scan()
    assert novel.pieces()["book/00.md Chapter 0"].copy_of is None
    assert novel.corpus.counts().copies == 0


def test_a_file_that_comes_back_is_known(novel: Any) -> None:
    before = novel.pieces()
    path = novel.folder / one_held(before).path
    text = path.read_text()
    path.unlink()
    novel.scan()
    assert len(novel.pieces()) == 18
    novel.write(path.relative_to(novel.folder).as_posix(), text)
    novel.scan()
    assert held(novel.pieces()) == held(before)
    assert {p.id for p in novel.pieces().values()} == {p.id for p in before.values()}


def test_a_piece_keeps_the_writers_answer(novel: Any) -> None:
    piece = novel.pieces()["book/04.md Chapter 9"]
    novel.corpus.set_mine(piece.id, Mine.NOT_MINE)
    novel.write(piece.path, (novel.folder / piece.path).read_text() + "\n\nOne more line for the end of it all.\n")
    novel.scan()
    after = novel.pieces()["book/04.md Chapter 9"]
    assert (after.id, after.mine, after.teaches) == (piece.id, Mine.NOT_MINE, False)


def test_long_text_without_sections_keeps_blocks_aside(manuscript: Any, make_prose: Maker) -> None:
    manuscript.write("novel.txt", make_prose(1, 20_000))
    manuscript.scan()
    pieces = list(manuscript.pieces().values())
    kept = [piece for piece in manuscript.corpus.pieces() if piece.held_out]
    assert len(pieces) >= 1
    assert len(kept) >= 2
    counts = manuscript.corpus.counts()
    assert 800 <= counts.held_out_words <= counts.words / 4
    assert all(piece.parts and piece.part for piece in kept)


def test_blocks_of_a_long_text_stay_aside_when_a_chapter_is_put_before_them(manuscript: Any, make_prose: Maker) -> None:
    text = make_prose(1, 20_000)
    manuscript.write("novel.txt", text)
    manuscript.scan()
    before = {piece.id: piece for piece in manuscript.corpus.pieces(with_text=True) if piece.held_out}
    manuscript.write("novel.txt", make_prose(2, 700) + "\n\n" + text)
    manuscript.scan()
    taught = [piece for piece in manuscript.corpus.pieces(with_text=True) if piece.teaches]
    assert all(overlap(kept.text, piece.text) < 0.3 for kept in before.values() for piece in taught)


def test_a_chapter_that_is_edited_renamed_and_moved_at_once_keeps_its_id(novel: Any) -> None:
    moved = novel.pieces()["book/02.md Chapter 5"]
    source = novel.folder / "book" / "02.md"
    novel.write("book/02.md", source.read_text().split("## Chapter 5")[0])
    novel.write("end.md", f"# The end\n\n{moved.text} And a last sentence.\n")
    novel.scan()
    assert novel.pieces()["end.md The end"].id == moved.id


def reworded(text: str) -> str:
    """Every fifteenth word is another one."""
    return "\n\n".join(
        " ".join("somehow" if number % 15 == 7 else word for number, word in enumerate(paragraph.split()))
        for paragraph in text.split("\n\n")
    )


def test_held_out_text_that_is_reworded_and_merged_is_not_learned(novel: Any, make_prose: Maker) -> None:
    pieces = novel.pieces()
    kept = one_held(pieces)
    target = next(piece for piece in pieces.values() if piece.teaches and piece.path != kept.path)
    page = novel.folder / target.path
    text = f"{target.text}\n\n{reworded(kept.text)}\n\n{make_prose(801, 900)}"
    novel.write(target.path, page.read_text().replace(target.text, text))
    novel.scan()
    after = next(piece for piece in novel.pieces().values() if piece.id == target.id)
    assert after.held_out == FOLLOWS


def test_parts_of_taught_pieces_are_never_chosen_later(novel: Any) -> None:
    taught = [piece for piece in novel.pieces().values() if piece.teaches]
    for piece in taught:
        page = novel.folder / piece.path
        cut = "\n\n".join(_with_heading_in_the_middle(piece.text.split("\n\n")))
        novel.write(piece.path, page.read_text().replace(piece.text, cut))
    novel.scan()
    after = novel.pieces().values()
    assert len(after) == 20 + len(taught)
    assert sum(piece.held_out is not None for piece in after) == 20 - len(taught)


def test_a_longer_version_of_what_is_chosen_is_kept_aside_with_it(manuscript: Any, make_prose: Maker) -> None:
    for number in range(14):
        text = make_prose(number, 300)
        manuscript.write(f"{number:02} short.md", text)
        manuscript.write(f"{number:02} long.md", f"{text}\n\n{make_prose(number + 900, 600)}")
    manuscript.scan()
    kept = {piece.path for piece in manuscript.corpus.pieces() if piece.held_out}
    assert any(path.endswith("short.md") for path in kept)
    assert all(path.replace("short", "long") in kept for path in kept)


def _move_last_paragraph(manuscript: Any, source: Piece, target: Piece) -> str:
    """Cut the end of one chapter and paste it into another; returns what moved."""
    moved = source.text.split("\n\n")[-2:]
    text = "\n\n".join(moved)
    page = manuscript.folder / target.path
    manuscript.write(target.path, page.read_text().replace(target.text, f"{target.text}\n\n{text}"))
    manuscript.write(source.path, (manuscript.folder / source.path).read_text().replace(text, ""))
    return text


def test_a_passage_that_leaves_a_held_out_piece_is_not_learned_elsewhere(novel: Any) -> None:
    pieces = novel.pieces()
    kept = one_held(pieces)
    target = next(piece for piece in pieces.values() if piece.teaches and piece.path != kept.path)
    moved = _move_last_paragraph(novel, kept, target)
    assert 40 < len(moved.split()) < 0.5 * kept.words
    novel.scan()
    after = {piece.id: piece for piece in novel.pieces().values()}
    assert after[kept.id].held_out == CHOSEN
    assert moved in after[target.id].text
    assert after[target.id].held_out == HOLDS


def test_a_passage_that_was_written_after_the_choice_is_known_too(novel: Any, make_prose: Maker) -> None:
    kept = one_held(novel.pieces())
    page = novel.folder / kept.path
    addition = make_prose(501, 60)
    novel.write(kept.path, page.read_text().replace(kept.text, f"{kept.text}\n\n{addition}"))
    novel.scan()
    novel.write(kept.path, page.read_text().replace(addition, ""))
    novel.scan()
    novel.write("later.md", f"# Later\n\n{make_prose(502, 200)}\n\n{addition}\n\n{make_prose(503, 200)}\n")
    novel.scan()
    assert novel.pieces()["later.md Later"].held_out == HOLDS


def test_an_epigraph_that_all_chapters_share_takes_none_of_them_along(manuscript: Any, make_prose: Maker) -> None:
    epigraph = make_prose(700, 60)
    for number in range(16):
        manuscript.write(f"{number:02}.md", f"# Chapter {number}\n\n{epigraph}\n\n{make_prose(number, 300)}\n")
    manuscript.scan()
    before = held(manuscript.pieces())
    assert 3 <= len(before) <= 5
    for piece in manuscript.pieces().values():
        path = manuscript.folder / piece.path
        manuscript.write(piece.path, path.read_text() + "\n\nOne more line for the end of it all.\n")
        manuscript.scan()
    assert held(manuscript.pieces()) == before


def test_a_copy_of_what_is_not_mine_is_not_mine_either(novel: Any) -> None:
    piece = novel.pieces()["book/04.md Chapter 9"]
    novel.corpus.set_mine(piece.id, Mine.NOT_MINE)
    novel.write("copy.md", f"# Copied\n\n{piece.text} And a last sentence.\n")
    novel.scan()
    assert novel.pieces()["copy.md Copied"].mine is Mine.NOT_MINE


def test_a_scan_that_finds_nothing_new_says_so(novel: Any) -> None:
    novel.scan()
    before = novel.corpus.generation()
    novel.scan()
    assert novel.corpus.generation() == before


@given(st.integers(0, 7), st.integers(0, 7), st.integers(20, 60))
@settings(deadline=None)
def test_forty_words_in_a_row_are_a_passage_wherever_they_stand(before: int, after: int, size: int) -> None:
    kept = list(range(1000, 1100))
    text = [*range(after), *kept[10 + before : 10 + before + size], *range(500, 520)]
    stored = set(unshared_runs(kept, []))
    found = holds_block(places_of_runs(text, lambda runs: stored.intersection(runs)))
    assert found if size >= BLOCK else not (found and size < BLOCK - 3)


steps = st.lists(
    st.tuples(st.sampled_from(["edit", "rename", "split", "move", "copy", "new", "delete"]), st.integers(0, 10**6)),
    max_size=6,
)


@given(steps)
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
def test_held_out_text_is_never_taught_whatever_the_writer_does(
    tmp_path_factory: Any, make_prose: Maker, make_verse: Maker, steps: list[tuple[str, int]]
) -> None:
    from_conftest = _fresh(tmp_path_factory)
    pages = {f"{n:02}.md": f"# Page {n}\n\n{make_prose(n, 260) if n % 2 else make_verse(n, 60)}" for n in range(14)}
    for name, text in pages.items():
        from_conftest.write(name, text)
    from_conftest.scan()
    first = {piece.id: piece for piece in from_conftest.pieces().values()}
    kept = [piece for piece in first.values() if piece.held_out]
    assert len(kept) >= 3
    for number, (step, choice) in enumerate(steps):
        _act(from_conftest, step, random.Random(choice), number, make_prose)
        from_conftest.scan()
        now = from_conftest.pieces()
        for piece in now.values():
            known = first.get(piece.id)
            assert not (known and known.held_out and piece.teaches), "a mark moved"
            assert not (known and known.teaches and piece.held_out == CHOSEN), "a taught piece was chosen later"
            for secret in kept:
                assert not (piece.teaches and overlap(secret.text, piece.text) >= 0.5), f"{step} taught held-out text"


def _fresh(tmp_path_factory: Any) -> Any:
    import sys

    module = next(
        module for name, module in list(sys.modules.items()) if "conftest" in name and hasattr(module, "Manuscript")
    )
    return module.Manuscript(tmp_path_factory.mktemp("m"))


def _act(manuscript: Any, step: str, rng: random.Random, number: int, make_prose: Maker) -> None:
    pages = sorted(manuscript.folder.rglob("*.md"))
    page = rng.choice(pages)
    name, text = page.name, page.read_text()
    paragraphs = text.split("\n\n")
    if step == "edit":
        at = rng.randrange(1, len(paragraphs))
        manuscript.write(name, "\n\n".join([*paragraphs[:at], "Something else was said here.", *paragraphs[at + 1 :]]))
    elif step == "rename":
        page.rename(page.with_name(f"r{number}.md"))
    elif step == "split" and len(paragraphs) > 3:
        at = len(paragraphs) // 2
        manuscript.write(name, "\n\n".join([*paragraphs[:at], f"# Half {number}", *paragraphs[at:]]))
    elif step == "move":
        other = rng.choice(pages)
        if other != page:
            manuscript.write(other.name, f"{other.read_text()}\n\n{text}")
            page.unlink()
    elif step == "copy":
        manuscript.write(f"c{number}.md", text)
    elif step == "new":
        manuscript.write(f"n{number}.md", f"# New {number}\n\n{make_prose(rng.randrange(100, 10_000), 300)}")
    elif step == "delete" and len(pages) > 8:
        page.unlink()


def test_forms_are_kept_per_piece(manuscript: Any, make_prose: Maker, make_verse: Maker) -> None:
    manuscript.write("both.md", f"# Prose\n\n{make_prose(1)}\n\n# Verse\n\n{make_verse(1)}\n")
    manuscript.scan()
    assert [piece.form for piece in manuscript.pieces().values()] == [Form.PROSE, Form.VERSE]

"""Is what was learned still the writer's to learn, when the manuscript went on meanwhile?"""

import random

import pytest

from ownhand.manuscript.corpus import Corpus
from ownhand.manuscript.model import Mine
from ownhand.manuscript.scan import Job, scan
from ownhand.training.still_taught import still_taught

WORDS = [first + second for first in ("har", "lan", "mo", "sti", "ve", "gu", "ro") for second in ("bour", "tern", "lt")]


class Pages:
    """A folder of pages, scanned within this process. Three of the first are held out, none of the later."""

    def __init__(self, root):
        self.folder = root / "pages"
        self.folder.mkdir()
        (root / "voice").mkdir()
        self._job = Job(root / "voice" / "index.sqlite3", self.folder)
        self._random = random.Random(7)

    def paragraph(self, words=90):
        return " ".join(self._random.choices(WORDS, k=words)).capitalize() + "."

    def write(self, name, *paragraphs):
        (self.folder / name).write_text(f"# {name.removesuffix('.md')}\n\n" + "\n\n".join(paragraphs) + "\n")

    def scan(self):
        scan(self._job, lambda *_: None)
        return Corpus.open(self._job.index)

    def learned(self):
        """What a training would learn now, as `still_taught` wants it."""
        pieces = self.scan().pieces(with_text=True)
        return {piece.id: (piece.path, piece.text) for piece in pieces if piece.teaches}


@pytest.fixture
def pages(tmp_path):
    made = Pages(tmp_path)
    for number in range(12):
        made.write(f"page {number}.md", *(made.paragraph() for _ in range(4)))
    assert len(made.learned()) == 9
    return made


@pytest.fixture
def page(pages):
    """One that teaches."""
    return pages.folder / next(path for path, _ in pages.learned().values())


def test_a_copy_of_a_page_takes_nothing_away(pages, page):
    """A backup or a cloud's conflicted copy: the newer one counts, and the page that was learned is its draft."""
    learned = pages.learned()
    page.with_name("copy.md").write_bytes(page.read_bytes())
    corpus = pages.scan()
    assert any(piece.copy_of and piece.id in learned for piece in corpus.pieces())
    assert corpus.still_serve(list(learned))
    assert still_taught(corpus, learned)


def test_a_copied_page_that_is_not_the_writer_s_is_taken_out_and_so_is_its_draft(pages, page):
    learned = pages.learned()
    page.with_name("copy.md").write_bytes(page.read_bytes())
    corpus = pages.scan()
    corpus.set_mine("copy.md", Mine.NOT_MINE)
    assert not corpus.still_serve(list(learned))
    assert not still_taught(corpus, learned)


def long_chapter(pages):
    """One that is cut in parts, just so: where a page less is left, it is one piece."""
    paragraphs = [pages.paragraph(100) for _ in range(31)]
    pages.write("novel.md", *paragraphs)
    learned = pages.learned()
    parts = [piece for piece in pages.scan().pieces() if piece.path == "novel.md"]
    assert len(parts) > 1
    assert all(part.id in learned for part in parts)
    return paragraphs, learned


def test_two_parts_of_a_chapter_that_become_one_are_still_there(pages):
    paragraphs, learned = long_chapter(pages)
    pages.write("novel.md", *paragraphs[:4], *paragraphs[6:])
    corpus = pages.scan()
    assert not corpus.still_serve(list(learned)), "an id is gone"
    assert still_taught(corpus, learned)


def test_a_part_of_which_the_text_is_gone_is_taken_out(pages):
    paragraphs, learned = long_chapter(pages)
    pages.write("novel.md", *paragraphs[:12])
    assert not still_taught(pages.scan(), learned)


def test_what_became_one_with_a_held_out_page_is_taken_out(pages):
    paragraphs, learned = long_chapter(pages)
    aside = next(piece for piece in pages.scan().pieces(with_text=True) if piece.held_out)
    pages.write("novel.md", *paragraphs[:4], *paragraphs[16:], aside.text)
    assert not still_taught(pages.scan(), learned)


def test_one_of_two_chapters_of_a_file_that_is_deleted_is_taken_out(pages):
    one, other = ([pages.paragraph() for _ in range(4)] for _ in range(2))
    pages.write("novel.md", *one, "# Two", *other)
    learned = pages.learned()
    pages.write("novel.md", *one)
    assert not still_taught(pages.scan(), learned)


def test_a_deleted_page_is_taken_out(pages, page):
    learned = pages.learned()
    page.unlink()
    assert not still_taught(pages.scan(), learned)


def test_what_became_one_with_a_page_that_is_not_the_writer_s_is_taken_out(pages):
    """Its text stands in the file still, but teaches no more."""
    paragraphs, learned = long_chapter(pages)
    pages.write("novel.md", *paragraphs[:4], *paragraphs[6:])
    corpus = pages.scan()
    corpus.set_mine("novel.md", Mine.NOT_MINE)
    assert not still_taught(corpus, learned)

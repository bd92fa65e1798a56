"""From the ledger to what is learned: text that a model wrote is known in its file, and wherever it went since."""

import random
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from ownhand.errors import WriterError
from ownhand.manuscript.model import Form, Piece
from ownhand.text.words import count_words
from ownhand.training.model_written import by_model
from ownhand.verdicts.facts import Whose
from ownhand.verdicts.ledger.ledger import Ledger
from ownhand.verdicts.whose import carry
from ownhand.verdicts.whose.packing import pack
from ownhand.verdicts.whose.words import WhoseWords

QUAY = (
    "The ferry left at six. My aunt stood on the quay with her hat in both hands, and nobody on the deck took off his "
    "own, though every one of them knew what she had come for and what it was that they carried below"
)
WIND = ", and the wind had it before she did."
Spans = dict[str, tuple[tuple[int, int], ...]]
Note = Callable[..., Path]


def written(text: str = "", *, pasted: str = "") -> WhoseWords:
    """A page on which `text` came in, and behind it what was `pasted`."""
    words = WhoseWords.unobserved(0)
    words.edit(0, "", text)
    words.edit(len(words), "", pasted, pasted=True)
    return words


@pytest.fixture
def note(tmp_path: Path) -> Note:
    """Note a file as an editor would that saw all of it come in, some of it by suggestions; the ledger."""

    def note(document: str, text: str, ours: Sequence[str] = (), *, words: WhoseWords | None = None) -> Path:
        words = words or written(text)
        for number, part in enumerate(ours):
            words.mark(text.index(part), text.index(part) + len(part), f"s{number}")
        ledger = Ledger(tmp_path / "ledger.sqlite3")
        ledger.hand_over(Whose(document, 0.0, *pack(words, text)))
        assert ledger.flush(10)
        ledger.close()
        return tmp_path / "ledger.sqlite3"

    return note


@pytest.fixture
def ledger(note: Note) -> Path:
    """`ferry.md` ends with a suggestion that was taken."""
    return note("ferry.md", QUAY + WIND, [WIND])


@pytest.fixture
def alignments(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The tokens of both sides of each alignment."""
    sizes: list[int] = []
    align = carry.align

    def counted(old: Sequence[int], new: Sequence[int], effort: int) -> object:
        sizes.append(len(old) + len(new))
        return align(old, new, effort)

    monkeypatch.setattr(carry, "align", counted)
    return sizes


def piece(path: str, text: str = QUAY + WIND, key: str = "p1", ordinal: int = 0) -> Piece:
    return Piece(key, path, ordinal, "The ferry", Form.PROSE, text, count_words(text), 0.0)


def prose(seed: int, words: int = 400) -> str:
    rng = random.Random(seed)
    stems = ["fer", "quay", "lan", "gul", "har", "ket", "sta", "win", "coat", "yar", "dog", "ham", "sca", "flo", "bow"]
    return " ".join(rng.choice(stems) + rng.choice(stems) + rng.choice([".", ",", "", "", ""]) for _ in range(words))


class Book:
    """A file of several chapters, each with a suggestion in its middle."""

    def __init__(self, chapters: int, words: int = 400) -> None:
        self.chapters = [prose(seed, words) for seed in range(chapters)]
        self.ours = [chapter[len(chapter) // 3 : len(chapter) // 2] for chapter in self.chapters]
        self.text = "\n\n".join(f"# Part {number}\n\n{chapter}" for number, chapter in enumerate(self.chapters))

    def pieces(self, *paths: str) -> list[Piece]:
        """The chapters, each in the file that is named for it; one name for all."""
        names = paths * len(self.chapters) if len(paths) == 1 else paths
        return [
            piece(path, text, f"p{number}", number)
            for number, (path, text) in enumerate(zip(names, self.chapters, strict=True))
        ]

    def spans(self, numbers: Sequence[int] | None = None) -> Spans:
        """What is to be found."""
        wanted = range(len(self.chapters)) if numbers is None else numbers
        return {f"p{number}": (_span(self.chapters[number], self.ours[number]),) for number in wanted}


def _span(text: str, part: str) -> tuple[int, int]:
    return text.index(part), text.index(part) + len(part)


@pytest.fixture
def book() -> Book:
    return Book(4)


@pytest.mark.parametrize("path", ["ferry.md", "part one/the ferry.md"], ids=["as it was", "renamed"])
def test_what_a_model_wrote_is_known(ledger: Path, path: str) -> None:
    assert by_model(ledger, [piece(path)]) == {"p1": ((len(QUAY), len(QUAY + WIND)),)}


def test_another_text_has_none_of_it(ledger: Path) -> None:
    other = "I counted the lamps along the mole: nine, ten, and one that was the moon. " * 4
    assert by_model(ledger, [piece("lamps.md", other)]) == {}


def test_without_a_ledger_nothing_was_noted(tmp_path: Path) -> None:
    assert by_model(tmp_path / "ledger.sqlite3", [piece("ferry.md")]) == {}


def test_a_ledger_that_can_not_be_read_stops_the_learning(ledger: Path) -> None:
    for file in ledger.parent.glob("ledger.sqlite3*"):
        file.write_bytes(b"no database at all" * 400)
    with pytest.raises(WriterError):
        by_model(ledger, [piece("ferry.md")])


@pytest.mark.parametrize(
    "paths",
    [
        ("book.md",),
        ("the ferry.md",),
        ("c0.md", "c1.md", "c2.md", "c3.md"),
        ("book.md", "book.md", "c2.md", "book.md"),
        ("two.md", "one.md", "two.md", "one.md"),
    ],
    ids=["as it was", "renamed", "split", "one chapter moved out", "dealt out to two"],
)
def test_chapters_of_one_file_wherever_they_went(note: Note, book: Book, paths: tuple[str, ...]) -> None:
    assert by_model(note("book.md", book.text, book.ours), book.pieces(*paths)) == book.spans()


def test_files_that_became_one(note: Note, book: Book) -> None:
    for number, chapter in enumerate(book.chapters):
        ledger = note(f"c{number}.md", chapter, [book.ours[number]])
    assert by_model(ledger, book.pieces("book.md")) == book.spans()


def test_a_chapter_that_was_moved_to_a_file_of_many_others(note: Note, book: Book) -> None:
    ledger = note("book.md", book.text, book.ours)
    others = [piece("drafts.md", prose(100 + number), f"d{number}", number) for number in range(12)]
    moved = piece("drafts.md", book.chapters[2], "p2", 12)
    assert by_model(ledger, [*others, moved]) == book.spans([2])


def test_a_chapter_that_was_pasted_into_a_new_page(note: Note, book: Book) -> None:
    """Its own note says that it was pasted, not from where; what was written there since is the writer's."""
    since = prose(50, 60)
    note("book.md", book.text, book.ours)
    ledger = note("c2.md", book.chapters[2], words=written(pasted=book.chapters[2]))
    assert by_model(ledger, [piece("c2.md", since + "\n\n" + book.chapters[2], "p2")]) == {
        "p2": (_span(since + "\n\n" + book.chapters[2], book.ours[2]),)
    }


def test_a_paragraph_that_was_pasted_into_another_chapter(note: Note, book: Book) -> None:
    note("book.md", book.text, book.ours)
    moved = prose(80, 30) + " " + book.ours[2] + " " + prose(81, 30)
    note("yard.md", moved, [book.ours[2]])
    before = book.chapters[3] + "\n\n"
    ledger = note("ida.md", before + moved, words=written(before, pasted=moved))
    assert by_model(ledger, [piece("ida.md", before + moved)]) == {"p1": (_span(before + moved, book.ours[2]),)}


def test_a_suggestion_on_the_page_since_hides_none_of_before(note: Note, book: Book) -> None:
    text = book.chapters[2] + " " + prose(51, 30)
    words, since = written(pasted=text), _span(text, text[-90:])
    words.mark(*since, "t0")
    note("book.md", book.text, book.ours)
    assert by_model(note("c2.md", text, words=words), [piece("c2.md", text, "p2")]) == {
        "p2": (_span(text, book.ours[2]), since)
    }


def test_a_chapter_that_was_pasted_into_a_new_page_which_was_renamed(note: Note, book: Book) -> None:
    note("book.md", book.text, book.ours)
    ledger = note("c2.md", book.chapters[2], words=written(pasted=book.chapters[2]))
    assert by_model(ledger, [piece("the lamps.md", book.chapters[2], "p2")]) == book.spans([2])


def test_a_suggestion_that_two_files_had_is_counted_once(note: Note, book: Book) -> None:
    first, second, both = prose(90, 120), prose(91, 120), book.ours[0]
    note("a.md", f"{first} {both}", [both])
    ledger = note("b.md", f"{both} {second}", [both])
    text = f"{first} {both} {second}"
    assert by_model(ledger, [piece("c.md", text)]) == {"p1": (_span(text, both),)}


def test_what_an_editor_saw_the_writer_write_stays_the_writer_s(note: Note, book: Book) -> None:
    """Another file has the same from a suggestion; only what was pasted can come from there."""
    pasted = prose(92, 60) + " " + book.ours[2]
    note("a.md", f"{book.ours[1]} {pasted}", [book.ours[1], book.ours[2]])
    text = f"{book.ours[1]} {pasted}"
    ledger = note("b.md", text, words=written(f"{book.ours[1]} ", pasted=pasted))
    assert by_model(ledger, [piece("b.md", text)]) == {"p1": (_span(text, book.ours[2]),)}


def test_what_its_own_file_knows_counts(note: Note, book: Book) -> None:
    """The same words may have come from a suggestion in another file; here an editor saw the writer's hand."""
    note("book.md", book.text, book.ours)
    ledger = note("c2.md", book.chapters[2])
    assert by_model(ledger, book.pieces("book.md", "book.md", "c2.md", "book.md")) == book.spans([0, 1, 3])


def test_a_line_that_another_chapter_quotes_is_not_taken_for_the_chapter(note: Note, book: Book) -> None:
    quoted = book.ours[1][:80]
    ledger = note("book.md", book.text, [*book.ours, quoted])
    other = prose(60, 200) + f" “{quoted}” " + prose(61, 200)
    assert by_model(ledger, [*book.pieces("book.md"), piece("letter.md", other, "l")]).keys() == book.spans().keys()


def test_what_was_rewritten_since_is_the_writer_s_own(note: Note, book: Book) -> None:
    ledger = note("book.md", book.text, book.ours)
    text = book.chapters[2].replace(book.ours[2], prose(70, 60))
    assert by_model(ledger, [piece("c2.md", text, "p2")]) == {}


def test_short_pieces_of_a_renamed_file(note: Note, book: Book) -> None:
    """Too little text to be recognized by itself is known by the file that it stands in."""
    haiku = "The tide came in twice; the harbour kept neither."
    ledger = note("book.md", book.text + "\n\n# Twice\n\n" + haiku, [*book.ours, "the harbour kept neither."])
    pieces = [*book.pieces("the ferry.md"), piece("the ferry.md", haiku, "h", 4)]
    assert by_model(ledger, pieces) == book.spans() | {"h": (_span(haiku, "the harbour kept neither."),)}


def test_a_few_words_that_any_text_has_prove_nothing(note: Note, book: Book) -> None:
    """Of a short text much stands in every long one."""
    small = "It was late in the year when the boats came in, and nobody was there to see them."
    ledger = note("book.md", book.text + "\n\n" + small[:44], [*book.ours, small[:44]])
    assert by_model(ledger, [piece("new.md", small + " So we went home.", "n")]) == {}


@pytest.mark.parametrize(
    "names", [["book.md"] * 24, ["the ferry.md"] * 24, [f"c{number:02}.md" for number in range(24)]],
    ids=["as it was", "renamed", "split"],
)  # fmt: skip
def test_a_whole_book_costs_one_alignment(note: Note, alignments: list[int], names: list[str]) -> None:
    book = Book(24, words=80)
    assert by_model(note("book.md", book.text, book.ours), book.pieces(*names)) == book.spans()
    assert len(alignments) == 1

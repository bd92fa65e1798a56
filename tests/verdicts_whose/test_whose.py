"""Whose words: what a writer does to a page, and what is said of it."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ownhand.verdicts.whose.words import PASTE, Kind, Run, WhoseWords

OURS, NOT_OURS, PASTED, BEFORE = Kind.FROM_OWNHAND, Kind.NOT_FROM_OWNHAND, Kind.PASTED, Kind.NOT_OBSERVED
QUAY = "My aunt stood on the quay with her hat in both hands"
WIND = ", and the wind had it before she did."


@dataclass
class Page:
    """A text and what is known of it, changed as an editor would."""

    text: str
    words: WhoseWords = field(init=False)

    def __post_init__(self) -> None:
        self.words = WhoseWords.unobserved(len(self.text))

    def change(self, offset: int, length: int, inserted: str) -> None:
        removed = self.text[offset : offset + length]
        self.words.edit(offset, removed, inserted, pasted=len(inserted) >= PASTE)
        self.text = self.text[:offset] + inserted + self.text[offset + length :]

    def type(self, text: str, at: int | None = None) -> None:
        for place, letter in enumerate(text, len(self.text) if at is None else at):
            self.change(place, 0, letter)

    def backspace(self, times: int, at: int | None = None) -> None:
        end = len(self.text) if at is None else at
        for number in range(times):
            self.change(end - number - 1, 1, "")

    def accept(self, text: str, suggestion: str = "s1", at: int | None = None) -> None:
        at = len(self.text) if at is None else at
        self.change(at, 0, text)
        self.words.mark(at, at + len(text), suggestion)

    def replace(self, old: str, new: str) -> None:
        self.change(self.text.index(old), len(old), new)

    @property
    def told(self) -> list[tuple[Kind, str]]:
        return [(run.kind, self.text[run.start : run.end]) for run in self.words.runs]


def test_what_was_there_was_not_observed() -> None:
    page = Page(QUAY)
    assert page.told == [(BEFORE, QUAY)]
    page.type(", waving")
    assert page.told == [(BEFORE, QUAY), (NOT_OURS, ", waving")]


def test_an_accepted_suggestion_knows_its_id() -> None:
    page = Page("")
    page.type(QUAY)
    page.accept(WIND, "s7")
    start = len(QUAY)
    assert page.words.runs == [Run(0, start, NOT_OURS), Run(start, start + len(WIND), OURS, "s7")]


def test_two_suggestions_side_by_side_stay_two() -> None:
    page = Page("")
    page.accept("The ferry left", "s1")
    page.accept(" at six.", "s2")
    assert [(run.suggestion, run.end) for run in page.words.runs] == [("s1", 14), ("s2", 22)]


def test_what_is_mended_in_it_is_not_ours_any_more() -> None:
    page = Page("")
    page.accept(WIND)
    page.replace("wind", "gull")
    page.replace("before", "long before")
    assert page.told == [
        (OURS, ", and the "),
        (NOT_OURS, "gull"),
        (OURS, " had it "),
        (NOT_OURS, "long "),
        (OURS, "before she did."),
    ]


def test_a_long_change_is_pasted_unless_it_is_ours() -> None:
    page = Page("")
    letter = "Dear Miss Dunnet, the parcel came on Tuesday and it was wet through."
    page.change(0, 0, letter)
    assert page.told == [(PASTED, letter)]
    page.words.mark(0, len(letter), "s1")
    assert page.told == [(OURS, letter)]


@pytest.mark.parametrize(("start", "end"), [(-5, 4), (4, 400), (-9, 900)])
def test_a_mark_beyond_the_text_ends_with_it(start: int, end: int) -> None:
    page = Page("the sea")
    page.words.mark(start, end, "s1")
    assert "".join(text for kind, text in page.told if kind is OURS) == page.text[max(start, 0) : end]


def test_a_place_that_is_not_there_is_refused() -> None:
    words = WhoseWords.unobserved(7)
    with pytest.raises(ValueError, match="7 characters"):
        words.edit(5, "sea", "")
    assert len(words) == 7


def test_undo_and_redo_of_an_acceptance() -> None:
    page = Page(QUAY)
    page.accept(WIND, "s3")
    before = page.told
    page.change(len(QUAY), len(WIND), "")
    assert page.told == [(BEFORE, QUAY)]
    page.change(len(QUAY), 0, WIND)
    assert page.told == before
    assert page.words.runs[-1].suggestion == "s3"


def test_undo_of_a_deletion_in_the_middle_of_other_work() -> None:
    page = Page(QUAY)
    page.accept(WIND)
    before = page.told
    page.change(3, 40, "")
    page.type("grand", 3)
    page.change(3, 5, "")
    page.change(3, 0, QUAY[3:43])
    assert page.told == before


def test_undo_of_many_backspaces_in_one_change() -> None:
    page = Page(QUAY)
    page.accept(WIND)
    before = page.told
    page.backspace(16)
    page.change(len(page.text), 0, WIND[-16:])
    assert page.told == before
    page.backspace(16)
    page.change(len(page.text), 0, WIND[-16:-5])
    page.change(len(page.text), 0, WIND[-5:])
    assert page.told == before
    for _ in range(9):
        page.change(len(QUAY) + 6, 1, "")
    page.change(len(QUAY) + 6, 0, WIND[6:15])
    assert page.told == before


def test_undo_of_a_page_that_was_replaced() -> None:
    page = Page(QUAY)
    page.accept(WIND)
    before, text = page.told, page.text
    page.change(0, len(text), "Once more from the start, and without the aunt.")
    page.change(0, len(page.text), text)
    assert page.told == before


def test_the_same_word_typed_again_later_is_not_ours() -> None:
    page = Page(QUAY)
    page.accept(" and waved.")
    page.change(len(QUAY) + 1, 3, "")
    page.type("or", len(QUAY) + 1)
    page.type("and", len(QUAY) + 1)
    assert (OURS, "and") not in page.told
    assert page.told[2] == (NOT_OURS, "andor")


def test_a_paragraph_that_was_cut_and_pasted_stays_what_it_was() -> None:
    page = Page("One.\n\n")
    page.type(QUAY)
    page.accept(WIND)
    paragraph = QUAY + WIND
    page.change(6, len(paragraph), "")
    page.change(0, 0, paragraph)
    assert page.told == [(NOT_OURS, QUAY), (OURS, WIND), (BEFORE, "One.\n\n")]
    page.change(len(page.text), 0, paragraph)
    assert page.told[3:] == [(NOT_OURS, QUAY), (OURS, WIND)]


def test_wrapping_a_page_anew_changes_nothing_but_line_ends() -> None:
    page = Page("")
    page.type(QUAY)
    page.accept(WIND)
    wrapped = page.text.replace(" the quay", "\nthe quay").replace(" had it", "\n  had it")
    page.change(0, len(page.text), wrapped)
    assert [kind for kind, _ in page.told] == [NOT_OURS, OURS]
    assert page.told[1] == (OURS, WIND.replace(" had", "\n  had"))


def test_a_page_sent_as_a_whole_says_only_what_is_new() -> None:
    page = Page("")
    page.type(QUAY)
    page.accept(WIND)
    page.change(0, len(page.text), page.text.replace("My aunt", "My great-aunt Ida").replace("did.", "did. Gone."))
    assert page.told == [
        (NOT_OURS, QUAY.replace("My aunt", "My great-aunt Ida")),
        (OURS, WIND),
        (NOT_OURS, " Gone."),
    ]


def test_shares_are_of_characters() -> None:
    page = Page("abcde")
    page.accept("fgh")
    page.type("ij")
    assert page.words.shares() == {OURS: 0.3, NOT_OURS: 0.2, PASTED: 0.0, BEFORE: 0.5, Kind.UNKNOWN: 0.0}
    assert sum(WhoseWords.unobserved(0).shares().values()) == 0


def test_a_copy_does_not_follow() -> None:
    page = Page("the sea")
    copy = page.words.copy()
    page.type(" rose")
    assert len(copy) == 7
    assert len(page.words) == 12


@dataclass
class Model:
    """One kind and suggestion per character; knows nothing of undo."""

    characters: list[tuple[Kind, str | None]]

    def edit(self, offset: int, removed: int, inserted: int, pasted: bool) -> None:
        kind = PASTED if pasted else NOT_OURS
        self.characters[offset : offset + removed] = [(kind, None)] * inserted

    def mark(self, start: int, end: int, suggestion: str) -> None:
        self.characters[start:end] = [(OURS, suggestion)] * (end - start)


Act = tuple[str, float, int, int]


def acts(least: int) -> st.SearchStrategy[list[Act]]:
    """What is done, at which share of the text, with how many letters (`least` or more), and for a mark by whom."""
    kinds = st.sampled_from(["type", "delete", "paste", "mark"])
    return st.lists(st.tuples(kinds, st.floats(0, 1), st.integers(least, least + 8), st.integers(0, 3)), max_size=30)


@settings(max_examples=200)
@given(st.integers(0, 30), acts(1))
def test_like_a_model_per_character(length: int, done: list[Act]) -> None:
    words, model = WhoseWords.unobserved(length), Model([(BEFORE, None)] * length)
    text = "~" * length
    for number, (act, share, size, who) in enumerate(done):
        offset = round(share * len(text))
        # Each text is one of a kind, so that nothing is taken for an undo.
        fresh = "".join(chr(0x4E00 + 100 * number + letter) for letter in range(size))
        removed = text[offset : offset + size] if act == "delete" else ""
        inserted = fresh if act in ("type", "paste") else ""
        if act == "mark":
            words.mark(offset, offset + size, f"s{who}")
            model.mark(offset, min(offset + size, len(text)), f"s{who}")
        else:
            words.edit(offset, removed, inserted, pasted=act == "paste")
            model.edit(offset, len(removed), len(inserted), act == "paste")
        text = text[:offset] + inserted + text[offset + len(removed) :]
        told = [(run.kind, run.suggestion) for run in words.runs for _ in range(run.end - run.start)]
        assert told == model.characters
        assert sum(words.counts().values()) == len(text)


@settings(max_examples=200)
@given(acts(4))
def test_all_undone_and_all_redone(done: list[Act]) -> None:
    """Shorter changes may be taken for the same letters typed anew."""
    page = Page(QUAY + WIND)
    changes: list[tuple[int, str, str]] = []
    for number, (act, share, size, who) in enumerate(done):
        offset = round(share * len(page.text))
        if act == "mark":
            page.words.mark(offset, offset + size, f"s{who}")
            continue
        fresh = "".join(chr(0x4E00 + 100 * number + letter) for letter in range(size))
        removed = page.text[offset : offset + size] if act == "delete" else ""
        inserted = "" if act == "delete" else fresh
        changes.append((offset, removed, inserted))
        page.change(offset, len(removed), inserted)
    text, told = page.text, page.told
    for offset, removed, inserted in reversed(changes):
        page.change(offset, len(inserted), removed)
    for offset, removed, inserted in changes:
        page.change(offset, len(removed), inserted)
    assert page.text == text
    kinds = [(kind, letter) for kind, part in page.told for letter in part]
    wanted = [(kind, letter) for kind, part in told for letter in part]
    assert kinds == wanted

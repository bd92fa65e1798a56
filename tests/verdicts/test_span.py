"""Accepted text through later changes, against a naive model that marks every character."""

from hypothesis import given
from hypothesis import strategies as st

from ownhand.verdicts.observer.edits import Edit
from ownhand.verdicts.observer.span import Span, word_distance

PAGE = "Before it came the lamp. "
TAKEN = "and the bell rang twice, for nobody."
AFTER = " Then Ida slept."


class Marked:
    """A page of which every character knows whether it belongs to the accepted text."""

    def __init__(self) -> None:
        self.characters = [(c, False) for c in PAGE] + [(c, True) for c in TAKEN] + [(c, False) for c in AFTER]

    def edit(self, start: int, end: int, inserted: str) -> Edit:
        start, end = sorted((min(start, len(self.characters)), min(end, len(self.characters))))
        removed = "".join(c for c, _ in self.characters[start:end])
        inside = start > 0 and self.characters[start - 1][1] and end < len(self.characters) and self.characters[end][1]
        self.characters[start:end] = [(c, inside) for c in inserted]
        return Edit(start, removed, inserted)

    @property
    def ours(self) -> str:
        return "".join(c for c, mine in self.characters if mine)


edits = st.lists(
    st.tuples(st.integers(0, 90), st.integers(0, 12), st.sampled_from(["", "", "x", " never", "\n", "é😀"])),
    max_size=12,
)


@given(edits)
def test_it_holds_what_is_left_of_the_accepted_text(changes: list[tuple[int, int, str]]) -> None:
    page, span = Marked(), Span(len(PAGE), TAKEN)
    for start, length, inserted in changes:
        edit = page.edit(start, start + length, inserted if length == 0 else "")
        span.apply(edit)
        text = "".join(c for c, _ in page.characters)
        assert text[span.start : span.end] == span.text
        if not page.ours:
            return  # Nothing is left to know it by.
        assert page.ours in span.text


@given(st.integers(0, 80), st.integers(1, 60))
def test_a_deletion_that_is_undone_leaves_no_trace(start: int, length: int) -> None:
    page, span = Marked(), Span(len(PAGE), TAKEN)
    edit = page.edit(start, start + length, "")
    span.apply(edit)
    span.apply(Edit(edit.offset, "", edit.removed))
    assert (span.start, span.text, span.deleted) == (len(PAGE), TAKEN, 0)


def test_an_accept_that_is_undone_typed_over_and_redone_comes_back() -> None:
    span = Span(10, TAKEN)
    span.apply(Edit(10, TAKEN, ""))
    assert span.is_gone
    assert span.deleted == len(TAKEN)
    span.apply(Edit(3, "", "abc"))
    span.apply(Edit(13, "", TAKEN))
    assert not span.is_gone
    assert (span.start, span.deleted) == (13, 0)


def test_rewriting_in_place_counts_by_words() -> None:
    span = Span(0, "and the water came back without a sound")
    span.apply(Edit(8, "water", "tide"))
    assert span.distance == 1 / 8
    span.apply(Edit(0, span.text, "Nothing moved"))
    assert span.distance == 1.0


def test_word_distance_knows_edges() -> None:
    assert word_distance("and the bell", "And the bell.") == 0.0
    assert word_distance("…", "…") == 0.0
    assert word_distance("…", "") == 1.0
    assert word_distance("one two three four", "one two") == 0.5

"""Small edits out of large ones: applied one after the other they give the new text, and what stayed is not in them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ownhand.verdicts.observer.edits import Edit, common_start, difference, refined

WORDS = ["sea", " ", "water", "\n", "the ", "boat", ", ", "é", "e\u0301", "😀", "海", "\t", "came back"]
texts = st.lists(st.sampled_from(WORDS), max_size=60).map("".join)


def applied(text: str, edits: list[Edit]) -> str:
    for edit in edits:
        assert text[edit.offset :].startswith(edit.removed)
        text = text[: edit.offset] + edit.inserted + text[edit.offset + len(edit.removed) :]
    return text


@given(texts, texts)
def test_the_edits_give_the_new_text(old: str, new: str) -> None:
    assert applied(old, difference(old, new)) == new


@given(texts, st.integers(0, 200), texts)
def test_a_refined_edit_is_the_same_change(page: str, at: int, inserted: str) -> None:
    offset = min(at, len(page))
    edit = Edit(offset, page[offset : offset + 17], inserted)
    assert applied(page, refined(edit)) == applied(page, [edit])


@given(texts, texts)
def test_the_common_start_is_the_longest(one: str, other: str) -> None:
    size = common_start(one, other)
    assert one[:size] == other[:size]
    assert one[size : size + 1] != other[size : size + 1] or not one[size:]


def test_a_paragraph_that_is_wrapped_anew_keeps_its_words() -> None:
    old = "The boat went out\nto sea before light, and came\nback with nothing but the smell of it."
    new = "The boat went out to sea before light,\nand came back with nothing but the smell of it."
    edits = difference(old, new)
    assert all(not edit.removed.strip() and not edit.inserted.strip() for edit in edits)


def test_one_word_on_a_long_page_is_one_edit() -> None:
    page = "\n\n".join(f"Paragraph {number}: the water came back without a sound." for number in range(3000))
    mended = page.replace("Paragraph 1700: the", "Paragraph 1700: some")
    (edit,) = difference(page, mended)
    assert edit.offset == page.index("Paragraph 1700: the") + len("Paragraph 1700: ")
    assert len(edit.removed) <= len("the")


@pytest.mark.parametrize("size", [10_000, 400_000])
def test_two_strange_texts_are_told_apart_as_they_are(size: int) -> None:
    old, new = "a b " * (size // 4), "c d " * (size // 4)
    assert applied(old, difference(old, new)) == new


def test_small_changes_in_every_paragraph_of_a_novel_stay_small() -> None:
    """Blank lines are all alike: an earlier comparison took minutes for this, and then told one edit for all of it."""
    paragraphs = [f'"{number} boats," he said, and {number + 3} came back without a sound.' for number in range(3000)]
    old, new = "\n\n".join(paragraphs), "\n\n".join(line.replace('"', "”") for line in paragraphs)
    edits = difference(old, new)
    assert applied(old, edits) == new
    assert len(edits) >= 3000
    assert max(len(edit.removed) for edit in edits) < 100


def test_a_text_that_changed_everywhere_is_told_in_bounded_steps() -> None:
    old = "\n\n".join(f"The water came back {number} times." for number in range(9000))
    new = "\n\n".join(f"Nobody minded it {number * 7} days." for number in range(9000))
    assert applied(old, difference(old, new)) == new

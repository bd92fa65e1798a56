"""Whether a text is another one over again, to a reader's eye."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ownhand.suggestions.variants import ONE_IN, alike, is_variant
from ownhand.text.words import matching_words

REJECTED = " the weight of every shirt he had, and the one he was married in."
WORDS = st.lists(
    st.sampled_from(["sea", "salt", "rope", "the", "of", "a", "boat", "net", "gull", "tide"]), min_size=1, max_size=14
)


def variant(text: str, rejected: str = REJECTED, **more) -> bool:
    return is_variant(matching_words(text), matching_words(rejected), **more)


@pytest.mark.parametrize(
    "text",
    [
        REJECTED,
        "The weight of every shirt he had -- and the one he was married in!",
        " the weight of every shirt",
        " the",
        REJECTED + " She never said so.",
        " the weight of every shirt he owned, and the one he was married in",
        " the heavy weight of every shirt he had, and the one he was married in, God help him.",
        " the weight of each shirt he had",
    ],
)
def test_variants(text: str) -> None:
    assert variant(text)


@pytest.mark.parametrize(
    "text",
    [
        " a good deal about boots.",
        " the weight of it.",
        " the weight of every word she had ever said to him, and of those she had not.",
        " the cost of a new coat, and where he would get the money for it that winter.",
        "",
        " ... ",
    ],
)
def test_other_texts(text: str) -> None:
    assert not variant(text)


def test_a_single_word_forbids_itself_and_no_sentence_that_begins_with_it() -> None:
    assert variant(" And.", " and")
    assert not variant(" and the gulls went over", " and")


def test_apostrophes_and_accents_are_written_in_several_ways() -> None:
    assert variant(" he didn’t say", " he didn't say")
    assert variant(" l'e\u0301te\u0301 dernier", " l’été dernier")


def test_of_what_the_writer_typed_nothing_counts() -> None:
    """The writer wrote the rejected words after all: what goes on beyond them is new."""
    rejected = matching_words("the sea was cold")
    text = matching_words("the sea was cold and the boats stayed in")
    assert is_variant(text, rejected, typed=3)
    assert not is_variant(text, rejected, typed=4)
    assert not is_variant(text[:4], rejected, typed=4)


def test_of_a_wrong_fact_only_the_same_words_are_meant() -> None:
    assert variant(" in the spring of 1912", " in the spring of 1921")
    assert not variant(" in the spring of 1912", " in the spring of 1921", near=False)
    assert variant(" in the spring of 1921, or", " in the spring of 1921", near=False)


@given(WORDS, st.integers(0, 14), WORDS)
def test_a_text_its_beginnings_and_what_goes_on_beyond_it(words: list[str], cut: int, more: list[str]) -> None:
    assert is_variant(words, words)
    assert is_variant(words[: max(1, cut)], words)
    assert is_variant(words + more, words) or len(words) == 1


@given(WORDS, WORDS)
def test_a_text_that_shares_no_word_is_another(words: list[str], other: list[str]) -> None:
    assert not is_variant([f"other {word}" for word in other], words)


@given(WORDS, st.data())
def test_as_many_changed_words_as_are_allowed_and_no_more(words: list[str], data: st.DataObject) -> None:
    places = data.draw(st.lists(st.integers(0, len(words) - 1), unique=True))
    changed = ["another" if number in places else word for number, word in enumerate(words)]
    assert alike(changed, words) is (len(places) <= len(words) // ONE_IN)
    assert alike(words, changed) is alike(changed, words)

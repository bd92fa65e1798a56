"""Words as Unicode defines them, widths, and offsets as editors count them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ownhand.text.utf16 import code_points, utf16_length
from ownhand.text.width import display_width
from ownhand.text.words import count_words, matching_words, word_spans, words

any_text = st.text(
    alphabet=st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from("aé\u0301👩\u200d🚀\n の"))
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Don’t stop—café's 3.5 co-op.", ["Don’t", "stop", "café's", "3.5", "co", "op"]),
        ("Der Weißdorn »blühte« noch.", ["Der", "Weißdorn", "blühte", "noch"]),
        ("l'été, déjà", ["l'été", "déjà"]),
        ("海のカタカナ。", ["海", "の", "カタカナ"]),
        ("— … ***", []),
    ],
)
def test_words_of_several_languages(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_matching_ignores_case_apostrophe_and_normal_form() -> None:
    assert matching_words("DON’T Cafe\u0301") == matching_words("don't caf\u00e9") == ["don't", "café"]


@given(any_text)
def test_spans_and_counts_agree_with_words(text: str) -> None:
    assert [text[start:end] for start, end in word_spans(text)] == words(text)
    assert count_words(text) == len(words(text))


@given(any_text, st.integers(min_value=-3, max_value=80))
def test_utf16_offsets_agree_with_the_codec(text: str, units: int) -> None:
    assert utf16_length(text) == len(text.encode("utf-16-le")) // 2
    index = code_points(text, units)
    assert utf16_length(text[:index]) <= max(units, 0)
    if index < len(text):
        assert utf16_length(text[: index + 1]) > units


@pytest.mark.parametrize(("text", "columns"), [("sea", 3), ("cafe\u0301", 4), ("海の家", 6), ("Ｓｅａ", 6), ("", 0)])
def test_widths_in_columns(text: str, columns: int) -> None:
    assert display_width(text) == columns

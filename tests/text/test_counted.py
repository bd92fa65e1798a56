"""One is said otherwise than many."""

import pytest

from ownhand.text.counted import counted, times


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0 words"), (1, "1 word"), (2, "2 words"), (1_200, "1,200 words")], ids=str
)
def test_a_number_with_its_noun(number: int, said: str) -> None:
    assert counted(number, "word") == said


def test_what_does_not_just_take_an_s() -> None:
    assert [counted(number, "piece is", "pieces are") for number in (1, 2)] == ["1 piece is", "2 pieces are"]
    assert [times(number) for number in (1, 2)] == ["once", "2 times"]

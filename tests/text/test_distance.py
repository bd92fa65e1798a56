"""Token edit distances, by the words of real sentences."""

import pytest

from ownhand.text.distance import distance, distances

FERRY = ["the", "ferry", "came", "in", "under", "the", "lamp"]


@pytest.mark.parametrize(
    ("other", "apart"),
    [
        ("the ferry came in under the lamp", 0),
        ("the ferry came in under a lamp", 1),
        ("ferry came in under the lamp", 1),
        ("the ferry came slowly in under the lamp", 1),
        ("nobody got off", 7),
        ("", 7),
    ],
)
def test_words_put_in_left_out_and_changed(other: str, apart: int) -> None:
    assert distance(FERRY, other.split()) == distance(other.split(), FERRY) == apart


def test_to_each_beginning() -> None:
    assert distances(["the", "ferry"], ["the", "old", "ferry"]) == [2, 1, 1, 1]
    assert distances([], ["the", "ferry"]) == [0, 1, 2]

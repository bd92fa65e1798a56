"""Stretches against one origin per character."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from ownhand.verdicts.whose.stretches import Kind, Origin, Stretch, Stretches

ORIGINS = [Origin(Kind.NOT_OBSERVED), Origin(Kind.NOT_FROM_OWNHAND), Origin(Kind.FROM_OWNHAND, "s1")]
ORIGINS.append(Origin(Kind.FROM_OWNHAND, "s2"))
stretches = st.lists(st.tuples(st.integers(0, 4), st.sampled_from(ORIGINS)), max_size=4)
edits = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), stretches), max_size=30)


def characters(of: list[Stretch]) -> list[Origin]:
    return [origin for length, origin in of for _ in range(length)]


def is_tidy(found: Stretches) -> bool:
    """No stretch is empty, and neighbours differ."""
    pieces = list(found)
    return all(length > 0 for length, _ in pieces) and all(one[1] != other[1] for one, other in pairwise(pieces))


@settings(max_examples=300)
@given(stretches, edits)
def test_like_one_origin_per_character(start: list[Stretch], changes: list[tuple[float, float, list[Stretch]]]) -> None:
    found, expected = Stretches(start), characters(start)
    for left, right, new in changes:
        low, high = sorted(round(share * len(expected)) for share in (left, right))
        assert characters(found.replace(low, high, new)) == expected[low:high]
        expected[low:high] = characters(new)
        assert characters(list(found)) == expected
        assert len(found) == len(expected)
        assert is_tidy(found)


def test_far_away_in_a_long_text() -> None:
    pieces = [(3, ORIGINS[number % 2]) for number in range(5000)]
    found, expected = Stretches(pieces), characters(pieces)
    for place in (14_000, 10, 7_501, 14_990, 0, len(expected)):
        found.replace(place, place, [(2, ORIGINS[2])])
        expected[place:place] = [ORIGINS[2]] * 2
    assert characters(list(found)) == expected
    assert characters(found.between(9_000, 9_010)) == expected[9_000:9_010]

"""Does the engine apply an adapter as it was trained? Shifts compared, by hand and with made-up noise."""

import random

import pytest

from ownhand.engines.protocol import NextToken
from ownhand.voices.probe import (
    PROBE_LIMITS,
    SERVING_LIMITS,
    USUAL_NOISE,
    agreement,
    complaint,
    expected_correlation,
    shifts,
)

NOISE = random.Random(3)


def trainer(spread, places=44, tokens=10):
    return [{bytes([n]): NOISE.gauss(0, spread) for n in range(tokens)} for _ in range(places)]


def seen(true, *, scale=1.0, noise=USUAL_NOISE, lost=0.0):
    """The engine's side of the same shifts: noisy, at another scale, or with a share of them made by something else."""
    spread = 0.3

    def one(value):
        return (NOISE.gauss(0, spread) if NOISE.random() < lost else scale * value) + NOISE.gauss(0, noise)

    return [{token: one(value) for token, value in place.items()} for place in true]


def test_a_line_through_shifts_by_hand():
    found = agreement([{b"a": 2.0, b"b": 4.0}, {b"a": 6.0, b"x": 9.0}], [{b"a": 1.0, b"b": 2.0}, {b"a": 3.0}])
    assert (found.places, found.pairs) == (2, 3)
    assert found.slope == pytest.approx(2.0)
    assert found.correlation == pytest.approx(1.0)
    assert found.noise == pytest.approx(0.0)
    assert found.spread == pytest.approx((2 / 3) ** 0.5)


def test_too_few_shifts_are_no_comparison():
    with pytest.raises(ValueError, match="too few"):
        agreement([{b"a": 1.0}], [{b"a": 1.0, b"b": 2.0}])
    few = trainer(0.3, places=12)
    assert "too little" in complaint(agreement(seen(few), few), PROBE_LIMITS)


def test_the_likeliest_tokens_of_the_bare_model_are_compared():
    before = [NextToken(b" the", -1.0), NextToken(b" a", -2.0), NextToken(b" it", -3.0)]
    after = [NextToken(b" it", -1.5), NextToken(b" the", -1.25)]
    assert shifts(before, after) == {b" the": -0.25, b" it": 1.5}


@pytest.mark.parametrize("spread", [0.2, 0.3, 0.4])
def test_a_right_probe_agrees(spread):
    true = trainer(spread)
    assert complaint(agreement(seen(true), true), PROBE_LIMITS) == ""


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"scale": 0.0}, "too weakly"),
        ({"scale": 0.16, "noise": 0.28}, "too weakly"),  # what a Q/K permutation left out looked like
        ({"scale": 2.0}, "too strongly"),
        ({"scale": 0.5}, "too weakly"),
        ({"scale": 1.0, "noise": 0.4}, "wrong order"),
        ({"lost": 0.5}, "too weakly"),
    ],
    ids=str,
)
def test_a_wrong_probe_fails(wrong, word):
    true = trainer(0.3)
    assert word in complaint(agreement(seen(true, **wrong), true), PROBE_LIMITS)


@pytest.mark.parametrize("spread", [0.08, 0.15, 0.3, 0.8])
def test_a_trained_adapter_is_told_to_be_applied_at_the_right_scale(spread):
    """Even a gentle one, whose shifts drown in the noise one by one."""
    true = trainer(spread)
    assert complaint(agreement(seen(true), true), SERVING_LIMITS) == ""
    assert "too weakly" in complaint(agreement(seen(true, scale=0.0), true), SERVING_LIMITS)
    assert "too strongly" in complaint(agreement(seen(true, scale=2.0), true), SERVING_LIMITS)


def test_the_correlation_that_noise_allows():
    assert expected_correlation(USUAL_NOISE) == pytest.approx(0.5**0.5)
    assert expected_correlation(0.3) == pytest.approx(0.94, abs=0.01)

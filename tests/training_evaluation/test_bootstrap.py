"""Intervals by piece, then block: hand-checked on rows whose answer is known."""

import math
import random

import pytest

from ownhand.training.bootstrap import _student, interval


def mean(rows):
    return sum(rows) / len(rows) if rows else math.nan


def test_without_spread_there_is_no_interval():
    assert interval(mean, [[2.0, 2.0], [2.0]]) == (2.0, 2.0)


def test_the_same_figures_give_the_same_interval():
    pieces = [[1.0, 2.0, 4.0], [8.0], [3.0, 3.5]]
    assert interval(mean, pieces) == interval(mean, pieces)


def test_it_holds_the_mean_of_pieces_that_differ():
    low, high = interval(mean, [[0.0], [1.0]])  # two pieces: one draw in four takes the same one twice
    assert low == pytest.approx(1 - high)
    assert low < -3  # by two pieces next to nothing is known: the quantile of Student's t is 12.7


def test_blocks_of_one_piece_count_less_than_as_many_pieces():
    """Twelve rows in two pieces say less than twelve rows in twelve pieces."""
    values = [1.0, 1.1, 0.9, 1.0, 1.1, 0.9, 3.0, 3.1, 2.9, 3.0, 3.1, 2.9]
    low, high = interval(mean, [values[:6], values[6:]])
    apart_low, apart_high = interval(mean, [[value] for value in values])
    assert high - low > apart_high - apart_low


def test_two_samples_are_drawn_independently():
    low, high = interval(lambda mine, theirs: mean(mine) - mean(theirs), [[1.0], [2.0]], [[1.0], [2.0]])
    assert low < -1.0
    assert high == pytest.approx(-low, rel=0.1)


@pytest.mark.parametrize("pieces", [3, 5, 8])
def test_chance_alone_is_seldom_above_nothing(pieces):
    """A lower bound above 0 where nothing was gained: 2.5 times in 100. Draws alone say it 16 times with 3 pieces."""
    noise, tries = random.Random(7), 400
    drawn = ([[noise.gauss(0, 1)] for _ in range(pieces)] for _ in range(tries))
    assert sum(interval(mean, rows, rounds=200)[0] > 0 for rows in drawn) / tries < 0.06


def test_with_many_pieces_nothing_is_widened():
    noise = random.Random(7)
    rows = [[noise.gauss(0, 1)] for _ in range(400)]
    low, high = interval(mean, rows, rounds=500)
    assert high - low == pytest.approx(2 * 1.96 / math.sqrt(400), rel=0.1)


@pytest.mark.parametrize(("degrees", "quantile"), [(2, 4.303), (4, 2.776), (9, 2.262), (30, 2.042)])
def test_students_quantiles(degrees, quantile):
    assert _student(1.959964, degrees) == pytest.approx(quantile, rel=0.01)


def test_no_piece_gives_no_number():
    assert all(math.isnan(bound) for bound in interval(mean, []))

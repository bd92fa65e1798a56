"""Intervals by piece, then block: hand-checked on rows whose answer is known."""

import math

from ownhand.training.bootstrap import interval


def mean(rows):
    return sum(rows) / len(rows) if rows else math.nan


def test_without_spread_there_is_no_interval():
    assert interval(mean, [[2.0, 2.0], [2.0]]) == (2.0, 2.0)


def test_the_same_figures_give_the_same_interval():
    pieces = [[1.0, 2.0, 4.0], [8.0], [3.0, 3.5]]
    assert interval(mean, pieces) == interval(mean, pieces)


def test_it_holds_the_mean_of_pieces_that_differ():
    low, high = interval(mean, [[0.0], [1.0]])
    assert (low, high) == (0.0, 1.0)  # two pieces: one draw in four takes the same one twice


def test_blocks_of_one_piece_count_less_than_as_many_pieces():
    """Twelve rows in two pieces say less than twelve rows in twelve pieces."""
    values = [1.0, 1.1, 0.9, 1.0, 1.1, 0.9, 3.0, 3.1, 2.9, 3.0, 3.1, 2.9]
    low, high = interval(mean, [values[:6], values[6:]])
    apart_low, apart_high = interval(mean, [[value] for value in values])
    assert high - low > apart_high - apart_low


def test_two_samples_are_drawn_independently():
    low, high = interval(lambda mine, theirs: mean(mine) - mean(theirs), [[1.0], [2.0]], [[1.0], [2.0]])
    assert low == -1.0
    assert high == 1.0


def test_no_piece_gives_no_number():
    assert all(math.isnan(bound) for bound in interval(mean, []))

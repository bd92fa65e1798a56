"""The running mean of the weights: what it is and that looking at it changes nothing."""

import pytest
import torch

from ownhand.training.averaging import RunningMean


def walked(decay: float, path: list[float]) -> tuple[RunningMean, torch.nn.Parameter]:
    parameter = torch.nn.Parameter(torch.zeros(2))
    mean = RunningMean({"it": parameter}, decay)
    for step, value in enumerate(path, start=1):
        parameter.data.fill_(value)
        mean.add(step)
    return mean, parameter


def test_the_first_steps_count_alike_and_later_ones_fade():
    mean, _ = walked(0.5, [4.0, 2.0])
    assert mean.values["it"].tolist() == [3.0, 3.0]
    mean, _ = walked(0.5, [4.0, 2.0, 1.0, 7.0])
    assert mean.values["it"].tolist() == [4.5, 4.5]


def test_without_fading_in_it_is_the_last_step():
    mean, _ = walked(0.0, [4.0, 2.0, 9.0])
    assert mean.values["it"].tolist() == [9.0, 9.0]


def test_looking_at_the_mean_changes_nothing_even_when_that_fails():
    mean, parameter = walked(0.5, [4.0, 2.0])
    with pytest.raises(RuntimeError), mean.in_place():
        assert parameter.tolist() == [3.0, 3.0]
        raise RuntimeError
    assert parameter.tolist() == [2.0, 2.0]
    assert mean.values["it"].tolist() == [3.0, 3.0]

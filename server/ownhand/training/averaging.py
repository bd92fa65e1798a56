"""A running mean of the weights that are trained: what is kept of a training instead of its last step.

With a batch of few samples the last steps pull the weights to whatever was read last; their mean foretells unseen pages
better (docs/lab-notes.md). Runs in the trainer's child.
"""

import contextlib
from collections.abc import Iterator, Mapping

import torch


class RunningMean:
    """Exponential: each step counts `decay` times as much as the next. The first steps are averaged evenly.

    `values` are tensors by the names of the parameters, empty before the first step.
    """

    def __init__(self, trained: Mapping[str, torch.nn.Parameter], decay: float) -> None:
        self._trained, self._decay = trained, decay
        self.values: dict[str, torch.Tensor] = {}

    def add(self, step: int) -> None:
        """Take in the weights as they are after step `step`, counted from 1."""
        weight = max(1 - self._decay, 1 / step)
        for name, parameter in self._trained.items():
            known = self.values.get(name)
            now = parameter.detach()
            self.values[name] = now.clone() if known is None else known.lerp_(now, weight)

    @contextlib.contextmanager
    def in_place(self) -> Iterator[None]:
        """The model works with the mean until the block ends."""
        last = {name: parameter.detach().clone() for name, parameter in self._trained.items()}
        put(self._trained, self.values)
        try:
            yield
        finally:
            put(self._trained, last)


def put(trained: Mapping[str, torch.nn.Parameter], values: Mapping[str, torch.Tensor]) -> None:
    """Let parameters have these values; those that are not named stay."""
    for name, parameter in trained.items():
        if name in values:
            parameter.data.copy_(values[name])


def trained_parameters(model: torch.nn.Module) -> dict[str, torch.nn.Parameter]:
    return {name: value for name, value in model.named_parameters() if value.requires_grad}

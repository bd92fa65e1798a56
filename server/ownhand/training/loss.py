"""The loss without the whole table of scores: a vocabulary times a page of tokens is the largest thing in training."""

from typing import Any

import torch

from ownhand.training.memory import rows_at_once


class _SummedCrossEntropy(torch.autograd.Function):  # type: ignore[misc]  # torch's types are not read
    """Cross entropy of `hidden @ weight.T` against `targets`, summed, some rows at a time.

    The gradient by `hidden` is (softmax - one hot) @ weight, made in the same pass; `weight` is frozen.
    """

    @staticmethod
    def forward(ctx: Any, hidden: torch.Tensor, weight: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        gradient = torch.empty_like(hidden)
        total = hidden.new_zeros((), dtype=torch.float32)
        rows = rows_at_once(weight.shape[0])
        for start in range(0, hidden.shape[0], rows):
            part = slice(start, start + rows)
            scores = (hidden[part] @ weight.T).float()
            here = torch.arange(scores.shape[0], device=scores.device)
            total += (scores.logsumexp(-1) - scores[here, targets[part]]).sum()
            chances = scores.softmax(-1)
            chances[here, targets[part]] -= 1
            gradient[part] = chances.to(weight.dtype) @ weight
        ctx.save_for_backward(gradient)
        return total

    @staticmethod
    def backward(ctx: Any, *outer: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        (gradient,) = ctx.saved_tensors
        return gradient * outer[0].to(gradient.dtype), None, None


def summed_loss(hidden: torch.Tensor, weight: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Nats, summed over the tokens that are learned.

    `hidden` (batch, length, width) is the last layer's output, `labels` (batch, length) the ids of the tokens
    themselves, negative where they are not learned; the state before a token foretells it.
    """
    targets, before = labels[:, 1:], hidden[:, :-1]
    learned = targets >= 0
    total: torch.Tensor = _SummedCrossEntropy.apply(before[learned], weight, targets[learned])
    return total

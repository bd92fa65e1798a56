"""Bits of many blocks at once, for a graphics card: the sums of `training.bits.Scorer`, another order of work."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import torch

from ownhand.training.evaluation_plan import Scored

_TOKENS_AT_ONCE = 16_384
_ROWS_AT_ONCE = 2_048
"""Tokens whose chances over the whole vocabulary are in memory at once."""


def bits(model: Any, items: Sequence[Scored], tokens_at_once: int = _TOKENS_AT_ONCE) -> dict[str, float]:
    """By the name of each block, as `Scorer.bits(item.context, item.ids)` has it."""
    return {name: sum(each) for name, each in token_bits(model, items, tokens_at_once).items()}


def token_bits(model: Any, items: Sequence[Scored], tokens_at_once: int = _TOKENS_AT_ONCE) -> dict[str, list[float]]:
    """By the name of each block, for each token that is scored: all of `item.ids`, less the first without a context."""
    found: dict[str, list[float]] = {}
    for batch in _batches(items, tokens_at_once):
        found |= _batch_bits(model, batch)
    return found


def _batches(items: Sequence[Scored], tokens: int) -> Iterator[list[Scored]]:
    batch: list[Scored] = []
    for item in sorted(items, key=_length, reverse=True):
        if batch and (len(batch) + 1) * _length(batch[0]) > tokens:
            yield batch
            batch = []
        batch.append(item)
    if batch:
        yield batch


def _length(item: Scored) -> int:
    return len(item.context) + len(item.ids)


def _batch_bits(model: Any, batch: Sequence[Scored]) -> dict[str, list[float]]:
    """Padded at the right: no token looks ahead, so none sees the padding."""
    device, head = model.device, model.get_output_embeddings().weight
    ids = torch.zeros(len(batch), _length(batch[0]), dtype=torch.long)
    rows, places, targets, counts = [], [], [], []
    for row, item in enumerate(batch):
        tokens = [*item.context, *item.ids]
        ids[row, : len(tokens)] = torch.tensor(tokens)
        wanted = range(max(len(item.context), 1), len(tokens))
        counts.append(len(wanted))
        rows += [row] * len(wanted)
        places += [at - 1 for at in wanted]
        targets += [tokens[at] for at in wanted]
    with torch.inference_mode():
        hidden = model.model(input_ids=ids.to(device), use_cache=False).last_hidden_state
        chosen = hidden[torch.tensor(rows, device=device), torch.tensor(places, device=device)]
        nats = _nats(chosen, head, torch.tensor(targets, device=device)).cpu()
    each = (nats / math.log(2)).split(counts)
    return {item.name: part.tolist() for item, part in zip(batch, each, strict=True)}


def _nats(hidden: torch.Tensor, head: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    parts = []
    for start in range(0, len(hidden), _ROWS_AT_ONCE):
        part = slice(start, start + _ROWS_AT_ONCE)
        scores = (hidden[part] @ head.T).float()
        picked = scores.gather(1, targets[part].unsqueeze(1)).squeeze(1)
        parts.append((scores.logsumexp(-1) - picked).double())
    return torch.cat(parts) if parts else hidden.new_zeros(0, dtype=torch.double)

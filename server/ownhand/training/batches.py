"""In which order samples are learned, and which go through the model together."""

import random
from collections.abc import Sequence

from ownhand.training.recipe import Recipe

_MIXED = 8
"""Batches in which samples are sorted by length: little is padded, and the order stays by chance."""
MOST_PADDING = 0.1
"""Share of padding in what a processor takes at once: it works for each token, whatever that stands for."""


def batches(lengths: Sequence[int], recipe: Recipe, epoch: int) -> list[list[int]]:
    """Numbers of samples, batch by batch, for one pass. The same for the same seed and epoch, on every machine."""
    chance = random.Random(f"{recipe.seed}:{epoch}")
    order = list(range(len(lengths)))
    chance.shuffle(order)
    found: list[list[int]] = []
    for start in range(0, len(order), _MIXED * recipe.batch):
        near = sorted(order[start : start + _MIXED * recipe.batch], key=lambda number: lengths[number])
        found += [near[first : first + recipe.batch] for first in range(0, len(near), recipe.batch)]
    chance.shuffle(found)
    return found


def together(
    batch: Sequence[int], lengths: Sequence[int], tokens: int, most_padding: float = MOST_PADDING
) -> list[list[int]]:
    """A batch in parts of at most `tokens` padded tokens, a share of `most_padding` of them without meaning; a longer
    sample goes alone."""
    parts: list[list[int]] = []
    for number in sorted(batch, key=lambda number: -lengths[number]):
        last = parts[-1] if parts else []
        size = (len(last) + 1) * lengths[last[0]] if last else 0
        real = sum(lengths[other] for other in last) + lengths[number]
        if last and size <= tokens and real >= (1 - most_padding) * size:
            last.append(number)
        else:
            parts.append([number])
    return parts

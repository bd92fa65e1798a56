"""How much memory a training takes, known before it starts: a sum of weights, optimizer, activations, vocabulary.

The sum is meant to be a little too high. What a layer keeps was fitted by hand to peaks; `bench/memory.py` compares the
sum with what trainings of several shapes took (docs/lab-notes.md, 27 November 2026).
"""

import contextlib
import ctypes
import sys
from dataclasses import dataclass

from ownhand.errors import WriterError
from ownhand.training.architecture import Shape
from ownhand.training.recipe import Recipe

_USABLE_SHARE = 0.9
"""Of the free memory, that a training may take."""
_F32 = 4
_PER_LORA_WEIGHT = 6 * _F32
"""Weight, gradient, AdamW's two moments, the running mean, and the weight again while the mean is in its place."""
_RUNTIME = 930_000_000
"""Python, torch and its libraries."""
_HIDDEN_KEPT, _FEED_FORWARD_KEPT, _QUERIES_KEPT, _KEYS_KEPT = 18, 9, 10, 10
"""Values per token that a layer takes for the way there and back, in units of each of its widths. A good half of them
are kept; the rest is what the allocator can't use again at once."""
_TOGETHER_ON_CPU = 256
"""Tokens from which a processor gains nothing by taking more at once."""
LOGIT_BYTES = 64 << 20
"""The vocabulary's scores are made for so many tokens at a time that they fit here."""
_LOGIT_COPIES = 3
_M_MMAP_THRESHOLD, _LARGE_BLOCK = -3, 1 << 20


@dataclass(frozen=True)
class Plan:
    """`micro_tokens`: padded tokens that go through the model at once. `recompute`: activations are made again on the
    way back instead of kept, which takes a third more time. `bytes` is what all needs."""

    micro_tokens: int
    recompute: bool
    bytes: int


def plan(
    shape: Shape, recipe: Recipe, free: int, *, longest: int = 0, bytes_each: int = _F32, gpu: bool = False
) -> Plan:
    """The fastest way to train on samples of at most `longest` tokens that fits into `free` bytes.

    Raises WriterError with both figures when none does.
    """
    longest = longest or recipe.max_tokens
    wishes = (8 * recipe.max_tokens, 2 * recipe.max_tokens, longest) if gpu else (_TOGETHER_ON_CPU,)
    ways = [(tokens, False) for tokens in wishes] + [(wishes[-1], True)]
    needed = 0
    for tokens, recompute in ways:
        needed = need(shape, recipe, max(tokens, longest), bytes_each=bytes_each, recompute=recompute)
        if needed <= free:
            return Plan(tokens, recompute, needed)
    raise WriterError(
        f"Learning with this model needs about {needed / 1e9:.1f} GB of memory, and {free / 1e9:.1f} GB are free.",
        "Close other programs, or choose a smaller model in ownhand.model.",
    )


def plan_within(free: int, shape: Shape, recipe: Recipe, *, longest: int, gpu: bool) -> Plan:
    """As `plan`, where `free` bytes are free on the processor's side or, `gpu`, on the card. Raises WriterError."""
    usable, bytes_each = int(free * _USABLE_SHARE), 2 if gpu else _F32
    return plan(shape, recipe, usable, longest=longest, bytes_each=bytes_each, gpu=gpu)


def need(shape: Shape, recipe: Recipe, tokens: int, *, bytes_each: int = _F32, recompute: bool = False) -> int:
    """Bytes for a training that takes `tokens` tokens at once."""
    per_layer = activation_bytes(shape, recipe) * tokens
    kept = shape.layers * shape.hidden * _F32 * tokens + per_layer if recompute else shape.layers * per_layer
    logits = min(LOGIT_BYTES, tokens * shape.vocabulary * _F32) * _LOGIT_COPIES
    lora = shape.lora_parameters(recipe.rank) * _PER_LORA_WEIGHT
    return _RUNTIME + shape.parameters * bytes_each + lora + kept + logits


def activation_bytes(shape: Shape, recipe: Recipe) -> int:
    """What one layer keeps per token. Activations are F32 wherever the weights are; half of it would do on a card."""
    widths = (
        _HIDDEN_KEPT * shape.hidden
        + _FEED_FORWARD_KEPT * shape.feed_forward
        + _QUERIES_KEPT * shape.heads * shape.head_size
        + _KEYS_KEPT * shape.kv_heads * shape.head_size
        + 7 * recipe.rank
    )
    return widths * _F32


def rows_at_once(vocabulary: int) -> int:
    """Tokens whose scores are made at a time."""
    return max(1, LOGIT_BYTES // (vocabulary * _F32))


def give_back_at_once() -> None:
    """From now on glibc gives every large block back to the system when it is free.

    Left to itself it raises its limit with each block that is freed, up to 32 MiB, and keeps what lies between: then
    activations that are made again take half of the memory of those that are kept (mallopt(3), M_MMAP_THRESHOLD).
    Nothing happens where there is no glibc.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LARGE_BLOCK)

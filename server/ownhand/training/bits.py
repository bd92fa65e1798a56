"""Bits that a model needs for given tokens after given others. Runs in the trainer's child."""

import math
from collections.abc import Sequence, Set
from typing import Any

import torch
from transformers import DynamicCache

_AT_ONCE = 256
"""Tokens whose log-probabilities over the whole vocabulary are in memory at once."""


class Scorer:
    """Asks one model, in 32 bits, and keeps what it read while the next text begins with the same tokens.

    A longer text is read in the same order by the same threads every time, so a run repeats its figures.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self.forget()

    def forget(self) -> None:
        """What was read is worth nothing any more: another adapter is in use.

        The cache is not told of layers that look back only so far: it would throw away what a shorter text needs. The
        model masks what such a layer must not see.
        """
        self._cache = DynamicCache()
        self._read: list[int] = []

    def bits(self, context: Sequence[int], ids: Sequence[int], left_out: Sequence[tuple[int, int]] = ()) -> float:
        """Minus the base-2 logarithm of the probability of `ids` after `context`, which may not be empty.

        Those of `ids` with a number in the ranges `left_out` are read for what follows, and not counted themselves.
        Without a context the first token can't be told from anything; then it is not counted.
        """
        tokens = [*context, *ids]
        first = max(len(context), 1)
        if len(tokens) <= first:
            return 0.0
        kept = self._keep(tokens, first - 1)
        uncounted = {len(context) + number for run in left_out for number in range(*run)}
        nats = 0.0
        for start in range(kept, len(tokens), _AT_ONCE):
            part = tokens[start : start + _AT_ONCE]
            nats += self._nats(part, start, tokens, first, uncounted)
        self._read = tokens
        return nats / math.log(2)

    def _keep(self, tokens: Sequence[int], most: int) -> int:
        """How many tokens are read already; what else the cache holds is dropped. At most `most`."""
        same = 0
        for old, new in zip(self._read, tokens, strict=False):
            if old != new or same == most:
                break
            same += 1
        if same:
            # How many to drop, not how many to keep: newer versions of transformers take nothing else.
            self._cache.crop(-(self._cache.get_seq_length() - same))
        else:
            self.forget()
        return same

    def _nats(self, part: Sequence[int], start: int, tokens: Sequence[int], first: int, uncounted: Set[int]) -> float:
        """Read `part`, which stands at `start`, and add up what its tokens say about those that follow."""
        begin = max(start + 1, first)
        wanted = tokens[begin : start + len(part) + 1]
        with torch.inference_mode():
            answer = self._model(
                input_ids=torch.tensor([part], device=self._model.device),
                past_key_values=self._cache,
                use_cache=True,
                logits_to_keep=max(1, len(part) - max(0, first - 1 - start)),
            )
            if not wanted or start + len(part) < first:
                return 0.0
            chances = torch.log_softmax(answer.logits[0, : len(wanted)].float(), -1)
            picked = chances.gather(1, torch.tensor(wanted, device=chances.device).unsqueeze(1))
            if uncounted:
                picked = picked[[at for at in range(len(wanted)) if begin + at not in uncounted]]
            return -float(picked.double().sum())

"""Lets a model write on from all prompts of a pack at once: transformers' `generate`, drawing as llama.cpp does.

The order of its samplers and their meaning are llama.cpp's (`common/sampling.cpp`): penalties, top k, top p, min p,
temperature. Words differ from an engine's all the same, since the random numbers do.
"""

from collections.abc import Sequence
from typing import Any

import torch
from transformers import GenerationConfig, LogitsProcessor, LogitsProcessorList

from bench.voice.packs import Start

_REMEMBERED = 64
"""Tokens that the repeat penalty looks back on."""
_SEED = 1000
_TOKENS = 72
"""Enough for two thousand words in all; the product writes 96."""


def write(model: Any, starts: Sequence[Start], end: int) -> list[list[int]]:
    """What follows each prompt, in tokens, the end token left out."""
    longest = max(len(start.ids) for start in starts)
    ids = torch.tensor([[0] * (longest - len(start.ids)) + list(start.ids) for start in starts])
    mask = torch.tensor([[0] * (longest - len(start.ids)) + [1] * len(start.ids) for start in starts])
    config = GenerationConfig(
        max_new_tokens=min(_TOKENS, int(max(start.draw["tokens"] for start in starts))),
        do_sample=True, temperature=1.0, top_k=0, top_p=1.0, eos_token_id=end, pad_token_id=end,
    )  # fmt: skip
    torch.manual_seed(_SEED)
    with torch.inference_mode():
        written = model.generate(
            ids.to(model.device),
            attention_mask=mask.to(model.device),
            generation_config=config,
            logits_processor=LogitsProcessorList([_Drawn(starts, model.device)]),
        )
    return [_until(row, end) for row in written[:, longest:].tolist()]


def _until(row: list[int], end: int) -> list[int]:
    return row[: row.index(end)] if end in row else row


class _Drawn(LogitsProcessor):
    """Each row by its own rule; what comes out is drawn from as it is."""

    def __init__(self, starts: Sequence[Start], device: torch.device) -> None:
        def column(key: str) -> torch.Tensor:
            return torch.tensor([start.draw[key] for start in starts], device=device).unsqueeze(1)

        self._penalty, self._top_p, self._min_p = column("repeat_penalty"), column("top_p"), column("min_p")
        greedy = torch.tensor([start.greedy for start in starts], device=device).unsqueeze(1)
        self._temperature = torch.where(greedy, torch.ones_like(self._top_p), column("temperature"))
        self._top_k = torch.where(greedy, torch.ones_like(self._top_p), column("top_k"))
        self._most = int(self._top_k.max())

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        seen = input_ids[:, -_REMEMBERED:]
        known = scores.gather(1, seen)
        scores = scores.scatter(1, seen, torch.where(known > 0, known / self._penalty, known * self._penalty))
        best, places = scores.topk(self._most, dim=-1)
        best = best.masked_fill(torch.arange(self._most, device=best.device) >= self._top_k, -torch.inf)
        chances = best.softmax(-1)
        before = chances.cumsum(-1) - chances
        out = (before >= self._top_p) | (chances < self._min_p * chances[:, :1])
        best = best.masked_fill(out, -torch.inf) / self._temperature
        return torch.full_like(scores, -torch.inf).scatter(1, places, best)

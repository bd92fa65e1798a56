"""What comes next, as log-probabilities: from the engine that serves and from transformers, on the same token ids."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ownhand.engines.llama_child import start_child
from ownhand.engines.wire import body, parsed

TOP = 10
Prefix = Sequence[int]


async def engine_says(gguf: Path, prefixes: Sequence[Prefix], top: int = TOP) -> list[dict[int, float]]:
    """For each prefix the engine's likeliest next tokens: id to natural log-probability."""
    child = await start_child(gguf, 512, None)
    try:
        return [await _asked(child, prefix, top) for prefix in prefixes]
    finally:
        await child.close()


async def _asked(child: Any, prefix: Prefix, top: int) -> dict[int, float]:
    """As the product asks: a letter is chosen, for the server tells nothing of a token that is part of a character."""
    request = {"prompt": list(prefix), "n_predict": 1, "n_probs": top, "cache_prompt": False}
    request |= {"temperature": 0.0, "logit_bias": [["a", 1000]]}
    answer = parsed((await child.client.post("/completion", content=body(request))).content)
    likely = answer["completion_probabilities"][0]["top_logprobs"]
    return {entry["id"]: entry["logprob"] for entry in likely}


def transformers_says(folder: Path, prefixes: Sequence[Prefix]) -> list[Any]:
    """For each prefix the log-probabilities of all tokens, as a tensor (vocabulary,)."""
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    with torch.no_grad():
        return [model(torch.tensor([list(prefix)])).logits[0, -1].log_softmax(-1) for prefix in prefixes]


def differences(engine: list[dict[int, float]], other: list[Any]) -> list[float]:
    """Absolute differences of log-probabilities over the engine's likeliest tokens, all prefixes together."""
    pairs = zip(engine, other, strict=True)
    return [abs(value - float(theirs[token])) for ours, theirs in pairs for token, value in ours.items()]

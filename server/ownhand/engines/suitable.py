"""Which models can serve a writer, and which can learn a hand: one list, shared with training."""

from collections.abc import Sequence
from dataclasses import replace

from ownhand.engines.protocol import Model
from ownhand.engines.room import free_memory

LEARNABLE_ARCHITECTURES = frozenset({"llama", "qwen2", "qwen3", "gemma3"})
"""GGUF architectures (`general.architecture`) that training supports and whose adapters the engines can apply. The
models of Mistral come as "llama". A test compares this with what `training/architecture.py` knows."""

_CODE = ("code", "coder", "starcoder", "codestral", "devstral", "sqlcoder")
_EMBEDDING = ("embed", "bge-", "minilm", "bert", "rerank")
_MEMORY_SHARE = 0.9
TOO_LARGE = "is too large for this machine's free memory"

BETTER_MODEL = "llama3.2:3b-text-q4_K_M"
"""A base model in Ollama's library to begin with: continues text, can learn, fits 4 GB of free memory."""
BETTER_SIZE = 2_000_000_000
PULL = f"ollama pull {BETTER_MODEL}"


def is_cloud(name: str) -> bool:
    """Ollama's names for models that run elsewhere: NAME:cloud and NAME:SIZE-cloud."""
    return name.endswith((":cloud", "-cloud"))


def suitable(
    model: Model, *, remote: bool = False, capabilities: Sequence[str] = (), memory: int | None = None
) -> tuple[bool, str]:
    """Can this model continue plain text here? With the reason when it can't, as the end of "left out: it ...".

    `memory` is what the machine has free in bytes; asked when not given.
    """
    name = model.name.lower()
    if remote or is_cloud(name):
        return False, "runs on somebody else's machine"
    embeds = "embedding" in capabilities or any(sign in f"{name} {model.family}" for sign in _EMBEDDING)
    if embeds or (capabilities and "completion" not in capabilities):
        return False, "measures texts and writes none"
    if any(sign in name for sign in _CODE):
        return False, "was made for program code"
    if model.size > (free_memory() if memory is None else memory) * _MEMORY_SHARE:
        return False, TOO_LARGE
    return True, ""


def judged(model: Model, *, remote: bool = False, capabilities: Sequence[str] = ()) -> Model:
    """The same model with `suitable` and `why_not` filled in."""
    fits, why_not = suitable(model, remote=remote, capabilities=capabilities)
    return replace(model, suitable=fits, why_not=why_not)

"""The models that Ollama makes of a base and an adapter: how they are made, what they are called, whose they are."""

import re
from typing import Literal

PREFIX = "ownhand-"
_LAST_WITH_ADAPTERS = (0, 34, 0)
_FIRST_LORA_FOR_ALL = (0, 30, 0)
_OLD_LORA_ARCHITECTURES = frozenset({"llama", "mistral", "gemma", "gemma2", "qwen2", "phi3", "granite"})

Route = Literal["adapter", "merged"]


def route(version: str, architecture: str) -> Route:
    """How this Ollama gets an adapter: as a layer of its own, or merged into the model's weights.

    Up to 0.29 only some kinds of model took a layer, up to 0.34.0 all do, and from then on none. A version that can't
    be read counts as the newest; merged weights are served by every one.
    """
    number = _version(version)
    old = number < _FIRST_LORA_FOR_ALL and architecture not in _OLD_LORA_ARCHITECTURES
    return "merged" if old or number > _LAST_WITH_ADAPTERS else "adapter"


def derived_name(model: str, adapter_id: str) -> str:
    """The name of the model that Ollama makes of `model` and an adapter: ours by its beginning."""
    return PREFIX + re.sub(r"[^a-z0-9_.-]+", "-", f"{model}-{adapter_id}".lower())


def is_derived(name: str, voice: str) -> bool:
    """Was this model made of an adapter of that voice? A voice's id is 16 hex digits, so no other name holds it."""
    return bool(voice) and name.startswith(PREFIX) and f"-{voice.lower()}-" in name


def _version(text: str) -> tuple[int, ...]:
    """(0, 17, 4) from "0.17.4" or "0.17.4-rc1"."""
    numbers = re.match(r"(\d+)\.(\d+)\.(\d+)", text)
    return tuple(int(part) for part in numbers.groups()) if numbers else (999,)

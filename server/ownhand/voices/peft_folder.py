"""What PEFT writes for a LoRA, `adapter_config.json` and `adapter_model.safetensors`, checked and understood.

PEFT's own loader is not used: it accepts far more than a plain LoRA, and it needs torch.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ownhand.errors import WriterError
from ownhand.voices.safetensors_file import NEXT_STEP, Entry, read_entries

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
_LARGEST_CONFIG = 1 << 20
_HIGHEST_RANK = 1024
_PREFIX = "base_model.model."
_PART = re.compile(r"(?P<module>[A-Za-z0-9_.]+)\.lora_(?P<side>[AB])\.weight")
_PLAIN = re.compile(r"[A-Za-z0-9_.]+")
_REFUSED = ("use_dora", "use_qalora", "fan_in_fan_out", "modules_to_save", "trainable_token_indices", "megatron_config",
            "alora_invocation_tokens", "target_parameters", "lora_bias", "layer_replication")  # fmt: skip
"""Settings that make more of an adapter than two matrices beside a weight, which no engine would apply."""


@dataclass(frozen=True)
class LoraConfig:
    """How strongly the matrices count: `scale` in PEFT's `lora/layer.py`, `update_layer`."""

    rank: int
    alpha: float
    rslora: bool
    ranks: Mapping[str, int]
    alphas: Mapping[str, float]

    def rank_of(self, module: str) -> int:
        return int(_by_pattern(self.ranks, module, self.rank))

    def scale_of(self, module: str) -> float:
        """What B·A is multiplied with: alpha / rank, in rank-stabilized LoRA (arXiv 2312.03732) alpha / sqrt(rank)."""
        rank = self.rank_of(module)
        return _by_pattern(self.alphas, module, self.alpha) / (math.sqrt(rank) if self.rslora else rank)


@dataclass(frozen=True)
class LoraModule:
    """One adapted weight. `a` is (rank, in), `b` (out, rank); `module` as in "model.layers.0.self_attn.q_proj"."""

    module: str
    a: Entry
    b: Entry

    @property
    def rank(self) -> int:
        return self.a.shape[0]


@dataclass(frozen=True)
class PeftFolder:
    """A checked LoRA on disk; no weight has been read yet."""

    weights: Path
    config: LoraConfig
    modules: tuple[LoraModule, ...]


def read_peft_folder(folder: Path) -> PeftFolder:
    """Raises WriterError with one sentence unless `folder` holds a plain LoRA."""
    config = _config(folder / CONFIG)
    pairs: dict[str, dict[str, Entry]] = {}
    for name, entry in read_entries(folder / WEIGHTS).items():
        matched = _PART.fullmatch(name.removeprefix(_PREFIX))
        if matched is None or len(entry.shape) != 2:
            raise _no_lora(folder / WEIGHTS, "holds a part that is no LoRA matrix")
        pairs.setdefault(matched["module"], {})[matched["side"]] = entry
    if not pairs:
        raise _no_lora(folder / WEIGHTS, "is empty")
    modules = tuple(_module(folder / WEIGHTS, config, name, pair) for name, pair in sorted(pairs.items()))
    return PeftFolder(folder / WEIGHTS, config, modules)


def _module(path: Path, config: LoraConfig, name: str, pair: Mapping[str, Entry]) -> LoraModule:
    if set(pair) != {"A", "B"}:
        raise _no_lora(path, f"lacks one half of {name}")
    rank = config.rank_of(name)
    if pair["A"].shape[0] != rank or pair["B"].shape[1] != rank:
        raise _no_lora(path, f"has another rank in {name} than its settings say")
    return LoraModule(name, pair["A"], pair["B"])


def _config(path: Path) -> LoraConfig:
    try:
        if path.stat().st_size > _LARGEST_CONFIG:
            raise _no_lora(path, "is far too large for settings")
        values = json.loads(path.read_bytes())
        if not isinstance(values, dict) or values.get("peft_type") != "LORA":
            raise _no_lora(path, "does not describe a LoRA")
        return _understood(path, values)
    except OSError as error:
        raise _no_lora(path, f"can't be read: {error.strerror}") from error
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError) as error:
        raise _no_lora(path, "has settings that make no sense") from error


def _understood(path: Path, values: Mapping[str, Any]) -> LoraConfig:
    if any(values.get(key) for key in _REFUSED) or values.get("bias", "none") != "none":
        raise _no_lora(path, "describes more than a plain LoRA")
    config = LoraConfig(
        values["r"],
        float(values["lora_alpha"]),
        bool(values.get("use_rslora")),
        dict(values.get("rank_pattern") or {}),
        {key: float(alpha) for key, alpha in (values.get("alpha_pattern") or {}).items()},
    )
    ranks, alphas = (config.rank, *config.ranks.values()), (config.alpha, *config.alphas.values())
    if not all(type(rank) is int and 0 < rank <= _HIGHEST_RANK for rank in ranks):
        raise ValueError("rank")
    if not all(math.isfinite(alpha) and alpha > 0 for alpha in alphas):
        raise ValueError("alpha")
    if not all(_PLAIN.fullmatch(key) for key in (*config.ranks, *config.alphas)):
        raise _no_lora(path, "names its parts by a pattern that Ownhand does not read")
    return config


def _by_pattern(patterns: Mapping[str, float], module: str, default: float) -> float:
    """PEFT matches a pattern to the end of a module's name, at a dot (`peft/utils/other.py`, `get_pattern_key`)."""
    return next((value for key, value in patterns.items() if f".{module}".endswith(f".{key}")), default)


def _no_lora(path: Path, predicate: str) -> WriterError:
    return WriterError(f"The file {path.name} {predicate}.", NEXT_STEP)

"""What a GGUF model is in transformers' words: its configuration, and where each of its tensors goes.

Sources: llama.cpp's `conversion/` (which wrote the GGUF), its `llama-model.cpp` (which reads it) and transformers'
`configuration_*.py`. Reads the file's head alone, without numpy. A family is listed once its weights, taken over this
way, gave the engine's own log-probabilities (`tests/training/test_base_weights.py`).
"""

import array
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from math import prod
from typing import Any

from ownhand.engines.gguf_header import Header, Tensor
from ownhand.errors import WriterError

_F32 = 0
_EVERYWHERE = {
    "attn_norm.weight": "input_layernorm.weight",
    "attn_q.weight": "self_attn.q_proj.weight",
    "attn_k.weight": "self_attn.k_proj.weight",
    "attn_v.weight": "self_attn.v_proj.weight",
    "attn_output.weight": "self_attn.o_proj.weight",
    "ffn_gate.weight": "mlp.gate_proj.weight",
    "ffn_up.weight": "mlp.up_proj.weight",
    "ffn_down.weight": "mlp.down_proj.weight",
}
_PRE_NORM = {"ffn_norm.weight": "post_attention_layernorm.weight"}
_BIASES = {
    "attn_q.bias": "self_attn.q_proj.bias",
    "attn_k.bias": "self_attn.k_proj.bias",
    "attn_v.bias": "self_attn.v_proj.bias",
}
_HEAD_NORMS = {"attn_q_norm.weight": "self_attn.q_norm.weight", "attn_k_norm.weight": "self_attn.k_norm.weight"}
_SANDWICH_NORMS = {
    "post_attention_norm.weight": "post_attention_layernorm.weight",
    "ffn_norm.weight": "pre_feedforward_layernorm.weight",
    "post_ffw_norm.weight": "post_feedforward_layernorm.weight",
}
_NEXT_STEP = "Choose a model that can learn in ownhand.model."
_ROPE_FREQS = "rope_freqs.weight"
_LLAMA_3_BASE, _LLAMA_3_UNSCALED = 500_000.0, 8192
_GEMMA_3_UNSCALED = 32_768
_GEMMA_3_PATTERN = 6
"""Every sixth layer of Gemma 3 sees the whole text (llama.cpp's `set_swa_pattern(6)`)."""
_GEMMA_3_27B_LAYERS = 62


class Change(Enum):
    """What has to be done to a tensor's values on the way."""

    NONE = "none"
    ROTARY_ROWS = "rotary rows"
    """Rows of Q and K lie in the order of llama.cpp's rotation; put them back into transformers'."""
    MINUS_ONE = "minus one"
    """llama.cpp keeps norms as they are multiplied, transformers as the difference from 1."""


@dataclass(frozen=True)
class Part:
    """One tensor to write: `shape` in transformers' order (rows first), `heads` for ROTARY_ROWS."""

    source: Tensor
    name: str
    change: Change = Change.NONE
    heads: int = 0

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(reversed(self.source.shape))


@dataclass(frozen=True)
class _Family:
    model_type: str
    model_class: str
    layer: Mapping[str, str]
    permutes: bool = False
    norms_from_one: bool = False


_FAMILIES = {
    "llama": _Family("llama", "LlamaForCausalLM", _EVERYWHERE | _PRE_NORM, permutes=True),
    "qwen2": _Family("qwen2", "Qwen2ForCausalLM", _EVERYWHERE | _PRE_NORM | _BIASES),
    "qwen3": _Family("qwen3", "Qwen3ForCausalLM", _EVERYWHERE | _PRE_NORM | _HEAD_NORMS),
    "gemma3": _Family(
        "gemma3_text", "Gemma3ForCausalLM", _EVERYWHERE | _HEAD_NORMS | _SANDWICH_NORMS, norms_from_one=True
    ),
}
"""By `general.architecture`."""
ARCHITECTURES = frozenset(_FAMILIES)
MODEL_TYPES = frozenset(family.model_type for family in _FAMILIES.values())


SMALL = 1_000_000_000
"""Weights below which a run has to repeat its figures to the last digit: in 32 bits, measured on the processor."""


@dataclass(frozen=True)
class Shape:
    """The sizes that memory and time depend on. `parameters` counts every weight once, tied ones too."""

    layers: int
    hidden: int
    feed_forward: int
    heads: int
    kv_heads: int
    head_size: int
    vocabulary: int
    parameters: int
    tied: bool

    def lora_parameters(self, rank: int) -> int:
        """Weights of a LoRA on every linear layer: rank x (in + out) for each."""
        queries, keys = self.heads * self.head_size, self.kv_heads * self.head_size
        attention = (self.hidden + queries) * 2 + (self.hidden + keys) * 2
        return self.layers * rank * (attention + (self.hidden + self.feed_forward) * 3)


def check_trainable(header: Header) -> None:
    """Raises WriterError, naming what is in the way, unless Ownhand can train on this model. Before any work."""
    _family(header)
    _check_one_file(header)
    config_of(header)
    parts_of(header)
    _check_whole(header)


def shape_of(header: Header) -> Shape:
    config = config_of(header)
    return Shape(
        config["num_hidden_layers"],
        config["hidden_size"],
        config["intermediate_size"],
        config["num_attention_heads"],
        config["num_key_value_heads"],
        config["head_dim"],
        config["vocab_size"],
        sum(prod(part.shape) for part in parts_of(header)),
        config["tie_word_embeddings"],
    )


def parts_of(header: Header) -> list[Part]:
    """Every tensor to write, in the file's order. Raises WriterError for one that Ownhand doesn't know."""
    return [part for tensor in header.tensors if (part := _part(tensor, header)) is not None]


def config_of(header: Header) -> dict[str, Any]:
    """`config.json` for transformers. Raises WriterError when the GGUF lacks what is needed, or says it per layer."""
    family, names = _family(header), {tensor.name: tensor for tensor in header.tensors}
    hidden, heads = _number(header, "embedding_length"), _number(header, "attention.head_count")
    embeddings = names.get("token_embd.weight")
    if embeddings is None or len(embeddings.shape) != 2:
        raise _refused(header, "has no embeddings")
    common = {
        "architectures": [family.model_class],
        "model_type": family.model_type,
        "vocab_size": embeddings.shape[1],
        "hidden_size": hidden,
        "intermediate_size": _number(header, "feed_forward_length"),
        "num_hidden_layers": _number(header, "block_count"),
        "num_attention_heads": heads,
        "num_key_value_heads": _number(header, "attention.head_count_kv", heads),
        "head_dim": _number(header, "attention.key_length", hidden // heads),
        "max_position_embeddings": _number(header, "context_length"),
        "rms_norm_eps": _real(header, "attention.layer_norm_rms_epsilon"),
        "tie_word_embeddings": "output.weight" not in names,
        "bos_token_id": None,
        "eos_token_id": None,
        "pad_token_id": None,
        "use_cache": False,
    }
    return common | (_gemma3(header) if header.architecture == "gemma3" else {"rope_parameters": _rope(header)})


def _check_one_file(header: Header) -> None:
    files = header.metadata.get("split.count", 1)
    if isinstance(files, int) and files > 1:
        raise WriterError(
            f"{header.path.name} is one of {files} files of a model; Ownhand learns with a model in one file.",
            "Join them with llama.cpp's `llama-gguf-split --merge`, or choose another model in ownhand.model.",
        )


def _check_whole(header: Header) -> None:
    """transformers would make up what the file does not have."""
    there = {tensor.name for tensor in header.tensors}
    wanted = ["output_norm.weight"]
    wanted += [f"blk.{n}.{name}" for n in range(_number(header, "block_count")) for name in _family(header).layer]
    if missing := [name for name in wanted if name not in there]:
        raise _refused(header, f"lacks a part ({missing[0]})")


def _family(header: Header) -> _Family:
    family = _FAMILIES.get(header.architecture)
    if family is None:
        kind = header.architecture or "without a name"
        known = ", ".join(sorted(_FAMILIES))
        raise WriterError(f"Ownhand can't train models of the kind {kind} yet; it can train {known}.", _NEXT_STEP)
    return family


def _part(tensor: Tensor, header: Header) -> Part | None:
    """None for what training doesn't need: rotary factors (they are in the configuration), Gemma's picture part."""
    if tensor.name == _ROPE_FREQS or (header.architecture == "gemma3" and tensor.name.startswith(("v.", "mm."))):
        return None
    family, name = _family(header), _name(tensor.name, header)
    if name is None:
        raise _refused(header, f"holds a part that Ownhand does not know ({tensor.name})")
    if family.norms_from_one and "norm" in tensor.name:
        return Part(tensor, name, Change.MINUS_ONE)
    kind = tensor.name.rpartition(".attn_")[2]
    if family.permutes and kind in ("q.weight", "k.weight"):
        heads = _number(header, "attention.head_count")
        heads = heads if kind == "q.weight" else _number(header, "attention.head_count_kv", heads)
        return Part(tensor, name, Change.ROTARY_ROWS, heads)
    return Part(tensor, name)


def _name(name: str, header: Header) -> str | None:
    """transformers' name of a GGUF tensor."""
    outside = {
        "token_embd.weight": "model.embed_tokens.weight",
        "output_norm.weight": "model.norm.weight",
        "output.weight": "lm_head.weight",
    }
    if name in outside:
        return outside[name]
    block, _, rest = name.removeprefix("blk.").partition(".")
    inside = _family(header).layer.get(rest)
    known = name.startswith("blk.") and block.isdigit() and int(block) < _number(header, "block_count")
    return f"model.layers.{int(block)}.{inside}" if known and inside else None


def _rope(header: Header) -> dict[str, Any]:
    """Rotary positions with the scaling that the file carries; a scaling it should carry and doesn't is refused."""
    theta = _real(header, "rope.freq_base", 10_000.0)
    factors = next((tensor for tensor in header.tensors if tensor.name == _ROPE_FREQS), None)
    if factors is not None:
        return _with_factors(header, factors, theta)
    scaled = _scaling(header, theta)
    unscaled = scaled["rope_type"] == "default"
    if unscaled and theta == _LLAMA_3_BASE and header.context > _LLAMA_3_UNSCALED:
        raise _refused(header, "was made for longer texts by a scaling of its positions that the file does not carry")
    return scaled


def _scaling(header: Header, theta: float) -> dict[str, Any]:
    kind = header.metadata.get(f"{header.architecture}.rope.scaling.type", "none")
    factor = _real(header, "rope.scaling.factor", _real(header, "rope.scale_linear", 1.0))
    if kind in ("none", "linear") and factor == 1.0:
        return {"rope_type": "default", "rope_theta": theta}
    if kind in ("none", "linear") and factor > 1.0:
        return {"rope_type": "linear", "rope_theta": theta, "factor": factor}
    raise _refused(header, f"scales its positions in a way that Ownhand can't follow ({kind})")


def _with_factors(header: Header, tensor: Tensor, theta: float) -> dict[str, Any]:
    """Llama 3.1's scaling: one factor per frequency, which llama.cpp divides by, and transformers in "longrope"."""
    if tensor.type != _F32 or len(tensor.shape) != 1:
        raise _refused(header, "keeps its rotary factors in a form that Ownhand does not know")
    values = array.array("f")
    with header.path.open("rb") as stream:
        stream.seek(header.data_start + tensor.offset)
        values.frombytes(stream.read(tensor.size))
    if sys.byteorder == "big":
        values.byteswap()
    factors = list(values)
    return {
        "rope_type": "longrope",
        "rope_theta": theta,
        "short_factor": factors,
        "long_factor": factors,
        "factor": 1.0,
        "attention_factor": 1.0,
        "original_max_position_embeddings": _number(header, "context_length"),
    }


def _gemma3(header: Header) -> dict[str, Any]:
    """Two kinds of layers: one in six sees everything, the others a window, each with its own rotation."""
    layers, head = _number(header, "block_count"), _number(header, "attention.key_length")
    everything = _scaling(header, _real(header, "rope.freq_base", 1_000_000.0))
    if everything["rope_type"] == "default" and header.context > _GEMMA_3_UNSCALED:
        raise _refused(header, "was made for longer texts by a scaling of its positions that the file does not carry")
    scalar = head
    if layers == _GEMMA_3_27B_LAYERS:
        scalar = _number(header, "embedding_length") // _number(header, "attention.head_count")
    nearby = {"rope_type": "default", "rope_theta": _real(header, "rope.freq_base_swa", 10_000.0)}
    return {
        "hidden_activation": "gelu_pytorch_tanh",
        "query_pre_attn_scalar": scalar,
        "sliding_window": _number(header, "attention.sliding_window"),
        "layer_types": [
            "full_attention" if (layer + 1) % _GEMMA_3_PATTERN == 0 else "sliding_attention" for layer in range(layers)
        ],
        "rope_parameters": {"full_attention": everything, "sliding_attention": nearby},
    }


def _number(header: Header, key: str, default: int | None = None) -> int:
    value = header.metadata.get(f"{header.architecture}.{key}", default)
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise _refused(header, f"does not say its {key.replace('_', ' ').replace('.', ' ')} as one number")
    return value


def _real(header: Header, key: str, default: float | None = None) -> float:
    value = header.metadata.get(f"{header.architecture}.{key}", default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
        raise _refused(header, f"does not say its {key.replace('_', ' ').replace('.', ' ')} as a number")
    return float(value)


def _refused(header: Header, predicate: str) -> WriterError:
    name = header.metadata.get("general.name") or header.path.name
    return WriterError(f"The model {name} {predicate}, so it can't be trained.", _NEXT_STEP)

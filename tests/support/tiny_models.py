"""Small random models as GGUF files, with the packaged model's own vocabulary: every number in 32 bits, so that an
engine and a trainer that understand the file alike agree to the third digit."""

import functools
from pathlib import Path
from typing import Any

import gguf
import numpy as np

WIDTH, LAYERS, HEADS, KV_HEADS, HEAD, FEED_FORWARD = 64, 2, 4, 2, 16, 96
_VOCABULARY_KEYS = ("tokenizer.ggml.model", "tokenizer.ggml.pre", "tokenizer.ggml.tokens", "tokenizer.ggml.token_type",
                    "tokenizer.ggml.merges")  # fmt: skip
_BOUNDS = {"tokenizer.ggml.bos_token_id": 1, "tokenizer.ggml.eos_token_id": 2, "tokenizer.ggml.add_bos_token": False}


def write_tiny(path: Path, architecture: str, vocabulary_of: Path, **changes: object) -> Path:
    """`changes`: context, freq_base, rope_freqs (bool), scaling (type, factor), without (tensor name), more
    (name: array), keys (name: value), packed (values to (bytes, kind), for matrices), tokenizer (key: value, None for
    one that is left out)."""
    vocabulary = _vocabulary(vocabulary_of) | _BOUNDS | dict(changes.get("tokenizer", {}))
    writer = gguf.GGUFWriter(path, architecture)
    for key, value in vocabulary.items():
        if value is not None:
            writer.add_key_value(key, value, *_gguf_type(value))
    context = int(changes.get("context", 512))
    writer.add_name("Tiny")
    writer.add_context_length(context)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_key_length(HEAD)
    writer.add_value_length(HEAD)
    writer.add_rope_dimension_count(HEAD)
    writer.add_rope_freq_base(float(changes.get("freq_base", 10_000.0)))
    if architecture == "gemma3":
        writer.add_sliding_window(32)
    if "scaling" in changes:
        kind, factor = changes["scaling"]
        writer.add_string(f"{architecture}.rope.scaling.type", kind)
        writer.add_float32(f"{architecture}.rope.scaling.factor", factor)
    for key, value in dict(changes.get("keys", {})).items():
        writer.add_uint32(key, value)
    for name, values in _tensors(architecture, len(vocabulary["tokenizer.ggml.tokens"]), changes).items():
        if "packed" in changes and values.ndim > 1:
            data, kind = changes["packed"](values)
            writer.add_tensor(name, data, raw_dtype=kind)
        else:
            writer.add_tensor(name, np.ascontiguousarray(values, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@functools.cache
def _vocabulary(of: Path) -> dict[str, Any]:
    """Read once: it takes the reader seconds."""
    reader = gguf.GGUFReader(of)
    return {key: reader.fields[key].contents() for key in _VOCABULARY_KEYS}


def _gguf_type(value: object) -> tuple[gguf.GGUFValueType, gguf.GGUFValueType | None]:
    """The kind of a value, and of what it holds."""
    if isinstance(value, list):
        return gguf.GGUFValueType.ARRAY, gguf.GGUFValueType.get_type(value[0])
    return (gguf.GGUFValueType.UINT32 if type(value) is int else gguf.GGUFValueType.get_type(value)), None


def _tensors(architecture: str, vocabulary: int, changes: dict[str, object]) -> dict[str, np.ndarray]:
    random = np.random.default_rng(11)

    def matrix(out: int, fan_in: int, strength: float = 1.0) -> np.ndarray:
        return random.normal(0, strength / np.sqrt(fan_in), (out, fan_in))

    def norm(size: int) -> np.ndarray:
        return 1 + random.normal(0, 0.2, size)

    tensors = {"token_embd.weight": random.normal(0, 0.6, (vocabulary, WIDTH)), "output_norm.weight": norm(WIDTH)}
    queries, keys = HEADS * HEAD, KV_HEADS * HEAD
    for layer in range(LAYERS):
        block = {
            "attn_norm.weight": norm(WIDTH),
            "attn_q.weight": matrix(queries, WIDTH, 3.0),
            "attn_k.weight": matrix(keys, WIDTH, 3.0),
            "attn_v.weight": matrix(keys, WIDTH),
            "attn_output.weight": matrix(WIDTH, queries, 2.0),
            "ffn_norm.weight": norm(WIDTH),
            "ffn_gate.weight": matrix(FEED_FORWARD, WIDTH),
            "ffn_up.weight": matrix(FEED_FORWARD, WIDTH),
            "ffn_down.weight": matrix(WIDTH, FEED_FORWARD, 2.0),
        }
        if architecture == "qwen2":
            block |= {f"attn_{side}.bias": random.normal(0, 0.5, queries if side == "q" else keys) for side in "qkv"}
        if architecture in ("qwen3", "gemma3"):
            block |= {"attn_q_norm.weight": norm(HEAD), "attn_k_norm.weight": norm(HEAD)}
        if architecture == "gemma3":
            block |= {"post_attention_norm.weight": norm(WIDTH), "post_ffw_norm.weight": norm(WIDTH)}
        tensors |= {f"blk.{layer}.{name}": values for name, values in block.items()}
    if changes.get("rope_freqs"):
        tensors["rope_freqs.weight"] = np.linspace(1.0, 8.0, HEAD // 2)
    tensors.pop(str(changes.get("without", "")), None)
    return tensors | dict(changes.get("more", {}))

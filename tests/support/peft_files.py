"""LoRA folders as PEFT writes them, made by hand, sound and broken."""

import json
import struct
from pathlib import Path

import numpy as np

from ownhand.engines.gguf_header import Header
from ownhand.voices.peft_folder import CONFIG, WEIGHTS

KINDS = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def write_peft(folder: Path, base: Header, *, kinds=tuple(KINDS), rank=4, strength=0.05, seed=3, **config) -> Path:
    """A random LoRA on `kinds` of weights of every layer; `config` goes into adapter_config.json as it is."""
    random, tensors = np.random.default_rng(seed), {}
    shapes = {tensor.name: tensor.shape for tensor in base.tensors}
    for layer in range(base.metadata[f"{base.architecture}.block_count"]):
        for kind in kinds:
            fan_in, out = shapes[f"blk.{layer}.{KINDS[kind]}.weight"]
            own = config.get("rank_pattern", {}).get(kind.rpartition(".")[2], rank)
            name = f"base_model.model.model.layers.{layer}.{kind}"
            tensors[f"{name}.lora_A.weight"] = random.normal(0, fan_in**-0.5, (own, fan_in)).astype("<f4")
            tensors[f"{name}.lora_B.weight"] = random.normal(0, strength, (out, own)).astype("<f4")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / WEIGHTS).write_bytes(safetensors(tensors))
    values = {"peft_type": "LORA", "task_type": "CAUSAL_LM", "r": rank, "lora_alpha": 8, "bias": "none"} | config
    values.setdefault("target_modules", [kind.rpartition(".")[2] for kind in kinds])
    (folder / CONFIG).write_text(json.dumps(values))
    return folder


def safetensors(tensors: dict[str, np.ndarray], **changed: object) -> bytes:
    """The file's bytes; `changed` overwrites parts of the first tensor's description."""
    names = {"float32": "F32", "float16": "F16", "uint16": "BF16", "float64": "F64"}
    head, data = {}, b""
    for name, values in tensors.items():
        end = len(data) + values.nbytes
        head[name] = {
            "dtype": names[values.dtype.name],
            "shape": list(values.shape),
            "data_offsets": [len(data), end],
        }
        data += values.tobytes()
    next(iter(head.values())).update(changed)
    text = json.dumps(head).encode()
    return struct.pack("<Q", len(text)) + text + data

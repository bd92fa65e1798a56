"""A LoRA as PEFT writes it, turned into the GGUF that llama.cpp and Ollama load.

Layout: llama.cpp's `convert_lora_to_gguf.py` and `llama-adapter.cpp`. Keys `general.type` "adapter", `adapter.type`
"lora", `adapter.lora.alpha`; for each weight `NAME.lora_a` (rank, in) and `NAME.lora_b` (out, rank). The engine
multiplies B·A with alpha / rank, so whatever else decides the strength (rank-stabilized LoRA, a rank or an alpha of
its own for some weights) is folded into B. Needs numpy and gguf, which belong to the learning part: not for the
server's process.
"""

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

from ownhand.engines.adapters import check_adapter
from ownhand.engines.gguf_header import Header
from ownhand.errors import WriterError
from ownhand.home import sync
from ownhand.voices.peft_folder import LoraModule, PeftFolder, read_peft_folder
from ownhand.voices.safetensors_file import NEXT_STEP, Entry

Matrix: TypeAlias = Any
"""A numpy array of 32-bit floats, (rows, columns)."""

PERMUTED = {"llama": True, "qwen2": False, "qwen3": False, "gemma3": False}
"""Does llama.cpp keep the rows of Q and K in another order than transformers? By `general.architecture`."""
_LARGEST_HALF = 65504.0
_HEADS = {"attn_q": "head_count", "attn_k": "head_count_kv"}


def export_gguf(folder: Path, base: Header, target: Path, *, half: bool = True) -> Path:
    """Write the LoRA in `folder` for the model `base` to `target`, as F16 (`half`, where the numbers allow) or F32.

    Raises WriterError when the folder holds no plain LoRA, was made for another model, or the disk refuses.
    """
    lora = read_peft_folder(folder)
    tensors = _tensors(lora, base)
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
    try:
        os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        _write(temporary, base.architecture, lora.config.alpha, tensors, half)
        sync(temporary)
        check_adapter(temporary, base.architecture, base.tensors)
        temporary.replace(target)
    except OSError as error:
        raise WriterError(
            f"Ownhand can't write to {target}: {error.strerror or type(error).__name__}.",
            "Free some space, then train again.",
        ) from error
    finally:
        temporary.unlink(missing_ok=True)
    return target


def permuted(b: Matrix, heads: int) -> Matrix:
    """Rows of a Q or K matrix (out, rank) from transformers' order to llama.cpp's.

    Both halves of each head's rotation interleave instead of following each other (llama.cpp's
    `conversion/llama.py`, `permute`). Only rows move, so of a LoRA only B is concerned.
    """
    rows, rank = b.shape
    return b.reshape(heads, 2, rows // heads // 2, rank).swapaxes(1, 2).reshape(rows, rank)


def _tensors(lora: PeftFolder, base: Header) -> dict[str, Matrix]:
    """Every tensor to write, by its GGUF name. Raises WriterError when a part fits nothing in `base`."""
    name_of = _names(base)
    shapes = {tensor.name: tensor.shape for tensor in base.tensors}
    found: dict[str, Matrix] = {}
    for module in lora.modules:
        name = name_of(module.module)
        shape = shapes.get(f"{name}.weight")
        if name is None or shape is None or (module.a.shape[1], module.b.shape[0]) != tuple(shape):
            raise WriterError("The adapter was made for another model: its parts do not fit.", NEXT_STEP)
        a, b = _matrices(lora, module)
        found[f"{name}.weight.lora_a"] = a
        found[f"{name}.weight.lora_b"] = _in_engine_order(b, name, base)
    return found


def _names(base: Header) -> Callable[[str], str | None]:
    """From transformers' module names ("model.layers.0.mlp.up_proj") to GGUF's ("blk.0.ffn_up")."""
    import gguf

    architecture = next((key for key, name in gguf.MODEL_ARCH_NAMES.items() if name == base.architecture), None)
    if base.architecture not in PERMUTED or architecture is None:
        raise WriterError(
            f"Ownhand can't make an adapter for a model of the kind {base.architecture or 'without a name'} yet.",
            "Choose a model that can learn in ownhand.model.",
        )
    names: Any = gguf.get_tensor_name_map(architecture, _number(base, "block_count"))

    def name_of(module: str) -> str | None:
        found: str | None = names.get_name(module.replace("model.language_model.", "model."))
        return found

    return name_of


def _matrices(lora: PeftFolder, module: LoraModule) -> tuple[Matrix, Matrix]:
    import numpy as np

    a, b = _read(lora.weights, module.a), _read(lora.weights, module.b)
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise WriterError("The adapter holds numbers that are none: its training went wrong.", "Train again.")
    engine_scale = lora.config.alpha / module.rank
    factor = lora.config.scale_of(module.module) / engine_scale
    return a, b if factor == 1.0 else b * np.float32(factor)


def _in_engine_order(b: Matrix, name: str, base: Header) -> Matrix:
    kind = name.rpartition(".")[2]
    if not PERMUTED[base.architecture] or kind not in _HEADS:
        return b
    heads = _number(base, f"attention.{_HEADS[kind]}", default=_number(base, "attention.head_count"))
    if b.shape[0] % (2 * heads):
        raise WriterError("The adapter was made for another model: its parts do not fit.", NEXT_STEP)
    return permuted(b, heads)


def _read(path: Path, entry: Entry) -> Matrix:
    """One matrix as F32. BF16 is the upper half of F32's bits."""
    import numpy as np

    kinds: dict[str, Any] = {"F32": np.dtype("<f4"), "F16": np.dtype("<f2"), "BF16": np.dtype("<u2")}
    count = entry.shape[0] * entry.shape[1]
    values = np.fromfile(path, kinds[entry.dtype], count, offset=entry.begin).reshape(entry.shape)
    if entry.dtype == "BF16":
        return (values.astype(np.uint32) << 16).view(np.float32)
    return values.astype(np.float32)


def _write(path: Path, architecture: str, alpha: float, tensors: dict[str, Matrix], half: bool) -> None:
    import gguf
    import numpy as np

    fits = half and all(float(np.abs(tensor).max(initial=0.0)) < _LARGEST_HALF for tensor in tensors.values())
    writer = gguf.GGUFWriter(path, architecture)
    try:
        writer.add_type(gguf.GGUFType.ADAPTER)
        writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
        writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, alpha)
        for name, tensor in tensors.items():
            writer.add_tensor(name, np.ascontiguousarray(tensor.astype(np.float16 if fits else np.float32)))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
    finally:
        writer.close()


def _number(base: Header, key: str, default: int | None = None) -> int:
    value = base.metadata.get(f"{base.architecture}.{key}", default)
    if not isinstance(value, int) or value <= 0:
        raise WriterError("The model does not say how it is built, so no adapter can be made for it.", NEXT_STEP)
    return value

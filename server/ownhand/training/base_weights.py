"""From a GGUF to a Hugging Face folder, tensor by tensor: `config.json` and `model.safetensors`.

The trainer learns on the very weights that the engine serves, dequantized here, so no hub is asked. At any time a few
megabytes of one tensor are in memory. Needs numpy and gguf, which belong to the learning part: not for the server's
process. File layout: the safetensors format (8 bytes of header length, JSON header, data).
"""

import json
import os
import struct
from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from ownhand.engines.gguf_header import Header
from ownhand.training.architecture import SMALL, Change, Part, config_of, parts_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Values = NDArray[np.float32]

CONFIG, WEIGHTS = "config.json", "model.safetensors"
_AT_ONCE = 16 << 20
"""Bytes of dequantized values in memory; a tensor whose rows have to be rearranged is taken whole."""
_NAMES = {4: "F32", 2: "BF16"}


def bytes_per_weight(parameters: int) -> int:
    """4 (F32) under a thousand million weights, so that repeating a run gives the same figures; else 2 (BF16)."""
    return 4 if parameters < SMALL else 2


def write_base(header: Header, folder: Path, bytes_each: int) -> None:
    """Write `folder` (which exists and is empty). Raises OSError when the disk refuses, WriterError as
    `architecture.check_trainable` does, ValueError for a kind of quantization that gguf can't read."""
    parts = parts_of(header)
    config = config_of(header) | {"dtype": "float32" if bytes_each == 4 else "bfloat16"}
    _write_private(folder / CONFIG, json.dumps(config, indent=1).encode())
    descriptor = os.open(folder / WEIGHTS, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(_head(parts, bytes_each))
        for part in parts:
            _copy(header, part, stream, bytes_each)
        stream.flush()
        os.fsync(stream.fileno())


def _head(parts: list[Part], bytes_each: int) -> bytes:
    described: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    at = 0
    for part in parts:
        size = prod(part.shape) * bytes_each
        described[part.name] = {
            "dtype": _NAMES[bytes_each],
            "shape": list(part.shape),
            "data_offsets": [at, at + size],
        }
        at += size
    text = json.dumps(described, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text


def _copy(header: Header, part: Part, stream: IO[bytes], bytes_each: int) -> None:
    for values in _values(header, part):
        stream.write(_packed(_changed(values, part), bytes_each))


def _values(header: Header, part: Part) -> "Iterator[Values]":
    """The tensor's values (rows, row length) in F32, some rows at a time. One dimension counts as one row."""
    import gguf
    import numpy as np

    kind = gguf.GGMLQuantizationType(part.source.type)
    block, size = gguf.GGML_QUANT_SIZES[kind]
    length = part.source.shape[0]
    rows, row_bytes = prod(part.source.shape[1:]), length // block * size
    if length % block:
        raise ValueError(f"{part.source.name} has no whole number of blocks")
    start = header.data_start + part.source.offset
    raw = np.memmap(header.path, np.uint8, "r", start, (rows, row_bytes))
    step = rows if part.change is Change.ROTARY_ROWS else max(1, _AT_ONCE // (length * 4))
    for row in range(0, rows, step):
        yield _dequantized(np.array(raw[row : row + step]), kind)


def _dequantized(raw: "NDArray[np.uint8]", kind: Any) -> "Values":
    import gguf
    import numpy as np

    if kind is gguf.GGMLQuantizationType.F32:
        return raw.view("<f4")
    if kind is gguf.GGMLQuantizationType.F16:
        return raw.view("<f2").astype(np.float32)
    try:
        values: Values = gguf.quants.dequantize(raw, kind)
    except NotImplementedError as error:
        raise ValueError(f"{kind.name} can't be read") from error
    return values


def _changed(values: "Values", part: Part) -> "Values":
    if part.change is Change.MINUS_ONE:
        return values - 1
    return rotary_rows(values, part.heads) if part.change is Change.ROTARY_ROWS else values


def rotary_rows(values: "Values", heads: int) -> "Values":
    """Rows (heads x size, in) from llama.cpp's order, where both halves of a rotation interleave, to transformers'.

    The inverse of `permute` in llama.cpp's `conversion/llama.py`.
    """
    rows, inner = values.shape
    if rows % (2 * heads):
        raise ValueError("the heads do not divide the rows")
    return values.reshape(heads, rows // heads // 2, 2, inner).swapaxes(1, 2).reshape(rows, inner)


def _packed(values: "Values", bytes_each: int) -> bytes:
    """Little-endian bytes; BF16 is the upper half of F32, rounded to nearest, ties to even."""
    import numpy as np

    whole = np.ascontiguousarray(values, "<f4")
    if bytes_each == 4:
        return whole.tobytes()
    bits = whole.view("<u4")
    return bytes(((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype("<u2").tobytes())


def _write_private(path: Path, data: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(data)

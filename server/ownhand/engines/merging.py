"""A LoRA merged into the model's own GGUF file, for an engine that takes no adapters.

Each weight that the adapter changes becomes W + scale * alpha / rank * B·A (llama.cpp's `llama-adapter.h`, where an
alpha of 0 counts as the rank) and is written in 8 bits (Q8_0), or as F16 where the file had it in 16 bits or more or
where blocks of 32 don't fill its rows; never in its old 4 bits, whose steps are larger than what was learned. All
other weights and all keys are copied byte for byte; one key is added, which says what was merged.

`planned` reads heads alone. `write_merged` needs numpy and gguf, which belong to the learning part, and minutes for a
large model: it runs in a child (`merge_child.py`). It reads rows, not tensors, and never holds more than some
megabytes.
"""

import hashlib
import math
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from ownhand.engines.adapters import NEXT_STEP, check_adapter
from ownhand.engines.gguf_header import BF16, F16, F32, Q8_0, Header, Tensor, checked_header, read_header
from ownhand.engines.protocol import Adapter, EngineError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Values = NDArray[np.float32]

MARK = "ownhand.merged"
"""The added key: a digest of what was merged, so that a model that was made before is known again."""
EMBEDDED = "ownhand.engine to embedded: Ownhand then serves Ollama's own file with your adapter."
"""What to set where nothing can be merged."""
_FORMAT = 1
_ALPHA = "adapter.lora.alpha"
_KEYS_START, _STRING = 24, 8
_PLAIN = frozenset({F32, F16, BF16})
_AT_ONCE = 2 << 20
"""Weights that are worked on together; numpy needs some twenty bytes for each."""
_COPIED_AT_ONCE = 8 << 20
_LARGEST_HALF = 65504.0


@dataclass(frozen=True)
class Change:
    """What is added to one weight: `strength` times B·A. Shapes in ggml's order: a (in, rank), b (rank, out)."""

    a: Tensor
    b: Tensor
    strength: float


@dataclass(frozen=True)
class Merge:
    """What is to be written: `head`, then `tensors` in the base's order, with the types they will have."""

    base: Header
    adapter: Header
    scale: float
    changes: Mapping[str, Change]
    tensors: tuple[Tensor, ...]
    mark: str
    head: bytes

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return len(self.head) + sum(_padded(tensor.size, self.base.alignment) for tensor in self.tensors)


def planned(base: Path, base_digest: str, adapter: Adapter) -> Merge:
    """Check both files and work out what is to be written. Reads heads and the adapter's digest: call it in a thread.

    Raises EngineError with one sentence when a file is damaged or the adapter doesn't fit.
    """
    header = checked_header(base)
    check_adapter(adapter.path, header.architecture, header.tensors)
    lora = read_header(adapter.path)
    changes = _changes(lora, adapter)
    _check_readable(header, changes)
    tensors, mark = _laid_out(header, changes), _mark(base_digest, adapter)
    return Merge(header, lora, adapter.scale, changes, tensors, mark, _head(header, tensors, mark))


def write_merged(merge: Merge, stream: IO[bytes]) -> str:
    """Write the file. Returns its digest, "sha256:..."; raises EngineError for numbers that are none and for weights
    that can't be read, OSError when the disk refuses."""
    written = _Written(stream)
    written.write(merge.head)
    sources = {tensor.name: tensor for tensor in merge.base.tensors}
    with merge.base.path.open("rb") as base, merge.adapter.path.open("rb") as lora:
        for tensor in merge.tensors:
            source, change = sources[tensor.name], merge.changes.get(tensor.name)
            if change is None:
                parts = _copied(base, merge.base.data_start + source.offset, source.size)
            else:
                parts = _changed(base, lora, merge, source, tensor, change)
            for part in parts:
                written.write(part)
            written.write(bytes(-tensor.size % merge.base.alignment))
    stream.flush()
    return f"sha256:{written.digest.hexdigest()}"


class _Written:
    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self.digest = stream, hashlib.sha256()

    def write(self, data: bytes) -> None:
        self.digest.update(data)
        self._stream.write(data)


def _changes(lora: Header, adapter: Adapter) -> dict[str, Change]:
    """By the weight's name. `check_adapter` has seen to names and to the sizes that meet the base's."""
    alpha = lora.metadata.get(_ALPHA, 0.0)
    halves: dict[str, Tensor] = {}
    for tensor in lora.tensors:
        if tensor.name in halves or tensor.type not in _PLAIN:
            raise _unfit(adapter.path, f"holds a part in a form that can't be read ({tensor.name})")
        halves[tensor.name] = tensor
    if not isinstance(alpha, int | float) or not math.isfinite(alpha) or not math.isfinite(adapter.scale):
        raise _unfit(adapter.path, "does not say how strong it is")
    found = {}
    for name in dict.fromkeys(name.rpartition(".lora_")[0] for name in halves):
        a, b = halves.get(f"{name}.lora_a"), halves.get(f"{name}.lora_b")
        if a is None or b is None or a.shape[1] != b.shape[0] or not a.shape[1]:
            raise _unfit(adapter.path, f"lacks half of a part ({name})")
        found[name] = Change(a, b, adapter.scale * (alpha / a.shape[1] if alpha else 1.0))
    return found


def _check_readable(base: Header, changes: Mapping[str, Change]) -> None:
    seen = set[str]()
    for tensor in base.tensors:
        touched_oddly = tensor.name in changes and (len(tensor.shape) != 2 or 0 in tensor.shape)
        if tensor.name in seen or not tensor.known or not tensor.whole or touched_oddly:
            raise _unreadable(base, tensor)
        seen.add(tensor.name)


def _laid_out(base: Header, changes: Mapping[str, Change]) -> tuple[Tensor, ...]:
    """The tensors as they will be described: one after the other, as llama.cpp asks for."""
    laid, at = [], 0
    for tensor in base.tensors:
        changed = replace(tensor, type=_new_type(tensor) if tensor.name in changes else tensor.type, offset=at)
        laid.append(changed)
        at += _padded(changed.size, base.alignment)
    return tuple(laid)


def _new_type(tensor: Tensor) -> int:
    eight = replace(tensor, type=Q8_0)
    return Q8_0 if eight.whole and tensor.type not in _PLAIN else F16


def _mark(base_digest: str, adapter: Adapter) -> str:
    with adapter.path.open("rb") as stream:
        made_of = hashlib.file_digest(stream, "sha256").hexdigest()
    return hashlib.sha256(f"{_FORMAT} {base_digest} {made_of} {adapter.scale!r}".encode()).hexdigest()


def _head(base: Header, tensors: tuple[Tensor, ...], mark: str) -> bytes:
    """Everything before the weights: the base's head with one key more and the new descriptions."""
    with base.path.open("rb") as stream:
        raw = stream.read(base.keys_end)
    (keys,) = struct.unpack_from("<Q", raw, 16)
    added = _text(MARK) + struct.pack("<I", _STRING) + _text(mark)
    described = b"".join(_description(tensor) for tensor in tensors)
    head = raw[:16] + struct.pack("<Q", keys + 1) + raw[_KEYS_START:] + added + described
    return head + bytes(-len(head) % base.alignment)


def _description(tensor: Tensor) -> bytes:
    count = len(tensor.shape)
    return _text(tensor.name) + struct.pack(f"<I{count}QIQ", count, *tensor.shape, tensor.type, tensor.offset)


def _text(value: str) -> bytes:
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def _padded(size: int, alignment: int) -> int:
    return -(-size // alignment) * alignment


def _copied(stream: IO[bytes], start: int, size: int) -> Iterator[bytes]:
    for at in range(0, size, _COPIED_AT_ONCE):
        yield _read(stream, start + at, min(_COPIED_AT_ONCE, size - at))


def _changed(
    base: IO[bytes], lora: IO[bytes], merge: Merge, source: Tensor, target: Tensor, change: Change
) -> Iterator[bytes]:
    """The new bytes of one weight, some rows at a time."""
    import numpy as np

    inner, rows = source.shape
    a = _matrix(lora, merge.adapter, change.a)
    b = _matrix(lora, merge.adapter, change.b)
    step, row_size = max(1, _AT_ONCE // inner), source.size // rows
    start = merge.base.data_start + source.offset
    for row in range(0, rows, step):
        count = min(step, rows - row)
        raw = _read(base, start + row * row_size, count * row_size)
        values = _numbers(raw, source, merge.base).reshape(count, inner)
        with np.errstate(over="ignore", invalid="ignore"):  # what comes of it is looked at
            values = values + np.matmul(b[row : row + count] * np.float32(change.strength), a, dtype=np.float32)
        yield _packed(values, target)


def _matrix(stream: IO[bytes], header: Header, tensor: Tensor) -> "Values":
    """(rows, columns) in 32 bits."""
    import numpy as np

    raw = _read(stream, header.data_start + tensor.offset, tensor.size)
    columns, rows = tensor.shape
    values = _numbers(raw, tensor, header).reshape(rows, columns)
    if not np.isfinite(values).all():
        raise _unfit(header.path, "holds numbers that are none")
    return values


def _numbers(raw: bytes, tensor: Tensor, header: Header) -> "Values":
    import gguf
    import numpy as np

    kind = gguf.GGMLQuantizationType(tensor.type)
    data: Any = np.frombuffer(raw, np.uint8)
    if tensor.type == F16:
        return data.view("<f2").astype(np.float32)  # type: ignore[no-any-return]
    try:
        values: Values = gguf.quants.dequantize(data, kind)
    except NotImplementedError as error:
        raise _unreadable(header, tensor) from error
    return values


def _packed(values: "Values", target: Tensor) -> bytes:
    import gguf
    import numpy as np

    if not (np.abs(values).max(initial=0.0) < _LARGEST_HALF):
        raise EngineError(f"With the adapter, a weight grows beyond all measure ({target.name}).", NEXT_STEP)
    if target.type == F16:
        return values.astype("<f2").tobytes()
    packed: NDArray[np.uint8] = gguf.quants.quantize(values, gguf.GGMLQuantizationType.Q8_0)
    return packed.tobytes()


def _read(stream: IO[bytes], start: int, size: int) -> bytes:
    stream.seek(start)
    data = stream.read(size)
    if len(data) != size:
        raise EngineError(f"{Path(stream.name).name} changed while it was read.", "Try again.")
    return data


def _unfit(path: Path, complaint: str) -> EngineError:
    return EngineError(f"The adapter {path.name} {complaint}.", NEXT_STEP)


def _unreadable(base: Header, tensor: Tensor) -> EngineError:
    return EngineError(
        f"The model {base.path.name} keeps its weights in a form that Ownhand can't change ({tensor.name}).",
        f"Set {EMBEDDED}",
    )

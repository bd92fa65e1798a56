"""Reading the head of a GGUF file: its keys and whether its tensors are all there, without numpy.

Format: the GGUF specification in ggml's `docs/gguf.md` (little-endian; magic, version, tensor count, key count,
keys, tensor descriptions, padding, tensor data). Long arrays are skipped and read entry by entry on demand.
"""

import mmap
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, overload

from ownhand.engines.protocol import EngineError

_SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_STRING, _ARRAY = 8, 9
_DEFAULT_ALIGNMENT = 32
_LONGEST_KEY = 65_535
_MOST_DIMENSIONS = 4

_BLOCKS = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34), 9: (32, 36),
    10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 15: (256, 292),
    16: (256, 66), 17: (256, 74), 18: (256, 98), 19: (256, 50), 20: (32, 18), 21: (256, 110), 22: (256, 82),
    23: (256, 136), 24: (1, 1), 25: (1, 2), 26: (1, 4), 27: (1, 8), 28: (1, 8), 29: (256, 56), 30: (1, 2),
    34: (256, 54), 35: (256, 66), 39: (32, 17),
}  # fmt: skip
"""ggml_type -> (values per block, bytes per block), from ggml's `ggml-common.h`. 24 and up are plain numbers."""

F32, F16, Q8_0, F64, BF16 = 0, 1, 8, 28, 30


class BadGGUFError(Exception):
    """Not a GGUF file, or a damaged one. The text is a predicate: "is not a GGUF file"."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor's description. `shape` in ggml's order (fastest dimension first), `offset` into the data part."""

    name: str
    shape: tuple[int, ...]
    type: int
    offset: int

    @property
    def known(self) -> bool:
        """Does this reader know its type, and so its size?"""
        return self.type in _BLOCKS

    @property
    def whole(self) -> bool:
        """Does each row hold a whole number of the type's blocks?"""
        return bool(self.shape) and self.shape[0] % _BLOCKS.get(self.type, (1, 0))[0] == 0

    @property
    def size(self) -> int:
        """Bytes of data; 0 for a type that this reader doesn't know."""
        values, block = _BLOCKS.get(self.type, (1, 0))
        count = 1
        for dimension in self.shape:
            count *= dimension
        return count // values * block


class Strings(Sequence[str]):
    """A long array of strings inside the file, decoded one by one."""

    def __init__(self, path: Path, starts: Sequence[int]) -> None:
        self._path, self._starts = path, starts

    def __len__(self) -> int:
        return len(self._starts)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        with self._path.open("rb") as stream:
            if isinstance(index, slice):
                return [self._read(stream, start) for start in self._starts[index]]
            return self._read(stream, self._starts[index])

    def __iter__(self) -> Iterator[str]:
        return iter(self[:])

    @staticmethod
    def _read(stream: Any, start: int) -> str:
        stream.seek(start)
        (length,) = struct.unpack("<Q", stream.read(8))
        return str(stream.read(length), "utf-8", "replace")


@dataclass(frozen=True)
class Header:
    """What a GGUF file says about itself. `metadata` holds every key; arrays of numbers are left out (None)."""

    path: Path
    metadata: Mapping[str, Any]
    tensors: tuple[Tensor, ...]
    data_start: int = 0
    """Where the tensors' data begins in the file, in bytes."""
    keys_end: int = 0
    """Where the keys end and the tensors' descriptions begin, in bytes."""
    alignment: int = _DEFAULT_ALIGNMENT
    """Each tensor's data begins at a multiple of this, counted from `data_start`."""

    @property
    def architecture(self) -> str:
        return str(self.metadata.get("general.architecture", ""))

    @property
    def context(self) -> int:
        """The longest text the model was trained on, in tokens; 0 when it doesn't say."""
        value = self.metadata.get(f"{self.architecture}.context_length", 0)
        return value if isinstance(value, int) else 0

    @property
    def is_adapter(self) -> bool:
        return self.metadata.get("general.type") == "adapter"


def read_header(path: Path) -> Header:
    """Read and check a GGUF file's head. Takes up to a few tenths of a second: call it in a thread.

    Raises BadGGUFError when the file is no GGUF, is of an unknown version, damaged or cut off; OSError as `open` does.
    """
    with path.open("rb") as stream:
        if stream.read(4) != b"GGUF":
            raise BadGGUFError("is not a GGUF file")
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
            try:
                return _Reader(path, data).header()
            except (struct.error, IndexError, UnicodeDecodeError, OverflowError, ValueError) as error:
                raise BadGGUFError("is damaged or was not copied to the end") from error


def checked_header(path: Path) -> Header:
    """The head of a model's GGUF. Raises EngineError with one sentence when it can't be a model."""
    try:
        header = read_header(path)
    except BadGGUFError as error:
        raise EngineError(f"{path.name} {error}.", "Fetch it again, or choose another in ownhand.model.") from error
    except OSError as error:
        raise EngineError(
            f"The model {path} can't be read: {error.strerror}.", "Set ownhand.model to a GGUF file that is there."
        ) from error
    if header.is_adapter:
        raise EngineError(f"{path.name} is an adapter, not a model.", "Set ownhand.model to the model it was made for.")
    return header


class _Reader:
    def __init__(self, path: Path, data: mmap.mmap) -> None:
        self._path, self._data, self._at = path, data, 4

    def header(self) -> Header:
        version, tensors, keys = self._take("<I"), self._take("<Q"), self._take("<Q")
        if version not in (2, 3):
            raise BadGGUFError(f"is GGUF version {version}, which the embedded engine can't read")
        metadata = dict(self._pair() for _ in range(keys))
        keys_end = self._at
        described = tuple(self._tensor() for _ in range(tensors))
        alignment = metadata.get("general.alignment", _DEFAULT_ALIGNMENT)
        if not isinstance(alignment, int) or alignment < 1:
            raise ValueError(alignment)
        start = -(-self._at // alignment) * alignment
        self._check_end(described, start)
        return Header(self._path, metadata, described, start, keys_end, alignment)

    def _take(self, form: str) -> Any:
        (value,) = struct.unpack_from(form, self._data, self._at)
        self._at += struct.calcsize(form)
        return value

    def _text(self) -> str:
        length = self._take("<Q")
        if self._at + length > len(self._data):
            raise IndexError
        value = self._data[self._at : self._at + length].decode("utf-8", "replace")
        self._at += length
        return value

    def _pair(self) -> tuple[str, Any]:
        key = self._text()
        if len(key) > _LONGEST_KEY:
            raise ValueError(key)
        return key, self._value(self._take("<I"))

    def _value(self, kind: int) -> Any:
        if kind == _STRING:
            return self._text()
        if kind == _ARRAY:
            return self._array()
        return self._take(_SCALARS[kind]) if kind in _SCALARS else self._unknown()

    def _array(self) -> Strings | None:
        kind, count = self._take("<I"), self._take("<Q")
        if count > len(self._data):
            raise IndexError
        if kind == _STRING:
            return self._strings(count)
        if kind not in _SCALARS:
            self._unknown()
        self._at += struct.calcsize(_SCALARS[kind]) * count
        return None

    def _strings(self, count: int) -> Strings:
        starts, at, data, length_at = [0] * count, self._at, self._data, struct.Struct("<Q").unpack_from
        for index in range(count):
            starts[index] = at
            at += 8 + length_at(data, at)[0]
        self._at = at
        return Strings(self._path, starts)

    def _tensor(self) -> Tensor:
        name, dimensions = self._text(), self._take("<I")
        if dimensions > _MOST_DIMENSIONS:
            raise ValueError(name)
        shape = tuple(self._take("<Q") for _ in range(dimensions))
        return Tensor(name, shape, self._take("<I"), self._take("<Q"))

    def _check_end(self, tensors: Sequence[Tensor], start: int) -> None:
        if any(start + tensor.offset + tensor.size > len(self._data) for tensor in tensors):
            raise BadGGUFError("is cut off: the end of its weights is missing")

    @staticmethod
    def _unknown() -> Any:
        raise ValueError("unknown kind of value")

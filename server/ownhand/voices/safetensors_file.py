"""Reading a safetensors file without trusting it: its head is checked before a single weight is touched.

Format (huggingface/safetensors, README, "Format"): 8 bytes with the length N of the head (little-endian), N bytes of
JSON `{"name": {"dtype", "shape", "data_offsets": [begin, end]}}`, then the data; offsets count from the data's start
and leave no holes. There is no code in it, so nothing can be run by opening it.
"""

import json
import struct
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from ownhand.errors import WriterError

_LONGEST_HEAD = 16 << 20
_MOST_DIMENSIONS = 4
_BYTES = {"F32": 4, "F16": 2, "BF16": 2}
"""What weights of an adapter may be stored in, and its size."""
NEXT_STEP = "Go back to the adapter before it, or train again."


@dataclass(frozen=True, slots=True)
class Entry:
    """One tensor. `begin` and `end` are bytes from the start of the file."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


def read_entries(path: Path) -> dict[str, Entry]:
    """The tensors of `path` by name. Raises WriterError with one sentence when anything about the file is odd."""
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            head = stream.read(8)
            length = struct.unpack("<Q", head)[0] if len(head) == 8 else size
            if length > min(size - 8, _LONGEST_HEAD):
                raise _odd(path, "is no safetensors file, or was not copied to the end")
            described = json.loads(stream.read(length))
    except OSError as error:
        raise _odd(path, f"can't be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise _odd(path, "has a head that is not JSON") from error
    return _checked(path, described, 8 + length, size)


def _checked(path: Path, described: Any, start: int, size: int) -> dict[str, Entry]:
    if not isinstance(described, dict):
        raise _odd(path, "has a head that lists no weights")
    named = {name: facts for name, facts in described.items() if name != "__metadata__"}
    entries = [_entry(path, name, facts, start) for name, facts in named.items()]
    at = start
    for entry in sorted(entries, key=lambda entry: (entry.begin, entry.end)):
        if entry.begin != at:
            raise _odd(path, "has weights that overlap or leave a hole")
        at = entry.end
    if at != size:
        raise _odd(path, "is longer or shorter than its head says")
    return {entry.name: entry for entry in entries}


def _entry(path: Path, name: str, facts: Any, start: int) -> Entry:
    try:
        dtype, shape, (begin, end) = facts["dtype"], tuple(facts["shape"]), facts["data_offsets"]
        numbers = (*shape, begin, end)
        sound = all(type(number) is int and number >= 0 for number in numbers) and len(shape) <= _MOST_DIMENSIONS
    except (TypeError, KeyError, ValueError) as error:
        raise _odd(path, "describes its weights wrongly") from error
    if dtype not in _BYTES:
        raise _odd(path, "stores its weights in a way that Ownhand does not use")
    if not sound or end - begin != prod(shape) * _BYTES[dtype]:
        raise _odd(path, "describes its weights wrongly")
    return Entry(name, dtype, shape, start + begin, start + end)


def _odd(path: Path, predicate: str) -> WriterError:
    return WriterError(f"The file {path.name} {predicate}.", NEXT_STEP)

"""A model for an Ollama that takes no adapters: the base's file with the adapter merged into it, beside the base.

What the base says to raw prompts is kept: its keys, and with them its start token, are copied in the file; its
parameters, template and licence go into the new model.
"""

import ast
import asyncio
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ownhand.engines.merge_child import merged_file
from ownhand.engines.merging import EMBEDDED, Merge, planned
from ownhand.engines.ollama_blobs import base_file, blob_file
from ownhand.engines.protocol import Adapter, EngineError
from ownhand.engines.room import free_gpu_memory, free_memory, loaded_size

if TYPE_CHECKING:
    from ownhand.engines.ollama_client import LocalClient

_REFUSED = frozenset({"typical_p"})
"""Parameters that an Ollama of today no longer takes."""
_SPARE = 200_000_000
"""Bytes that stay free on each disk."""
_KEPT = ("template", "system", "license", "messages")
"""Called alike by `/api/show` and `create`."""


@dataclass(frozen=True)
class Merging:
    """A merge for Ollama. `facts`: the base as `/api/show` tells it; `folder`: where the file may lie for a while."""

    model: str
    facts: Mapping[str, Any]
    digest: str
    merge: Merge
    folder: Path

    @property
    def size(self) -> int:
        """Bytes of the new file."""
        return self.merge.size

    @property
    def mark(self) -> str:
        """What a model that was made of the very same says of itself under `merging.MARK`."""
        return self.merge.mark


def merging(model: str, facts: Mapping[str, Any], adapter: Adapter, *, local: bool) -> Merging:
    """Plan it: call it in a thread. `local`: Ollama runs on this machine, so its files may be at hand.

    Raises EngineError when they aren't, or when the adapter doesn't fit.
    """
    named, digest = base_file(facts)
    path = blob_file(digest, named) if local else None
    if path is None:
        raise cannot_serve(model)
    return Merging(model, facts, digest, planned(path, digest, adapter), adapter.path.parent)


async def check_room(wanted: Merging, ours: Sequence[Mapping[str, Any]]) -> None:
    """Raises EngineError with both figures when memory or disk would not hold the new model. `ours`: which of our
    models Ollama has loaded (`/api/ps`); they make room."""
    needed = loaded_size(wanted.size)
    free = free_memory() + (await free_gpu_memory() or 0) + sum(int(entry.get("size") or 0) for entry in ours)
    if needed > free:
        raise _no_room(wanted.model, needed, free, "of memory are free")
    await asyncio.to_thread(_check_disks, wanted)


async def make(client: "LocalClient", wanted: Merging, derived: str) -> None:
    """Merge, hand the file to Ollama and have it make the model `derived`. Minutes for a large model.

    Raises EngineError, and what `ollama_client.explained` explains.
    """
    async with merged_file(wanted.merge, wanted.digest, wanted.folder) as file:
        await client.upload(file.digest, file.stream)
    await client.create(derived, files={"model.gguf": file.digest}, **kept(wanted.facts))


def kept(facts: Mapping[str, Any]) -> dict[str, Any]:
    """What the new model takes over from the base, as arguments of `create`."""
    found = {key: facts[key] for key in _KEPT if facts.get(key)}
    parameters = parameters_of(str(facts.get("parameters") or ""))
    return found | ({"parameters": parameters} if parameters else {})


def parameters_of(shown: str) -> dict[str, Any]:
    """The parameters that `/api/show` lists: a name and a value in Go's notation (`%#v`) on each line; a name that
    comes again is a list."""
    found: dict[str, Any] = {}
    for line in shown.splitlines():
        name, _, written = line.strip().partition(" ")
        value = _value(written.strip())
        if value is None or name in _REFUSED:
            continue
        if name == "stop" or name in found:
            before = found.get(name, [])
            found[name] = [*(before if isinstance(before, list) else [before]), value]
        else:
            found[name] = value
    return found


def cannot_serve(model: str) -> EngineError:
    return EngineError(f"This Ollama can't serve an adapter for {model}.", f"Set {EMBEDDED}")


def _value(written: str) -> Any:
    try:
        return json.loads(written)
    except ValueError:
        pass
    try:
        return ast.literal_eval(written)
    except (ValueError, SyntaxError):
        return None


def _check_disks(wanted: Merging) -> None:
    """The new file lies beside the adapter until Ollama has its own copy; both may be on one disk."""
    needed: dict[int, int] = {}
    for folder in (wanted.folder, wanted.merge.base.path.parent):
        disk = folder.stat().st_dev
        needed[disk] = needed.get(disk, _SPARE) + wanted.size
        free = shutil.disk_usage(folder).free
        if needed[disk] > free:
            raise _no_room(wanted.model, needed[disk], free, f"are free where {folder} lies")


def _no_room(model: str, needed: int, free: int, where: str) -> EngineError:
    return EngineError(
        f"This Ollama takes your voice only as a model of its own beside {model}: that needs {needed / 1e9:.1f} GB, "
        f"and {free / 1e9:.1f} GB {where}.",
        f"Free some, or set {EMBEDDED}",
    )

"""Would loading a model push out one that somebody else is using?

Ollama unloads idle models when a new one doesn't fit, or when as many are loaded as it allows. Whoever loaded those
will wait for them again. So before Ownhand loads its model, it looks at what is there and at free memory: with
nothing of others loaded it goes ahead; beside others only where the model and its cache fit into what is free now.
"""

import asyncio
import contextlib
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_HEADROOM = 1.25
"""Weights times this: KV cache of 4,096 tokens and scratch memory."""
_GPU_SECONDS = 5.0
"""For NVIDIA's tool to answer; where the driver hangs, it never does."""
_OLLAMA_DEFAULT_LOADED = 3
"""OLLAMA_MAX_LOADED_MODELS unless set: three per GPU, three on a CPU. One more unloads the oldest."""


async def who_is_in_the_way(ours: set[str], size: int, running: Sequence[Mapping[str, Any]], local: bool) -> str:
    """The name of a loaded model that loading ours (`size` bytes) would push out; "" when there is room.

    `running` is `/api/ps`. On another machine (`local` false) memory can't be seen, so nothing is pushed aside.
    """
    names = [str(entry.get("name", "")) for entry in running]
    if not names or any(name in ours for name in names):
        return ""
    fits = local and len(names) < _OLLAMA_DEFAULT_LOADED and await _fits(size, running)
    return "" if fits else names[0]


async def _fits(size: int, running: Sequence[Mapping[str, Any]]) -> bool:
    on_gpu = any(entry.get("size_vram") for entry in running)
    free = await free_gpu_memory() if on_gpu else None
    return loaded_size(size) < (free if free is not None else free_memory())


def loaded_size(size: int) -> int:
    """Bytes of memory that a model of `size` bytes on the disk takes, about."""
    return int(size * _HEADROOM)


def free_memory() -> int:
    """Bytes of main memory that can be had without swapping."""
    import psutil

    return int(psutil.virtual_memory().available)


async def free_gpu_memory() -> int | None:
    """Bytes free on the freest GPU (NVIDIA by its tool, AMD by sysfs); None where GPU and CPU share memory."""
    return await asyncio.to_thread(lambda: _free_nvidia_memory() or _free_amd_memory())


def _free_nvidia_memory() -> int | None:
    command = ("nvidia-smi", "--query-gpu=memory.free", "--format=csv,noheader,nounits")
    with contextlib.suppress(OSError, subprocess.SubprocessError, ValueError):
        said = subprocess.run(command, capture_output=True, timeout=_GPU_SECONDS, check=True).stdout
        return max(int(line) for line in said.split()) << 20
    return None


def _free_amd_memory() -> int | None:
    with contextlib.suppress(OSError, ValueError):
        free = [
            int(total.read_text()) - int(total.with_name("mem_info_vram_used").read_text())
            for total in Path("/sys/class/drm").glob("card*/device/mem_info_vram_total")
        ]
        return max(free, default=None)
    return None

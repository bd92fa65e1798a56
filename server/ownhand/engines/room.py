"""Would loading a model push out one that somebody else is using?

Ollama unloads idle models when a new one doesn't fit, or when as many are loaded as it allows. Whoever loaded those
will wait for them again. So before Ownhand loads its model, it looks at what is there and at free memory: with
nothing of others loaded it goes ahead; beside others only where the model and its cache fit into what is free now.
"""

import asyncio
import contextlib
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_HEADROOM = 1.25
"""Weights times this: KV cache of 4,096 tokens and scratch memory."""
_GPU_SECONDS = 5.0
"""For NVIDIA's tool to answer; where the driver hangs, it never does."""
_OLLAMA_DEFAULT_LOADED = 3
"""OLLAMA_MAX_LOADED_MODELS unless set: three per GPU, three on a CPU. One more unloads the oldest."""


_SERVERS = re.compile("llama", re.IGNORECASE)
"""Names of programs that serve models on cards."""
_HOLDERS = re.compile(r"ownhand\.engines\.embedded_worker|ollama.* runner|llama-server")
"""Command lines of programs that hold a model while they run: our engine's child, Ollama's, a llama-server."""


@dataclass(frozen=True)
class Card:
    """A graphics card: its number as its driver counts (None: not known), free bytes, and whether a model server is
    known to use it."""

    index: int | None
    free: int
    serves: bool = False


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


async def room_for_another(model: Path, *, on_card: bool) -> bool:
    """Can a model that is loaded be loaded a second time? A card that holds it needs the room too."""
    needed = loaded_size((await asyncio.to_thread(model.stat)).st_size)
    if free_memory() <= needed:
        return False
    card = await free_gpu_memory() if on_card else None
    return card is None or card > needed


def loaded_size(size: int) -> int:
    """Bytes of memory that a model of `size` bytes on the disk takes, about."""
    return int(size * _HEADROOM)


def free_memory() -> int:
    """Bytes of main memory that can be had without swapping."""
    import psutil

    return int(psutil.virtual_memory().available)


async def free_gpu_memory() -> int | None:
    """Bytes free on the freest GPU; None where GPU and CPU share memory."""
    cards = await asyncio.to_thread(_cards)
    return max((card.free for card in cards), default=None)


async def graphics_cards() -> tuple[Card, ...]:
    """Those with memory of their own, and which of them a model server is known to use."""
    return await asyncio.to_thread(lambda: _cards(who_serves=True))


async def is_model_loaded() -> bool:
    """Does a program on this machine hold a model to write with now?"""
    return await asyncio.to_thread(_holds_model)


def _holds_model() -> bool:
    import psutil

    programs = (process.info["cmdline"] or () for process in psutil.process_iter(["cmdline"]))
    return any(_HOLDERS.search(" ".join(command)) for command in programs)


def _cards(*, who_serves: bool = False) -> tuple[Card, ...]:
    """NVIDIA's by its tool, AMD's by sysfs. `who_serves` asks the tool a second time."""
    return _nvidia_cards(who_serves=who_serves) or _amd_cards()


def _nvidia_cards(*, who_serves: bool) -> tuple[Card, ...]:
    with contextlib.suppress(ValueError):
        cards = [(int(index), card, int(free) << 20) for index, card, free in _asked("gpu=index,uuid,memory.free")]
        serving = _serving_cards() if who_serves and cards else set()
        return tuple(Card(index, free, card in serving) for index, card, free in cards)
    return ()


def _serving_cards() -> set[str]:
    """Ids of NVIDIA's cards that a model server uses. Raises ValueError."""
    programs = _asked("compute-apps=gpu_uuid,process_name")
    return {card for card, *name in programs if _SERVERS.search(Path(",".join(name)).name)}


def _asked(query: str) -> list[list[str]]:
    """NVIDIA's tool answers in lines of fields with commas; nothing where there is none, or its driver hangs."""
    command = ("nvidia-smi", f"--query-{query}", "--format=csv,noheader,nounits")
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        said = subprocess.run(command, capture_output=True, timeout=_GPU_SECONDS, check=True, text=True).stdout
        return [[field.strip() for field in line.split(",")] for line in said.splitlines() if line.strip()]
    return []


def _amd_cards() -> tuple[Card, ...]:
    """Who uses them is not told, nor how AMD's own libraries count them."""
    found = list[Card]()
    for total in sorted(Path("/sys/class/drm").glob("card*/device/mem_info_vram_total")):
        with contextlib.suppress(OSError, ValueError):
            used = int(total.with_name("mem_info_vram_used").read_text())
            found.append(Card(None, int(total.read_text()) - used))
    return tuple(found)

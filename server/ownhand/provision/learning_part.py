"""The learning part: PyTorch and what stands on it, installed into the environment that runs Ownhand.

What is to be installed is worked out before anything is (`plan` is pure); installing is left to uv or pip, whichever
this environment has. Both keep what has arrived, so a set-up that broke off fetches the rest.
"""

import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib import metadata
from pathlib import Path

from ownhand.errors import WriterError

CHECKED = ("torch", "transformers", "peft", "datasets", "safetensors", "gguf")
_FASTER = ("unsloth", "trl")
"""What makes a graphics card faster and a processor no faster."""
_USUAL = ("~/.local/bin", "~/.cargo/bin", "/opt/homebrew/bin", "/usr/local/bin")
"""Where uv lies when an editor that was started without a terminal knows no path to it."""
_AGAIN = "run `ownhand setup --training` again; what has arrived is kept."
_TESTED = Path(__file__).with_name("constraints.txt")
"""The versions that Ownhand's tests ran with: a library's newest version may have changed under it."""
_TRY = f"import {', '.join(CHECKED)}"


class Hardware(StrEnum):
    """What there is to learn with."""

    NVIDIA = "an NVIDIA graphics card"
    AMD = "an AMD graphics card"
    APPLE = "Apple’s graphics processor"
    PROCESSOR = "the processor alone"


@dataclass(frozen=True)
class Machine:
    """What the plan depends on. `system` is "linux", "darwin" or "win32", `tool` the words that start uv or pip."""

    hardware: Hardware
    system: str
    tool: tuple[str, ...]

    @property
    def has_uv(self) -> bool:
        return "-m" not in self.tool


@dataclass(frozen=True)
class InstallPlan:
    """`fetched` and `disk` in bytes, about; `sentences` are what a writer ought to know before agreeing."""

    command: tuple[str, ...]
    fetched: int
    disk: int
    sentences: tuple[str, ...]


def plan(machine: Machine, requirements: Sequence[str], python: str = sys.executable) -> InstallPlan:
    """What to run. `requirements` are those of the extra `train`. Raises WriterError where it can't be done."""
    if not machine.tool:
        raise WriterError(
            "Neither uv nor pip is here to install the learning part with.",
            "Install uv (docs.astral.sh/uv), then run `ownhand setup --training` again.",
        )
    if machine.hardware is Hardware.AMD and not machine.has_uv:
        raise WriterError(
            "PyTorch for AMD cards lies in PyTorch's own index, and only uv finds the right one there by itself.",
            "Install uv (docs.astral.sh/uv), then run `ownhand setup --training` again.",
        )
    faster = machine.hardware in (Hardware.NVIDIA, Hardware.AMD) and machine.has_uv
    wanted = [each for each in requirements if faster or not each.startswith(_FASTER)]
    at = ("--python", python) if machine.has_uv else ()
    # PyTorch's own index for AMD cards has other versions.
    chosen = ("--torch-backend", "auto") if machine.hardware is Hardware.AMD else ("--constraint", str(_TESTED))
    fetched, disk = _sizes(machine)
    return InstallPlan((*machine.tool, "install", *at, *chosen, *wanted), fetched, disk, _sentences(machine))


def _sizes(machine: Machine) -> tuple[int, int]:
    """Bytes to fetch and on the disk, rounded up from what the package indexes and an installation here showed."""
    if machine.hardware is Hardware.AMD:
        return 6_000_000_000, 18_000_000_000
    return (3_300_000_000, 6_500_000_000) if machine.system == "linux" else (250_000_000, 1_200_000_000)


def _sentences(machine: Machine) -> tuple[str, ...]:
    found = [f"It is for learning with what was found here: {machine.hardware.value}."]
    if machine.hardware is Hardware.AMD:
        found.append("On AMD cards Ownhand has not been tried. PyTorch for them comes from PyTorch's own index.")
    elif machine.hardware is Hardware.PROCESSOR and machine.system == "linux":
        found.append(
            "For Linux the package index has PyTorch only with the libraries of NVIDIA cards, which is most of the "
            "size; it runs without a card too. PyTorch's own index has one without them: if PyTorch is installed here "
            "already, it is left as it is, and far less is fetched."
        )
    elif machine.hardware is Hardware.NVIDIA and not machine.has_uv:
        found.append("Unsloth, which learns faster on that card, is left out: pip can't install it here, uv can.")
    return tuple(found)


def setup_command() -> str:
    """What to type. An editor may keep Ownhand in a place of its own, where no terminal finds it by its name."""
    ownhand = "ownhand" if shutil.which("ownhand") else f'"{sys.executable}" -m ownhand'
    return f"{ownhand} setup --training"


def requirements() -> list[str]:
    """What the extra `train` of the installed Ownhand asks for."""
    asked = metadata.requires("ownhand") or []
    return [each.partition(";")[0].strip() for each in asked if "extra" in each and "train" in each.partition(";")[2]]


def this_machine() -> Machine:
    return Machine(_hardware(), sys.platform, _tool())


def _hardware() -> Hardware:
    """Without a library: by the drivers' own traces."""
    if sys.platform == "darwin" and platform.machine() == "arm64":
        return Hardware.APPLE
    if Path("/proc/driver/nvidia/version").exists() or shutil.which("nvidia-smi"):
        return Hardware.NVIDIA
    return Hardware.AMD if Path("/dev/kfd").exists() else Hardware.PROCESSOR


def _tool() -> tuple[str, ...]:
    """uv where there is one, beside this Python or on the path; else this environment's own pip."""
    beside, *usual = (str(Path(folder).expanduser()) for folder in (Path(sys.executable).parent, *_USUAL))
    uv = shutil.which("uv", path=beside) or shutil.which("uv") or shutil.which("uv", path=os.pathsep.join(usual))
    if uv:
        return uv, "pip"
    return (sys.executable, "-I", "-m", "pip") if importlib.util.find_spec("pip") else ()


def install(wanted: InstallPlan) -> None:
    """Run the plan; its progress goes to the terminal. Raises WriterError with what to do, in one sentence."""
    _check_environment()
    _check_space(wanted)
    watched = sys.stderr.isatty()
    done = subprocess.run(
        wanted.command,
        stdin=subprocess.DEVNULL,
        stdout=None if watched else subprocess.DEVNULL,
        stderr=None if watched else subprocess.PIPE,
        text=True,
        errors="replace",
        cwd=sys.prefix,  # a manuscript folder's own files have no say in where packages come from
        check=False,
    )
    if done.returncode:
        raise WriterError(f"The learning part could not be installed: {_reason(done.stderr or '')}.", _mend(watched))


def check_works() -> None:
    """Can it be imported, too? In a process of its own. Raises WriterError."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", _TRY], capture_output=True, text=True, cwd=sys.prefix, check=False
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it broke off"])[-1]
        raise WriterError(
            f"The learning part is installed but does not start ({last[:160]}).",
            "Run `ownhand setup --training` again; if that doesn't help, install Ownhand anew.",
        )


def _check_environment() -> None:
    managed = Path(sysconfig.get_path("stdlib")) / "EXTERNALLY-MANAGED"
    if sys.prefix == sys.base_prefix and managed.exists():
        raise WriterError(
            "Ownhand runs from the system's own Python, which lets nothing be added.",
            "Install Ownhand with `uv tool install` or `pipx install`, then run `ownhand setup --training` again.",
        )
    if not os.access(sysconfig.get_path("purelib"), os.W_OK):
        raise WriterError(
            f"The folder that Ownhand is installed in ({sys.prefix}) is not yours to write to.",
            "Install Ownhand for yourself with `uv tool install` or `pipx install`.",
        )


def _check_space(wanted: InstallPlan) -> None:
    free = shutil.disk_usage(sys.prefix).free
    if free < wanted.disk:
        raise WriterError(
            f"The disk that holds {sys.prefix} has {free / 1e9:.1f} GB free, and the learning part needs about "
            f"{wanted.disk / 1e9:.1f} GB.",
            "Free some space, then run `ownhand setup --training` again.",
        )


def _reason(said: str) -> str:
    """In a few plain words, from what uv or pip printed."""
    lower = said.lower()
    known = {
        "no space left": "the disk is full",
        "resolve host": "there was no connection",
        "dns error": "there was no connection",
        "connect": "there was no connection",
        "no solution found": "the package index has no versions that fit this Python",
        "no matching distribution": "the package index has no versions that fit this Python",
        "permission denied": "its folder can't be written to",
    }
    return next((words for sign, words in known.items() if sign in lower), "the installer broke off")


def _mend(watched: bool) -> str:
    return f"{'Its own words stand above; mend that, then' if watched else 'Mend that, then'} {_AGAIN}"

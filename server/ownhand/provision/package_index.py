"""The package index that this machine's own Python tools use.

Ownhand names no address of its own: a writer's machine may be set to a mirror, and the tools that installed
Ownhand know it. pip is asked first (installed, or the copy that Python carries to make environments with), then uv.
"""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

_ASK_PIP = """
import json, sys
sys.path[:0] = sys.argv[1:]
from pip._internal.commands import create_command
options, _ = create_command("download").parser.parse_args([])
print(json.dumps({"address": options.index_url, "certificates": options.cert}))
"""
"""pip works its options out from its files, its environment and its built-in default; this asks for the result."""

_PATIENCE = 30.0


@dataclass(frozen=True)
class PackageIndex:
    """`address` of a Simple repository (PEP 503), and a file of certificates to trust besides the usual ones."""

    address: str
    certificates: str | None = None

    @property
    def host(self) -> str:
        return urlsplit(self.address).hostname or ""


def package_indexes() -> list[PackageIndex]:
    """The indexes to try, best first, each once; empty when neither pip nor uv can be asked."""
    found: dict[str, PackageIndex] = {}
    for index in _asked():
        if index is not None and urlsplit(index.address).scheme in ("http", "https"):
            found.setdefault(index.address.rstrip("/"), index)
    return list(found.values())


def _asked() -> Iterator[PackageIndex | None]:
    yield _from_uv_environment()
    yield _from_pip()
    yield _from_uv()


def _from_uv_environment() -> PackageIndex | None:
    named = os.environ.get("UV_DEFAULT_INDEX") or os.environ.get("UV_INDEX_URL") or ""
    if "=" in named.split("//")[0]:  # uv allows a name before the address: "mirror=https://..."
        named = named.partition("=")[2]
    return PackageIndex(named) if named else None


def _from_pip() -> PackageIndex | None:
    for path in _pip_copies():
        answer = _output([sys.executable, "-I", "-c", _ASK_PIP, *path])
        if answer:
            facts = json.loads(answer)
            return PackageIndex(facts["address"], facts["certificates"])
    return None


def _pip_copies() -> Iterator[list[str]]:
    """What to put on the module path so that `pip` can be imported: nothing, or one of the wheels Python carries."""
    if importlib.util.find_spec("pip"):
        yield []
    ensurepip = importlib.util.find_spec("ensurepip")
    folders = [Path(place) / "_bundled" for place in (ensurepip and ensurepip.submodule_search_locations) or []]
    if distribution := sysconfig.get_config_var("WHEEL_PKG_DIR"):  # Debian and Fedora keep the wheels apart
        folders.append(Path(distribution))
    for folder in folders:
        for wheel in sorted(folder.glob("pip-*.whl"), reverse=True):
            yield [str(wheel)]


def _from_uv() -> PackageIndex | None:
    beside = Path(sys.executable).with_name("uv")
    uv = str(beside) if beside.is_file() else shutil.which("uv")
    answer = _output([uv, "pip", "compile", "--quiet", "--emit-index-url", "-"]) if uv else ""
    for line in answer.splitlines():
        if line.startswith("--index-url "):
            return PackageIndex(line.split()[1])
    return None


def _output(command: list[str]) -> str:
    """Standard output of `command`, empty when it fails."""
    try:
        done = subprocess.run(
            command, input="", capture_output=True, text=True, timeout=_PATIENCE, check=True, cwd=Path(sys.prefix)
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout

"""What a set-up fetches, by what the package index says of its wheels."""

import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from packaging.tags import Tag, sys_tags
from packaging.utils import parse_wheel_filename

UV = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))


def fetched_bytes(requirements: list[str], *, with_dependencies: bool) -> int:
    """Bytes of all wheels that this machine fetches for `requirements` when it has none of them."""
    command = [UV, "pip", "compile", "--quiet", "--format", "pylock.toml", "--python", sys.executable, "-"]
    if not with_dependencies:
        command.append("--no-deps")
    asked = subprocess.run(command, input="\n".join(requirements), capture_output=True, text=True, check=True)
    ranks = {tag: rank for rank, tag in enumerate(sys_tags())}
    return sum(_size(package, ranks) for package in tomllib.loads(asked.stdout)["packages"])


def _size(package: Mapping[str, Any], ranks: Mapping[Tag, int]) -> int:
    """Of the wheel that fits this machine best."""

    def rank(wheel: Mapping[str, Any]) -> int:
        tags = parse_wheel_filename(wheel["url"].rpartition("/")[2])[3]
        return min((ranks[tag] for tag in tags if tag in ranks), default=len(ranks))

    return int(min(package["wheels"], key=rank)["size"])

"""`ownhand bench`: the project's benchmarks, run from its source."""

import subprocess
import sys
from collections.abc import Sequence

from ownhand.commands.checkout import checkout_folder


def run(arguments: Sequence[str]) -> int:
    """Hands `arguments` on to `python -m bench` and its exit code back."""
    folder = checkout_folder("bench", "The benchmark")
    return subprocess.run([sys.executable, "-m", "bench", *arguments], cwd=folder.parent, check=False).returncode

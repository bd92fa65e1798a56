"""`ownhand bench`: the project's benchmarks, run from its source."""

import subprocess
import sys
from collections.abc import Sequence

from ownhand.commands.checkout import checkout_folder


def run(arguments: Sequence[str]) -> int:
    """Hands `arguments` on to `python -m bench` (or, after "voice", `bench.voice`) and its exit code back."""
    folder = checkout_folder("bench", "The benchmark")
    module, rest = ("bench.voice", arguments[1:]) if arguments[:1] == ["voice"] else ("bench", arguments)
    return subprocess.run([sys.executable, "-m", module, *rest], cwd=folder.parent, check=False).returncode

"""Where the tools that provision editors and engines for tests and benchmarks keep them."""

import os
from pathlib import Path

CACHE = Path(os.environ.get("OWNHAND_DEV_CACHE") or "~/.cache/ownhand-dev").expanduser()

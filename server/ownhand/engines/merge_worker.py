"""The child that merges an adapter into a model: numpy stays out of the language server's process, and the event loop
never waits for it.

Started as `python -m ownhand.engines.merge_worker PARENT_PID`. Its first line of standard input is a `Job`; it writes
the file to its standard output, which is a file, and then one JSON line to standard error: `{"digest": "sha256:..."}`
or `{"error": sentence, "next": next step}`. It leaves when its standard input closes.
"""

import importlib.util
import json
import os
import queue
import sys
from pathlib import Path
from typing import TypedDict

from ownhand.engines.merging import planned, write_merged
from ownhand.engines.protocol import Adapter, EngineError
from ownhand.processes import die_with_parent, leave_when_stdin_closes, lowest_priority

_NEEDED = ("numpy", "gguf")


class Job(TypedDict):
    """`base_digest` as the engine tells it: it goes into the mark of the new file."""

    base: str
    base_digest: str
    adapter: str
    scale: float


def main() -> None:
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    leave_when_stdin_closes(lines.put)
    die_with_parent(int(sys.argv[1]))
    lowest_priority()
    answer = os.dup(2)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # what libraries have to say is for nobody
    os.write(answer, json.dumps(_done(json.loads(lines.get()))).encode() + b"\n")


def _done(job: Job) -> dict[str, str]:
    if any(importlib.util.find_spec(name) is None for name in _NEEDED):
        return {
            "error": "This Ollama takes your voice only as a model of its own, and what makes that is not installed.",
            "next": "Run `ownhand setup --training` once, or set ownhand.engine to embedded.",
        }
    try:
        merge = planned(Path(job["base"]), job["base_digest"], Adapter("", Path(job["adapter"]), job["scale"]))
        with os.fdopen(1, "wb", closefd=False) as stream:
            return {"digest": write_merged(merge, stream)}
    except EngineError as error:
        return {"error": error.sentence, "next": error.next_step}
    except OSError as error:
        return {
            "error": f"Ownhand can't write the model with your voice: {error.strerror or type(error).__name__}.",
            "next": "Free some space, then try again.",
        }


if __name__ == "__main__":
    main()

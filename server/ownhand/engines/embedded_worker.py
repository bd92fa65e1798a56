"""The child that holds llama.cpp: a malformed file can end it without ending the language server.

Started as `python -m ownhand.engines.embedded_worker PARENT_PID`. Its first line of standard input is the
configuration (JSON, see `Job`); it answers with one JSON line, `{"ready": address, "card": does it use one}` or
`{"error": sentence}`, serves llama.cpp's HTTP at that private address and leaves when its standard input closes.
"""

import contextlib
import json
import os
import queue
import sys
import threading
from typing import Any, TypedDict

from ownhand.processes import die_with_parent, leave_when_stdin_closes

_CPU_BATCH, _GPU_BATCH = 128, 512
"""Tokens read between two looks at the stop flag. On a CPU 128 read as fast as 512 did, and 64 a fifth slower."""
_MOST_THREADS = 8


class Job(TypedDict):
    """What to serve. `listen` is a socket's path (ending in .sock) or a loopback address; `key` guards a port.

    `all_cores`: nobody waits for its answers at an editor.
    """

    model: str
    context: int
    adapter: str | None
    listen: str
    key: str
    all_cores: bool


def main() -> None:
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    leave_when_stdin_closes(lines.put)
    die_with_parent(int(sys.argv[1]))
    say = _only_voice()
    job: Job = json.loads(lines.get())
    try:
        on_card = _has_gpu()
        server = _serve(job, on_card=on_card)
    except Exception as error:  # whatever the library throws, the parent gets one sentence
        say({"error": str(error)})
        return
    say({"ready": server.listening_address, "card": on_card})
    threading.Event().wait()


def _only_voice() -> Any:
    """Keep standard output for ourselves: what C code prints there or to standard error vanishes."""
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)

    def say(message: dict[str, str | bool]) -> None:
        answer.write(json.dumps(message) + "\n")
        answer.flush()

    return say


def _serve(job: Job, *, on_card: bool) -> Any:
    import xllamacpp

    settings = xllamacpp.CommonParams()
    settings.model.path = job["model"]
    settings.n_ctx, settings.n_parallel = job["context"], 1
    settings.cache_ram_mib = 0
    settings.swa_full = True
    settings.offline = True
    settings.n_batch = settings.n_ubatch = _GPU_BATCH if on_card else _CPU_BATCH
    settings.cpuparams_batch.n_threads = _cores()
    # Writing is bound by memory, and llama.cpp's threads wait for each other at every layer: one that has to share
    # its core with the editor holds up all. So one core is left to everything else (docs/lab-notes.md).
    settings.cpuparams.n_threads = _cores() if job["all_cores"] else max(1, _cores() - 1)
    settings.ui = settings.endpoint_slots = settings.endpoint_props = False
    settings.cors_origins = ""
    settings.hostnames = [job["listen"]]
    if job["key"]:
        settings.api_keys = [job["key"]]
    if job["adapter"]:
        settings.lora_adapters = [xllamacpp.CommonAdapterLoraInfo(job["adapter"], 0.0)]
    return xllamacpp.Server(settings)


def _cores() -> int:
    import psutil

    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(psutil.cpu_count(logical=False) or allowed, allowed, _MOST_THREADS))


def _has_gpu() -> bool:
    import xllamacpp

    with contextlib.suppress(Exception):
        kinds = xllamacpp.ggml_backend_dev_type
        gpus = (kinds.GGML_BACKEND_DEVICE_TYPE_GPU, kinds.GGML_BACKEND_DEVICE_TYPE_IGPU)
        return any(device["type"] in gpus for device in xllamacpp.get_device_info())
    return False


if __name__ == "__main__":
    main()

"""The product's own trainer's child on one device, with each trainer in turn: how fast, and do they learn the same?"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.voice.crew import Bench, note
from bench.voice.lab import Lab
from bench.voice.packs import Pack, pack_name
from bench.voice.runs import Run
from ownhand.training.job import PASSAGES_FILE, Job
from ownhand.training.recipe import Recipe

TRAINERS = ("peft", "unsloth")


def compare(bench: Bench, author: str = "melville") -> None:
    """Adds one line per trainer to the log, with the change {"trainer": name}."""
    model, pack = bench.model(), Pack.load(bench.packs, pack_name(author))
    for trainer in TRAINERS:
        with tempfile.TemporaryDirectory(dir=bench.scratch) as folder:
            job = Job(Path(folder) / "job", model, Recipe(), bench.device, trainer, bench.threads)
            facts = _trained(job, pack)
            print(f"{trainer}: {facts}", flush=True)
            if (job.adapter / "adapter_config.json").is_file():
                run = Run(pack.name, 0, {"trainer": trainer}, whole=True, dtype="as the product trains")
                lab = Lab(model, bench.device, bench.scratch, bench.threads)
                note(bench.out, [lab.measured(job.adapter, run, pack, facts)])


def _trained(job: Job, pack: Pack) -> dict[str, Any]:
    job.write()
    samples = {name: [sample | {"piece": ""} for sample in getattr(pack, name)] for name in ("train", "validation")}
    (job.folder / PASSAGES_FILE).write_text(json.dumps({"pieces": [], **samples}), encoding="utf-8")
    began = time.monotonic()
    command = [sys.executable, "-m", "ownhand.training.worker", str(job.folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        *_, last = [{}, *map(json.loads, child.stdout)]
    return {"wall_seconds": round(time.monotonic() - began, 1), **last}

"""Several processes at one card, a log of JSON lines that can be gone on with."""

import fcntl
import json
import os
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from bench.voice.runs import Run
from ownhand.engines.gguf_header import read_header
from ownhand.engines.special import special_tokens_from
from ownhand.home import Home
from ownhand.training.base import checked_base, described, make_ready
from ownhand.training.job import BaseModel


@dataclass(frozen=True)
class Bench:
    """Where everything lies. `until`: seconds of `time.time` after which no run is begun."""

    gguf: Path
    base: Path | None
    packs: Path
    out: Path
    scratch: Path
    device: str = "cpu"
    workers: int = 1
    threads: int = 1
    until: float = float("inf")

    def model(self) -> BaseModel:
        """The plain weights are written if they are not there. `base`: a folder to take instead."""
        if self.base is not None:
            header = read_header(self.gguf)
            special = special_tokens_from(header.metadata)
            return BaseModel(self.gguf, "", header.architecture, self.base, special)
        model = described(checked_base(self.gguf), Home(self.scratch / "home"))
        make_ready(model)
        return model


def work(where: Bench, runs: Sequence[Run]) -> None:
    """Perform those runs that the log does not hold yet, in their order."""
    runs = left(where.out, runs)
    model = where.model()
    os.environ["PYTORCH_NVML_BASED_CUDA_CHECK"] = "1"  # else a mere question wakes the card, and a fork can't share it
    context = get_context("fork")  # what is imported once need not be again by everybody
    import bench.voice.lab  # noqa: F401

    next_run = context.Value("i", 0)
    crew = [
        context.Process(target=_worker, args=(where, model, runs, next_run), daemon=True) for _ in range(where.workers)
    ]
    for process in crew:
        process.start()
    for process in crew:
        process.join()


def records(log: Path) -> Iterator[dict[str, Any]]:
    """What a log holds; a last line that broke off is passed over."""
    if log.is_file():
        for line in log.read_text(encoding="utf-8").splitlines():
            try:
                yield json.loads(line)
            except ValueError:
                continue


def left(log: Path, runs: Sequence[Run]) -> list[Run]:
    """Those that the log does not hold yet, each once."""
    done = {record["key"] for record in records(log)}
    return list({run.key: run for run in runs if run.key not in done}.values())


def _worker(bench: Bench, model: BaseModel, runs: Sequence[Run], next_run: Any) -> None:
    from bench.voice.lab import Lab
    from bench.voice.packs import Pack

    os.environ["OMP_NUM_THREADS"] = str(bench.threads)
    lab, packs = Lab(model, bench.device, bench.scratch, bench.threads), dict[str, Pack]()
    while time.time() < bench.until:
        with next_run.get_lock():
            number, next_run.value = next_run.value, next_run.value + 1
        if number >= len(runs):
            return
        run = runs[number]
        try:
            pack = packs.get(run.pack) or packs.setdefault(run.pack, Pack.load(bench.packs, run.pack))
            note(bench.out, list(lab.perform(run, pack)))
            print(f"{number + 1}/{len(runs)} {run.pack} {run.seed} {run.label}", file=sys.stderr, flush=True)
        except Exception:
            traceback.print_exc()


def note(log: Path, found: Sequence[dict[str, Any]]) -> None:
    """Several processes may write at a time."""
    with log.open("a", encoding="utf-8") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        stream.write("".join(json.dumps(record, separators=(",", ":")) + "\n" for record in found))

"""`ownhand bench voice`: what makes a voice, on three authors.

    python -m bench.voice figures|curve|memorize|recipes [--device cuda --workers 12 --out FILE.jsonl ...]
    python -m bench.voice combine       what gained by itself in `recipes`, together and on fresh pages
    python -m bench.voice trainers      the product's trainers on this device, one after the other
    python -m bench.voice anatomy       in which sorts of words the gain of `figures` lies
    python -m bench.voice pack          only makes what the runs read, for a machine that has nothing but torch
    python -m bench.voice show          reads the log: tables, and with --plots the pictures of docs/

Runs that the log holds are not done again. `tools/fetch_authors.py` brings the authors' texts first.
"""

import argparse
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.voice import runs
from bench.voice.choosing import combined
from bench.voice.crew import Bench, records, work
from bench.voice.packs import cache
from ownhand.engines.weights import packaged_weights
from ownhand.home import Home


def main() -> int:
    options = _options()
    if options.what == "show":
        from bench.voice.results import show

        show(options.out, options.packs, options.plots)
        return 0
    if options.what == "trainers":
        from bench.voice.trainers import compare

        with _bench(options) as bench:
            compare(bench)
        return 0
    wanted = _runs(options)
    if not options.packed:
        from bench.voice.packing import make_packs

        make_packs(dict.fromkeys(run.pack for run in wanted), options.packs)
    if options.what != "pack":
        with _bench(options) as bench:
            if options.what == "anatomy":
                from bench.voice.anatomy import take_apart

                take_apart(bench, wanted)
            else:
                work(bench, wanted)
    return 0


def _runs(options: argparse.Namespace) -> list[runs.Run]:
    if options.what == "combine":
        found = combined(records(options.out))
        return [*runs.bare(found), *found]
    names = list(runs.EXPERIMENTS) if options.what in ("pack", "all") else [options.what]
    asked = {key: value for key in ("authors", "seeds") if (value := getattr(options, key))}
    if options.what == "anatomy":
        return runs.anatomy(**asked)
    found = [run for name in names for run in runs.EXPERIMENTS[name](**asked) if re.search(options.only, run.label)]
    return [*runs.bare(found), *found]


@contextmanager
def _bench(options: argparse.Namespace) -> Iterator[Bench]:
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="ownhand-lab-", dir=memory if memory.is_dir() else None) as scratch:
        gguf = options.gguf or packaged_weights(Home.default())
        until = time.time() + 60 * options.minutes if options.minutes else float("inf")
        yield Bench(
            gguf, options.base, options.packs, options.out, Path(scratch), options.device, options.workers,
            options.threads, until,
        )  # fmt: skip


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="ownhand bench voice", description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=[*runs.EXPERIMENTS, "all", "combine", "anatomy", "trainers", "pack", "show"])
    parser.add_argument("--authors", nargs="+", help="else those of the experiment")
    parser.add_argument("--seeds", nargs="+", type=int, help="else those of the experiment")
    parser.add_argument("--only", default="", help="runs whose change this pattern finds, e.g. 'epochs 30,.*rank 16'")
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--workers", type=int, default=1, help="processes side by side")
    parser.add_argument("--threads", type=int, default=1, help="of each process")
    parser.add_argument("--minutes", type=float, default=0, help="begin no run after so many")
    parser.add_argument("--out", type=Path, default=cache() / "log.jsonl", help="the log")
    parser.add_argument("--packs", type=Path, default=cache(), help="where packs lie")
    parser.add_argument("--packed", action="store_true", help="they are all there")
    parser.add_argument("--gguf", type=Path, help="the model; else the packaged one")
    parser.add_argument("--base", type=Path, help="a folder with its plain weights")
    parser.add_argument("--plots", type=Path, help="with show: a folder for the pictures")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())

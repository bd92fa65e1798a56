"""`ownhand bench` and `make bench`: every figure of docs/performance.md, in one run.

    python -m bench [--json FILE] [--markdown FILE] [--only NAME ...] [--moments N]

Exits 1 when a bound is missed, or something that a part measures is not there.
"""

import argparse
import asyncio
import json
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psutil
from rich.console import Console

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "support"))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "neovim"))

from bench import front_door, ledger, memory, neovim, observer, scan, stock, vscode
from bench.engines import embedded, ollama
from bench.figures import Figure, markdown, show
from bench.overhead import compare
from bench.page import MANUSCRIPT
from bench.writing import Desk
from ownhand.engines.weights import packaged_weights
from ownhand.errors import WriterError
from ownhand.home import Home
from ownhand.manuscript.consent import find_voice
from ownhand.manuscript.corpus import Corpus
from ownhand.manuscript.scanner import refresh
from ownhand.settings import Settings
from ownhand.training.runner import check_installed

TRAINING_STEPS = 6
_TRIES = 40
"""To remove a folder, half a second each."""


class Bench:
    """One run in a private scratch folder: the demo manuscript is read once and serves all parts."""

    def __init__(self, scratch: Path, moments: int) -> None:
        self.scratch = scratch
        self.moments = moments
        self.weights = packaged_weights(Home.default())
        self.home = Home(scratch / "home")
        self.folder = scratch / "manuscript"
        shutil.copytree(MANUSCRIPT, self.folder)

    def corpus(self) -> Corpus:
        refresh(self.home, self.folder, Settings(), lambda *_: None)
        voice = find_voice(self.home, self.folder)
        assert voice is not None
        return Corpus.open(voice.index_path)

    async def front_door(self) -> list[Figure]:
        await asyncio.to_thread(self.corpus)
        return await front_door.measure(self.home.root, self.folder)

    async def embedded(self) -> list[Figure]:
        corpus = await asyncio.to_thread(self.corpus)
        async with embedded(self.weights) as (engine, raw):
            pairs = await compare(engine, corpus, raw, self.moments)
            cached = Figure(
                "embedded: prompt tokens from the prefix cache", 100 * pairs.cached_share, "%", 95, at_least=True
            )
            return [*pairs.figures("embedded"), cached, *await stock.measure(engine)]

    async def ollama(self) -> list[Figure]:
        corpus = await asyncio.to_thread(self.corpus)
        async with ollama(self.weights, self.scratch) as (engine, raw):
            return (await compare(engine, corpus, raw, self.moments)).figures("Ollama")

    async def neovim(self) -> list[Figure]:
        return await asyncio.to_thread(lambda: neovim.measure(self.desk()))

    async def vscode(self) -> list[Figure]:
        return await asyncio.to_thread(lambda: vscode.measure(self.desk()))

    def desk(self) -> Desk:
        self.corpus()
        return Desk(self.scratch, self.home, self.folder)

    async def scan(self) -> list[Figure]:
        return await scan.measure(self.scratch)

    async def observer(self) -> list[Figure]:
        return await asyncio.to_thread(observer.measure)

    async def training(self) -> list[Figure]:
        check_installed()
        from bench import training  # only here: it brings torch, which the learning part installs

        corpus = await asyncio.to_thread(self.corpus)
        voice = find_voice(self.home, self.folder)
        assert voice is not None
        return await asyncio.to_thread(training.measure, await training.job(self.home, voice, corpus), TRAINING_STEPS)

    async def memory(self) -> list[Figure]:
        check_installed()
        return await asyncio.to_thread(lambda: list(memory.measure(self.weights, self.scratch)))

    async def ledger(self) -> list[Figure]:
        return await asyncio.to_thread(ledger.measure, self.scratch)


def machine() -> str:
    memory = psutil.virtual_memory().total / 2**30
    return f"{platform.machine()}, {psutil.cpu_count()} cores, {memory:.0f} GiB, Python {platform.python_version()}"


async def main() -> int:
    options, console = _options(), Console()
    figures, complete = list[Figure](), True
    for part in options.only:
        console.print(f"measuring {part.replace('_', ' ')} …", highlight=False)
        try:
            figures += await _measure(part, options.moments)
        except WriterError as missing:
            console.print(str(missing), highlight=False)
            complete = False
    show(figures, console)
    console.print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {machine()}", highlight=False)
    if options.json:
        options.json.write_text(json.dumps([figure.to_json() for figure in figures], indent=1) + "\n")
    if options.markdown:
        options.markdown.write_text(markdown(figures), encoding="utf-8")
    return 0 if complete and all(figure.holds for figure in figures) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="ownhand bench", description="Measures Ownhand on this machine.")
    parts = ["front_door", "embedded", "ollama", "scan", "observer", "ledger", "training", "neovim", "vscode"]
    parser.add_argument("--only", choices=[*parts, "memory"], nargs="+", default=parts, help="parts to run")
    parser.add_argument("--moments", type=int, default=60, help="pairs per engine")
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("--markdown", type=Path, help="write the table of docs/performance.md here")
    return parser.parse_args()


async def _measure(part: str, moments: int) -> list[Figure]:
    with _scratch() as folder:
        measure: Callable[[], Awaitable[list[Figure]]] = getattr(Bench(folder, moments), part)
        return await measure()


@contextmanager
def _scratch() -> Iterator[Path]:
    """A private folder. An editor's server that is just leaving may still write into it while it is removed."""
    folder = Path(tempfile.mkdtemp(prefix="ownhand-bench-"))
    try:
        yield folder
    finally:
        for _ in range(_TRIES):
            shutil.rmtree(folder, ignore_errors=True)
            if not folder.exists():
                break
            time.sleep(0.5)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))

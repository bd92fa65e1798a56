"""The first scan of a large manuscript in its child process, and a later start from the saved index."""

import asyncio
import itertools
import random
import re
import time
from pathlib import Path

from bench.figures import Figure
from bench.page import MANUSCRIPT
from ownhand.home import Home
from ownhand.manuscript.consent import Consent, grant
from ownhand.manuscript.corpus import Corpus
from ownhand.manuscript.scanner import Scanner, job_for
from ownhand.settings import Settings


async def measure(scratch: Path, files: int = 1000, words_each: int = 2000) -> list[Figure]:
    """Scan a made-up manuscript of `files` chapters, then open its index as a later start does."""
    folder, home = scratch / "long", Home(scratch / "home")
    await asyncio.to_thread(write_manuscript, folder, files, words_each)
    voice = grant(home, folder, Consent.LEARN)
    scanner, started = Scanner(lambda: job_for(voice, Settings())), time.perf_counter()
    scanner.start()
    await scanner.finished()
    scanned = time.perf_counter() - started
    started = time.perf_counter()
    corpus = Corpus.open(voice.index_path)
    counts = corpus.counts()
    opened = time.perf_counter() - started
    started = time.perf_counter()
    corpus.repeats_own_text("the sea came up under the floor of the mill and nobody said a word about it", here=None)
    asked = time.perf_counter() - started
    corpus.close()
    return [
        Figure("first scan", scanned, "s", 30, note=f"{files} files, {counts.words:,} words"),
        Figure("start from the saved index", opened, "s", 1),
        Figure("own-lines filter, first call", 1000 * asked, "ms"),
    ]


def write_manuscript(folder: Path, files: int, words_each: int) -> None:
    """Chapters with the demo manuscript's words in an order of their own: a chain of words that follow each other."""
    folder.mkdir(parents=True)
    source = " ".join(path.read_text(encoding="utf-8") for path in sorted(MANUSCRIPT.rglob("*.md"))).split()
    follows: dict[str, list[str]] = {}
    for word, after in itertools.pairwise(source):
        follows.setdefault(word, []).append(after)
    dice = random.Random(7)
    for number in range(files):
        (folder / f"chapter-{number:04}.md").write_text(_chapter(number, words_each, source, follows, dice), "utf-8")


def _chapter(number: int, words: int, source: list[str], follows: dict[str, list[str]], dice: random.Random) -> str:
    word, chapter = dice.choice(source), []
    for _ in range(words):
        chapter.append(word)
        # One word in five starts anew, so that long runs of the source don't come back in every chapter.
        word = dice.choice(source if dice.random() < 0.2 else follows.get(word, source))
    text = re.sub(r"[#*%`\[\]<>|-]", "", " ".join(chapter))
    return f"# Chapter {number}\n\n" + re.sub(r"((?:\S+\s+){90})", r"\1\n\n", text) + "\n"

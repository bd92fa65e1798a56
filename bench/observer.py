"""What following a page costs for each key: its text, whose words it is made of, and what becomes of suggestions."""

import random
import time
from collections.abc import Iterator

from bench.figures import Figure, quantile
from bench.page import MANUSCRIPT
from ownhand.editor.mirror import Mirror
from ownhand.verdicts.facts import Offered
from ownhand.verdicts.observer.edits import difference
from ownhand.verdicts.observer.follower import Clock
from ownhand.verdicts.observer.observer import MOST_LIVE, Observer
from ownhand.verdicts.whose.words import WhoseWords

PAGES, ON_A_PAGE = 200, 2000
"""Pages of the document, and characters on each."""
KEYS = 4000
TAKEN = 60
"""Suggestions that were taken and are still looked after."""
TEXT = " and the water came back without a sound, as it does when nobody is there to mind."


def measure() -> list[Figure]:
    """A writer goes about in a long document, with suggestions open all over it. Seconds of this thread's own time."""
    mirror, words, observer, clock = _document()
    times, chance = list[float](), random.Random(5)
    for line, column, key in _keys(mirror, chance):
        clock[0] += 0.15
        started = time.thread_time()
        edit = mirror.replace((line, column), (line, column), key)
        words.edit(edit.offset, edit.removed, edit.inserted)
        observer.changed([edit])
        times.append(time.thread_time() - started)
    whole = _whole_text(mirror, words, observer)
    note = f"{KEYS} keys, {MOST_LIVE} live suggestions, {TAKEN} looked after, {PAGES * ON_A_PAGE:,} characters"
    return [
        Figure("a key followed: text, provenance, observer, p99", 1000 * quantile(times, 0.99), "ms", 1, note=note),
        Figure("a key followed, median", 1000 * quantile(times, 0.5), "ms"),
        Figure("the whole text sent anew, commas changed all over it", 1000 * whole, "ms"),
    ]


def _document() -> tuple[Mirror, WhoseWords, Observer, list[float]]:
    mirror, seconds = Mirror(_long_text()), [1000.0]
    words = WhoseWords.unobserved(len(mirror.plain))
    observer = Observer(lambda _: None, Clock(lambda: seconds[0], lambda: seconds[0]), mark=words.mark)
    lines = mirror.line_count
    for number in range(TAKEN + MOST_LIVE):
        line = lines * (number + 1) // (TAKEN + MOST_LIVE + 1)
        place = line, len(mirror.line(line))
        window, name = mirror.window(place), f"s{number}"
        position = window.before_offset + len(window.before)
        observer.offered(_offer(name, position), TEXT, window.before[-2000:], window.after[:500])
        if number < TAKEN:
            edit = mirror.replace(place, place, TEXT)
            words.edit(edit.offset, edit.removed, edit.inserted)
            observer.changed([edit])
            observer.accepted(name)
    seconds[0] += 1
    observer.run()
    return mirror, words, observer, seconds


def _offer(name: str, position: int) -> Offered:
    return Offered(
        name, 0.0, "novel.md", position, "prose", "sentence", len(TEXT), 16, True, "scripted", "scripted", None, "{}",
        b"", 1.0, 1.0,
    )  # fmt: skip


def _long_text() -> str:
    text = "\n\n".join(file.read_text(encoding="utf-8") for file in sorted(MANUSCRIPT.glob("**/*.md")))
    return (text * (PAGES * ON_A_PAGE // len(text) + 1))[: PAGES * ON_A_PAGE]


def _keys(mirror: Mirror, chance: random.Random) -> Iterator[tuple[int, int, str]]:
    """Words are typed where the writer is; after each dozen of keys the writer goes elsewhere."""
    line = column = 0
    for number in range(KEYS):
        if number % 12 == 0:
            line = chance.randrange(mirror.line_count)
            column = len(mirror.line(line))
        yield line, column, chance.choice("etaoin shrdlu ")
        column += 1


def _whole_text(mirror: Mirror, words: WhoseWords, observer: Observer) -> float:
    """A formatter went over the document, and the editor sends all of it."""
    before = mirror.plain
    after = before.replace(",", " ,")
    started = time.thread_time()
    mirror.replace_all(after)
    edits = difference(before, mirror.plain)
    for edit in edits:
        words.edit(edit.offset, edit.removed, edit.inserted)
    observer.changed(edits)
    return time.thread_time() - started

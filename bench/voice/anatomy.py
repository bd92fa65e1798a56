"""Where a gain lies: in names, in words that the learned pages have, in words that they don't, in signs and spaces.

Answers why one author gains more than another. One training for each author and seed; every token of the blocks that
were kept aside counts for the sort of word in which it begins.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from bench.voice.crew import Bench, left, note
from bench.voice.lab import Lab
from bench.voice.packs import Pack
from bench.voice.runs import Run
from bench.voice.scoring import token_bits
from ownhand.engines.gguf_header import read_header
from ownhand.engines.vocabulary import token_bytes
from ownhand.training.evaluation_plan import COLD, DOCUMENT, HELD_OUT, Scored

_WORD = re.compile(r"\w+(?:['’]\w+)*")
_FREQUENT = 100
"""The words that the learned pages have most often: most of them are everybody's, yet how often is the writer's own."""
SORTS = ("frequent words", "other words of the learned pages", "names", "new words", "signs and spaces")


def take_apart(bench: Bench, runs: Sequence[Run]) -> None:
    """Adds a record for each run to the log and prints it. What the log has is not done again."""
    log = bench.out.with_name("anatomy.jsonl")
    model = bench.model()
    lab, tokens = Lab(model, bench.device, bench.scratch, bench.threads), token_bytes(read_header(bench.gguf).metadata)
    for run in left(log, runs):
        pack = Pack.load(bench.packs, run.pack)
        items = [
            item for item in pack.plan.scored if (item.group, item.heat, item.prompt) == (HELD_OUT, COLD, DOCUMENT)
        ]
        with lab.taught(run, pack) as learned:
            after = token_bits(learned, items)
        before = token_bits(lab.model, items)
        found = summed(items, (before, after), tokens, pack.taught)
        note(log, [{"key": run.key, "run": run.to_json(), "sorts": found}])
        print(f"{run.pack}, seed {run.seed}", *lines(found), sep="\n", flush=True)


def summed(
    items: Sequence[Scored], bits: tuple[dict[str, list[float]], ...], tokens: Sequence[bytes], taught: Sequence[str]
) -> dict[str, dict[str, float]]:
    """By sort of word: tokens, bits before and after."""
    sort_of = _sorter(taught)
    found: dict[str, Counter[str]] = {sort: Counter() for sort in SORTS}
    for item in items:
        ids = item.ids if item.context else item.ids[1:]
        spellings = [tokens[token] for token in ids]
        for sort, before, after in zip(_sorts(spellings, sort_of), *(each[item.name] for each in bits), strict=True):
            found[sort].update({"tokens": 1, "before": before, "after": after})
    return {sort: {key: round(value, 1) for key, value in counts.items()} for sort, counts in found.items()}


def lines(found: dict[str, dict[str, float]]) -> Iterator[str]:
    """Share of the tokens, of the base's bits, and what was gained: of all bits, and of the sort's own."""
    every = {key: sum(counts.get(key, 0.0) for counts in found.values()) for key in ("tokens", "before", "after")}
    for sort, counts in [*found.items(), ("all", every)]:
        tokens, before, after = (counts.get(key, 0.0) for key in ("tokens", "before", "after"))
        yield (
            f"  {sort:34} {100 * tokens / every['tokens']:5.1f}% of tokens, "
            f"{100 * before / every['before']:5.1f}% of bits, "
            f"gain {100 * (before - after) / every['before']:5.2f} points, "
            f"{100 * (before - after) / max(before, 1e-9):5.1f}% of its own"
        )


def _sorter(taught: Sequence[str]) -> Any:
    text = "\n".join(taught)
    counts = Counter(word.lower() for word in _WORD.findall(text))
    frequent = {word for word, _ in counts.most_common(_FREQUENT)}
    lower = {word for word in _WORD.findall(text) if word[0].islower()}

    def sort_of(word: str, *, begins: bool) -> str:
        low = word.lower()
        if word[0].isupper() and low not in lower and not begins:
            return "names"
        if low in frequent:
            return "frequent words"
        return "other words of the learned pages" if low in counts else "new words"

    return sort_of


def _sorts(spellings: Sequence[bytes], sort_of: Any) -> list[str]:
    """The sort of each token, by the word in which its first character that is no space lies."""
    text = b"".join(spellings).decode("utf-8", "ignore")
    at_char: list[str] = ["signs and spaces"] * len(text)
    for word in _WORD.finditer(text):
        before = text[: word.start()].rstrip(" \"“‘'(—-")
        sort = sort_of(word.group(), begins=not before or before[-1] in ".!?\n:")
        at_char[word.start() : word.end()] = [sort] * len(word.group())
    found, done = [], b""
    for spelling in spellings:
        start = len(done.decode("utf-8", "ignore"))
        skipped = len(spelling) - len(spelling.lstrip(b" ")) if spelling.strip() else 0
        found.append(at_char[min(start + skipped, len(at_char) - 1)])
        done += spelling
    return found

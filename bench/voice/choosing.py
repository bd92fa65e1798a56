"""Which changes gained by themselves, and what they do together: the second half of the experiment on recipes."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from math import sqrt
from statistics import fmean, stdev
from typing import Any

from bench.voice.authors import CHOSEN_BY
from bench.voice.packs import pack_name
from bench.voice.runs import Run, recipes, together

_MOST = 4
_HELD_OUT, _EMPTY = "held out/", "/cold/document"
Record = Mapping[str, Any]


def gain(record: Record, base: Record) -> float:
    """Points under the base on kept pages, on an empty page."""
    names = [name for name in record["bits"] if name.startswith(_HELD_OUT) and name.endswith(_EMPTY)]
    mine, plain = (sum(each["bits"][name] for name in names) for each in (record, base))
    return 100 * (1 - mine / plain)


def beyond(records: Iterable[Record]) -> dict[str, dict[str, list[float]]]:
    """By change and author: points beyond the product's recipe with the same seed."""
    every = list(records)
    base = {record["run"]["pack"]: record for record in every if record["run"]["bare"]}
    gains = {
        (label_of(record), *_place(record)): gain(record, base[record["run"]["pack"]])
        for record in every
        if not record["run"]["bare"] and record["run"]["pack"] in base and record["run"]["dtype"] == "float32"
    }
    found: dict[str, dict[str, list[float]]] = {}
    for (label, author, seed), value in gains.items():
        usual = gains.get(("as it is", author, seed))
        if usual is not None:
            found.setdefault(label, {}).setdefault(author, []).append(value - usual)
    return found


def label_of(record: Record) -> str:
    """The change and how passages were cut, or the average alone where one was taken."""
    run = Run(**record["run"])
    cut = run.pack.partition("-50-")[2]
    change = {key: value for key, value in run.change.items() if key != "averages"}
    words = [f"{name} {value}" for name, value in sorted(change.items())]
    words += [f"cut {cut}"] if cut else []
    words += [record["average"]] if record.get("average") else []
    return ", ".join(words) or "as it is"


def _place(record: Record) -> tuple[str, int]:
    return record["run"]["pack"].partition("-50")[0], record["run"]["seed"]


def surely_better(found: Mapping[str, Mapping[str, Sequence[float]]]) -> list[str]:
    """Changes that gain with all three authors, by more than two standard errors over all runs; the best first."""
    better = {}
    for label, by_author in found.items():
        values = [value for author in CHOSEN_BY for value in by_author.get(author, ())]
        if len(by_author) < len(CHOSEN_BY) or len(values) < 2 * len(CHOSEN_BY):
            continue
        error = stdev(values) / sqrt(len(values))
        if min(fmean(by_author[author]) for author in CHOSEN_BY) > 0 and fmean(values) > 2 * error:
            better[label] = fmean(values)
    return sorted(better, key=lambda label: -better[label])


def combined(records: Iterable[Record]) -> list[Run]:
    """The best changes that don't touch each other, in pairs and all together, then on fresh pages."""
    every = list(records)
    better = surely_better(beyond(every))
    known = {label_of({"run": run.to_json()}): run.change for run in recipes() if "averages" not in run.change}
    chosen: list[dict[str, Any]] = []
    for label in better:
        change = known.get(label)
        if change and "cut" not in label and not any(change.keys() & other.keys() for other in chosen):
            chosen.append(change)
    chosen = chosen[:_MOST]
    sets = list(combinations(chosen, 2)) + [tuple(chosen[:size]) for size in range(3, len(chosen) + 1)]
    averages = {"averages": ["ema0.9", "last20"]}
    mixed = [{name: value for change in each for name, value in change.items()} | averages for each in sets]
    fresh = [pack_name("melville-fresh"), pack_name("austen-fresh")]
    return [
        *together(mixed, [pack_name(author) for author in CHOSEN_BY]),
        *together([averages, *({**change, **averages} for change in chosen), *mixed], fresh),
    ]

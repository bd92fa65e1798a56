"""From the log to figures: the product's own metrics, novelty and loops of every run, tables and pictures.

Figures take a while to draw their intervals, so they are kept beside the log (`FILE.figures.jsonl`).
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from bench.voice import plots
from bench.voice.choosing import beyond, gain, label_of
from bench.voice.crew import records
from bench.voice.packs import Pack
from ownhand.engines.gguf_header import read_header
from ownhand.engines.vocabulary import token_bytes
from ownhand.engines.weights import packaged_weights
from ownhand.home import Home
from ownhand.manuscript.model import Form
from ownhand.training.evaluation_plan import Plan
from ownhand.training.metrics import BASE, CHALLENGER, metrics
from ownhand.training.novelty import TrainingText, Written, novelty
from ownhand.training.samples import Continuation, Habits, habits

Row = dict[str, Any]


def show(log: Path, packs: Path, pictures: Path | None) -> None:
    rows = _rows(log, packs)
    for title, chosen in (("Figures", _usual(rows, (50,))), ("Learning curve", _usual(rows, ()))):
        print(f"\n{title}\n{_table(chosen, ('author', 'samples', 'words'))}")
    print(f"\nLearned by heart\n{_table(_heart(rows), ('author', 'samples', 'rank', 'epochs'))}")
    print(f"\nChanges, in points beyond the recipe\n{_changes(records(log))}")
    if pictures is not None:
        plots.draw_all(pictures, _usual(rows, ()), _heart(rows))


def _rows(log: Path, packs: Path) -> list[Row]:
    """One for each run that was scored with passages too."""
    kept = log.with_suffix(".figures.jsonl")
    known = {(row["key"], row["average"]): row for row in records(kept)}
    every = list(records(log))
    bare = {record["run"]["pack"]: record for record in every if record["run"]["bare"]}
    tokens = token_bytes(read_header(packaged_weights(Home.default())).metadata)
    for record in every:
        name = record["run"]["pack"]
        if record["run"]["bare"] or name not in bare or (record["key"], record.get("average", "")) in known:
            continue
        row = _row(record, bare[name], Pack.load(packs, name), tokens)
        known[row["key"], row["average"]] = row
        with kept.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(row) + "\n")
    return list(known.values())


def _row(record: Mapping[str, Any], base: Mapping[str, Any], pack: Pack, tokens: Sequence[bytes]) -> Row:
    author, samples = pack.name.rsplit("-", 1) if pack.name[-1].isdigit() else (pack.name, "0")
    row = {
        "key": record["key"],
        "average": record.get("average", ""),
        "author": author,
        "samples": int(samples),
        "words": pack.words,
        "seed": record["run"]["seed"],
        "dtype": record["run"]["dtype"],
        "label": label_of(record),
        **{key: record["run"]["change"].get(key) for key in ("epochs", "rank", "keep")},
        "gain": gain(record, base),
    }
    return row | _scored(record, base, pack) | _written(record, base, pack, tokens)


def _scored(record: Mapping[str, Any], base: Mapping[str, Any], pack: Pack) -> Row:
    if not record["run"]["whole"]:
        return {}
    plan = Plan(tuple(item for item in pack.plan.scored if item.name in record["bits"]))
    found = metrics(plan, {BASE: base["bits"], CHALLENGER: record["bits"]})
    return {
        "gain_low": found.gain.low,
        "by_form": dict(found.by_form),
        "over_context": found.gain_over_context.value,
        "over_context_low": found.gain_over_context.low,
        "over_context_high": found.gain_over_context.high,
        "context_gain": found.context_gain.value,
        "capture": found.capture_ratio,
        "specific": found.specific_gain.value if found.specific_gain else None,
        "specific_low": found.specific_gain.low if found.specific_gain else None,
        "train_gap": found.train_gap,
    }


def _written(record: Mapping[str, Any], base: Mapping[str, Any], pack: Pack, tokens: Sequence[bytes]) -> Row:
    if not record["written"] or not base["written"]:
        return {}
    trained = TrainingText(pack.taught)
    mine, plain = (_habits(pack, each["written"], trained, tokens) for each in (record, base))
    return {
        "novelty": novelty(mine.verbatim, plain.verbatim),
        "longest": mine.verbatim.longest,
        "written_words": mine.verbatim.words,
        "loops": mine.loops,
        "base_loops": plain.loops,
        "greedy_loops": mine.greedy_loops,
    }


def _habits(pack: Pack, written: Sequence[Sequence[int]], trained: TrainingText, tokens: Sequence[bytes]) -> Habits:
    def text(ids: Sequence[int]) -> str:
        return b"".join(tokens[token] for token in ids).decode(errors="replace")

    return habits(
        [
            Continuation(Form(start.form), start.greedy, Written(start.prompt, text(ids)))
            for start, ids in zip(pack.starts, written, strict=True)
        ],
        trained,
    )


def _usual(rows: Iterable[Row], samples: Sequence[int]) -> list[Row]:
    """The product's recipe, in 32 bits."""
    chosen = [row for row in rows if row["label"] == "as it is" and row["dtype"] == "float32" and "specific" in row]
    return [row for row in chosen if not samples or row["samples"] in samples]


def _heart(rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if row["keep"] == "last" and row["epochs"]]


def _table(rows: Sequence[Row], by: Sequence[str]) -> str:
    """Means over seeds; of lower bounds the lowest."""
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row[key] or 0 for key in by), []).append(row)
    columns = (
        "gain",
        "over_context",
        "over_context_low",
        "specific",
        "context_gain",
        "train_gap",
        "novelty",
        "longest",
    )
    lines = ["| " + " | ".join((*by, "seeds", *columns, "prose", "verse")) + " |", "|" + "---|" * (len(by) + 11)]
    for key in sorted(groups):
        cells = [*key, len(groups[key]), *(_cell(groups[key], column) for column in columns)]
        cells += [_mean([row.get("by_form", {}).get(form) for row in groups[key]], 2) for form in ("prose", "verse")]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def _cell(rows: Sequence[Row], column: str) -> str:
    values = [row.get(column) for row in rows]
    if column.endswith("_low"):
        return f"{min((value for value in values if value is not None), default=float('nan')):.2f}"
    return _mean(values, 3 if column == "novelty" else 2)


def _mean(values: Iterable[float | None], digits: int) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return ""
    spread = f" ± {stdev(known):.{digits}f}" if len(known) > 1 and stdev(known) >= 0.5 * 10**-digits else ""
    return f"{fmean(known):.{digits}f}{spread}"


def _changes(every: Iterable[Mapping[str, Any]]) -> str:
    lines = ["| change | author | seeds | points |", "|---|---|---|---|"]
    for label, by_author in sorted(beyond(every).items()):
        for author, values in sorted(by_author.items()):
            if label != "as it is":
                lines.append(f"| {label} | {author} | {len(values)} | {_mean(values, 2)} |")
    return "\n".join(lines)

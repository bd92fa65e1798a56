"""The same facts for an engineer: every figure of the card, in tables."""

import json
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from typing import Any

from ownhand.voices.store import StoredAdapter

_PROMPTS = {"document": "empty or own text", "passages": "passages in front"}
_ESTIMATES = {
    "gain": "Gain over base, cold",
    "context_gain": "Gain of passages in the prompt",
    "gain_over_context_interval": "Gain over context",
    "specific_gain_interval": "Specific gain (beyond the gain on others)",
}
_SINGLE = {
    "capture_ratio": "Capture ratio",
    "train_gap": "Train minus held-out gain, points",
    "novelty": "Novelty",
    "longest_verbatim": "Longest verbatim run, words",
    "written_words": "Words written for it",
    "loops": "Loops, drawn",
    "base_loops": "Loops of the base, drawn",
    "greedy_loops": "Loops, greedy",
    "base_greedy_loops": "Loops of the base, greedy",
    "blocks": "Blocks scored per arm",
    "pieces": "Held-out pieces",
    "bytes": "Bytes scored per arm",
}
_PROBE = {
    "places": "Places",
    "pairs": "Pairs of shifts",
    "slope": "Slope",
    "uncertainty": "Its standard error",
    "correlation": "Correlation",
    "spread": "Spread of the trainer’s shifts, nats",
    "noise": "Noise, nats",
    "written": "This engine tells no log-probabilities; instead, places where it wrote, greedily",
    "different": "Of these, written otherwise with the adapter",
}


def tables(adapter: StoredAdapter) -> Iterator[str]:
    card, figures = adapter.card, adapter.card.metrics
    yield "<h3>Bits per byte on held-out text</h3>"
    yield from _arms(figures.get("arms") or [])
    yield "<h3>Differences, in points of the base’s bits per byte</h3>"
    yield from _estimates(figures)
    yield (
        "<p>Paired per block of about 200 words or per poem, resampled by piece, then by block; 95% intervals. Cold: "
        "the start of a page. Warm: after the piece’s preceding text, as served.</p>"
    )
    over = {
        f"{name}, {heat}": value
        for key, name in (("over_today", "Over what serves today"), ("over_best_kept", "Over the best adapter kept"))
        for heat, value in (figures.get(key) or {}).items()
    }
    yield from _pairs({**over, **_named(_SINGLE, figures)})
    for key in ("capture_reason", "specific_reason"):
        if figures.get(key):
            yield f"<p>{escape(key.partition('_')[0].capitalize())}: {escape(str(figures[key]))}.</p>"
    yield from _form_distance(figures)
    yield "<h3>Training</h3>"
    yield from _pairs(_training(adapter))
    if card.probe:
        yield "<h3>Log-probability test on the engine that serves</h3>"
        yield from _pairs(_named(_PROBE, card.probe))
    yield "<h3>Versions</h3>"
    yield from _pairs(card.versions)


def _training(adapter: StoredAdapter) -> dict[str, Any]:
    card = adapter.card
    return {
        "Made": card.made,
        "Decision, rule": f"{card.decision}, {card.rule or 'no rule objected'}",
        "Trainer": card.trainer,
        "Seconds": card.seconds,
        "Tokens per second": card.tokens_per_second,
        **{f"Recipe: {name}": value for name, value in card.recipe.items()},
        "Base": f"{card.base.name} ({card.base.architecture})",
        "Base digest": card.base.digest,
        "Held-out digest": card.held_out_digest,
        "Serves with": _PROMPTS.get(card.context, card.context),
        "Adapter, MB": round(adapter.size / 1e6, 1),
        "Folder": adapter.folder,
    }


def _arms(arms: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    rows: dict[tuple[str, str, str], dict[str, Any]] = {}
    forms: dict[str, None] = {"": None}
    for arm in arms:
        key = (str(arm["heat"]), str(arm["model"]), str(arm["prompt"]))
        rows.setdefault(key, {})[str(arm["form"])] = arm["bits_per_byte"]
        forms[str(arm["form"])] = None
    heads = "".join(f'<th class="number">{escape(form or "all")}</th>' for form in forms)
    yield f"<table><thead><tr><th></th><th>Model</th><th>Prompt</th>{heads}</tr></thead><tbody>"
    for (heat, model, prompt), found in rows.items():
        cells = "".join(f'<td class="number">{_figure(found.get(form))}</td>' for form in forms)
        yield (
            f"<tr><td>{escape(heat)}</td><td>{escape(model)}</td>"
            f"<td>{escape(_PROMPTS.get(prompt, prompt))}</td>{cells}</tr>"
        )
    yield "</tbody></table>"


def _estimates(figures: Mapping[str, Any]) -> Iterator[str]:
    yield '<table><thead><tr><th></th><th class="number">Points</th><th class="number">Low</th>'
    yield '<th class="number">High</th></tr></thead><tbody>'
    for key, name in _ESTIMATES.items():
        found = figures.get(key)
        if isinstance(found, Mapping):
            cells = "".join(f'<td class="number">{_figure(found.get(end))}</td>' for end in ("value", "low", "high"))
            yield f"<tr><td>{escape(name)}</td>{cells}</tr>"
    yield "</tbody></table>"


def _form_distance(figures: Mapping[str, Any]) -> Iterator[str]:
    mine, base = figures.get("form_distance") or {}, figures.get("base_form_distance") or {}
    if not mine:
        return
    yield "<h3>Distance of its verse from yours, by trait (base beside it)</h3>"
    yield from _pairs({trait: f"{_figure(far)} ({_figure(base.get(trait))})" for trait, far in mine.items()})


def _named(names: Mapping[str, str], figures: Mapping[str, Any]) -> dict[str, Any]:
    return {name: figures[key] for key, name in names.items() if figures.get(key) is not None}


def _pairs(facts: Mapping[str, Any]) -> Iterator[str]:
    yield '<table class="pairs"><tbody>'
    for name, value in facts.items():
        yield f"<tr><td>{escape(name)}</td><td>{_figure(value)}</td></tr>"
    yield "</tbody></table>"


def _figure(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        shown = f"{value:,.1f}" if abs(value) >= 1000 else f"{value:.4f}".rstrip("0").rstrip(".")
        return shown.replace("-", "−")
    return escape(value if isinstance(value, str) else json.dumps(value, default=str).strip('"'))

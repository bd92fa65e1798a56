"""From bits per block to what is said about an adapter. Pure: no model, no file.

*Bits per byte* are bits divided by the bytes of UTF-8 that they stand for. Gains are relative to the base's bits per
byte under an empty page, in points (hundredths). All differences are paired: same blocks, same tokens, same run.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ownhand.training.bootstrap import interval
from ownhand.training.evaluation_plan import COLD, CONTROL, DOCUMENT, HELD_OUT, PASSAGES, TRAINED, WARM, Plan, Scored

BASE, CHALLENGER, CHAMPION, BEST_KEPT = "base", "challenger", "champion", "best kept"
_LEAST_CONTEXT_GAIN = 1.0
"""Points that passages in the prompt must gain before it makes sense to say how much of that was captured."""
_NOTHING_IN_FRONT = "there is no other passage of this writer's that could stand in the prompt"


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95% interval."""

    value: float
    low: float
    high: float

    def to_json(self) -> dict[str, float | None]:
        return {"value": _rounded(self.value), "low": _rounded(self.low), "high": _rounded(self.high)}


@dataclass(frozen=True)
class Arm:
    """Bits per byte of one model under one kind of prompt, for one form or for all."""

    model: str
    heat: str
    prompt: str
    form: str
    bits_per_byte: float


@dataclass(frozen=True)
class Metrics:
    """What the gate decides on. Gains in points of the base's bits per byte; None where it can't be told, and why."""

    arms: tuple[Arm, ...]
    gain: Estimate
    """Challenger over base, empty page."""
    gain_over_context: Estimate
    """Challenger on an empty page over base with the writer's passages in front."""
    over_today: Mapping[str, float]
    """By heat: the challenger's better arm over what serves today."""
    over_best_kept: Mapping[str, float]
    """The same over the best other adapter kept; empty when there is none."""
    context: str
    """With which prompt the challenger is better as served: "document" or "passages"."""
    context_gain: Estimate
    capture_ratio: float | None
    capture_reason: str
    specific_gain: Estimate | None
    specific_reason: str
    train_gap: float | None
    """Gain on text that was trained on minus gain on held-out text, in points."""
    blocks: int
    pieces: int
    size: int
    """Bytes that were scored in one arm."""
    by_form: Mapping[str, float] = field(default_factory=dict)

    def bpb(self, model: str, prompt: str = DOCUMENT, heat: str = COLD, form: str = "") -> float | None:
        found = (arm for arm in self.arms if (arm.model, arm.heat, arm.prompt, arm.form) == (model, heat, prompt, form))
        return next((arm.bits_per_byte for arm in found), None)

    def to_json(self) -> dict[str, Any]:
        """The keys that `train --json` promises first, then the rest."""
        return {
            "base_bpb": _rounded(self.bpb(BASE)),
            "context_bpb": _rounded(self.bpb(BASE, PASSAGES)),
            "challenger_bpb": _rounded(self.bpb(CHALLENGER)),
            "challenger_context_bpb": _rounded(self.bpb(CHALLENGER, PASSAGES)),
            "champion_bpb": _rounded(self.bpb(CHAMPION)),
            "gain_over_context": _rounded(self.gain_over_context.value),
            "capture_ratio": _rounded(self.capture_ratio),
            "specific_gain": _rounded(self.specific_gain.value if self.specific_gain else None),
            "gain": self.gain.to_json(),
            "gain_over_context_interval": self.gain_over_context.to_json(),
            "context_gain": self.context_gain.to_json(),
            "capture_reason": self.capture_reason,
            "specific_gain_interval": self.specific_gain.to_json() if self.specific_gain else None,
            "specific_reason": self.specific_reason,
            "train_gap": _rounded(self.train_gap),
            "over_today": {heat: _rounded(value) for heat, value in self.over_today.items()},
            "over_best_kept": {heat: _rounded(value) for heat, value in self.over_best_kept.items()},
            "gain_by_form": {form: _rounded(value) for form, value in self.by_form.items()},
            "arms": [vars(arm) | {"bits_per_byte": round(arm.bits_per_byte, 4)} for arm in self.arms],
            "blocks": self.blocks,
            "pieces": self.pieces,
            "bytes": self.size,
        }


Bits = Mapping[str, Mapping[str, float]]
"""Arm's model to the name of a scored block to its bits."""


@dataclass(frozen=True)
class _Row:
    """One block under one kind of prompt, in all models."""

    item: Scored
    bits: Mapping[str, float]


def metrics(plan: Plan, bits: Bits, *, champion_context: str = DOCUMENT, best_kept_context: str = DOCUMENT) -> Metrics:
    """Raises KeyError when a block of the plan was not scored."""
    table = _Table(plan, bits)
    cold, passages = table.rows(HELD_OUT, COLD, DOCUMENT), table.rows(HELD_OUT, COLD, PASSAGES)
    context = min((DOCUMENT, PASSAGES), key=lambda prompt: _total(table.rows(HELD_OUT, None, prompt), CHALLENGER))
    context_gain = _against(cold, BASE, passages, BASE)
    gain = _against(cold, BASE, cold, CHALLENGER)
    nothing_in_front = all(a.item.context == b.item.context for a, b in zip(cold, passages, strict=True))
    capture, why_not = (None, _NOTHING_IN_FRONT) if nothing_in_front else _capture(gain, context_gain)
    specific, no_specific = _specific(table)
    today = (CHAMPION, champion_context) if CHAMPION in bits else (BASE, PASSAGES)
    return Metrics(
        tuple(table.arms()),
        gain,
        _against(passages, BASE, cold, CHALLENGER, cold),
        table.over(context, *today),
        table.over(context, BEST_KEPT, best_kept_context) if BEST_KEPT in bits else {},
        context,
        context_gain,
        capture,
        why_not,
        specific,
        no_specific,
        _train_gap(table, gain.value),
        len(cold),
        len({row.item.piece for row in cold}),
        sum(row.item.size for row in cold),
        {form: _gain(rows, CHALLENGER) for form in table.forms() if (rows := [r for r in cold if r.item.form == form])},
    )


class _Table:
    """Every block with its bits, to be looked up by what it is."""

    def __init__(self, plan: Plan, bits: Bits) -> None:
        self._bits = bits
        self._rows = [_Row(item, {model: found[item.name] for model, found in bits.items() if item.name in found})
                      for item in plan.scored]  # fmt: skip

    def rows(self, group: str, heat: str | None, prompt: str) -> list[_Row]:
        wanted = [row for row in self._rows if (row.item.group, row.item.prompt) == (group, prompt)]
        return sorted(
            (row for row in wanted if heat in (None, row.item.heat)), key=lambda row: (row.item.piece, row.item.block)
        )

    def forms(self) -> list[str]:
        return sorted({row.item.form for row in self._rows if row.item.group == HELD_OUT})

    def arms(self) -> Iterable[Arm]:
        for heat in (COLD, WARM):
            for prompt in (DOCUMENT, PASSAGES):
                rows = self.rows(HELD_OUT, heat, prompt)
                for model in self._bits:
                    for form in ("", *self.forms()):
                        chosen = [row for row in rows if form in ("", row.item.form)]
                        if chosen:
                            yield Arm(model, heat, prompt, form, _total(chosen, model) / _size(chosen))

    def over(self, context: str, model: str, prompt: str) -> dict[str, float]:
        """By heat: what the challenger with `context` gains over `model` with `prompt`."""
        found = {}
        for heat in (COLD, WARM):
            mine, theirs = self.rows(HELD_OUT, heat, context), self.rows(HELD_OUT, heat, prompt)
            plain = _total(self.rows(HELD_OUT, heat, DOCUMENT), BASE)
            found[heat] = 100 * _ratio(_total(theirs, model) - _total(mine, CHALLENGER), plain)
        return found


def _against(before: list[_Row], old: str, after: list[_Row], new: str, unit: list[_Row] | None = None) -> Estimate:
    """Points by which `new` under the prompts of `after` gains over `old` under those of `before`, block by block."""
    triples = [
        (row.item.piece, row.bits[old], later.bits[new], plain.bits[BASE])
        for row, later, plain in zip(before, after, unit or before, strict=True)
    ]

    def points(chosen: Sequence[tuple[str, float, float, float]]) -> float:
        return 100 * _ratio(sum(a - b for _, a, b, _ in chosen), sum(unit for *_, unit in chosen))

    return _estimate(points, _by_piece(triples, lambda triple: triple[0]))


def _specific(table: _Table) -> tuple[Estimate | None, str]:
    """The gain on the writer's held-out text beyond the gain on other people's, form by form, language by language.

    Of a writer's languages a smaller one, in which there is no text by others, is left out.
    """
    held_out, other = table.rows(HELD_OUT, COLD, DOCUMENT), table.rows(CONTROL, COLD, DOCUMENT)
    if not held_out:
        return None, "nothing is held out"
    kinds = {_kind(row) for row in other}
    own = [row for row in held_out if _kind(row) in kinds]
    if {row.item.form for row in own} != set(table.forms()) or 2 * _size(own) < _size(held_out):
        return None, "there is no text by others in this form and language to compare with"

    def beyond(mine: Sequence[_Row], theirs: Sequence[_Row]) -> float:
        total = _total(mine, BASE)
        points = 0.0
        for kind in sorted({_kind(row) for row in mine}):
            of_kind = [row for row in mine if _kind(row) == kind]
            others = [row for row in theirs if _kind(row) == kind]
            if not others:
                return math.nan
            points += _total(of_kind, BASE) / total * (_gain(of_kind, CHALLENGER) - _gain(others, CHALLENGER))
        return points

    return _estimate(beyond, _by_piece(own, _piece), _by_piece(other, _piece)), ""


def _capture(gain: Estimate, context_gain: Estimate) -> tuple[float | None, str]:
    if not context_gain.value >= _LEAST_CONTEXT_GAIN:
        return None, "passages in the prompt gain less than 1% by themselves"
    if context_gain.low <= 0:
        return None, "what passages in the prompt gain is not told from chance"
    return gain.value / context_gain.value, ""


def _train_gap(table: _Table, held_out_gain: float) -> float | None:
    seen = table.rows(TRAINED, COLD, DOCUMENT)
    return _gain(seen, CHALLENGER) - held_out_gain if seen else None


def _gain(rows: Sequence[_Row], model: str) -> float:
    return 100 * (1 - _ratio(_total(rows, model), _total(rows, BASE)))


def _ratio(part: float, whole: float) -> float:
    """Not a number where nothing was held out."""
    return part / whole if whole else math.nan


def _total(rows: Sequence[_Row], model: str) -> float:
    return sum(row.bits[model] for row in rows)


def _size(rows: Sequence[_Row]) -> int:
    return sum(row.item.size for row in rows)


def _piece(row: _Row) -> str:
    return row.item.piece


def _kind(row: _Row) -> tuple[str, str]:
    return row.item.form, row.item.language


def _by_piece(rows: Iterable[Any], piece: Callable[[Any], str]) -> list[list[Any]]:
    groups: dict[str, list[Any]] = {}
    for row in rows:
        groups.setdefault(piece(row), []).append(row)
    return list(groups.values())


def _estimate(statistic: Callable[..., float], *samples: list[list[Any]]) -> Estimate:
    value = statistic(*([row for piece in pieces for row in piece] for pieces in samples))
    return Estimate(value, *interval(statistic, *samples))


def _rounded(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else round(value, 4)

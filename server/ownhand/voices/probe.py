"""Does the engine apply an adapter, rightly and at the right strength? Compared with the trainer, token by token.

A *shift* is what an adapter does to one token's log-probability at one place: with adapter minus without. The trainer
computes shifts in 32 bits from the very same weights; the engine rounds on the way, and that rounding is the noise.
Over some hundred shifts the slope of the engine's against the trainer's says how strongly the adapter is applied (1 is
right, 0 not at all, 2 twice), the correlation whether it is the same adapter. Figures: docs/lab-notes.md.
"""

import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from ownhand.engines.protocol import Adapter, Engine, Foretelling, NextToken, NoProbabilitiesError, Sampling

Told = tuple[list[NextToken], list[NextToken]]
"""The likeliest tokens of the bare model, and those with the adapter."""
_Told = TypeVar("_Told")
_Ask = Callable[[str], Awaitable[_Told]]
FEWEST_PLACES = 40
TOP = 10
"""Tokens compared at each place: the likeliest ones of the bare model."""
ASKED = 60
"""Tokens asked of the engine with the adapter, so that the top of the bare model is among them."""
FEWEST_PAIRS = 200
_WRITTEN_AT, _WRITTEN = 12, 16
"""Places and tokens of the weaker test, for engines that tell no log-probabilities."""


@dataclass(frozen=True)
class Place:
    """A place in a text: what stands before it, as text and as the engine's tokens."""

    prompt: str
    ids: tuple[int, ...]


Shifts = Sequence[Mapping[bytes, float]]
"""For each place: the shift of each token, named by its bytes."""


@dataclass(frozen=True)
class Agreement:
    """How an engine's shifts lie to the trainer's. Shifts in nats.

    `spread` is the trainer's standard deviation, `noise` that of what the line leaves over, `uncertainty` the slope's
    standard error (ordinary least squares).
    """

    places: int
    pairs: int
    spread: float
    noise: float
    correlation: float
    slope: float
    uncertainty: float

    def to_json(self) -> dict[str, Any]:
        return {key: round(value, 4) for key, value in asdict(self).items()}


@dataclass(frozen=True)
class Divergence:
    """The weaker test, for an engine that tells no log-probabilities: at how many places it writes something else with
    the adapter, always taking the likeliest token. It shows that the adapter is applied, not how strongly."""

    written: int
    different: int

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def complaint(self) -> str:
        return "" if self.different else "The engine writes with the adapter just as without it."


@dataclass(frozen=True)
class Limits:
    """What counts as right. Set from the noise that was measured, see docs/lab-notes.md."""

    lowest_slope: float
    highest_slope: float
    least_share: float
    """Of the correlation that this spread and this noise allow: 1 is all."""


PROBE_LIMITS = Limits(0.85, 1.15, 0.9)
"""For probe adapters, which are made to stand out of the noise."""
SERVING_LIMITS = Limits(0.75, 1.3, 0.0)
"""For a trained adapter: applied, and at the right scale. Its shifts may be too small to tell more."""
USUAL_NOISE = 0.11
"""Standard deviation of the noise in one shift, as measured; the larger of this and a run's own counts."""


async def engine_shifts(engine: Engine, adapter: Adapter, places: Sequence[Place]) -> list[dict[bytes, float]]:
    """The engine's shifts at `places`. Leaves the engine without an adapter. Raises as `engine_tells`."""
    return [shifts(*told) for told in await engine_tells(engine, adapter, [place.prompt for place in places])]


async def engine_tells(engine: Engine, adapter: Adapter, prompts: Sequence[str]) -> list[Told]:
    """What the engine finds likeliest after each prompt. Leaves it without an adapter.

    Raises EngineError, NoProbabilitiesError when the engine tells no log-probabilities.
    """
    if not isinstance(engine, Foretelling):
        raise NoProbabilitiesError("This engine tells no log-probabilities.", "The embedded one does.")
    return await _without_and_with(
        engine,
        adapter,
        prompts,
        lambda prompt: engine.next_tokens(prompt, TOP),
        lambda prompt: engine.next_tokens(prompt, ASKED),
    )


async def divergence(engine: Engine, adapter: Adapter, places: Sequence[Place]) -> Divergence:
    """Leaves the engine without an adapter. Raises EngineError."""
    chosen = [place.prompt for place in places][:: max(1, len(places) // _WRITTEN_AT)]

    async def likeliest(prompt: str) -> str:
        sampling = Sampling(_WRITTEN, temperature=0.0, repeat_penalty=1.0)
        return "".join([chunk.text async for chunk in engine.stream(prompt, sampling)])

    written = await _without_and_with(engine, adapter, chosen, likeliest, likeliest)
    return Divergence(len(written), sum(bare != with_it for bare, with_it in written))


async def _without_and_with(
    engine: Engine, adapter: Adapter, prompts: Sequence[str], ask_bare: _Ask[_Told], ask: _Ask[_Told]
) -> list[tuple[_Told, _Told]]:
    """What the engine tells after each prompt, bare and with the adapter.

    The adapter goes first: so the engine loads once, and is seen to let go of the adapter too.
    """
    try:
        await engine.use_adapter(adapter)
        changed = [await ask(prompt) for prompt in prompts]
        await engine.use_adapter(None)
        bare = [await ask_bare(prompt) for prompt in prompts]
    finally:
        await engine.use_adapter(None)
    return list(zip(bare, changed, strict=True))


def shifts(before: Sequence[NextToken], after: Sequence[NextToken]) -> dict[bytes, float]:
    """What became of the likeliest tokens `before`, as far as `after` tells of them."""
    found = {token.text: token.logprob for token in after}
    return {token.text: found[token.text] - token.logprob for token in before if token.text in found}


def agreement(engine: Shifts, trainer: Shifts) -> Agreement:
    """Compare the shifts of tokens that both know, place by place. Raises ValueError when there are fewer than two."""
    pairs = [
        (theirs[token], ours)
        for mine, theirs in zip(engine, trainer, strict=True)
        for token, ours in mine.items()
        if token in theirs
    ]
    if len(pairs) < 3:
        raise ValueError("too few shifts to compare")
    count = len(pairs)
    mean_x, mean_y = (sum(values) / count for values in zip(*pairs, strict=True))
    xx = sum((x - mean_x) ** 2 for x, _ in pairs)
    yy = sum((y - mean_y) ** 2 for _, y in pairs)
    xy = sum((x - mean_x) * (y - mean_y) for x, y in pairs)
    slope = xy / xx if xx else 0.0
    left_over = max(0.0, yy - slope * xy)
    noise = math.sqrt(left_over / (count - 2))
    correlation = xy / math.sqrt(xx * yy) if xx and yy else 0.0
    uncertainty = noise / math.sqrt(xx) if xx else math.inf
    return Agreement(len(engine), count, math.sqrt(xx / count), noise, correlation, slope, uncertainty)


def complaint(found: Agreement, limits: Limits) -> str:
    """What is wrong, in a sentence for the writer; "" when the engine applies the adapter as it should."""
    if found.places < FEWEST_PLACES or found.pairs < FEWEST_PAIRS:
        return "The engine told too little to see whether it applies the adapter."
    if how := wrong_strength(found, limits):
        return f"The engine applies the adapter {how}."
    if found.correlation < limits.least_share * expected_correlation(found.spread):
        return "The engine applies the adapter, but not as it was trained: its parts may be in the wrong order."
    return ""


def wrong_strength(found: Agreement, limits: Limits) -> str:
    """How the adapter is applied if its strength lies outside of the limits by three standard errors; else ""."""
    margin = 3 * found.uncertainty
    if found.slope + margin < limits.lowest_slope:
        return "too weakly, or not at all"
    return "too strongly" if found.slope - margin > limits.highest_slope else ""


def expected_correlation(spread: float) -> float:
    """The highest correlation that can be expected where shifts of this spread drown in the usual noise."""
    return spread / math.hypot(spread, USUAL_NOISE)

"""What the engine said with an adapter when it was judged, to be asked again at each start of a server.

Another version of an engine may take an adapter and not apply it, or apply it otherwise, and nothing would tell: the
bare model writes well enough. The test of the judging needs the trainer's figures at places in the writer's pages; this
one is short, asks with the adapter alone, and its places are the beginnings of texts that come with Ownhand, so that
nothing private stands on the card.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from ownhand.engines.protocol import EngineError, Foretelling, NextToken
from ownhand.voices.probe import ASKED, USUAL_NOISE, Agreement, Limits, Told, agreement, shifts, wrong_strength

_LIMITS = Limits(0.5, 1.5, 0.0)
"""Strength, 1 being that of the judging. Wide, for another processor rounds otherwise, and places are few."""
_FEWEST_PLACES, _MOST_PLACES, _FEWEST_PAIRS = 4, 32, 24
_LONGEST = 1000
"""Characters of a prompt: a card from another computer may say anything."""
_CLEAR = 2 * USUAL_NOISE
"""Spread of the shifts, in nats, below which the noise in them would look like a weaker adapter."""
QUICK = 2.0
"""Seconds after which no more places are asked than are needed."""

Witness = tuple[Mapping[str, Any], ...]
"""For each place {"prompt", "tokens": {bytes in hexadecimal: [log-probability of the bare model, with adapter]}}."""


def witness(prompts: Sequence[str], told: Sequence[Told]) -> Witness:
    """`told`: at each place what the engine said without and with the adapter."""
    return tuple(
        {"prompt": prompt, "tokens": _both(*told_here)}
        for prompt, told_here in zip(prompts, told, strict=False)  # it may have told nothing here
    )


def _both(without: Sequence[NextToken], with_it: Sequence[NextToken]) -> dict[str, list[float]]:
    found = {token.text: token.logprob for token in with_it}
    return {
        token.text.hex(): [round(token.logprob, 4), round(found[token.text], 4)]
        for token in without
        if token.text in found
    }


async def complaint_today(engine: Foretelling, then: Witness) -> str:
    """What is wrong with how `engine`, asked with the adapter in use, applies it, as words that go on "it applies ...";
    "" for nothing, and where that can't be told: an engine without log-probabilities, one that is gone, a card without
    a witness, an adapter that changes little.
    """
    try:
        found = await _agreement_today(engine, then)
    except (EngineError, ValueError, KeyError, TypeError, AttributeError, ArithmeticError):
        return ""
    if found.pairs < _FEWEST_PAIRS or found.spread < _CLEAR:
        return ""
    return wrong_strength(found, _LIMITS)


async def _agreement_today(engine: Foretelling, then: Witness) -> Agreement:
    """Raises what a card can be damaged by."""
    began, now, before = time.monotonic(), [], []
    for place in then[:_MOST_PLACES]:
        without, with_it = _told_then(place)
        now.append(shifts(without, await engine.next_tokens(place["prompt"][:_LONGEST], ASKED)))
        before.append(shifts(without, with_it))
        if len(now) >= _FEWEST_PLACES and time.monotonic() - began > QUICK:
            break
    return agreement(now, before)


def _told_then(place: Mapping[str, Any]) -> Told:
    without, with_it = [], []
    for token, (bare, changed) in place["tokens"].items():
        text = bytes.fromhex(token)
        without.append(NextToken(text, bare))
        with_it.append(NextToken(text, changed))
    return without, with_it

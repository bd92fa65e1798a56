"""May this adapter serve? Pure: figures in, a decision out, with a sentence that a writer understands.

The rules come in the order in which they make the others meaningless: an adapter that the engine applies wrongly need
not be asked whether it writes well.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ownhand.text.counted import counted
from ownhand.voices.card import DecisionName

LEAST_GAIN = 1.0
"""Points of the base's bits per byte that an adapter has to gain on held-out text."""
MARGIN = 0.5
"""Points by which it may be worse than what serves today: less than anybody notices."""
LEAST_NOVELTY = 0.95
MOST_LOOPING = 0.1
"""Share of the words in loops that an adapter may have beyond the bare model's own."""
LEAST_WRITTEN = 0.5
OVERFITTED = 10.0
"""Points by which the gain on text that was seen exceeds that on text that was not, when nothing else was learned."""
FEWEST_WORDS, FEWEST_PIECES = 800, 3


@dataclass(frozen=True)
class Evidence:
    """What is known of a challenger. Gains in points of the base's bits per byte, shares from 0 to 1.

    `same_base`: made for the very model that will serve it. `engine_complaint` comes from the log-probability test, ""
    when all is well. `gain` is on an empty page over the bare model, `gain_low` its lower bound. `over_today` and
    `over_best_kept` are by heat ("cold", "warm"), the latter empty when no other adapter is kept. `specific_gain` is
    None where no text by others is there to compare with. `written` is how much it wrote of what it was let write.
    """

    same_base: bool
    engine_complaint: str
    held_out_words: int
    held_out_pieces: int
    gain: float
    gain_low: float
    over_today: Mapping[str, float]
    specific_gain: float | None
    novelty: float
    loops: float
    base_loops: float = 0.0
    written: float = 1.0
    train_gap: float | None = None
    over_best_kept: Mapping[str, float] = field(default_factory=dict)
    champion: bool = False
    """An adapter serves today; else the bare model with the writer's passages in front does."""


@dataclass(frozen=True)
class Decision:
    """`rule` names the rule that decided; "" when all were passed."""

    decision: DecisionName
    why: str
    rule: str = ""


def decide(found: Evidence) -> Decision:
    """The first rule that objects decides; an adapter to which none objects has passed."""
    for rule in (_base, _engine, _memorizing, _looping, _wrote, _enough, _gain, _today, _best_kept, _specific):
        if decision := rule(found):
            return decision
    return Decision(
        "passed",
        f"On pages of yours that it never saw, it finds your words {_percent(found.gain)} easier to foretell than the "
        "bare model does, and it does not copy you.",
    )


def _base(found: Evidence) -> Decision | None:
    if found.same_base:
        return None
    return _declined("base", "It was trained for another model than the one that writes for you.")


def _engine(found: Evidence) -> Decision | None:
    return _declined("engine", found.engine_complaint) if found.engine_complaint else None


def _memorizing(found: Evidence) -> Decision | None:
    if found.novelty >= LEAST_NOVELTY:
        return None
    return _declined(
        "memorizing",
        f"It recites your own pages: {_percent(100 * (1 - found.novelty))} of its words stand in them just so.",
    )


def _looping(found: Evidence) -> Decision | None:
    if found.loops <= found.base_loops + MOST_LOOPING:
        return None
    return _declined(
        "looping",
        f"It goes round in circles: {_percent(100 * found.loops)} of its words only repeat what it has just said.",
    )


def _wrote(found: Evidence) -> Decision | None:
    if found.written >= LEAST_WRITTEN:
        return None
    return Decision(
        "undecided",
        "Where it was let go on by itself it wrote next to nothing, too little to tell whether it copies you. Try it, "
        "and keep it if you like what it writes.",
        "written",
    )


def _enough(found: Evidence) -> Decision | None:
    if found.held_out_words >= FEWEST_WORDS and found.held_out_pieces >= FEWEST_PIECES:
        return None
    are = "is" if found.held_out_pieces == 1 else "are"
    return Decision(
        "undecided",
        f"Only {counted(found.held_out_pieces, 'piece')} with {counted(found.held_out_words, 'word')} {are} kept aside "
        "to test it, too little to tell. Try it, and keep it if you like what it writes.",
        "enough",
    )


def _gain(found: Evidence) -> Decision | None:
    if found.gain >= LEAST_GAIN and found.gain_low > 0:
        return None
    if found.train_gap is not None and found.train_gap >= OVERFITTED:
        return _declined(
            "overfitted",
            "It learned the pages it was given by heart, and not how you write: on other pages of yours it is "
            f"{'no better' if found.gain < LEAST_GAIN else 'not surely better'} than the bare model.",
        )
    if found.gain < LEAST_GAIN:
        return _declined(
            "gain",
            "It learned nothing that shows: on pages of yours that it never saw, it is hardly better than the bare "
            "model. More pages help most.",
        )
    return _declined(
        "gain",
        "What it seems to have learned may be chance: it is better on some of the pages kept aside and worse on "
        "others. More pages help most.",
    )


def _today(found: Evidence) -> Decision | None:
    lost = -min(found.over_today.values(), default=0.0)
    if lost <= MARGIN:
        return None
    what = (
        "the voice that writes for you now" if found.champion else "the bare model with your own pages before its eyes"
    )
    return _declined("today", f"It foretells your words {_percent(lost)} worse than {what}.")


def _best_kept(found: Evidence) -> Decision | None:
    lost = -min(found.over_best_kept.values(), default=0.0)
    if lost <= MARGIN:
        return None
    return _declined("best kept", f"It is {_percent(lost)} worse than an earlier voice that you still have.")


def _specific(found: Evidence) -> Decision | None:
    if found.specific_gain is None:
        return Decision(
            "undecided",
            "It is better than the bare model, but there is no text by other people in your language to tell whether "
            "that is your hand. Try it, and keep it if you like what it writes.",
            "specific",
        )
    if found.specific_gain > 0:
        return None
    return _declined(
        "specific",
        "What it learned is not your hand: it got as much better at other people's texts as at yours.",
    )


def _declined(rule: str, why: str) -> Decision:
    return Decision("declined", why, rule)


def _percent(points: float) -> str:
    return f"{points:.1f}%"

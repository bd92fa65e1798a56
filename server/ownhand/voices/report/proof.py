"""How it was proved, in a writer's words: from the figures on a card to sentences and the plot's rows."""

from collections.abc import Iterator, Mapping
from typing import Any

from ownhand.text.counted import counted
from ownhand.voices.card import Card
from ownhand.voices.gate import FEWEST_PIECES
from ownhand.voices.report.figure import Bar

Figures = Mapping[str, Any]
VERBATIM = 8
"""Words in a row that count as copied."""


def bars(figures: Figures) -> list[Bar]:
    """The rows of the plot; empty when nothing could be measured."""
    gain = _interval(figures, "gain")
    if gain is None:
        return []
    rows = []
    context = _interval(figures, "context_gain")
    if context:
        rows.append(Bar("The bare model, with pages of yours in front of it", *context, kind="before"))
    rows.append(Bar("With the voice, on an empty page", *gain, kind="voice"))
    by_form = figures.get("gain_by_form") or {}
    if len(by_form) > 1:
        rows += [Bar(f"The same in your {form} alone", value, kind="part") for form, value in sorted(by_form.items())]
    if (others := on_others(figures)) is not None:
        rows.append(Bar("With the voice, on texts by other people", others, kind="others"))
    return rows


def on_others(figures: Figures) -> float | None:
    """How much easier other people's texts became: the gain less what is the writer's own of it."""
    gain, specific = _interval(figures, "gain"), figures.get("specific_gain")
    return None if gain is None or not isinstance(specific, int | float) else gain[0] - specific


def sentences(card: Card) -> Iterator[str]:
    """What the figures say, a paragraph each."""
    figures = card.metrics
    if _too_little(figures):
        yield (
            f"Only {counted(int(figures['pieces']), 'piece')} of yours could be tested on. So the figures here are a "
            "hint and no proof: another page could turn them round."
        )
    yield from _against_passages(figures)
    yield from _own_hand(figures)
    yield " ".join((*_copying(figures), *_loops(figures)))
    yield from _today(card)


def _against_passages(figures: Figures) -> Iterator[str]:
    gain, beyond = _interval(figures, "gain"), _interval(figures, "gain_over_context")
    if gain is None or beyond is None:
        return
    more = "more" if beyond[0] >= 0 else "less"
    sure = "" if beyond[1] > 0 or beyond[2] < 0 else " That is too close to call."
    yield (
        f"Having learned, it finds your words {_percent(gain[0])} {'easier' if gain[0] >= 0 else 'harder'} to foretell "
        f"than the bare model does. That is {abs(beyond[0]):.1f} points {more} than the bare model gets from reading "
        f"pages of yours first.{sure}"
        + (
            ""
            if _too_little(figures)
            else " The thin line in the plot shows how far a figure could move if other pages of yours had been kept "
            "aside."
        )
    )


def _own_hand(figures: Figures) -> Iterator[str]:
    others = on_others(figures)
    if others is None:
        reason = figures.get("specific_reason")
        if reason:
            yield f"Whether this is your hand or just good English can’t be told: {reason}."
        return
    how = f"{_percent(abs(others))} {'easier' if others >= 0 else 'harder'}"
    gain = _interval(figures, "gain")
    mine = gain is not None and others < gain[0]
    meaning = (
        " What it learned is how you write, then, and not how people write."
        if mine
        else " So what it learned is not how you write."
    )
    yield f"The same lesson made texts by other people {how} to foretell.{'' if _too_little(figures) else meaning}"


def _too_little(figures: Figures) -> bool:
    pieces = figures.get("pieces")
    return isinstance(pieces, int) and pieces < FEWEST_PIECES


def _copying(figures: Figures) -> Iterator[str]:
    written, longest, novelty = (figures.get(key) for key in ("written_words", "longest_verbatim", "novelty"))
    if not isinstance(written, int) or not isinstance(longest, int) or not isinstance(novelty, int | float):
        return
    begun = (
        f"Does it copy you? It was let go and wrote {counted(written, 'word')}, on from beginnings of pages of yours. "
    )
    if longest < VERBATIM:
        run = counted(longest, "word")
        yield begun + f"Nowhere do more than {run} in a row stand just so in your pages: it copied nothing."
    else:
        yield (
            begun + f"The longest run that stands just so in your pages has {longest} words; "
            f"{_percent(100 * (1 - novelty))} of what it wrote is copied like that."
        )


def _loops(figures: Figures) -> Iterator[str]:
    loops, base = figures.get("loops"), figures.get("base_loops")
    if not isinstance(loops, int | float) or not isinstance(base, int | float):
        return
    if loops == 0:
        yield "Nor did it go round in circles, saying again what it had just said."
    else:
        yield f"Of its words {_percent(100 * loops)} went round in circles, of the bare model’s {_percent(100 * base)}."


def _today(card: Card) -> Iterator[str]:
    over = card.metrics.get("over_today") or {}
    if not over or any(value is None for value in over.values()):
        return
    had_champion = card.metrics.get("champion_bpb") is not None
    rival = "the voice that wrote for you then" if had_champion else "the bare model with your pages in front of it"
    said = {"cold": "on an empty page", "warm": "in the middle of a text"}
    parts = [f"{value:+.1f} points {said.get(heat, heat)}".replace("-", "−") for heat, value in over.items()]
    prompt = "with" if card.context == "passages" else "without"
    yield (
        f"It was also held against what served you until then, {rival}: {' and '.join(parts)}. It does best "
        f"{prompt} pages of yours in front of it, and that is how suggestions use it."
    )


def _interval(figures: Figures, name: str) -> tuple[float, float, float] | None:
    found = figures.get(f"{name}_interval", figures.get(name))
    if not isinstance(found, Mapping):
        return None
    value, low, high = (found.get(key) for key in ("value", "low", "high"))
    return None if value is None or low is None or high is None else (value, low, high)


def _percent(points: float) -> str:
    return f"{points:.1f}%".replace("-", "−")

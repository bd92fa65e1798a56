"""Looks at accepted text whose server ended before they were due: finished from the file, at their true age."""

from collections.abc import Iterator

from ownhand.verdicts.facts import KEPT_WITHIN, SURVIVAL_AGES, Checked, Fact, Settled
from ownhand.verdicts.ledger.sessions import Pending
from ownhand.verdicts.observer.span import word_distance

_ANCHORS = (200, 80, 32)
"""Characters in front of an accepted text by which its place is found again, the surest first."""


def finish(pending: Pending, text: str | None, now: float) -> Iterator[Fact]:
    """The facts that end an acceptance's looks. `text` is the document's text now, None when there is none."""
    age = max(0.0, now - pending.at)
    due = [seconds for seconds in SURVIVAL_AGES if seconds not in pending.looked and seconds <= age]
    if not due:
        return
    present = None if text is None or pending.text is None else present_text(text, pending.before, pending.text)
    distance = None if present is None or pending.text is None else word_distance(pending.text, present)
    for seconds in due:
        kept = None if distance is None else distance <= KEPT_WITHIN
        yield Checked(pending.suggestion, now, seconds, age, distance, kept)
    if max(SURVIVAL_AGES) in due:
        yield Settled(pending.suggestion, now, present)


def present_text(text: str, before: str, accepted: str) -> str | None:
    """What stands in `text` where `accepted` was put in after `before`; None when the place isn't found.

    The accepted text itself anywhere is enough when it is long; else its place is where the text before it ends.
    """
    if accepted in text and len(accepted.split()) >= 4:
        return accepted
    for length in _ANCHORS:
        anchor = before[-length:]
        if len(anchor.strip()) >= min(_ANCHORS) // 2 and text.count(anchor) == 1:
            start = text.index(anchor) + len(anchor)
            return text[start : start + len(accepted)]
    if not before.strip():
        return text[: len(accepted)]
    return None

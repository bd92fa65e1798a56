"""Looks at accepted text whose server ended before they were due: finished from the file, at their true age."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ownhand.text.words import count_words
from ownhand.verdicts.facts import KEPT_WITHIN, SURVIVAL_AGES, Checked, Fact, Settled
from ownhand.verdicts.ledger import chunks, sessions
from ownhand.verdicts.ledger.opening import reading
from ownhand.verdicts.observer.span import word_distance

_ANCHORS = (200, 80, 32)
"""Characters in front of an accepted text by which its place is found again, the surest first."""
_TELLING = 4
"""Words from which a text is known by itself."""


@dataclass(frozen=True, slots=True)
class Pending:
    """An acceptance whose process ended before all of its looks: `looked` are the due ages that are noted.

    `text` is the accepted text, `before` what stood in front of it (at most MOST_BEFORE characters, and what was typed
    of the suggestion); None where it was not kept.
    """

    suggestion: str
    document: str
    at: float
    text: str | None
    before: str
    looked: tuple[int, ...]


_OPEN = """
SELECT fates.offered, offered.suggestion, documents.key, judged.at, judged.session, accepted_text.text,
    coalesce(accepted_text.typed, ''),
    (SELECT group_concat(DISTINCT due) FROM checked WHERE checked.offered = fates.offered)
FROM fates JOIN offered ON offered.id = fates.offered JOIN documents ON documents.id = offered.document
JOIN judged ON judged.id = fates.judged LEFT JOIN accepted_text ON accepted_text.offered = fates.offered
WHERE fates.open ORDER BY fates.offered DESC
"""


def pending_checks(path: Path, limit: int = 10_000) -> list[Pending]:
    """The last acceptances that nobody follows any more. Raises WriterError when the ledger can't be read."""
    with reading(path) as connection:
        alive = sessions.alive(connection, path)
        found: list[Pending] = []
        for offered, suggestion, document, at, session, text, typed, looked in connection.execute(_OPEN):
            if session in alive:
                continue
            before, _ = chunks.load(connection, offered)
            dues = tuple(sorted(int(due) for due in looked.split(","))) if looked else ()
            found.append(Pending(suggestion, document, at, text, before + typed, dues))
            if len(found) == limit:
                break
        return found


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

    Its place is where the text before it ends. Where that is gone, a long accepted text that stands in one place alone
    was moved there; a refrain stands in several, and nothing can be said of it.
    """
    for length in _ANCHORS:
        anchor = before[-length:]
        if len(anchor.strip()) >= min(_ANCHORS) // 2 and text.count(anchor) == 1:
            start = text.index(anchor) + len(anchor)
            return text[start : start + len(accepted)]
    if not before.strip():
        return text[: len(accepted)]
    if count_words(accepted) >= _TELLING and text.count(accepted) == 1:
        return accepted
    return None

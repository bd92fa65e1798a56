"""A short writing session, acted out: what an editor would tell of a writer who takes, types past and puts away.

The suggestions are real, and so are the observer and the ledger. The writer is not, and the time is made up, so that
what is looked at after five minutes can be shown at once. How long it all takes is known at its end alone; then it is
dated so that it ends now.
"""

import time
from dataclasses import replace
from pathlib import Path

from ownhand.suggestions.moment import Moment, Suggestion
from ownhand.suggestions.offering import offered
from ownhand.text.words import word_spans
from ownhand.verdicts.facts import SURVIVAL_AGES, Fact
from ownhand.verdicts.ledger.ledger import Ledger
from ownhand.verdicts.observer.edits import Edit
from ownhand.verdicts.observer.follower import Clock
from ownhand.verdicts.observer.observer import PRESUMED_SHOWN, Observer

ACTS = {
    "take": "takes it whole",
    "words": "takes the first two words, and writes on",
    "along": "types it out by hand",
    "else": "writes something else",
    "rewrite": "takes it, and rewrites it a minute later",
    "away": "puts it away",
    "not mine": "says: not mine (cliché)",
}
_KEY = 0.2
_A_MINUTE = 60.0


class ActedSession:
    """One acted writer at one desk; at the end facts go to the ledger at `path`."""

    def __init__(self, path: Path) -> None:
        self._ledger = Ledger(path, editor="demo")
        self._facts: list[Fact] = []
        self._now = time.time()

    def act(self, act: str, suggestion: Suggestion, moment: Moment, writes: str) -> None:
        """Do with the suggestion at `moment` what `act` says; `writes` goes in its place, or on from a part of it."""
        page = _Page(self._facts, self._now, suggestion, moment)
        page.pass_by(2 * PRESUMED_SHOWN)
        if act in ("take", "rewrite"):
            page.take()
        elif act == "words":
            page.put(_two_words(suggestion.text))
        elif act == "away":
            page.observer.dismissed(suggestion.id)
        elif act == "not mine":
            page.observer.rejected(suggestion.id, "cliché")
        page.type(suggestion.text if act == "along" else writes if act in ("words", "else") else "")
        if act == "rewrite":
            page.pass_by(_A_MINUTE)
            page.rewrite(writes)
        page.pass_by(SURVIVAL_AGES[-1] + 1)
        page.observer.closed(file=True)
        self._now = page.now

    def close(self) -> None:
        ahead = self._now - time.time()
        for fact in self._facts:
            self._ledger.hand_over(replace(fact, at=fact.at - ahead))
        self._ledger.close(5)


class _Page:
    def __init__(self, facts: list[Fact], now: float, suggestion: Suggestion, moment: Moment) -> None:
        self.now, self._suggestion, self._at = now, suggestion, moment.position
        self.observer = Observer(facts.append, Clock(lambda: self.now, lambda: self.now))
        offer = offered(suggestion, moment, moment.path or moment.document, self.now)
        self.observer.offered(offer, suggestion.text, moment.before, moment.after)

    def pass_by(self, seconds: float) -> None:
        end = self.now + seconds
        while (due := self.observer.next_due) is not None and due <= end:
            self.now = max(self.now, due)
            self.observer.run()
        self.now = end

    def put(self, text: str) -> None:
        """One change."""
        self.observer.changed([Edit(self._at, "", text)])
        self._at += len(text)
        self.pass_by(_KEY)

    def type(self, text: str) -> None:
        for letter in text:
            self.put(letter)

    def take(self) -> None:
        self.put(self._suggestion.text)
        self.observer.accepted(self._suggestion.id)

    def rewrite(self, text: str) -> None:
        taken = self._suggestion.text
        self.observer.changed([Edit(self._at - len(taken), taken, text)])
        self._at += len(text) - len(taken)


def _two_words(text: str) -> str:
    ends = [end for _, end in word_spans(text)]
    return text[: ends[1]] if len(ends) > 1 else text

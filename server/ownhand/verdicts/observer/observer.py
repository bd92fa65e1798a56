"""One document's observer: from offered suggestions, changes and what the editor says to facts about their fates.

Pure: text, time and the place for facts come from outside. The document itself is never read; each suggestion's place
and each accepted text carry along what stands there. A change costs a step for each of the at most `MOST_LIVE`
suggestions and for each accepted text whose looks are not over.
"""

from collections.abc import Callable, Iterable, Sequence

from ownhand.verdicts.facts import (
    KEPT_WITHIN,
    SURVIVAL_AGES,
    Checked,
    Fact,
    Learned,
    Offered,
    Removed,
    Settled,
    Verdict,
)
from ownhand.verdicts.observer.agenda import Agenda
from ownhand.verdicts.observer.edits import Edit, difference, refined
from ownhand.verdicts.observer.follower import MOST_INSTEAD, Clock, Follower, Piece
from ownhand.verdicts.observer.region import Standing
from ownhand.verdicts.observer.span import Span

PRESUMED_SHOWN = 0.7
"""Seconds for which an answer has to stand to count as seen where the editor says nothing."""
MOST_LIVE = 50
_CLAIM = 1.0
"""Seconds in which an editor's command follows the text that it put in."""
_CONFIRM = 2.0
"""Seconds after which a slip would have been mended, or an undo taken back."""
_INSTEAD = 30.0
_TURNED_DOWN = (Verdict.TYPED_PAST, Verdict.DISMISSED, Verdict.REJECTED)

Mark = Callable[[int, int, str], None]
"""Told of accepted text: (start, end, suggestion), code points of the document."""


class _Taken:
    """An accepted text and the looks at it that are still to come."""

    def __init__(self, span: Span, accepted: float) -> None:
        self.span, self.accepted = span, accepted
        self.open = list(SURVIVAL_AGES)
        self.told_gone = False


class Observer:
    """`emit` is given each fact, `mark` each stretch of text that came from a suggestion.

    `keeps_text`: may facts hold text of this document? `editor_reports`: this editor says by itself what was shown and
    taken in part, so neither is inferred. `run` has to be called when `next_due` has come.
    """

    def __init__(
        self,
        emit: Callable[[Fact], None],
        clock: Clock,
        *,
        mark: Mark = lambda *_: None,
        keeps_text: bool = True,
        editor_reports: bool = False,
    ) -> None:
        self._emit, self._clock, self._mark = emit, clock, mark
        self.keeps_text = keeps_text
        self.editor_reports = editor_reports
        self._live: dict[str, Follower] = {}
        self._taken: dict[str, _Taken] = {}
        self._awaited: dict[str, list[Piece]] = {}
        """Parts whose command came before their text."""
        self._agenda = Agenda()

    @property
    def is_idle(self) -> bool:
        """Nothing is followed any more."""
        return not self._live and not self._taken

    @property
    def next_due(self) -> float | None:
        """When to call `run`, by the clock's `now`."""
        return self._agenda.next_due

    def run(self) -> None:
        """Deal with what fell due."""
        self._agenda.run(self._clock.now())

    # Suggestions

    def offered(
        self,
        offer: Offered,
        text: str,
        before: str,
        after: str,
        since: Sequence[Edit] = (),
        *,
        is_new: bool = True,
    ) -> None:
        """A suggestion `text` goes out for the place `offer.position`, between `before` and `after`.

        `since`: the changes that came after the text that it was made for. `is_new` False: what is left of one that was
        offered before, and is no longer followed.
        """
        self.run()
        if is_new:
            self._emit(offer)
        self._supersede(None)
        follower = Follower(
            offer,
            text,
            before,
            after,
            clock=self._clock,
            emit=self._emit,
            taken=self._took,
            keeps_text=self.keeps_text,
            editor_reports=self.editor_reports,
        )
        self._live[follower.id] = follower
        follower.apply([part for edit in since for part in refined(edit)])
        if len(self._live) > MOST_LIVE:
            self._leave(next(iter(self._live)))
        self._later(PRESUMED_SHOWN, lambda: self._if_live(follower, Follower.presume))

    def offered_again(self, suggestion: str) -> bool:
        """What was left of a suggestion went out once more. False when it is not followed any longer."""
        self.run()
        follower = self._live.pop(suggestion, None)
        if follower is None:
            return False
        self._supersede(follower)
        self._live[suggestion] = follower
        follower.was_offered_again()
        if not follower.shown:
            self._later(PRESUMED_SHOWN, lambda: self._if_live(follower, Follower.presume))
        return True

    def _supersede(self, by: Follower | None) -> None:
        for earlier in self._live.values():
            if earlier is not by:
                earlier.superseded()

    def asked(self, position: int) -> None:
        """The editor asked anew: an answer to another place is no longer on the screen."""
        self.run()
        for follower in self._live.values():
            region = follower.region
            if not follower.shown and (region.end != position or region.standing is not Standing.BEFORE):
                follower.superseded()

    def shown(self, suggestion: str) -> bool:
        return self._gesture(suggestion, lambda follower: follower.was_shown(Learned.EDITOR))

    def accepted(self, suggestion: str) -> bool:
        return self._gesture(suggestion, Follower.accepted)

    def partly_accepted(self, suggestion: str, length: int) -> bool:
        """`length`: characters of the whole suggestion, from its start, that are in the text now."""
        return self._gesture(suggestion, lambda follower: follower.partly_accepted(length))

    def dismissed(self, suggestion: str) -> bool:
        return self._gesture(suggestion, Follower.dismissed)

    def rejected(self, suggestion: str, reason: str = "") -> bool:
        return self._gesture(suggestion, lambda follower: follower.rejected(reason))

    def _gesture(self, suggestion: str, what: Callable[[Follower], None]) -> bool:
        """False for a suggestion that is not followed (any longer); nothing is told of it then."""
        self.run()
        follower = self._live.get(suggestion)
        if follower is None:
            return False
        known = set(follower.verdicts)
        what(follower)
        self._plan(follower, known)
        return True

    # Changes

    def changed(self, edits: Iterable[Edit]) -> None:
        """The changes of one notification, in the order in which they apply."""
        self.run()  # What fell due before them is judged by the text before them, however busy the machine is.
        small = [part for edit in edits for part in (refined(edit) if edit.removed and edit.inserted else [edit])]
        if not small:
            return
        for taken in self._taken.values():
            for edit in small:
                taken.span.apply(edit)
        for follower in list(self._live.values()):
            if len(small) > 1 or not follower.region.passes(small[0]):
                self._follow(follower, small)
            elif follower.is_open:
                follower.elsewhere()
        for suggestion in list(self._awaited):
            self._claim_awaited(suggestion)
        self._look_for_removed()

    def _follow(self, follower: Follower, edits: list[Edit]) -> None:
        known, text = set(follower.verdicts), follower.region.text
        follower.apply(edits)
        region = follower.region
        if region.text == text and region.untouched and not self._touches(region.start, edits):
            follower.elsewhere()
        if region.standing is Standing.PAST and Verdict.TYPED_PAST not in follower.verdicts:
            self._later(_CONFIRM, lambda: self._if_live(follower, Follower.confirm))
        if follower.is_unclaimed:
            self._later(_CLAIM, lambda: self._if_live(follower, Follower.claim))
        self._plan(follower, known)
        if len(region.text) > len(region.expected) + MOST_INSTEAD:
            self._leave(follower.id)

    @staticmethod
    def _touches(start: int, edits: Sequence[Edit]) -> bool:
        return any(edit.offset <= start <= edit.offset + max(len(edit.removed), len(edit.inserted)) for edit in edits)

    def replaced(self, old: str, new: str) -> None:
        """The editor sent the whole text anew, or the file was read again."""
        self.changed(difference(old, new))

    # The end

    def closed(self, *, file: bool) -> None:
        """The document is no longer open. A file may be looked at later; a page without one is gone."""
        for suggestion in list(self._live):
            self._leave(suggestion, known=file)
        for suggestion, taken in list(self._taken.items()):
            if taken.span.is_gone:
                self._tell_removed(suggestion, taken)
            if not file:
                self._lose(suggestion, taken)

    def _lose(self, suggestion: str, taken: _Taken) -> None:
        """What became of the accepted text can't be known any more."""
        age = self._clock.now() - taken.accepted
        for due in taken.open:
            self._emit(Checked(suggestion, self._clock.at(), due, age, None, None, max(0, taken.span.deleted)))
        self._settle(suggestion, taken)

    def lost(self) -> None:
        """The text can't be followed any more (the file is gone): every look that is still to come finds nothing."""
        for suggestion, taken in list(self._taken.items()):
            self._lose(suggestion, taken)

    def _leave(self, suggestion: str, *, known: bool = True) -> None:
        self._live[suggestion].leave(known=known)
        del self._live[suggestion]
        self._awaited.pop(suggestion, None)

    # What was taken

    def _took(self, follower: Follower, piece: Piece) -> None:
        self._awaited.setdefault(follower.id, []).append(piece)
        self._claim_awaited(follower.id)

    def _claim_awaited(self, suggestion: str) -> None:
        """Follow the parts that are in the text by now."""
        follower = self._live[suggestion]
        at = _where(follower)
        there = [piece for piece in self._awaited[suggestion] if at is not None and self._is_there(follower, piece)]
        if not there or at is None:
            return
        del self._awaited[suggestion]
        for piece in there:
            self._mark(at + piece.first, at + piece.last, suggestion)
        self._start_looking(follower, at, there)

    @staticmethod
    def _is_there(follower: Follower, piece: Piece) -> bool:
        return follower.region.written >= piece.last or follower.text in follower.region.text

    def _start_looking(self, follower: Follower, at: int, pieces: Sequence[Piece]) -> None:
        first, last = min(piece.first for piece in pieces), max(piece.last for piece in pieces)
        taken = self._taken.get(follower.id)
        if taken is None:
            taken = self._taken[follower.id] = _Taken(Span(at + first, follower.text[first:last]), self._clock.now())
        else:
            # Another part of it: looked at from now on as one text, with what was deleted of the parts before.
            first, deleted = min(first, max(0, taken.span.start - at)), taken.span.deleted
            taken.span = Span(at + first, follower.text[first:last], deleted)
            taken.accepted = self._clock.now()
        accepted = taken.accepted
        for due in taken.open:
            self._later(due, lambda due=due: self._look(follower.id, due, accepted))  # type: ignore[misc]

    def _look(self, suggestion: str, due: int, accepted: float) -> None:
        """The look due so many seconds after the acceptance; a later acceptance of the same suggestion has its own."""
        taken = self._taken.get(suggestion)
        if taken is None or taken.accepted != accepted or due not in taken.open:
            return
        taken.open.remove(due)
        distance = taken.span.distance
        age, deleted = self._clock.now() - accepted, max(0, taken.span.deleted)
        self._emit(Checked(suggestion, self._clock.at(), due, age, distance, distance <= KEPT_WITHIN, deleted))
        if not taken.open:
            self._settle(suggestion, taken)

    def _settle(self, suggestion: str, taken: _Taken) -> None:
        self._taken.pop(suggestion, None)
        self._emit(Settled(suggestion, self._clock.at(), taken.span.text if self.keeps_text else None))

    def _look_for_removed(self) -> None:
        for suggestion, taken in self._taken.items():
            if taken.span.is_gone != taken.told_gone:
                self._later(_CONFIRM, lambda one=suggestion, it=taken: self._tell_removed(one, it))  # type: ignore[misc]

    def _tell_removed(self, suggestion: str, taken: _Taken) -> None:
        gone = taken.span.is_gone
        if gone != taken.told_gone and suggestion in self._taken:
            taken.told_gone = gone
            self._emit(Removed(suggestion, self._clock.at(), back=not gone))

    # Time

    def _plan(self, follower: Follower, known: set[Verdict]) -> None:
        """What was written instead is told after a while."""
        new = follower.verdicts - known
        if any(verdict in new for verdict in _TURNED_DOWN):
            self._later(_INSTEAD, lambda: self._if_live(follower, Follower.tell_instead))

    def _if_live(self, follower: Follower, what: Callable[[Follower], None]) -> None:
        if self._live.get(follower.id) is follower:
            known = set(follower.verdicts)
            what(follower)
            self._plan(follower, known)

    def _later(self, seconds: float, action: Callable[[], None]) -> None:
        self._agenda.add(self._clock.now() + seconds, action)


def _where(follower: Follower) -> int | None:
    """The offset in the document at which the suggestion begins, None when it isn't there."""
    region = follower.region
    if region.standing is Standing.PAST and follower.text in region.text:
        return region.start + region.text.index(follower.text)
    return region.start + len(region.lead) if region.written >= 0 else None

"""The life of one suggestion: from the text at its place to its fate.

What the editor says is believed; what it doesn't say is read from the text. How fast something happened decides
nothing, except whether a suggestion can have been seen at all.
"""

from collections.abc import Callable
from dataclasses import dataclass

from ownhand.text.words import count_words
from ownhand.verdicts.facts import (
    MOST_AFTER,
    MOST_BEFORE,
    Fact,
    Instead,
    Judged,
    Learned,
    Offered,
    Shown,
    Verdict,
)
from ownhand.verdicts.observer.edits import Edit
from ownhand.verdicts.observer.region import MOST_AFTER as MOST_AFTER_PLACE
from ownhand.verdicts.observer.region import Region, Standing, is_taken_part

SURE = 1.0
QUITE_SURE = 0.9
PARTS_INFERRED = 0.8
"""A part that nobody types at once may still have been pasted or dictated."""
LEFT = 0.7
"""The writer went on elsewhere and may come back."""
NOT_FOUND = 0.5
"""The editor said so, and the text doesn't show it."""
MOST_INSTEAD = 500
_TAKEN = (Verdict.ACCEPTED, Verdict.PARTIAL)
_TURNED_DOWN = (Verdict.TYPED_PAST, Verdict.DISMISSED, Verdict.REJECTED)


@dataclass(frozen=True, slots=True)
class Clock:
    """`now` in seconds that never run backwards, for ages; `at` in Unix seconds, for the record."""

    now: Callable[[], float]
    at: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Piece:
    """Characters [first, last) of the suggestion that came in with one change."""

    first: int
    last: int


class Follower:
    """Follows one suggestion. `taken(follower, piece)` is told of each part of it that came into the text by a key."""

    def __init__(
        self,
        offer: Offered,
        text: str,
        before: str,
        after: str,
        *,
        clock: Clock,
        emit: Callable[[Fact], None],
        taken: "Callable[[Follower, Piece], None]",
        keeps_text: bool,
        editor_reports: bool,
    ) -> None:
        self.offer, self.text = offer, text
        self.region = Region(offer.position, text, after[:MOST_AFTER_PLACE])
        self.shown = False
        self.verdicts: set[Verdict] = set()
        self._around = (before[-MOST_BEFORE:], after[:MOST_AFTER])
        self._clock, self._emit, self._taken = clock, emit, taken
        self._keeps_text, self._reports = keeps_text, editor_reports
        self._on_screen = True
        """It is what the editor shows, or showed last: nothing took its place, and the writer did not send it away."""
        self._presumable = True
        """It may still come to be seen by standing long enough."""
        self._reached = 0
        """How much of it has stood in the text at once: what is put in again by an undo or a redo is no new part."""
        self._last: Piece | None = None
        self._unclaimed: Piece | None = None
        """All that was left came in with one change; the editor's command may say what that was."""
        self._first: int | None = None
        self._counted = 0
        """Where in the suggestion the counted parts begin, and how far they reach."""
        self._characters = self._keys = 0
        self._instead_told = False

    @property
    def id(self) -> str:
        return self.offer.suggestion

    @property
    def is_taken(self) -> bool:
        return any(verdict in self.verdicts for verdict in _TAKEN)

    @property
    def is_open(self) -> bool:
        """Would it tell anything that the writer went on elsewhere?"""
        return not self.verdicts if self.shown else self._presumable

    @property
    def is_unclaimed(self) -> bool:
        """All that was left came in at once, and no command has said yet what that was."""
        return self._unclaimed is not None

    # What the editor says

    def was_offered_again(self) -> None:
        """The writer came back to its place, and it stands there once more."""
        self._on_screen = self._presumable = True

    def was_shown(self, learned: Learned) -> None:
        if self.shown:
            return
        self.shown = True
        before, after = self._around
        kept = (self.text, before, after) if self._keeps_text else (None, None, None)
        self._emit(Shown(self.id, self._clock.at(), learned, *kept))

    def accepted(self) -> None:
        """The item's own command ran: all of it, or all that was left, was taken."""
        self.was_shown(Learned.COMMAND)
        if Verdict.ACCEPTED in self.verdicts:
            return
        self._unclaimed = None
        standing, found = self.region.standing, True
        if standing is Standing.WHOLE:
            piece = self._last if self._last and self._last.last == len(self.text) else None
            self._count(piece)
        elif standing is Standing.BEFORE:
            self._count(Piece(max(0, self.region.written), len(self.text)))  # The text comes after the command.
        else:
            found = self.text in self.region.text
            self._count(Piece(0, len(self.text)))
        self._judge(Verdict.ACCEPTED, Learned.COMMAND, SURE if found else NOT_FOUND)

    def partly_accepted(self, length: int) -> None:
        """The editor says that the first `length` characters are in the text now; beyond the end means the end."""
        self.was_shown(Learned.EDITOR)
        length = min(length, len(self.text))
        if length <= self._counted or Verdict.ACCEPTED in self.verdicts:
            return
        came = self._last if self._last and self._last.last == length else None
        start = max(self._counted, min(self.region.written, length))
        self._count(came or Piece(start if start < length else self._counted, length))
        self._judge(Verdict.PARTIAL, Learned.EDITOR)

    def dismissed(self) -> None:
        self.was_shown(Learned.COMMAND)
        self._on_screen = False
        if Verdict.DISMISSED not in self.verdicts:
            self._judge(Verdict.DISMISSED, Learned.COMMAND)

    def rejected(self, reason: str) -> None:
        """ "Not mine". Said again with a reason, the reason is added."""
        self.was_shown(Learned.COMMAND)
        self._on_screen = False
        self._judge(Verdict.REJECTED, Learned.COMMAND, reason=reason)

    # What the text says

    def apply(self, edits: list[Edit]) -> None:
        """Follow the changes of one notification."""
        for edit in edits:
            self._apply(edit)
        if self.region.standing is Standing.PAST and not self.shown:
            self._presumable = False
        self._reached = max(self._reached, self.region.written)
        self.judge()

    def _apply(self, edit: Edit) -> None:
        region = self.region
        edit = region.slid(edit)
        live = region.standing is Standing.BEFORE
        rest, end, written = region.rest if live else "", region.end, region.written
        region.apply(edit)
        if edit.inserted == self.text and not edit.removed and edit.offset == end - max(0, written):
            self._last = Piece(0, len(self.text))  # Some editors put all of it in front of what was typed of it.
        continues = live and not edit.removed and edit.offset == end and rest.startswith(edit.inserted) and written >= 0
        if not continues or not edit.inserted:
            return
        self._last = Piece(written, written + len(edit.inserted))
        inside_word = self.text[:written][-1:].isalnum()
        if is_taken_part(edit.inserted, rest, inside_word=inside_word) and self._may_be_taken(self._last):
            self._infer_part(self._last)

    def _may_be_taken(self, piece: Piece) -> bool:
        """An editor that reports says so itself; what is not on the screen can't be taken from it."""
        seen = self._on_screen and (self.shown or self._presumable)
        return seen and not self._reports and piece.last > self._reached

    def _infer_part(self, piece: Piece) -> None:
        if piece.last == len(self.text):
            self._unclaimed = piece
            return
        self._count(piece)
        self.was_shown(Learned.INFERRED)
        self._judge(Verdict.PARTIAL, Learned.INFERRED, PARTS_INFERRED)

    def judge(self) -> None:
        """Look at the text; note what can be told by now."""
        if not self.shown or self.is_taken:
            return
        standing = self.region.standing if self._on_screen else Standing.BEFORE
        if standing is Standing.WHOLE and self._unclaimed is None:
            self._judge_once(Verdict.TYPED_THROUGH, SURE)
        elif standing is Standing.PAST and self._goes_elsewhere():
            self._judge_once(Verdict.TYPED_PAST, QUITE_SURE)
        self._tell_instead()

    def _goes_elsewhere(self) -> bool:
        """More than a letter that may be a slip: a word was finished, or begun well."""
        past = self.region.past
        return len(past.strip()) >= 3 or "\n" in past or (count_words(past) > 0 and past[-1:].isspace())

    # What time says

    def presume(self) -> None:
        """It stood long enough to be seen, if nothing took its place."""
        if not self.shown and self._presumable and self._on_screen and not self._reports:
            self.was_shown(Learned.INFERRED)
            self.judge()

    def claim(self) -> None:
        """No command came for what was put in at once: then it was taken, in a way that we know less of."""
        piece, self._unclaimed = self._unclaimed, None
        if piece is not None and Verdict.ACCEPTED not in self.verdicts and piece.last > self._counted:
            self.was_shown(Learned.INFERRED)
            self._count(piece)
            self._judge(Verdict.PARTIAL, Learned.INFERRED, PARTS_INFERRED)

    def confirm(self) -> None:
        """What stands there instead has stood for a while."""
        if self.shown and self._on_screen and not self.is_taken and self.region.standing is Standing.PAST:
            self._judge_once(Verdict.TYPED_PAST, QUITE_SURE)

    def superseded(self) -> None:
        """Another suggestion stands on the screen now, or none."""
        self.elsewhere()
        self._on_screen = False

    def elsewhere(self) -> None:
        """The writer works on another page or paragraph."""
        if not self.shown:
            self._presumable = False
            return
        self.claim()
        self.confirm()
        if not self.verdicts:
            self._judge(Verdict.IGNORED, Learned.INFERRED, LEFT)

    def leave(self, *, known: bool = True) -> None:
        """The suggestion is not followed any longer. `known` False: its document was closed without a trace."""
        if self.shown and not self.verdicts and self._unclaimed is None and not known:
            self.confirm()
            if not self.verdicts:
                self._judge(Verdict.UNKNOWN, Learned.INFERRED)
        self.elsewhere()
        self._tell_instead(at_last=True)

    def tell_instead(self) -> None:
        """It was waited long enough for what the writer wrote instead."""
        self._tell_instead(at_last=True)

    def _tell_instead(self, *, at_last: bool = False) -> None:
        if self._instead_told or self.is_taken or not any(verdict in self.verdicts for verdict in _TURNED_DOWN):
            return
        written = self.region.instead
        line_is_over = "\n" in written.strip(" ") and count_words(written) > 0
        enough = line_is_over or len(written) >= max(60, 3 * len(self.text) // 2)
        if written.strip() and (enough or at_last):
            self._instead_told = True
            self._emit(Instead(self.id, self._clock.at(), written[:MOST_INSTEAD] if self._keeps_text else None))

    # Counting

    def _count(self, piece: Piece | None) -> None:
        """Note a part that came in by a key. What was counted before is not counted again."""
        if piece is None or piece.last <= self._counted:
            return
        piece = Piece(max(piece.first, self._counted), piece.last)
        self._first = piece.first if self._first is None else self._first
        self._counted = piece.last
        self._characters += piece.last - piece.first
        self._keys += 1
        self._taken(self, piece)

    def _judge_once(self, verdict: Verdict, sure: float) -> None:
        if verdict not in self.verdicts:
            self._judge(verdict, Learned.INFERRED, sure)

    def _judge(self, verdict: Verdict, learned: Learned, sure: float = SURE, reason: str = "") -> None:
        self.verdicts.add(verdict)
        taken = verdict in _TAKEN
        counted = (self._characters, self._keys, reason, self._first or 0, self._counted) if taken else (0, 0, reason)
        self._emit(Judged(self.id, self._clock.at(), verdict, learned, sure, *counted))

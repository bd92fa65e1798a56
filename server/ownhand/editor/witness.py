"""Between the editor and `verdicts/`: hands documents' changes and the editor's words to the observers, and their facts
to the ledger of the folder's voice, to the status, and to the suggester."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ownhand.editor.documents import Document, Documents
from ownhand.editor.folder import Folder
from ownhand.editor.folders import Folders
from ownhand.editor.log import log_error
from ownhand.editor.sitting import CLOCK, Seat, Sitting
from ownhand.editor.status import Status
from ownhand.manuscript.consent import Consent
from ownhand.manuscript.encoding import Unreadable, decode
from ownhand.suggestions.moment import Moment, Suggestion
from ownhand.suggestions.offering import offered
from ownhand.text.utf16 import code_points
from ownhand.verdicts.facts import MOST_AFTER, MOST_BEFORE, PRECEDENCE, UNTITLED, Fact, Judged, Learned, Shown, Verdict
from ownhand.verdicts.ledger.ledger import Ledger
from ownhand.verdicts.observer.edits import Edit
from ownhand.verdicts.observer.observer import Observer

_REMEMBERED = 1000
_KNOWN_BY = 300
"""Characters before a suggestion's place by which the place is known again."""
_UNSEEN_NOW = 0.5
"""How sure a gesture is whose text can't be looked at any more."""
_SOONEST = 0.02
"""Seconds between two rounds of what fell due."""
_COUNTED = frozenset(
    (
        Verdict.ACCEPTED,
        Verdict.PARTIAL,
        Verdict.TYPED_THROUGH,
        Verdict.TYPED_PAST,
        Verdict.DISMISSED,
        Verdict.REJECTED,
    )
)


@dataclass(slots=True)
class Known:
    """A suggestion of this sitting: where it was offered, and its fate so far. `page` as in `Moment`."""

    seat: Seat
    page: str
    before: str
    text: str
    fate: Verdict | None = None
    shown: bool = False


class Witness:
    """`mark(uri, start, end, suggestion id)` is told of accepted text in a document, in code points.

    `on_judged(folder, suggestion id, verdict)` of each suggestion's fate as far as it is known.
    """

    def __init__(
        self,
        documents: Documents,
        folders: Folders,
        status: Status,
        mark: Callable[[str, int, int, str], None],
        *,
        editor_reports: bool,
    ) -> None:
        self._documents, self._folders, self._status = documents, folders, status
        self.on_judged: Callable[[str | None, str, Verdict], None] = lambda *_: None
        self._sitting = Sitting(self._note, mark, editor_reports=editor_reports)
        self._known: OrderedDict[str, Known] = OrderedDict()
        self._timer: asyncio.TimerHandle | None = None
        self._reading: dict[str, asyncio.Task[None]] = {}
        """Files of closed documents that are being read: one at a time for each, however slow the disk is."""

    # Documents

    def opened(self, document: Document) -> None:
        """From now on its changes are followed; one that was closed before in this sitting is followed on."""
        self._seat(document)

    def changed(self, document: Document, edits: Sequence[Edit]) -> None:
        seat = self._sitting.get(document.uri)
        if seat is not None:
            seat.edits.append((document.version, list(edits)))
            seat.observer.changed(edits)
            self._plan()

    def closed(self, document: Document) -> None:
        seat = self._sitting.get(document.uri)
        if seat is not None:
            self._sitting.leave(seat, document.mirror.plain, file=document.path is not None)
            self._plan()

    def left(self, folder: str) -> None:
        """The folder's ledger is about to be closed: what can be told of its documents is told; open ones begin anew.

        Who keeps the ledger finishes from the files what was followed.
        """
        for uri in self._sitting.end(folder):
            if (document := self._documents.get(uri)) is not None:
                self._seat(document)

    # Suggestions

    def asked(self, moment: Moment) -> None:
        """A question whose text has changed since says nothing about what is on the screen now."""
        seat, document = self._sitting.get(moment.document), self._documents.get(moment.document)
        if seat is not None and document is not None and document.version == moment.version:
            seat.observer.asked(moment.position)

    def offered(self, suggestion: Suggestion, moment: Moment) -> None:
        """A suggestion goes out, or what is left of one that did before, under the same id."""
        document = self._documents.get(moment.document)
        if document is None:
            return
        seat, known = self._seat(document), self._known.get(suggestion.id)
        if known is not None and seat.observer.offered_again(suggestion.id):
            return
        self._remember(suggestion, moment, seat)
        before, after = moment.before[-MOST_BEFORE:], moment.after[:MOST_AFTER]
        offer = offered(suggestion, moment, seat.key, CLOCK.at())
        since = seat.since(moment.version)
        seat.observer.offered(offer, suggestion.text, before, after, since, is_new=known is None)
        self._plan()

    def _remember(self, suggestion: Suggestion, moment: Moment, seat: Seat) -> None:
        if suggestion.id in self._known:
            return
        before = moment.before[-_KNOWN_BY:]
        self._known[suggestion.id] = Known(seat, moment.page, before, suggestion.text)
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        self._status.count("offered")

    def shown(self, suggestion: str) -> None:
        if (known := self._known.get(suggestion)) is not None:
            known.seat.observer.shown(suggestion)
            self._plan()

    def accepted(self, suggestion: str) -> None:
        self._gesture(suggestion, Verdict.ACCEPTED, lambda observer: observer.accepted(suggestion))

    def partly_accepted(self, suggestion: str, item_text: str, units: int) -> None:
        """`units` UTF-16 units of `item_text`, the suggestion or what was left of it when the item was made."""
        if (known := self._known.get(suggestion)) is None:
            return
        start = len(known.text) - len(item_text) if item_text and known.text.endswith(item_text) else 0
        length = start + code_points(item_text or known.text, units)
        self._gesture(suggestion, Verdict.PARTIAL, lambda observer: observer.partly_accepted(suggestion, length))

    def dismissed(self, suggestion: str) -> None:
        self._gesture(suggestion, Verdict.DISMISSED, lambda observer: observer.dismissed(suggestion))

    def rejected(self, suggestion: str, reason: str) -> None:
        self._gesture(suggestion, Verdict.REJECTED, lambda observer: observer.rejected(suggestion, reason), reason)

    def _gesture(self, suggestion: str, verdict: Verdict, tell: Callable[[Observer], bool], reason: str = "") -> None:
        """Once its page was closed or many others came, only what the editor says is known of a suggestion."""
        if (known := self._known.get(suggestion)) is None:
            return
        if not tell(known.seat.observer):
            said = Judged(suggestion, CLOCK.at(), verdict, Learned.COMMAND, _UNSEEN_NOW, reason=reason)
            self._note(known.seat, said)
        self._plan()

    async def recorded(self, suggestion: str) -> bool | None:
        """Is everything that was said of it so far on disk? Waits a moment for it. None: nothing is noted there."""
        known = self._known.get(suggestion)
        ledger = self._ledger(known.seat) if known else None
        return None if ledger is None else await ledger.committed()

    def known(self, suggestion: str) -> Known | None:
        return self._known.get(suggestion)

    def folder_of(self, suggestion: str) -> str | None:
        """The key of the folder in which it was offered."""
        known = self._known.get(suggestion)
        return known.seat.folder if known else None

    # Facts

    def _note(self, seat: Seat, fact: Fact) -> None:
        ledger = self._ledger(seat)
        if ledger is not None:
            ledger.hand_over(fact)
        if isinstance(fact, Shown):
            self._count_shown(fact.suggestion)
        elif isinstance(fact, Judged):
            self._count(fact)

    def _count_shown(self, suggestion: str) -> None:
        known = self._known.get(suggestion)
        if known is not None and not known.shown:
            known.shown = True
            self._status.count("shown")

    def _count(self, fact: Judged) -> None:
        """Each suggestion counts once in the status, under the fate that outweighs the others."""
        known = self._known.get(fact.suggestion)
        if known is None:
            return
        former = known.fate
        if former is not None and PRECEDENCE.index(fact.verdict) >= PRECEDENCE.index(former):
            return
        known.fate = fact.verdict
        if former in _COUNTED:
            self._status.count(former.value, -1)
        if fact.verdict in _COUNTED:
            self._status.count(fact.verdict.value)
        self.on_judged(known.seat.folder, fact.suggestion, fact.verdict)

    def _ledger(self, seat: Seat) -> Ledger | None:
        folder = self._folders.get(seat.folder) if seat.folder else None
        return folder.ledger if folder else None

    def _seat(self, document: Document) -> Seat:
        folder = self._folders.of(document)
        if folder is not None and document.path is not None:
            noted = folder.consent is Consent.LEARN
            return self._sitting.take(document, folder.uri, folder.relative(document.path), keeps_text=noted)
        return self._sitting.take(document, self._only_learned(document), UNTITLED, keeps_text=False)

    def _only_learned(self, document: Document) -> str | None:
        """A page without a file counts, without its text, for the one manuscript that is open."""
        learned = [folder for folder in self._folders.all() if folder.consent is Consent.LEARN]
        return learned[0].uri if document.path is None and len(learned) == 1 else None

    # Time

    def _plan(self) -> None:
        """See to it that what falls due next is dealt with."""
        seats = [seat for seat in self._sitting if seat.uri not in self._reading]
        due = min((at for seat in seats if (at := seat.observer.next_due) is not None), default=None)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if due is not None:
            seconds = max(_SOONEST, due - CLOCK.now())
            self._timer = asyncio.get_running_loop().call_later(seconds, self._run_due)

    def _run_due(self) -> None:
        self._timer = None
        now = CLOCK.now()
        for seat in self._sitting:
            due = seat.observer.next_due
            if due is not None and due <= now and seat.uri not in self._reading:
                self._run(seat)
        self._plan()

    def _run(self, seat: Seat) -> None:
        if seat.parked is None:
            seat.observer.run()
        elif (path := self._path_of(seat)) is not None:
            task = asyncio.get_running_loop().create_task(self._look_at_file(seat, path))
            self._reading[seat.uri] = task
            task.add_done_callback(_noticed)
        else:
            seat.observer.lost()
            self._sitting.drop(seat)

    async def _look_at_file(self, seat: Seat, path: Path) -> None:
        """A closed document's text is in its file, where another program may have changed it."""
        uri = seat.uri
        try:
            text = await asyncio.to_thread(_read, path)
        finally:
            del self._reading[uri]
        if seat.parked is None:
            return  # Opened again meanwhile: its next look comes with the others.
        if text is None:
            seat.observer.lost()
        else:
            seat.observer.replaced(seat.parked, text)
            seat.parked = text
            seat.observer.run()
        if seat.observer.is_idle:
            self._sitting.drop(seat)
        self._plan()

    def _path_of(self, seat: Seat) -> Path | None:
        folder: Folder | None = self._folders.get(seat.folder) if seat.folder else None
        return folder.root / seat.key if folder and seat.key != UNTITLED else None


def _read(path: Path) -> str | None:
    try:
        return decode(path.read_bytes())
    except (OSError, Unreadable):
        return None


def _noticed(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log_error("looking at a closed document", error)

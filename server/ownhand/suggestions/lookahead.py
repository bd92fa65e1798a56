"""The look-ahead cache: suggestions that are live, so that typing into one is answered at once with its remainder.

An entry is found again by its place (how far into the document, and the text on both sides) and by what was typed
since: as long as that is a beginning of the suggestion, the rest of it is the answer, under the same id. Typing
back and forth moves along the same text. Entries that nobody has seen yet (prefetched ones) are kept apart.
"""

import unicodedata
from collections import OrderedDict, deque
from dataclasses import dataclass, replace

from ownhand.suggestions.graphemes import parts
from ownhand.suggestions.moment import Moment, Suggestion

_ENTRIES = 256
_TAIL = 512
_AFTER = 200
_LEAST_TAIL = 32
_DECLINED_PLACES = 64
_PUT_AWAY = 64


@dataclass(frozen=True)
class Scope:
    """Whose answer it is: another model or adapter would have written something else."""

    model: str
    adapter: str | None
    document: str


@dataclass
class Entry:
    """`position` counts code points from the document's start; `tail` and `after` are the text around it.

    `page` is what the document is known by from one sitting to the next. `typed`: so many characters of the suggestion
    were in the text when its remainder was last asked for. `judged`: the writer took it, in part at least, or went on
    without it.
    """

    scope: Scope
    page: str
    position: int
    tail: str
    after: str
    suggestion: Suggestion
    offered: bool
    typed: int = 0
    judged: bool = False


class LookAhead:
    """The most recently used suggestions of all documents."""

    def __init__(self, entries: int = _ENTRIES) -> None:
        self._bound = entries
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._put_away: OrderedDict[str, Entry] = OrderedDict()

    def put(self, scope: Scope, moment: Moment, suggestion: Suggestion, *, offered: bool) -> None:
        tail, after = moment.before[-_TAIL:], moment.after[:_AFTER]
        self._entries[suggestion.id] = Entry(scope, moment.page, moment.position, tail, after, suggestion, offered)
        if len(self._entries) > self._bound:
            self._entries.popitem(last=False)

    def find(self, scope: Scope, moment: Moment, *, offered: bool = True) -> Suggestion | None:
        """The remainder of the suggestion that the text runs furthest into; of equals, the newest."""
        best: tuple[int, str, Suggestion] | None = None
        for key, entry in reversed(self._entries.items()):
            if entry.offered is not offered or entry.scope != scope:
                continue
            rest = _rest_of(entry, moment)
            if rest and rest.strip() and (best is None or entry.position > best[0]):
                best = (entry.position, key, replace(entry.suggestion, text=rest))
        if best is None:
            return None
        self._entries.move_to_end(best[1])
        entry = self._entries[best[1]]
        entry.typed = len(entry.suggestion.text) - len(best[2].text)
        return best[2]

    def is_first_verdict(self, suggestion_id: str) -> bool:
        """Note a verdict; False when there was one before, or the suggestion isn't known any more. Typing back into a
        suggestion makes it live once more."""
        entry = self.known(suggestion_id)
        if entry is None:
            return False
        first, entry.judged = not entry.judged, True
        return first

    def mark_offered(self, suggestion_id: str) -> None:
        self._entries[suggestion_id].offered = True

    def known(self, suggestion_id: str) -> Entry | None:
        """The entry of a suggestion that is live or was put away not long ago."""
        return self._entries.get(suggestion_id) or self._put_away.get(suggestion_id)

    def drop(self, suggestion_id: str) -> Entry | None:
        """Put it away: it is not found any more. What it was stays known for a while."""
        entry = self._entries.pop(suggestion_id, None)
        if entry is not None:
            self._put_away[suggestion_id] = entry
            if len(self._put_away) > _PUT_AWAY:
                self._put_away.popitem(last=False)
        return entry

    def forget(self, document: str) -> None:
        for entries in (self._entries, self._put_away):
            for key in [key for key, entry in entries.items() if entry.scope.document == document]:
                del entries[key]


class Declined:
    """The latest places where a suggestion was put away, and the text before them stands as it did."""

    def __init__(self, places: int = _DECLINED_PLACES) -> None:
        self._places: deque[tuple[Scope, int, str]] = deque(maxlen=places)

    def add(self, entry: Entry) -> None:
        place = (entry.scope, entry.position, entry.tail)
        if place not in self._places:
            self._places.append(place)

    def holds(self, scope: Scope, moment: Moment) -> bool:
        return any(
            declined == scope and position == moment.position and moment.before.endswith(tail)
            for declined, position, tail in self._places
        )


def remainder(text: str, typed: str) -> str | None:
    """What is left of the suggestion `text` once `typed` was written; None when that is no beginning of it.

    Both are compared in NFC when they differ in form (an "é" typed as letter and accent, for example). The cut must
    lie between grapheme clusters: half an emoji or a bare accent is no remainder.
    """
    if not text.startswith(typed):
        text, typed = unicodedata.normalize("NFC", text), unicodedata.normalize("NFC", typed)
        if not text.startswith(typed):
            return None
    rest = text[len(typed) :]
    return rest if not typed or parts(typed, rest) else None


def _rest_of(entry: Entry, moment: Moment) -> str | None:
    cut = entry.position - moment.before_offset
    if not 0 <= cut <= len(moment.before) or moment.after[:_AFTER] != entry.after:
        return None
    if len(moment.before) - cut > 4 * len(entry.suggestion.text):
        return None
    tail = moment.before[max(0, cut - len(entry.tail)) : cut]
    if not entry.tail.endswith(tail) or len(tail) < min(_LEAST_TAIL, len(entry.tail)):
        return None
    return remainder(entry.suggestion.text, moment.before[cut:])

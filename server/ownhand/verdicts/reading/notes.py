"""Reasons that come again become notes: at most one line is offered, and the writer says whether it goes into
`notes.md` of the voice. That file is the writer's own; Ownhand only puts lines at its end.

What was offered before is kept in `notes_offered.json` beside it, as counts: an offer that was passed over comes again
when the reason was given three times as often, one that was taken never does.
"""

import contextlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from ownhand.errors import WriterError
from ownhand.home import check_format, write_json, write_private
from ownhand.text.words import word_spans

NOTES_FILE = "notes.md"
OFFERED_FILE = "notes_offered.json"
FORMAT = 1
REPEATED = 3
"""So many rejections for the same reason are worth a note; so many times more, another offer."""
_EXAMPLES = 3
_EXAMPLE_WORDS = 8
_ATTEMPTS = 5
_NUMBERS = ("three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")

_SENTENCES = {
    "cliché": "You called {number} suggestions a cliché.",
    "wrong word": "You found the wrong word in {number} suggestions.",
    "wrong rhythm": "You found the wrong rhythm in {number} suggestions.",
    "wrong fact": "You found a wrong fact in {number} suggestions.",
    "own words": "You wanted your own words instead of {number} suggestions.",
}
_LINES = {
    "cliché": "No clichés. Not like {examples}.",
    "wrong word": "Not my words: {examples}.",
    "wrong rhythm": "Mind the rhythm. Not like {examples}.",
    "wrong fact": "Invent no facts: names, dates and places are mine to give.",
    "own words": "I find my own words for what matters. Not like {examples}.",
}
_Stamp = tuple[int, int, int]
_OTHER_SENTENCE = "You said “{reason}” of {number} suggestions."
_OTHER_LINE = "{reason}: not like {examples}."


class Rejected(Protocol):
    """A rejection of the voice; `at` is its time in Unix seconds."""

    @property
    def text(self) -> str: ...

    @property
    def reason(self) -> str: ...

    @property
    def at(self) -> float: ...


@dataclass(frozen=True)
class Offer:
    """`sentence` says why, `line` is what would be put into the notes. `reason` was given `count` times."""

    reason: str
    count: int
    sentence: str
    line: str


@dataclass(frozen=True)
class Offers:
    """What was offered before: at which count of a reason, and for which reasons it was taken."""

    counts: Mapping[str, int] = field(default_factory=dict)
    taken: frozenset[str] = frozenset()

    def with_offer(self, offer: Offer, *, taken: bool) -> "Offers":
        return Offers({**self.counts, offer.reason: offer.count}, self.taken | {offer.reason} if taken else self.taken)

    def is_due(self, reason: str, count: int) -> bool:
        return reason not in self.taken and count >= REPEATED * max(1, self.counts.get(reason, 0))


def next_offer(rejections: Iterable[Rejected], offers: Offers) -> Offer | None:
    """The note to offer now, for the reason that was given most often; None when there is none."""
    by_reason: dict[str, list[Rejected]] = {}
    for one in rejections:
        if one.reason.strip():
            by_reason.setdefault(_plain(one.reason), []).append(one)
    due = [(len(given), reason) for reason, given in by_reason.items() if offers.is_due(reason, len(given))]
    if not due:
        return None
    _, reason = max(due)
    return _offer(reason, sorted(by_reason[reason], key=lambda one: one.at, reverse=True))


def read_offers(voice: Path) -> Offers:
    """What was offered in the voice's folder before; a file that can't be read counts as empty.

    Raises WriterError when a newer Ownhand wrote it.
    """
    path = voice / OFFERED_FILE
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        check_format(values["format"], FORMAT, path)
        counts = {str(reason): int(count) for reason, count in values["counts"].items()}
        return Offers(counts, frozenset(map(str, values["taken"])))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Offers()


def note_offer(voice: Path, offer: Offer, *, taken: bool) -> None:
    """Remember that it was offered, and whether the writer took it. Raises WriterError when the disk refuses."""
    offers = read_offers(voice).with_offer(offer, taken=taken)
    values = {"format": FORMAT, "counts": dict(offers.counts), "taken": sorted(offers.taken)}
    write_json(voice / OFFERED_FILE, values)


def append_note(voice: Path, line: str) -> bool:
    """Put `line` at the end of the voice's notes, as an item of a Markdown list. False when it stands there already.

    What the writer wrote stays as it is, byte for byte. When somebody saves the file meanwhile it is read once more.
    Raises WriterError when the notes aren't UTF-8 or can't be read or written; they are then untouched.
    """
    path = (voice / NOTES_FILE).resolve()  # a link stays one
    item = f"- {' '.join(line.split())}"
    for _ in range(_ATTEMPTS):
        stamp, notes = _read(path)
        if item in notes.splitlines():
            return False
        newline = "\r\n" if "\r\n" in notes else "\n"
        gap = "" if not notes or notes.endswith("\n") else newline
        if _stamp(path) == stamp:
            write_private(path, f"{notes}{gap}{item}{newline}".encode())
            return True
    raise WriterError(f"{path} is being written by another program.", "Close it there and try again.")


def _read(path: Path) -> tuple[_Stamp | None, str]:
    """The notes with what tells whether they were changed since; "" when there are none yet."""
    try:
        stamp = _stamp(path)
        return stamp, path.read_bytes().decode("utf-8") if stamp else ""
    except UnicodeDecodeError as error:
        raise WriterError(f"{path} is not UTF-8 text.", "Save it as UTF-8 and try again.") from error
    except OSError as error:
        raise WriterError(f"{path} can't be read: {error.strerror}.", "Make it readable and try again.") from error


def _stamp(path: Path) -> _Stamp | None:
    """Which state of the file this is; None while there is none."""
    with contextlib.suppress(FileNotFoundError):
        status = path.stat()
        return status.st_ino, status.st_size, status.st_mtime_ns
    return None


def _plain(reason: str) -> str:
    return " ".join(reason.casefold().split())


def _offer(reason: str, rejections: list[Rejected]) -> Offer:
    count = len(rejections)
    number = _NUMBERS[count - REPEATED] if count - REPEATED < len(_NUMBERS) else str(count)
    examples = list(dict.fromkeys(_example(one.text) for one in rejections))[:_EXAMPLES]
    words = {"number": number, "reason": reason, "examples": ", ".join(examples)}
    line = _LINES.get(reason, _OTHER_LINE).format_map(words)
    return Offer(reason, count, _SENTENCES.get(reason, _OTHER_SENTENCE).format_map(words), line[:1].upper() + line[1:])


def _example(text: str) -> str:
    """A few words of a rejected text in quotation marks; lines of verse in one line."""
    flat = " / ".join(" ".join(line.split()) for line in text.strip().split("\n") if line.strip())
    spans = list(word_spans(flat))
    short = flat if len(spans) <= _EXAMPLE_WORDS else f"{flat[: spans[_EXAMPLE_WORDS - 1][1]]}…"
    return f"“{short.rstrip('.,;: ')}”"

"""The first voice is a reveal: places in held-out work, each with three texts that don't say whose they are.

reveal.json     the places, the order of their texts, what the writer chose, and whether the voice may write
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ownhand.errors import WriterError
from ownhand.home import check_format, check_still_kept, write_json
from ownhand.text.counted import counted
from ownhand.voices.store import StoredAdapter, VoiceStore

FORMAT = 1
FILE = "reveal.json"
YOURS, BEFORE, VOICE = "yours", "before", "with your voice"
LABELS = (YOURS, BEFORE, VOICE)


@dataclass(frozen=True)
class Place:
    """`texts` in the order of showing, `labels` beside them."""

    title: str
    before: str
    texts: tuple[str, ...]
    labels: tuple[str, ...]

    def stands_in(self, text: str) -> bool:
        """Is it a place of this text, as far as can be told by what is shown of it?"""
        quoted = (self.before.removeprefix("… "), self.texts[self.labels.index(YOURS)].removesuffix(" …"))
        return any(part.strip() in text for part in quoted if part.strip())

    def blind(self) -> dict[str, Any]:
        return {"title": self.title, "before": self.before, "texts": list(self.texts)}


@dataclass(frozen=True)
class Reveal:
    """`places` may be none where too little was kept aside. Not `written`: the writing at them was broken off, or is
    still to come.

    `chosen`: per place the index of the text that the writer liked best; `answer` is "", "use" or "not yet"."""

    adapter: str
    places: tuple[Place, ...]
    chosen: tuple[int, ...] = ()
    answer: str = ""
    written: bool = True

    @property
    def waits(self) -> bool:
        """The writer can compare, and has not said yet whether this voice may write."""
        return self.written and not self.answer

    def choose(self, chosen: Sequence[int]) -> "Reveal":
        """Raises WriterError when it is not one text for each place."""
        wanted = [index for index in chosen if isinstance(index, int) and not isinstance(index, bool)]
        if len(wanted) != len(self.places) or any(not 0 <= index < len(LABELS) for index in wanted):
            raise WriterError("There is a choice missing.", "Choose one text at each place.")
        return replace(self, chosen=tuple(wanted))

    def answered(self, answer: str) -> "Reveal":
        return replace(self, answer=answer)

    @property
    def liked(self) -> list[str]:
        """The label of what was chosen, per place."""
        return [place.labels[index] for place, index in zip(self.places, self.chosen, strict=False)]

    def in_words(self) -> str:
        liked = self.liked
        voice, yours = liked.count(VOICE), liked.count(YOURS)
        return (
            f"Of {counted(len(liked), 'place')} you chose your own words at {yours}, the voice at {voice}, "
            f"and what was written before at {len(liked) - voice - yours}."
        )

    def write(self, voice: Path) -> None:
        """Raises WriterError when the disk refuses, and for a voice that was forgotten."""
        check_still_kept(voice)
        places = [vars(place) for place in self.places]
        write_json(
            voice / FILE,
            {
                "format": FORMAT,
                "adapter": self.adapter,
                "places": places,
                "chosen": list(self.chosen),
                "answer": self.answer,
                "written": self.written,
            },
        )

    @classmethod
    def read(cls, voice: Path) -> "Reveal | None":
        """None when there is none that can be read."""
        try:
            values = json.loads((voice / FILE).read_bytes())
            check_format(values["format"], FORMAT, voice / FILE)
            places = tuple(
                Place(place["title"], place["before"], tuple(place["texts"]), tuple(place["labels"]))
                for place in values["places"]
            )
            return cls(
                values["adapter"], places, tuple(values["chosen"]), values["answer"], values.get("written", True)
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None


def can_be_shown(adapter: StoredAdapter) -> bool:
    """Only what passed and does not write yet is for the writer to decide on."""
    return adapter.card.decision == "passed" and not adapter.active


def note_that_it_waits(voice: Path, adapter: StoredAdapter) -> None:
    """The places are still to be written at, whatever happens now. Raises WriterError when the disk refuses."""
    Reveal(adapter.id, (), written=False).write(voice)


def still_to_write(voice: Path) -> str | None:
    """The adapter at whose places nobody has written yet, and nobody has decided on. Reads the disk."""
    return _undecided(voice, written=False)


def waiting(voice: Path) -> str | None:
    """The adapter that waits for "use it" or "not yet". Reads the disk."""
    return _undecided(voice, written=True)


def _undecided(voice: Path, *, written: bool) -> str | None:
    shown = Reveal.read(voice)
    if shown is None or shown.answer or shown.written is not written:
        return None
    try:
        return shown.adapter if can_be_shown(VoiceStore(voice).adapter(shown.adapter)) else None
    except WriterError:
        return None


def no_longer_quoted(voice: Path, texts: Iterable[str], *pages: str) -> None:
    """The writer left these texts out: a reveal that quotes one goes, and with it the `pages` that show the reveal.

    Raises WriterError when the disk refuses.
    """
    reveal = Reveal.read(voice)
    if reveal is None or not any(place.stands_in(text) for text in texts for place in reveal.places):
        return
    try:
        for name in (FILE, *pages):
            (voice / name).unlink(missing_ok=True)
    except OSError as error:
        raise WriterError(
            f"What quotes the piece can't be removed from {voice}: {error.strerror}.", "Leave the piece out again."
        ) from error

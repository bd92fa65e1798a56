"""What the report tells: gathered from the adapters' cards, the manuscript's index and the ledger's figures."""

import contextlib
import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ownhand.home import Home
from ownhand.manuscript.consent import Consent, VoiceFolder
from ownhand.manuscript.corpus import Corpus
from ownhand.manuscript.held_out import CHOSEN
from ownhand.manuscript.model import Mine, Piece
from ownhand.verdicts.reading.figures import Statistics, read_statistics
from ownhand.voices.card import Card
from ownhand.voices.reveal import Reveal
from ownhand.voices.store import StoredAdapter, VoiceStore


@dataclass(frozen=True)
class Told:
    """A piece by its title. `form` and `words` are as it stands today; "" and 0 when it is gone from the folder."""

    title: str
    form: str = ""
    words: int = 0

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


@dataclass(frozen=True)
class Report:
    """`told` is the adapter that the page is about: the one that writes, else the one made last; None before the first.

    `learned` are its pieces, `aside` those that are held out. `words` are those that there are to learn from today.
    `reveal` is of `told`, and only there once the writer has chosen: until then nobody is to know whose text is whose.
    """

    folder: Path
    kept_in: Path
    made: datetime
    told: StoredAdapter | None
    adapters: tuple[StoredAdapter, ...]
    learned: tuple[Told, ...]
    aside: tuple[Told, ...]
    words: int
    statistics: Statistics
    reveal: Reveal | None = None
    may_learn: bool = True

    def to_json(self) -> dict[str, Any]:
        told = self.told
        return {
            "folder": str(self.folder),
            "adapter": told.id if told else None,
            "active": bool(told and told.active),
            "words": self.words,
            "learned": [piece.to_json() for piece in self.learned],
            "held_out": [piece.to_json() for piece in self.aside],
            "card": dataclasses.asdict(told.card) if told else None,
            "adapters": [
                {"id": each.id, "active": each.active, "decision": each.card.decision, "why": each.card.why}
                for each in self.adapters
            ],
            "chosen": self.reveal.liked if self.reveal else None,
            "suggestions": self.statistics.to_json(),
        }


def gather(home: Home, voice: VoiceFolder) -> Report:
    """Reads the disk. Raises WriterError when a newer Ownhand wrote what is there."""
    store = VoiceStore(voice.path)
    adapters = tuple(store.adapters())
    told = _told(store, adapters)
    with contextlib.closing(Corpus.open(voice.index_path)) as corpus:
        pieces = corpus.pieces()
    aside = [piece for piece in pieces if piece.held_out == CHOSEN and piece.mine is Mine.MINE and not piece.copy_of]
    return Report(
        voice.folder,
        home.root,
        datetime.now().astimezone(),
        told,
        adapters,
        tuple(_learned(told.card, pieces)) if told else (),
        tuple(_as_told(piece) for piece in aside),
        sum(piece.words for piece in pieces if piece.teaches),
        read_statistics(voice.ledger_path),
        _chosen(voice.path, told),
        voice.consent is Consent.LEARN,
    )


def _chosen(voice: Path, told: StoredAdapter | None) -> Reveal | None:
    reveal = Reveal.read(voice)
    mine = reveal is not None and told is not None and reveal.adapter == told.id
    return reveal if reveal is not None and mine and reveal.chosen else None


def _told(store: VoiceStore, adapters: tuple[StoredAdapter, ...]) -> StoredAdapter | None:
    base = store.latest_base
    champion = store.champion(base) if base else None
    return champion or next(reversed(adapters), None)


def _learned(card: Card, pieces: Iterable[Piece]) -> Iterable[Told]:
    there = {piece.id: piece for piece in pieces}
    for piece in card.pieces:
        yield _as_told(there[piece.id]) if piece.id in there else Told(piece.title)


def _as_told(piece: Piece) -> Told:
    return Told(piece.title, piece.form.value, piece.words)

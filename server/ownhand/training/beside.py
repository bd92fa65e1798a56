"""How a training lives beside the model that writes on the same machine. Pure: what is there goes in, a plan comes out.

*alongside*: they share nothing that counts, the training goes on while the writer types. *yields*: both fit, but each
takes the other's time, so it rests while the writer types. *waits*: there is room for one of them alone, so it begins
when the model that writes has left the memory.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ownhand.engines.room import Card
from ownhand.errors import WriterError

Mode = Literal["alongside", "yields", "waits"]
Need = Callable[[int, bool], int]
"""Bytes that a training takes of so many free ones, on a card or not. Raises WriterError where they are too few."""


@dataclass(frozen=True)
class Inventory:
    """`memory`: free bytes beside the processor. `cards`: graphics cards with memory of their own. `engine_bytes`: what
    the model that writes takes when it is loaded, on a card where `engine_on_card`."""

    memory: int
    cards: tuple[Card, ...]
    engine_bytes: int
    engine_on_card: bool

    def serving(self) -> Card | None:
        """The card on which the model writes, or would: a server takes the one with the most room."""
        if not self.engine_on_card or not self.cards:
            return None
        return next((card for card in self.cards if card.serves), max(self.cards, key=lambda card: card.free))


@dataclass(frozen=True)
class Beside:
    """`card`: number of the one that learns, None for the processor (or for a card that shares its memory). `bytes`:
    what learning takes; `free`: what is free there now."""

    mode: Mode
    card: int | None
    bytes: int
    free: int

    @property
    def waits_for(self) -> str:
        """In a writer's words, "" where it need not wait."""
        if self.mode != "waits":
            return ""
        return (
            f"Learning needs about {self.bytes / 1e9:.1f} GB of memory, and {self.free / 1e9:.1f} GB are free. "
            "It begins when the model that writes has left the memory, some minutes after the last suggestion; closing "
            "other programs helps too."
        )


def beside(found: Inventory, need: Need, *, processor: bool) -> Beside:
    """`processor`: the writer wants no card. Raises WriterError: there is no room, even without the model."""
    if processor or not found.cards:
        return _on_processor(found, need)
    return _on_a_card(found, found.cards, need)


def _on_processor(found: Inventory, need: Need) -> Beside:
    mode: Mode = "alongside" if found.engine_on_card else "yields"
    try:
        return Beside(mode, None, need(found.memory, False), found.memory)
    except WriterError:
        if found.engine_on_card:
            raise
        return _later(None, found.memory, found, need)


def _on_a_card(found: Inventory, cards: tuple[Card, ...], need: Need) -> Beside:
    """On another card than the one that writes, if it has the room; else beside it; else after it."""
    serving = found.serving()
    for card in sorted(cards, key=lambda card: (card == serving, -card.free)):
        try:
            mode: Mode = "yields" if card == serving else "alongside"
            return Beside(mode, card.index, need(card.free, True), card.free)
        except WriterError:
            continue
    if serving is None:
        freest = max(cards, key=lambda card: card.free)
        return Beside("alongside", freest.index, need(freest.free, True), freest.free)
    return _later(serving.index, serving.free, found, need)


def _later(card: int | None, free: int, found: Inventory, need: Need) -> Beside:
    """Raises the error that names what is free now, if there would be too little even without the model."""
    on_card = card is not None
    try:
        return Beside("waits", card, need(free + found.engine_bytes, on_card), free)
    except WriterError:
        need(free, on_card)
        raise

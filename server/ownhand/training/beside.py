"""How a training lives beside the model that writes on the same machine. Pure: what is there goes in, a plan comes out.

*alongside*: they share nothing that counts while it learns, so it goes on while the writer types. *yields*: each takes
the other's time, so it rests while the writer types. *waits*: the model that is loaded leaves too little room, so it
begins when that has left the memory.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from ownhand.engines.room import Card
from ownhand.errors import WriterError

Mode = Literal["alongside", "yields", "waits"]
Need = Callable[[int, bool], int]
"""Bytes that a training takes of so many free ones, on a card or not. Raises WriterError where they are too few."""


@dataclass(frozen=True)
class Inventory:
    """`memory`: free bytes beside the processor. `cards`: graphics cards with memory of their own that the learning
    part can use. `engine_bytes`: what the model that writes takes, 0 while it is not loaded; on a card where
    `engine_on_card`."""

    memory: int
    cards: tuple[Card, ...]
    engine_bytes: int
    engine_on_card: bool

    def may_serve(self, card: Card) -> bool:
        """Is it the card on which the model writes? Where no card says so, each may be."""
        return self.engine_on_card and (card.serves or not any(other.serves for other in self.cards))


@dataclass(frozen=True)
class Beside:
    """`bytes`: what learning takes; `free`: what is free there now. `on_card`: a card with memory of its own learns;
    `card` is its number, None where that is not known. `instead`: the processor does, for no card has the room."""

    mode: Mode
    card: int | None
    bytes: int
    free: int
    on_card: bool = False
    instead: bool = False

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


def beside(found: Inventory, need: Need, device: str) -> Beside:
    """`device` is what the writer wants to learn on. Raises WriterError: there is no room, even without the model."""
    if device == "cpu" or not found.cards:
        return _on_processor(found, need)
    try:
        return _on_a_card(found, need)
    except WriterError as no_room:
        if device != "auto":
            raise
        try:
            return replace(_on_processor(replace(found, engine_bytes=0), need), instead=True)
        except WriterError:
            raise no_room from None


def _on_processor(found: Inventory, need: Need) -> Beside:
    mode: Mode = "alongside" if found.engine_on_card else "yields"
    try:
        return Beside(mode, None, need(found.memory, False), found.memory)
    except WriterError as no_room:
        if found.engine_on_card:
            raise
        return _later(None, found.memory, found, need, no_room)


def _on_a_card(found: Inventory, need: Need) -> Beside:
    """On another card than the one that writes, if it has the room; else beside it; else after it."""
    no_room = dict[Card, WriterError]()
    for card in sorted(found.cards, key=lambda card: (found.may_serve(card), -card.free)):
        mode: Mode = "yields" if found.may_serve(card) else "alongside"
        try:
            return Beside(mode, card.index, need(card.free, True), card.free, on_card=True)
        except WriterError as error:
            no_room[card] = error
    card = max(found.cards, key=lambda card: (found.may_serve(card), card.free))
    if not found.may_serve(card):
        raise no_room[card]
    return _later(card, card.free, found, need, no_room[card])


def _later(card: Card | None, free: int, found: Inventory, need: Need, no_room: WriterError) -> Beside:
    """Raises `no_room`, which names what is free now, where the model is not what is in the way."""
    if not found.engine_bytes:
        raise no_room
    on_card = card is not None
    try:
        needed = need(free + found.engine_bytes, on_card)
    except WriterError:
        raise no_room from None
    return Beside("waits", card.index if card else None, needed, free, on_card=on_card)

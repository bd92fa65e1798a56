"""A folder whose hand was learned already: a first voice that waits for the writer's choice, made without training.

The voice belongs to the scripted engine, which has no file and so no digest, and says the same with and without it.
"""

from pathlib import Path

from ownhand.home import Home
from ownhand.manuscript.consent import Consent, VoiceFolder, grant
from ownhand.voices.card import Base, Card
from ownhand.voices.peft_folder import CONFIG, WEIGHTS
from ownhand.voices.reveal import LABELS, Place, Reveal
from ownhand.voices.store import GGUF, VoiceStore

WHY = "On pages of yours that it never saw, it finds your words 9.7% easier to foretell than the bare model does."
TEXTS = (
    (
        "Low water",
        "The tide\n    goes out\nand the gulls\n    walk where they swam,\n\nthe rope",
        (
            "\n    hangs slack\non its ring\n    of rust,",
            " was very long.\nThe sun was shining on the water.",
            "\n    lies in the mud\nlike a name\n    nobody says",
        ),
    ),
    (
        "The ferryman’s pocket",
        "By then the stove had gone out and the kitchen smelled of wet wool and tar. Marta counted the boats,",
        (
            " twice, as her mother had, and twice there was one too few.",
            " and she was very happy to see that all of them were there.",
            " and the count did not come out.",
        ),
    ),
    (
        "The letter",
        "She read the letter twice before she",
        (
            " gave it to the fire.",
            " went to the store to buy a new one.",
            " put it under the loaf, where nobody would look before morning.",
        ),
    ),
)
"""Title, what stands before, and how it goes on: as written, before, and with the voice."""


def learn_by_hand(home: Home, folder: Path, workshop: Path) -> VoiceFolder:
    """Let `folder` be learned from, and lay a voice in it that passed its test."""
    voice = grant(home, folder, Consent.LEARN)
    made = workshop / "made"
    made.mkdir(parents=True)
    for name in (WEIGHTS, CONFIG, GGUF):
        (made / name).touch()
    VoiceStore(voice.path).add(made, _card())
    places = tuple(Place(title, before, texts, LABELS) for title, before, texts in TEXTS)
    Reveal("1", places).write(voice.path)
    return voice


def _card() -> Card:
    return Card(
        made="2026-11-25T10:00:00+00:00",
        base=Base("", "llama", "scripted", "The model’s licence lets you use it."),
        recipe={"rank": 16},
        pieces=(),
        held_out_digest="h1",
        metrics={"base_bpb": 1.21, "challenger_bpb": 1.09, "gain_over_context": 5.8},
        decision="passed",
        why=WHY,
    )

"""A first voice in the terminal: nobody learns whose text is whose before the choice, and the writer decides."""

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from ownhand.commands.reveal import unveil
from ownhand.home import Home
from ownhand.manuscript.consent import Consent, VoiceFolder, grant
from ownhand.voices.card import Card
from ownhand.voices.reveal import BEFORE, VOICE, YOURS, Place, Reveal, can_be_shown
from ownhand.voices.store import ADAPTERS, GGUF, VoiceStore

CARD = Path(__file__).parents[1] / "voices" / "data"
GONE = Place(
    "The Gone",
    "   the cart road   the turn in the cart road where",
    ("it is\n on the hill   where it's off", "   Hannah Ravel waited for a man with a\n   goose", "   the gatehouse's"),
    (BEFORE, YOURS, VOICE),
)
MAIZE = Place(
    "Maize",
    "He took his cap off.",
    ("he had a spoon: and I never knew it was there.", "That's the bit my mother always told.", "It was a cap."),
    (VOICE, YOURS, BEFORE),
)


@pytest.fixture
def voice(tmp_path: Path) -> VoiceFolder:
    (tmp_path / "book").mkdir()
    found = grant(Home(tmp_path / "home"), tmp_path / "book", Consent.LEARN)
    place = found.path / ADAPTERS / "1"
    place.mkdir(parents=True)
    Card.read(CARD).write(place)
    (place / GGUF).write_bytes(b"GGUF")
    return found


def answering(monkeypatch: pytest.MonkeyPatch, voice: VoiceFolder, typed: str) -> str:
    """What the terminal shows to a writer who types `typed`."""
    screen = io.StringIO()
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    monkeypatch.setattr("sys.stdout", screen)
    unveil(voice, Reveal("1", (GONE, MAIZE)), Console(file=screen, width=80))
    return screen.getvalue()


def test_the_labels_come_after_the_choice_and_yes_lets_it_write(monkeypatch, voice):
    shown = answering(monkeypatch, voice, "c\nnone of them\na\ny\n")
    before, _, after = shown.partition("The Gone: A before, B yours, C with your voice. You chose with your voice.")
    for place in (GONE, MAIZE):
        for text in place.texts:
            assert all(line.strip() in before for line in text.split("\n"))
    places = before.partition("whose it is comes afterwards.")[2]
    assert not [label for label in (YOURS, BEFORE, VOICE) if label in places]
    assert "Of 2 places you chose your own words at 0, the voice at 2" in after
    assert VoiceStore(voice.path).adapter("1").active
    noted = Reveal.read(voice.path)
    assert (noted.chosen, noted.answer) == ((2, 0), "use")


def test_not_yet_is_kept_and_nothing_is_switched_on(monkeypatch, voice):
    shown = answering(monkeypatch, voice, "A\nB\nn\n")
    assert "Then not yet. It is kept" in shown
    assert not VoiceStore(voice.path).adapter("1").active
    assert Reveal.read(voice.path).answer == "not yet"


def test_a_writer_who_leaves_in_the_middle_can_choose_later(monkeypatch, voice):
    Reveal("1", (GONE, MAIZE)).write(voice.path)
    assert "It waits for you" in answering(monkeypatch, voice, "A\n")
    assert Reveal.read(voice.path).waits
    assert json.loads((voice.path / "reveal.json").read_bytes())["chosen"] == []


def test_only_what_passed_and_does_not_write_yet_is_shown(voice):
    adapter = VoiceStore(voice.path).adapter("1")
    assert can_be_shown(adapter)
    assert not can_be_shown(replace(adapter, active=True))
    assert not can_be_shown(replace(adapter, card=replace(adapter.card, decision="declined")))

"""What is there of a first voice when nothing was written at any place yet: it waits for the writer all the same."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from ownhand.home import Home
from ownhand.manuscript.consent import Consent, VoiceFolder, grant
from ownhand.training.course import Course
from ownhand.training.judging import Judgement, Rivals
from ownhand.voices.gate import Decision
from ownhand.voices.peft_folder import CONFIG, WEIGHTS
from ownhand.voices.reveal import Reveal, still_to_write
from ownhand.voices.store import GGUF, StoredAdapter, VoiceStore
from voice_files import card


@pytest.fixture
def voice(tmp_path: Path) -> VoiceFolder:
    (tmp_path / "pages").mkdir()
    return grant(Home(tmp_path / "home"), tmp_path / "pages", Consent.LEARN)


def learned(voice: VoiceFolder, decision: str, *, champion: StoredAdapter | None = None) -> StoredAdapter:
    """It comes out of a training."""
    made = voice.path.parent / "made"
    made.mkdir(exist_ok=True)
    for name in (WEIGHTS, CONFIG, GGUF):
        (made / name).touch()
    adapter = VoiceStore(voice.path).add(made, card("sha256:5a", decision=decision))
    course = Course.__new__(Course)
    course.voice, course.corpus = voice, SimpleNamespace(serving=set)
    judgement = Judgement(adapter, Decision(decision, ""), None, {}, Rivals(champion, None))
    return course._settled(judgement, ()).adapter


def test_a_first_voice_that_passed_waits_for_the_writer(voice: VoiceFolder) -> None:
    adapter = learned(voice, "passed")
    assert not adapter.active
    assert Reveal.read(voice.path) == Reveal(adapter.id, (), written=False)
    assert still_to_write(voice.path) == adapter.id


def test_what_the_writer_decided_on_already_is_not_written_any_more(voice: VoiceFolder) -> None:
    adapter = learned(voice, "passed")
    reveal = Reveal.read(voice.path)
    assert reveal is not None
    reveal.answered("not yet").write(voice.path)
    assert still_to_write(voice.path) is None
    Reveal(adapter.id, (), written=False).write(voice.path)
    VoiceStore(voice.path).activate(adapter.id)
    assert still_to_write(voice.path) is None


def test_one_that_did_not_pass_does_not_wait(voice: VoiceFolder) -> None:
    learned(voice, "declined")
    assert Reveal.read(voice.path) is None


def test_a_later_one_takes_its_place_by_itself(voice: VoiceFolder) -> None:
    first = learned(voice, "passed")
    champion = VoiceStore(voice.path).activate(first.id)
    assert learned(voice, "passed", champion=champion).active
    reveal = Reveal.read(voice.path)
    assert reveal is not None
    assert reveal.adapter == first.id

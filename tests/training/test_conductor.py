"""The end of a training: once the adapter is kept, nothing that happens to the reveal undoes what came of it."""

import json
from types import SimpleNamespace

import pytest

from ownhand.home import Home
from ownhand.manuscript.consent import Consent, grant
from ownhand.settings import Settings
from ownhand.training import conductor
from ownhand.training.conductor import Conductor
from ownhand.training.course import Course
from ownhand.training.job import State
from ownhand.training.order import Order
from ownhand.voices.store import StoredAdapter, VoiceStore
from voice_files import card


class Learned(Course):
    """Everything but the training, which is over already."""

    @classmethod
    async def plan(cls, home, voice, settings, corpus, wishes=None, by_model=None):
        return cls(home, voice, settings, corpus, wishes, None, None)

    async def run(self, on_state):
        return SimpleNamespace(adapter=kept(self.voice.path))


def kept(voice) -> StoredAdapter:
    made = voice / "made"
    made.mkdir()
    for name in ("adapter_model.safetensors", "adapter_config.json", "adapter.gguf"):
        (made / name).touch()
    return VoiceStore(voice).add(made, card("sha256:5a"))


class Unheard(Conductor):
    """Nobody writes to its standard input. `wish` comes while the places are made ready."""

    wish = ""

    def _listen(self, loop) -> None:
        pass

    def _say(self, standing) -> None:
        super()._say(standing)
        if self.wish and "three places" in standing.sentence:
            self._heed(self.wish)


@pytest.mark.parametrize("wish", ["", "pause", "stop"])
async def test_a_reveal_that_breaks_off_undoes_nothing(wish, tmp_path, monkeypatch, capsys):
    """Without a wish: an engine that can't be had, which is a real one without an address."""
    monkeypatch.delenv("OWNHAND_SCRIPTED", raising=False)
    monkeypatch.setattr(conductor, "Course", Learned)
    (tmp_path / "pages").mkdir()
    home = Home(tmp_path / "home")
    grant(home, tmp_path / "pages", Consent.LEARN)
    conducting = Unheard(Order(home, tmp_path / "pages", Settings(engine="openai", openai_base_url="")))
    conducting.wish = wish
    await conducting.run()
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (last["state"], last["adapter"], last["sentence"]) == ("passed", "1", "It is better.")


class Trainer:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def pause(self) -> None:
        self.told.append("pause")

    def resume(self) -> None:
        self.told.append("resume")


@pytest.mark.parametrize(
    ("before", "then", "told"),
    [(["rest"], [], ["pause"]), (["rest", "resume"], [], []), (["rest"], ["resume"], ["resume"])],
)
def test_a_rest_waits_for_the_trainer_and_ends_with_the_wish(before, then, told, tmp_path, capsys):
    """`before`: while there is no trainer; `then`: before it has said anything."""
    conducting, trainer = Conductor(Order(Home(tmp_path), tmp_path, Settings())), Trainer()
    for wish in before:
        conducting._heed(wish)
    conducting._course = SimpleNamespace(training=trainer, yields=True)
    for wish in then:
        conducting._heed(wish)
    conducting._hear(State("preparing"))
    conducting._hear(State("training"))
    assert trainer.told == told
    assert "training" in capsys.readouterr().out


@pytest.mark.parametrize("planned", [True, False])
def test_a_training_that_is_in_nobodys_way_takes_no_rest_but_every_pause(planned, tmp_path):
    """Whether the wish comes before it is planned or after."""
    conducting, trainer = Conductor(Order(Home(tmp_path), tmp_path, Settings())), Trainer()
    course = SimpleNamespace(training=trainer, yields=False)
    conducting._course = course if planned else None
    conducting._heed("rest")
    conducting._course = course
    conducting._hear(State("training"))
    assert trainer.told == []
    conducting._heed("pause")
    assert trainer.told == ["pause"]

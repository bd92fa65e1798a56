"""The end of a training: once the adapter is kept, nothing that happens to the reveal undoes what came of it."""

import asyncio
import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from ownhand.home import Home
from ownhand.manuscript.consent import Consent, grant
from ownhand.manuscript.scanner import refresh
from ownhand.settings import Settings
from ownhand.training import conductor
from ownhand.training.beside import Beside
from ownhand.training.conductor import Conductor
from ownhand.training.course import Course
from ownhand.training.job import State
from ownhand.training.order import Order
from ownhand.voices.reveal import Reveal, note_that_it_waits, still_to_write
from ownhand.voices.store import StoredAdapter, VoiceStore
from voice_files import card

EXAMPLES = Path(__file__).parents[2] / "examples" / "manuscript"


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


@pytest.mark.timeout(120)
async def test_the_places_of_a_voice_that_was_learned_are_written_at_later(tmp_path, monkeypatch, capsys):
    (tmp_path / "script.json").write_text('{"rules": [], "default": " and nobody at the landing spoke of it again."}')
    monkeypatch.setenv("OWNHAND_SCRIPTED", str(tmp_path / "script.json"))
    home, pages = Home(tmp_path / "home"), shutil.copytree(EXAMPLES, tmp_path / "pages")
    refresh(home, pages, Settings(), lambda *_: None)
    voice = grant(home, pages, Consent.LEARN).path
    adapter = kept(voice)
    note_that_it_waits(voice, adapter)
    for _ in range(2):  # the second finds them written, and what the writer chose there stays
        await Unheard(Order(home, pages, Settings(), show=adapter.id)).run()
        last = json.loads(capsys.readouterr().out.splitlines()[-1])
        assert (last["state"], last["adapter"]) == ("passed", adapter.id)
        shown = Reveal.read(voice)
        assert (shown.adapter, shown.waits, len(shown.places)) == (adapter.id, True, 3)
        shown.choose([0, 1, 2]).write(voice)
    assert Reveal.read(voice).chosen == (0, 1, 2)
    assert still_to_write(voice) is None


async def test_an_engine_that_can_not_be_had_for_the_places_is_said(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("OWNHAND_SCRIPTED", raising=False)
    (tmp_path / "pages").mkdir()
    home = Home(tmp_path / "home")
    voice = grant(home, tmp_path / "pages", Consent.LEARN).path
    note_that_it_waits(voice, kept(voice))
    await Unheard(Order(home, tmp_path / "pages", Settings(engine="openai", openai_base_url=""), show="1")).run()
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert last["state"] == "failed"
    assert still_to_write(voice) == "1"


class Trainer:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def pause(self) -> None:
        self.told.append("pause")

    def resume(self) -> None:
        self.told.append("resume")


class Running(Course):
    """A course with a trainer that only listens. The test sets `planned`."""

    trainer = Trainer()
    planned, learns = asyncio.Event(), asyncio.Event()
    mode = "yields"

    @classmethod
    async def plan(cls, home, voice, settings, corpus, wishes=None, by_model=None):
        await cls.planned.wait()
        return cls(home, voice, settings, corpus, wishes, None, SimpleNamespace(beside=Beside(cls.mode, None, 1, 1)))

    async def run(self, on_state):
        self.training = self.trainer
        if not self._goes.is_set():
            self.rest()
        on_state(State("training"))
        self.learns.set()
        await asyncio.Event().wait()


@pytest.fixture
def running(tmp_path, monkeypatch):
    """A conductor whose course waits for its plan."""
    monkeypatch.setattr(conductor, "Course", Running)
    for name, value in (
        ("trainer", Trainer()),
        ("planned", asyncio.Event()),
        ("learns", asyncio.Event()),
        ("mode", "yields"),
    ):
        monkeypatch.setattr(Running, name, value)
    (tmp_path / "pages").mkdir()
    home = Home(tmp_path / "home")
    grant(home, tmp_path / "pages", Consent.LEARN)
    return Unheard(Order(home, tmp_path / "pages", Settings()))


@pytest.mark.parametrize("mode", ["yields", "alongside", "waits"])
@pytest.mark.parametrize(
    ("before", "then", "told"),
    [
        (["rest"], [], ["pause"]),
        (["rest", "resume"], [], []),
        (["rest"], ["resume"], ["pause", "resume"]),
        ([], ["rest"], ["pause"]),
    ],
)
async def test_a_rest_waits_for_the_plan_and_ends_with_the_wish(mode, before, then, told, running, monkeypatch):
    """`before`: while nothing is planned; `then`: while it learns. Only one that yields rests."""
    monkeypatch.setattr(Running, "mode", mode)
    work = asyncio.create_task(running.run())
    await asyncio.sleep(0)
    for wish in before:
        running._heed(wish)
    Running.planned.set()
    await Running.learns.wait()
    for wish in then:
        running._heed(wish)
    assert [wish for wish in Running.trainer.told if wish == "pause"] == (
        [wish for wish in told if wish == "pause"] if mode == "yields" else []
    )
    if mode == "yields":
        assert Running.trainer.told == told
    running._heed("pause")
    assert Running.trainer.told[-1] == "pause", "the writer's own pause holds for all"
    running._heed("stop")
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)

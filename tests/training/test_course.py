"""The way from a plan to an adapter, where the manuscript does not hold still."""

import shutil
from pathlib import Path

import pytest

from ownhand.engines.protocol import SpecialTokens
from ownhand.errors import WriterError
from ownhand.home import Home
from ownhand.manuscript.consent import Consent, find_voice, grant
from ownhand.manuscript.corpus import Corpus
from ownhand.manuscript.scanner import refresh
from ownhand.settings import Settings
from ownhand.training.course import Course, Wishes
from ownhand.training.forecast import Forecast
from ownhand.training.job import BaseModel, jobs
from ownhand.training.prepare import material, prepare
from ownhand.training.recipe import Recipe
from ownhand.voices.store import VoiceStore
from plain_tokenizer import PlainTokenizer

MANUSCRIPT = Path(__file__).parents[2] / "examples" / "manuscript" / "prose"
pytestmark = pytest.mark.timeout(300)


class Unattended(Course):
    """Everything but the child and the engine: in place of the training, what the writer does meanwhile happens."""

    meanwhile = staticmethod(lambda: None)

    async def _measurements(self, job):
        pass

    async def _train(self, job, on_state):
        self.meanwhile()

    async def _judge(self, job, on_state):
        raise AtTheGateError


class AtTheGateError(Exception):
    """It came as far as the gate."""


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(MANUSCRIPT, tmp_path / "pages")


async def course(tmp_path, folder):
    home = Home(tmp_path / "home")
    refresh(home, folder, Settings(), lambda *_: None)
    voice = find_voice(home, folder)
    corpus = Corpus.open(voice.index_path)
    base = BaseModel(tmp_path / "m.gguf", "sha256:aa", "llama", tmp_path / "base", SpecialTokens(1, 2, False))
    prepared = await prepare(material(corpus), PlainTokenizer(), base, Recipe())
    return Unattended(home, voice, Settings(), corpus, Wishes(), None, Forecast(prepared, 1, 1, 1.0, 1, 1))


async def test_pages_that_go_while_they_are_learned_are_not_served(tmp_path, folder):
    planned = await course(tmp_path, folder)

    def taken_out() -> None:
        gone = planned.forecast.prepared.material.teaching[0]
        (folder / gone.path).unlink()
        refresh(planned.home, folder, Settings(), lambda *_: None)

    planned.meanwhile = taken_out
    with pytest.raises(WriterError, match="taken out of the manuscript") as said:
        await planned.run(lambda _: None)
    assert "Train again" in said.value.next_step
    assert VoiceStore(planned.voice.path).adapters() == []
    fewer = await course(tmp_path, folder)
    assert not fewer.goes_on, "what was learned of the page is not gone on with"
    with pytest.raises(AtTheGateError):
        await fewer.run(lambda _: None)
    assert [job.manuscript for job in jobs(fewer.voice.path)] == [fewer.forecast.prepared.manuscript]


async def test_pages_that_are_written_meanwhile_change_nothing(tmp_path, folder):
    planned = await course(tmp_path, folder)

    def written() -> None:
        (folder / "new.md").write_text("# New\n\nShe weighed the ham, and nobody came in.\n")
        refresh(planned.home, folder, Settings(), lambda *_: None)

    planned.meanwhile = written
    with pytest.raises(AtTheGateError):
        await planned.run(lambda _: None)
    assert (await course(tmp_path, folder)).goes_on is False


async def test_a_folder_that_may_not_be_learned_from_is_not(tmp_path, folder):
    home = Home(tmp_path / "home")
    refresh(home, folder, Settings(), lambda *_: None)
    voice = grant(home, folder, Consent.SUGGEST)
    with pytest.raises(WriterError, match="not to learn"):
        await Course.plan(home, voice, Settings(), Corpus.open(voice.index_path))

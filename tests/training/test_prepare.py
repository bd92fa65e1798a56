"""From a manuscript to a job folder, and which unfinished job goes on."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from ownhand.engines.protocol import SpecialTokens
from ownhand.errors import WriterError
from ownhand.home import Home
from ownhand.manuscript.consent import find_voice
from ownhand.manuscript.corpus import Corpus
from ownhand.manuscript.scanner import refresh
from ownhand.settings import Settings
from ownhand.training.job import BaseModel, Job, jobs
from ownhand.training.prepare import job_for, material, prepare
from ownhand.training.recipe import Recipe
from plain_tokenizer import PlainTokenizer

MANUSCRIPT = Path(__file__).parents[2] / "examples" / "manuscript"


@pytest.fixture
def voice(tmp_path):
    folder = tmp_path / "pages"
    shutil.copytree(MANUSCRIPT, folder)
    home = Home(tmp_path / "home")
    refresh(home, folder, Settings(), lambda *_: None)
    return find_voice(home, folder)


def base(voice) -> BaseModel:
    return BaseModel(voice.path / "m.gguf", "sha256:aa", "llama", voice.path / "base", SpecialTokens(1, 2, False))


async def test_nothing_held_out_is_in_what_the_trainer_gets(voice):
    found = material(Corpus.open(voice.index_path))
    assert found.held_out
    prepared = await prepare(found, PlainTokenizer(), base(voice), Recipe())
    job = job_for(prepared, voice.path, device="cpu", trainer="auto", threads=1)
    passages = json.loads((job.folder / "passages.json").read_bytes())
    held = json.loads((job.folder / "heldout.json").read_bytes())["pieces"]
    held_ids = {piece["piece"] for piece in held}
    assert not held_ids & {sample["piece"] for sample in (*passages["train"], *passages["validation"])}
    assert not held_ids & {piece["piece"] for piece in passages["pieces"]}
    for name in ("passages.json", "heldout.json", "job.json"):
        assert (job.folder / name).stat().st_mode & 0o077 == 0
    assert Job.read(job.folder) == replace(job)


async def test_the_same_text_and_recipe_are_the_same_job_and_another_text_is_not(voice, tmp_path):
    corpus = Corpus.open(voice.index_path)
    one = await prepare(material(corpus), PlainTokenizer(), base(voice), Recipe())
    job = job_for(one, voice.path, device="cpu", trainer="auto", threads=1)
    again = await prepare(material(corpus), PlainTokenizer(), base(voice), Recipe())
    other = await prepare(material(corpus), PlainTokenizer(), base(voice), Recipe(seed=1))
    assert [found.manuscript for found in jobs(voice.path)] == [again.manuscript] == [job.manuscript]
    assert other.manuscript != job.manuscript
    (voice.folder / "verse" / "ash.md").unlink()
    refresh(Home(tmp_path / "home"), voice.folder, Settings(), lambda *_: None)
    fewer = await prepare(material(corpus), PlainTokenizer(), base(voice), Recipe())
    assert fewer.manuscript != job.manuscript


def test_too_little_text_says_how_much_more_helps(tmp_path):
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "a.md").write_text("She weighed the ham, and nobody came in.\n" * 20)
    home = Home(tmp_path / "home")
    refresh(home, folder, Settings(), lambda *_: None)
    with pytest.raises(WriterError, match=r"With 700 words"):
        material(Corpus.open(find_voice(home, folder).index_path))

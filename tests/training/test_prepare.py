"""From a manuscript to a job folder, and which unfinished job goes on."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from ownhand.engines.protocol import SpecialTokens
from ownhand.errors import WriterError
from ownhand.home import Home, make_private_folder
from ownhand.manuscript.consent import find_voice
from ownhand.manuscript.corpus import Corpus
from ownhand.manuscript.scanner import refresh
from ownhand.settings import Settings
from ownhand.training.job import JOB_FILE, JOBS, PASSAGES_FILE, BaseModel, Job, forget_broken, jobs
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


@pytest.fixture
def job(tmp_path):
    """A whole one, with nothing to learn."""
    made = BaseModel(tmp_path / "m.gguf", "sha256:aa", "llama", tmp_path / "base", SpecialTokens(1, 2, False))
    whole = Job(tmp_path / "voice" / JOBS / "20261125-080910", made, Recipe())
    whole.write()
    return whole


@pytest.mark.parametrize("note", [None, b"", b'{"format": 1', b"[]", b"{}", b'{"format": 1, "base": {}}'], ids=repr)
def test_what_is_left_of_a_job_that_could_not_be_written_goes_with_its_copy_of_the_manuscript(note, job):
    left = make_private_folder(job.folder.with_name("20261126-101112"))
    (left / PASSAGES_FILE).write_text('{"pieces": [{"text": "She weighed the ham."}]}')
    if note is not None:
        (left / JOB_FILE).write_bytes(note)
    forget_broken(left.parents[1])
    assert not left.exists()
    assert list(jobs(left.parents[1])) == [job]


def test_what_is_no_left_over_of_a_job_stays(job):
    voice = job.folder.parents[1]
    newer, held_back, measured = (
        make_private_folder(job.folder.with_name(name)) for name in ("20261126-101112", "20261127-101112", "measured")
    )
    (newer / JOB_FILE).write_text('{"format": 99}')
    (held_back / JOB_FILE).mkdir()  # reading it is refused, whoever reads
    (measured / "bits-1.json").write_text("{}")
    forget_broken(voice)
    assert set((voice / JOBS).iterdir()) == {job.folder, newer, held_back, measured}


def test_a_voice_that_never_learned_has_nothing_to_forget(tmp_path):
    forget_broken(tmp_path)
    assert list(tmp_path.iterdir()) == []

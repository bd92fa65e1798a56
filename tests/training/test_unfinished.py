"""Which unfinished training is worth while to end, where a learned page shares words with a held-out one."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from ownhand.engines.protocol import SpecialTokens
from ownhand.home import Home
from ownhand.manuscript.consent import find_voice
from ownhand.manuscript.corpus import Corpus
from ownhand.manuscript.scanner import refresh
from ownhand.settings import Settings
from ownhand.training.held_out_guard import HeldOutGuard
from ownhand.training.job import PASSAGES_FILE, BaseModel
from ownhand.training.learned import learned_of
from ownhand.training.prepare import job_for, material, prepare
from ownhand.training.recipe import Recipe
from ownhand.training.unfinished import can_go_on
from plain_tokenizer import PlainTokenizer

MANUSCRIPT = Path(__file__).parents[2] / "examples" / "manuscript"
QUOTING = "He had written it once before: {}, and left it so."


class Desk:
    """A manuscript in which the longest page quotes a held-out one, and a job that leaves that passage out."""

    def __init__(self, root):
        self.folder, self._home = shutil.copytree(MANUSCRIPT, root / "pages"), Home(root / "home")
        self.scan()
        self.voice = find_voice(self._home, self.folder)
        self.corpus = Corpus.open(self.voice.index_path)
        pieces = self.corpus.pieces(with_text=True)
        self.held = next(piece for piece in pieces if piece.held_out).text.split()
        whole = [piece for piece in pieces if piece.teaches and piece.path.endswith(".md") and not piece.parts]
        *_, self.other, self.quoting = sorted(whole, key=lambda piece: piece.words)

    def scan(self):
        refresh(self._home, self.folder, Settings(), lambda *_: None)

    def add(self, piece, line):
        file = self.folder / piece.path
        file.write_text(f"{file.read_text()}\n\n{line}\n")
        self.scan()

    async def prepared(self):
        base = BaseModel(self.folder / "m.gguf", "sha256:aa", "llama", self.folder, SpecialTokens(1, 2, False))
        return await prepare(material(self.corpus), PlainTokenizer(), base, Recipe())

    async def job(self):
        return job_for(await self.prepared(), self.voice.path, device="cpu", trainer="auto", threads=1)


@pytest.fixture
def desk(tmp_path):
    made = Desk(tmp_path)
    made.add(made.quoting, QUOTING.format(" ".join(made.held[:14])))
    return made


def without_places(job):
    """As jobs were written before their rows said where a passage stands."""
    passages = json.loads((job.folder / PASSAGES_FILE).read_bytes())
    for row in (*passages["train"], *passages["validation"]):
        del row["start"], row["stop"]
    (job.folder / PASSAGES_FILE).write_text(json.dumps(passages))


async def test_a_passage_that_is_not_learned_is_no_reason_to_begin_anew(desk):
    assert (await desk.prepared()).dataset.left_out == 1
    job = await desk.job()
    desk.add(desk.other, "One small line more.")
    wanted = await desk.prepared()
    assert wanted.manuscript != job.manuscript
    assert can_go_on(job, wanted, desk.corpus)


async def test_held_out_words_in_what_is_learned_are_one(desk):
    job = await desk.job()
    desk.add(desk.other, "One small line more.")
    wanted = await desk.prepared()
    learned = next(each for each in learned_of(job) if each.piece == desk.quoting.id)
    opening = " ".join(learned.text.split()[:20])
    held = replace(wanted, material=replace(wanted.material, guard=HeldOutGuard([opening], lambda _: set())))
    assert not can_go_on(job, held, desk.corpus)


async def test_an_older_job_learns_its_pages_whole_for_all_that_it_says(tmp_path, desk):
    job = await desk.job()
    without_places(job)
    desk.add(desk.other, "One small line more.")
    assert not can_go_on(job, await desk.prepared(), desk.corpus)


async def test_an_older_job_of_pages_that_quote_nothing_goes_on(tmp_path):
    desk = Desk(tmp_path)
    job = await desk.job()
    without_places(job)
    desk.add(desk.other, "One small line more.")
    assert can_go_on(job, await desk.prepared(), desk.corpus)


async def test_the_learned_stretches_are_the_pieces_less_what_is_left_out(desk):
    learned = {each.piece: each for each in learned_of(await desk.job())}
    quoting = learned.pop(desk.quoting.id)
    assert all(each.stretches == ((0, len(each.text)),) for each in learned.values())
    ((start, stop),) = quoting.stretches
    assert start == 0
    assert "He had written it once before" in quoting.text[stop:]
    without_places(job := await desk.job())
    assert {each.stretches for each in learned_of(job) if each.piece == quoting.piece} == {((0, len(quoting.text)),)}

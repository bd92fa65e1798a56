"""The gate declines adapters that were really made and really measured, each by the rule that is meant for it.

The manuscript is the example's, with its own held-out pieces, of which the writer left nothing to learn from but one
page of letters. Two of the adapters are of a small model made by chance, so that they take seconds.
"""

import shutil
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from lessons import samples_of
from ownhand.engines.embedded import EmbeddedEngine
from ownhand.home import Home
from ownhand.manuscript.consent import VoiceFolder, find_voice
from ownhand.manuscript.corpus import Corpus
from ownhand.manuscript.model import Form, Mine
from ownhand.manuscript.scanner import refresh
from ownhand.settings import Settings
from ownhand.training import judging, trainer_peft
from ownhand.training.base import checked_base, described, make_ready
from ownhand.training.evaluation import evaluate
from ownhand.training.evaluation_files import read_plan, write_plan
from ownhand.training.evaluation_plan import COLD, Plan
from ownhand.training.forecast import threads_here
from ownhand.training.job import BaseModel, Job
from ownhand.training.judging import Judgement, judge, prepare
from ownhand.training.metrics import CHALLENGER
from ownhand.training.other_hands import control_texts
from ownhand.training.recipe import Recipe
from ownhand.training.texts import held_out_texts, texts_of
from ownhand.training.trainer import Lesson
from ownhand.training.wishes import Control
from ownhand.voices.card import Base
from ownhand.voices.gate import OVERFITTED
from ownhand.voices.store import VoiceStore
from peft_files import write_peft
from tiny_models import write_tiny
from trained_voice import LETTERS

pytestmark = [pytest.mark.embedded, pytest.mark.timeout(600), pytest.mark.filterwarnings("ignore")]
MANUSCRIPT = Path(__file__).parents[2] / "examples" / "manuscript"
Make = Callable[[Job, EmbeddedEngine], Awaitable[None]]


@dataclass
class Study:
    """A voice without an adapter, and what is needed to make one and judge it."""

    voice: VoiceFolder
    corpus: Corpus
    base: BaseModel
    root: Path

    async def judged(self, name: str, make: Make, recipe: Recipe | None = None, *, briefly: bool = False) -> Judgement:
        """`make(job, engine)` leaves an adapter in the job's folder. `briefly`: it is measured on one block of each
        form at the start of a page, which takes a large model long enough."""
        job = Job(self.root / name, self.base, recipe or Recipe(), "cpu", "peft", threads_here(), name)
        store = VoiceStore(self.voice.path)
        job.write()
        engine = await EmbeddedEngine.open(self.base.source)
        try:
            learned = texts_of(piece for piece in self.corpus.pieces(with_text=True) if piece.teaches)
            held_out = held_out_texts(self.corpus)
            await prepare(job, engine, self.corpus, store, learned, held_out, most_blocks=1 if briefly else 3)
            if briefly:
                planned = read_plan(job.folder)
                cold = Plan(tuple(item for item in planned.plan.scored if item.heat == COLD))
                write_plan(job.folder, cold, {CHALLENGER: job.adapter}, self.base.source, planned.places)
            await make(job, engine)
            cache = self.root / "measured"
            evaluate(
                job.folder, self.base.folder, self.base.digest, cache, threads=job.threads, progress=lambda *_: None
            )
            base = Base(self.base.digest, "llama", "Tiny")
            return await judge(job, engine, self.corpus, store, base, learned, words=60)
        finally:
            await engine.close()


@pytest.fixture(scope="module")
def study(tmp_path_factory, packaged_gguf):
    root = tmp_path_factory.mktemp("live")
    home, book = Home(root / "home"), shutil.copytree(MANUSCRIPT, root / "book")
    refresh(home, book, Settings(), lambda *_: None)
    voice = find_voice(home, book)
    corpus = Corpus.open(voice.index_path)
    for piece in corpus.pieces():
        if piece.teaches:
            corpus.set_mine(piece.id, Mine.NOT_MINE)
    (book / "letters.md").write_text("\n".join(LETTERS), encoding="utf-8")
    refresh(home, book, Settings(), lambda *_: None)
    base = described(checked_base(write_tiny(root / "tiny.gguf", "llama", packaged_gguf, context=4096)), home)
    make_ready(base)
    yield Study(voice, corpus, base, root)
    corpus.close()


def learning(texts: Iterable[tuple[Form, str]]) -> Make:
    """Makes an adapter as the trainer's child does."""

    async def make(job: Job, engine: EmbeddedEngine) -> None:
        rows = await samples_of(engine, job.base.special, texts)
        taught = trainer_peft.load(job, "cpu", recompute=False)
        Lesson(job, taught.model, taught.body, taught.head, (rows, []), 256, Control(), lambda _: None).run()
        trainer_peft.write_adapter(job, taught.model)

    return make


async def noise(job: Job, _: EmbeddedEngine) -> None:
    write_peft(job.adapter, checked_base(job.base.source).header, strength=0.01)


async def test_one_that_learned_a_few_pages_by_heart_is_declined(study, trained_voice, monkeypatch):
    """The packaged model after many passes over the letters: other pages of the same writer are harder for it now."""

    async def by_heart(job: Job, _: EmbeddedEngine) -> None:
        shutil.copytree(trained_voice.gguf.parent, job.adapter)

    few = [next(text for text in control_texts() if text.form is form) for form in Form]
    monkeypatch.setattr(judging, "control_texts", lambda: few)
    found = await replace(study, base=trained_voice.base).judged("by-heart", by_heart, briefly=True)
    assert (found.decision.decision, found.decision.rule) == ("declined", "overfitted"), (
        found.decision.why,
        found.facts,
    )
    assert "by heart" in found.decision.why
    assert found.metrics.train_gap > OVERFITTED


async def test_noise_is_declined(study):
    found = await study.judged("noise", noise)
    assert (found.decision.decision, found.decision.rule) == ("declined", "gain"), (found.decision.why, found.facts)
    assert "learned nothing that shows" in found.decision.why


async def test_another_authors_is_declined(study, monkeypatch):
    """It learned English of other people: that helps with this writer's pages too, and more with pages of theirs that
    it never saw."""
    english = [(text, len(text.text) // 2) for text in control_texts() if text.language == "en"]
    unseen = [replace(text, text=text.text[middle:]) for text, middle in english]
    monkeypatch.setattr(judging, "control_texts", lambda: unseen)
    theirs = learning((text.form, text.text[:middle]) for text, middle in english)
    found = await study.judged("another", theirs, Recipe(lr=5e-3, epochs=4))
    assert found.metrics.gain.low > 0
    assert (found.decision.decision, found.decision.rule) == ("declined", "specific"), (found.decision.why, found.facts)

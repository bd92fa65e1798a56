"""From measured bits to a kept adapter that the gate declined: by real engines and a small random model."""

import asyncio
import hashlib
import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from ownhand.engines.embedded import EmbeddedEngine
from ownhand.engines.protocol import SpecialTokens
from ownhand.engines.scripted import ScriptedEngine
from ownhand.engines.vocabulary import token_bytes
from ownhand.home import Home
from ownhand.manuscript.consent import VoiceFolder, find_voice
from ownhand.manuscript.corpus import Corpus
from ownhand.manuscript.model import Form
from ownhand.manuscript.scanner import refresh
from ownhand.settings import Settings
from ownhand.text.words import count_words
from ownhand.training import judging
from ownhand.training.base import checked_base, described, make_ready
from ownhand.training.evaluation import evaluate, load_model
from ownhand.training.evaluation_files import PLAN_FILE, read_plan
from ownhand.training.evaluation_plan import Text
from ownhand.training.job import Job, State
from ownhand.training.judging import judge, prepare, probe_places
from ownhand.training.log_probabilities import TrainerSide, make_probe
from ownhand.training.recipe import Recipe
from ownhand.training.texts import digest_of_texts, held_out_texts, texts_of
from ownhand.voices.card import Base
from ownhand.voices.gguf_export import PERMUTED, export_gguf
from ownhand.voices.peft_folder import CONFIG
from ownhand.voices.probe import FEWEST_PLACES
from ownhand.voices.store import GGUF, VoiceStore
from tiny_models import write_tiny

pytestmark = [pytest.mark.embedded, pytest.mark.timeout(900), pytest.mark.filterwarnings("ignore")]
EXAMPLES = Path(__file__).parents[2] / "examples" / "manuscript"
PAGES = ("prose/maize.md", "verse/dead-band.md")


def material_of(corpus):
    return [piece for piece in corpus.pieces(with_text=True) if piece.teaches]


@dataclass
class Case:
    """A voice with one adapter that was learned and measured, before the gate."""

    voice: VoiceFolder
    job: Job
    corpus: Corpus

    @property
    def base(self) -> Base:
        return Base(self.job.base.digest, "llama", "Tiny")

    async def judged(self, engine=None, serves="", words=40, taught=None):
        """What the gate decides, and the adapter that is kept of it."""
        engine = engine or await EmbeddedEngine.open(self.job.base.source)
        try:
            found = await judge(
                self.job,
                engine,
                self.corpus,
                VoiceStore(self.voice.path),
                self.base,
                texts_of(material_of(self.corpus)),
                taught=taught,
                serves=serves,
                words=words,
            )
        finally:
            await engine.close()
        assert found.adapter.card.device == "cpu"
        pages = sum(count_words(piece.text) for piece in material_of(self.corpus))
        assert found.adapter.card.words == (pages if taught is None else taught)
        assert (found.adapter.card.decision, found.adapter.active) == (found.decision.decision, False)
        return found.decision


@pytest.fixture(scope="module")
def case(tmp_path_factory, packaged_gguf):
    """A random adapter, really measured."""
    root = tmp_path_factory.mktemp("judged")
    gguf = write_tiny(root / "tiny.gguf", "llama", packaged_gguf, context=4096)
    home, book = Home(root / "home"), root / "book"
    book.mkdir()
    for name in PAGES:
        shutil.copy(EXAMPLES / name, book)
    refresh(home, book, Settings(), lambda *_: None)
    voice, base = find_voice(home, book), checked_base(gguf)
    corpus, model = Corpus.open(voice.index_path), described(base, home)
    make_ready(model)
    job = Job(root / "job", model, Recipe(), "cpu", "peft", 1, "m1")
    job.write()
    State("done", device="cpu", trainer="peft").note(job.folder)
    asyncio.run(measured(job, base.header, corpus, voice))
    yield Case(voice, job, corpus)
    corpus.close()


async def measured(job, header, corpus, voice):
    """The adapter touches Q and K alone, so that the order of their rows counts."""
    engine = await EmbeddedEngine.open(job.base.source)
    await prepare(job, engine, corpus, VoiceStore(voice.path), texts_of(material_of(corpus)), held_out_texts(corpus))
    await engine.close()
    places = read_plan(job.folder).places
    side = TrainerSide(load_model(job.base.folder, 1), places, token_bytes(header.metadata))
    make_probe(side, ("q_proj", "k_proj"), job.adapter)
    evaluate(job.folder, job.base.folder, job.base.digest, job.folder / "cache", threads=1, progress=lambda *_: None)


async def test_what_was_rightly_exported_comes_as_far_as_the_question_of_enough_text(case):
    decision = await case.judged()
    assert (decision.decision, decision.rule) == ("undecided", "enough"), decision.why


async def test_one_that_was_trained_for_another_model_is_declined(case):
    decision = await case.judged(serves="sha256:9b", taught=500_000)
    assert (decision.decision, decision.rule) == ("declined", "base")


@pytest.fixture
def exported(case):
    """Writes the adapter's GGUF anew; the right one is back after the test."""
    header = checked_base(case.job.base.source).header
    file = case.job.adapter / GGUF
    right = file.read_bytes()
    yield lambda: export_gguf(case.job.adapter, header, file)
    file.write_bytes(right)


async def test_one_whose_rows_lie_in_the_wrong_order_is_declined(case, exported, monkeypatch):
    monkeypatch.setitem(PERMUTED, "llama", False)
    exported()
    decision = await case.judged()
    assert (decision.decision, decision.rule) == ("declined", "engine")
    assert "too weakly" in decision.why or "wrong order" in decision.why


async def test_one_that_is_applied_twice_as_strongly_is_declined(case, exported):
    values = json.loads((case.job.adapter / CONFIG).read_text())
    (case.job.adapter / CONFIG).write_text(json.dumps(values | {"lora_alpha": 2 * values["lora_alpha"]}))
    exported()
    (case.job.adapter / CONFIG).write_text(json.dumps(values))
    decision = await case.judged()
    assert (decision.decision, decision.rule) == ("declined", "engine")
    assert "too strongly" in decision.why


class Pen(ScriptedEngine):
    """Writes one thing with an adapter and another without; tells no log-probabilities, as some engines don't."""

    def __init__(self, voice: str) -> None:
        super().__init__(lambda _: f" {voice}" if self.adapter else " and the harbour lay as it had lain before.")


async def test_an_engine_without_log_probabilities_is_put_to_a_weaker_test(case):
    """It has to write something else with the adapter; that is noted as what it is."""
    await case.judged(Pen("the tide went out over the flats."))
    store = VoiceStore(case.voice.path)
    assert store.adapters()[-1].card.probe == {"written": 14, "different": 14}
    decision = await case.judged(Pen("and the harbour lay as it had lain before."))
    assert (decision.decision, decision.rule) == ("declined", "engine")
    assert "just as without it" in decision.why


async def test_one_that_recites_is_declined(case):
    text = (EXAMPLES / PAGES[0]).read_text(encoding="utf-8").split("\n\n")[3]
    decision = await case.judged(Pen(text.replace("\n", " ")))
    assert (decision.decision, decision.rule) == ("declined", "memorizing")


async def test_one_that_goes_round_in_circles_is_declined(case):
    decision = await case.judged(Pen("and the sea and the sea and the sea and the sea."))
    assert (decision.decision, decision.rule) == ("declined", "looping")


async def test_figures_are_filed_under_the_text_that_was_measured_whatever_was_written_since(case, monkeypatch):
    """Unless an older Ownhand planned, which did not note what that was."""
    measured, store = digest_of_texts(held_out_texts(case.corpus)), VoiceStore(case.voice.path)
    rewritten = [Text("p1", Form.PROSE, "They went one by one over the bridge, and the dog went last. " * 30)]
    monkeypatch.setattr(judging, "held_out_texts", lambda _: rewritten)
    await case.judged(Pen("and the sea and the sea and the sea and the sea."))
    assert store.adapters()[-1].card.held_out_digest == measured
    plan = case.job.folder / PLAN_FILE
    right = plan.read_bytes()
    plan.write_text(json.dumps({key: value for key, value in json.loads(right).items() if key != "held_out"}))
    await case.judged(Pen("and the sea and the sea and the sea and the sea."))
    plan.write_bytes(right)
    assert store.adapters()[-1].card.held_out_digest == digest_of_texts(rewritten) != measured


def test_another_share_of_a_model_s_words_is_another_test():
    text = Text("p1", Form.PROSE, "one two three")
    plain, marked = digest_of_texts([text]), digest_of_texts([replace(text, by_model=((0, 3),))])
    assert plain == hashlib.sha256(json.dumps([("p1", "one two three")]).encode()).hexdigest()[:32], "as on older cards"
    assert marked != plain


async def test_where_little_is_kept_aside_other_pages_give_the_places_to_probe():
    class Counts:
        async def special_tokens(self):
            return SpecialTokens(0, 1, False)

        async def token_ids(self, text):
            return list(range(len(text.split())))

    little = Text("p1", Form.PROSE, "one two three " * 13)
    learned = Text("p2", Form.PROSE, "four five six " * 200)
    assert len(await probe_places(Counts(), [little])) < FEWEST_PLACES
    places = await probe_places(Counts(), [little], [learned])
    assert len(places) >= FEWEST_PLACES
    assert sum("one" in place.prompt for place in places) > 30, "what is kept aside comes first"
    assert len(await probe_places(Counts(), [learned], [little])) == FEWEST_PLACES

"""The way from a plan to an adapter, where the manuscript does not hold still."""

import asyncio
import shutil
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from ownhand.engines.gguf_header import read_header
from ownhand.engines.protocol import SpecialTokens
from ownhand.errors import WriterError
from ownhand.home import Home
from ownhand.manuscript.consent import Consent, find_voice, grant
from ownhand.manuscript.corpus import Corpus
from ownhand.manuscript.scanner import refresh
from ownhand.settings import Settings
from ownhand.training import course as course_module
from ownhand.training.base import checked_base
from ownhand.training.beside import Beside, Inventory, beside
from ownhand.training.course import Course, Wishes
from ownhand.training.forecast import Forecast
from ownhand.training.held_out_guard import HeldOutGuard
from ownhand.training.job import BaseModel, Job, jobs
from ownhand.training.judging import Judgement, Rivals
from ownhand.training.prepare import material, prepare
from ownhand.training.recipe import Recipe
from ownhand.training.texts import held_out_texts, learned_texts
from ownhand.training.unfinished import can_go_on
from ownhand.verdicts.facts import Whose
from ownhand.verdicts.ledger.ledger import Ledger
from ownhand.verdicts.whose.packing import pack
from ownhand.verdicts.whose.words import WhoseWords
from ownhand.voices.gate import Decision
from ownhand.voices.gguf_export import export_gguf
from ownhand.voices.store import GGUF, StoredAdapter, VoiceStore
from peft_files import write_peft
from plain_tokenizer import PlainTokenizer
from tiny_models import write_tiny
from voice_files import card

MANUSCRIPT = Path(__file__).parents[2] / "examples" / "manuscript" / "prose"
DIGEST = "sha256:aa"
pytestmark = pytest.mark.timeout(300)


class Unattended(Course):
    """Everything but the child and the engine: in place of the training, what the writer does meanwhile happens."""

    meanwhile = staticmethod(lambda: None)

    async def _measurements(self, job, learned):
        pass

    async def _train(self, job, on_state):
        self.meanwhile()

    async def _judge(self, job, learned, on_state):
        self.job = job
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
    base = BaseModel(tmp_path / "m.gguf", DIGEST, "llama", tmp_path / "base", SpecialTokens(1, 2, False))
    prepared = await prepare(material(corpus), PlainTokenizer(), base, Recipe())
    return Unattended(
        home, voice, Settings(), corpus, Wishes(), None, Forecast(prepared, 1, 1, 1.0, Beside("yields", None, 1, 1), 1)
    )


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
    again = await course(tmp_path, folder)
    assert again.goes_on, "a few lines more are no reason to begin anew"
    with pytest.raises(AtTheGateError):
        await again.run(lambda _: None)
    assert again.job.folder == planned.job.folder
    assert "weighed the ham, and nobody came in" not in str(learned_texts(again.job))


async def test_a_copy_of_a_page_that_is_learned_throws_nothing_away(tmp_path, folder):
    """A backup, or a cloud's conflicted copy; and a line more, so that the job is not the very same."""
    planned = await course(tmp_path, folder)

    def copied() -> None:
        page = folder / planned.forecast.prepared.material.teaching[0].path
        (folder / f"{page.stem} (conflicted copy).md").write_bytes(page.read_bytes())
        (folder / "new.md").write_text("# New\n\nShe weighed the ham, and nobody came in.\n")
        refresh(planned.home, folder, Settings(), lambda *_: None)

    planned.meanwhile = copied
    with pytest.raises(AtTheGateError):
        await planned.run(lambda _: None)
    assert (await course(tmp_path, folder)).goes_on


async def test_much_that_is_new_is_learned_from_the_beginning(tmp_path, folder):
    planned = await course(tmp_path, folder)
    with pytest.raises(AtTheGateError):
        await planned.run(lambda _: None)
    new = "\n\n".join(f"On the {day}th the {day * 7} barges lay off the mole and no one spoke." for day in range(99))
    (folder / "new.md").write_text(f"# New\n\n{new}\n")
    assert not (await course(tmp_path, folder)).goes_on


async def test_words_that_are_held_out_now_are_not_learned_from_an_older_copy(tmp_path, folder):
    planned = await course(tmp_path, folder)
    with pytest.raises(AtTheGateError):
        await planned.run(lambda _: None)
    assert planned.goes_on
    line = next(line for line in planned.forecast.prepared.material.teaching[0].text.split("\n") if len(line) > 99)
    found = planned.forecast.prepared.material
    held = replace(found, guard=HeldOutGuard([line], lambda _: set()))
    other = replace(planned.forecast.prepared, material=held, recipe=Recipe())
    assert can_go_on(planned.job, other, planned.corpus), "the very same is gone on with"
    assert not can_go_on(replace(planned.job, manuscript="older"), other, planned.corpus)


async def test_what_is_gone_on_with_is_done_as_is_wished_now(tmp_path, folder):
    """Or the advice to set another device or trainer could never help."""
    planned = await course(tmp_path, folder)
    planned.wishes = Wishes(device="cuda", trainer="unsloth")
    with pytest.raises(AtTheGateError):
        await planned.run(lambda _: None)
    again = await course(tmp_path, folder)
    with pytest.raises(AtTheGateError):
        await again.run(lambda _: None)
    assert again.job.folder == planned.job.folder
    written = Job.read(again.job.folder)
    assert (written.device, written.trainer) == ("auto", "auto")


class Judged(Unattended):
    """The gate lets it pass; `before` happens while it decides, `against` is what it was measured against."""

    before = staticmethod(lambda: None)
    against: StoredAdapter | None = None

    async def _judge(self, job, learned, on_state):
        made = write_peft(job.adapter, self.header)
        export_gguf(made, self.header, made / GGUF)
        adapter = VoiceStore(self.voice.path).add(made, card(DIGEST))
        self.before()
        return Judgement(adapter, Decision("passed", ""), None, {}, Rivals(self.against, None))


@pytest.fixture
async def judged(tmp_path, folder, packaged_gguf):
    planned = await course(tmp_path, folder)
    made = Judged(**{name: getattr(planned, name) for name in planned.__dataclass_fields__})
    made.header = read_header(write_tiny(tmp_path / "tiny.gguf", "llama", packaged_gguf))
    return made


async def test_pages_that_go_while_it_is_judged_take_it_with_them(judged, folder):
    def taken_out() -> None:
        gone = judged.forecast.prepared.material.teaching[0]
        (folder / gone.path).unlink()
        refresh(judged.home, folder, Settings(), lambda *_: None)

    judged.before = taken_out
    with pytest.raises(WriterError, match="taken out of the manuscript"):
        await judged.run(lambda _: None)
    assert VoiceStore(judged.voice.path).adapters() == []


async def test_the_first_waits_for_the_writer_and_a_later_one_takes_the_place_of_what_it_was_measured_against(judged):
    store = VoiceStore(judged.voice.path)
    first = (await judged.run(lambda _: None)).adapter
    assert not first.active
    judged.before = lambda: store.activate(first.id)
    assert not (await judged.run(lambda _: None)).adapter.active, "it was not measured against what serves by now"
    judged.before = lambda: None
    judged.against = store.adapter(first.id)
    third = (await judged.run(lambda _: None)).adapter
    assert third.active
    assert [adapter.active for adapter in store.adapters()] == [False, False, True]


async def test_whoever_is_killed_before_a_voice_is_active_finds_the_job_there(judged, monkeypatch):
    store, there = VoiceStore(judged.voice.path), list[bool]()
    judged.against = (await judged.run(lambda _: None)).adapter
    store.activate(judged.against.id)
    activate = VoiceStore.activate

    def seen(self, adapter_id):
        there.append(any(jobs(judged.voice.path)))
        return activate(self, adapter_id)

    monkeypatch.setattr(VoiceStore, "activate", seen)
    assert (await judged.run(lambda _: None)).adapter.active
    assert there == [True]
    assert not list(jobs(judged.voice.path))


async def test_a_folder_that_may_not_be_learned_from_is_not(tmp_path, folder):
    home = Home(tmp_path / "home")
    refresh(home, folder, Settings(), lambda *_: None)
    voice = grant(home, folder, Consent.SUGGEST)
    with pytest.raises(WriterError, match="not to learn"):
        await Course.plan(home, voice, Settings(), Corpus.open(voice.index_path))


@pytest.mark.embedded
async def test_what_a_model_wrote_is_known_in_what_is_tested_on(tmp_path, folder, packaged_gguf, monkeypatch):
    """And handed on to the plan of what is scored."""
    home = Home(tmp_path / "home")
    refresh(home, folder, Settings(), lambda *_: None)
    voice, handed = find_voice(home, folder), []
    page = held_out_texts(corpus := Corpus.open(voice.index_path))[0]
    start, end = page.text.index(" ", 400), page.text.index(" ", 520)
    words = WhoseWords.unobserved(0)
    words.edit(0, "", page.text)
    words.mark(start, end, "s1")
    ledger = Ledger(voice.ledger_path)
    ledger.hand_over(Whose(page.path, 0.0, *pack(words, page.text)))
    assert ledger.flush(10)
    ledger.close()

    async def base(*_):
        return checked_base(write_tiny(tmp_path / "tiny.gguf", "llama", packaged_gguf)), False

    async def measure(job, engine, corpus, store, trained, held_out, **_):
        handed.extend(held_out)

    monkeypatch.setattr(course_module, "find_base", base)
    monkeypatch.setattr(course_module.judging, "prepare", measure)
    planned = await Course.plan(home, voice, Settings(), corpus)
    await planned._measurements(None, [])
    assert {text.piece: text.by_model for text in handed if text.by_model} == {page.piece: ((start, end),)}
    assert [text.piece for text in handed] == [text.piece for text in held_out_texts(corpus)]


@pytest.fixture
async def waiting(tmp_path, folder, monkeypatch):
    """A course that waits for room, without the wait; `memory` says what is free at each look."""
    planned = await course(tmp_path, folder)
    planned.forecast = replace(planned.forecast, beside=Beside("waits", None, 6, 5))
    planned.memory, planned.loaded, planned.said = [5, 6], [2, 2], []

    async def inventory(*_, **__):
        return Inventory(planned.memory.pop(0), (), planned.loaded.pop(0), engine_on_card=False)

    def placement(prepared, base, machine, device):
        return beside(machine, need, device=device)

    def need(free, gpu):
        if free < 6:
            raise WriterError(f"6 are needed, and {free} are free.", "Close other programs.")
        return 6

    monkeypatch.setattr(course_module, "inventory", inventory)
    monkeypatch.setattr(course_module, "placement", placement)
    monkeypatch.setattr(course_module, "_LOOK_FOR_ROOM", 0.0)
    planned.meanwhile = lambda: planned.said.append("begun")
    return planned


async def test_where_there_is_room_for_one_alone_it_begins_when_the_model_has_left(waiting):
    """And says what it waits for."""
    with pytest.raises(AtTheGateError):
        await waiting.run(lambda state: waiting.said.append(state.sentence))
    *waited, begun = waiting.said
    assert len(waited) == 2
    assert all("when the model that writes has left" in sentence for sentence in waited)
    assert begun == "begun"
    assert waiting.memory == []


async def test_it_waits_for_a_model_and_for_nothing_else(waiting):
    """When that has left and there is too little all the same, it says so."""
    waiting.memory, waiting.loaded = [5, 5], [2, 0]
    with pytest.raises(WriterError, match="6 are needed, and 5 are free"):
        await waiting.run(lambda state: waiting.said.append(state.sentence))
    assert len(waiting.said) == 2


async def test_it_learns_as_the_plan_is_after_the_wait(waiting):
    with pytest.raises(AtTheGateError):
        await waiting.run(lambda _: None)
    assert waiting.yields


async def test_a_stop_when_all_is_decided_comes_too_late(tmp_path, folder, monkeypatch):
    """The adapter is kept by then: to say "paused" would be wrong."""
    planned, begun, go_on = await course(tmp_path, folder), threading.Event(), threading.Event()

    async def judged(*_):
        return "a judgement"

    def slowly(judgement, learned):
        begun.set()
        assert go_on.wait(60)
        return judgement

    monkeypatch.setattr(planned, "_judge", judged)
    monkeypatch.setattr(planned, "_settled", slowly)
    run = asyncio.create_task(planned.run(lambda _: None))
    await asyncio.to_thread(begun.wait, 60)
    run.cancel()
    await asyncio.sleep(0)
    go_on.set()
    assert await run == "a judgement"
    assert list(jobs(planned.voice.path)) == []


@pytest.mark.parametrize("waits", [True, False])
async def test_where_no_card_has_the_room_the_child_is_told_to_take_the_processor(waiting, waits, monkeypatch):
    """By itself it would take the card, and fail."""
    instead = Beside("yields", None, 6, 7, instead=True)
    monkeypatch.setattr(course_module, "placement", lambda *_: instead)
    if not waits:
        waiting.forecast = replace(waiting.forecast, beside=instead)
    with pytest.raises(AtTheGateError):
        await waiting.run(lambda _: None)
    assert (waiting.job.device, waiting.job.card) == ("cpu", None)
    assert Job.read(waiting.job.folder) == waiting.job

"""Suggestions are given with the champion; another one takes over without a dropped or a mixed answer."""

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from opinions import THEN, opinions
from ownhand.editor import voicing
from ownhand.editor.serving import Serving
from ownhand.editor.status import Status
from ownhand.editor.voice_desk import VoiceDesk
from ownhand.engines.protocol import Adapter, EngineError, Sampling
from ownhand.engines.scripted import ScriptedEngine
from ownhand.home import Home
from ownhand.manuscript.consent import Consent, grant
from ownhand.suggestions.moment import Moment, Suggestion
from ownhand.suggestions.suggester import Suggester
from ownhand.voices.serving import Turns, VoicedEngine
from ownhand.voices.store import VoiceStore
from voice_files import add_adapter

DIGEST, OTHER_DIGEST = "sha256:5a", "sha256:6b"
FOLDER, OTHER = "file:///book", "file:///other"


def adapter(tmp_path, name, **facts):
    path = tmp_path / f"{name}.gguf"
    path.touch()
    return Adapter(name, path, **facts)


class Telling(ScriptedEngine):
    """Says which adapter writes, word by word, so that a mixed answer shows."""

    def _text(self, prompt):
        name = self._adapter.id if self._adapter else "bare"
        return " ".join([name] * 12) + "."


async def said(engine):
    return "".join([chunk.text async for chunk in engine.stream("Rain, and the", Sampling(max_tokens=400))])


async def test_two_voices_share_an_engine_and_never_an_answer(tmp_path):
    engine = Telling("")
    turns = Turns(engine)
    one, other = (VoicedEngine(turns, adapter(tmp_path, name)) for name in ("ink", "salt"))
    bare = VoicedEngine(turns)
    answers = await asyncio.gather(*(said(each) for each in (one, other, bare) * 5))
    assert [set(answer.rstrip(".").split()) for answer in answers] == [{"ink"}, {"salt"}, {"bare"}] * 5


async def test_streams_with_one_adapter_run_together(tmp_path):
    engine = Telling("")
    one = VoicedEngine(Turns(engine), adapter(tmp_path, "ink"))
    first = one.stream("Rain, and the", Sampling(max_tokens=400))
    await anext(first)
    assert "ink" in await said(one)
    await first.aclose()


async def test_a_stream_that_is_given_up_lets_the_other_voice_in(tmp_path):
    turns = Turns(Telling(""))
    stream = VoicedEngine(turns, adapter(tmp_path, "ink")).stream("Rain, and the", Sampling(max_tokens=400))
    await anext(stream)
    waiting = asyncio.create_task(said(VoicedEngine(turns)))
    await asyncio.sleep(0)
    assert not waiting.done()
    await stream.aclose()
    assert "bare" in await waiting


async def test_a_new_champion_that_can_not_serve_leaves_the_present_one(tmp_path):
    voiced = VoicedEngine(Turns(Telling("")), None)
    await voiced.use_adapter(adapter(tmp_path, "ink"))
    with pytest.raises(EngineError):
        await voiced.use_adapter(Adapter("gone", tmp_path / "gone.gguf"))
    assert voiced.adapter.id == "ink"
    assert "ink" in await said(voiced)


class Corpus:
    """Has one passage, and counts how often it is asked for it."""

    def __init__(self):
        self.asked = 0

    def generation(self):
        return 1

    def closest(self, text, form, *, here, words):
        self.asked += 1
        return []

    def still_serve(self, pieces):
        return True

    def repeats_own_text(self, text, *, here):
        return False

    def sample_texts(self, form, words):
        return []


def moment(version=1, typed=""):
    before = f"The barge came up at four, and nobody spoke. Then{typed}"
    return Moment("file:///book/a.md", version, before, "", "md", invoked=True)


@pytest.mark.parametrize(("alone", "asked"), [(True, 0), (False, 1)])
async def test_suggestions_obey_what_the_card_says_of_passages(tmp_path, alone, asked):
    engine, corpus = ScriptedEngine({"": " the tide turned."}), Corpus()
    await engine.use_adapter(adapter(tmp_path, "ink", alone=alone))
    suggester = Suggester(engine, corpus)
    answer = await suggester.suggest(moment())
    await suggester.close()
    assert answer.text.strip() == "the tide turned."
    assert answer.adapter == "ink"
    assert min(corpus.asked, 1) == asked


async def test_a_suggestion_that_was_begun_before_the_change_is_written_anew(tmp_path):
    engine = ScriptedEngine({"": " the tide turned, and the dog went on looking at it."})
    voiced = VoicedEngine(Turns(engine))
    new, changed = adapter(tmp_path, "ink"), asyncio.Event()

    async def change():
        if not changed.is_set() and len(engine.calls) == 1 and len(engine.calls[0].said) == 2:
            changed.set()
            await voiced.use_adapter(new)

    engine.before_chunk = change
    suggester = Suggester(voiced)
    answer = await suggester.suggest(moment())
    await suggester.close()
    assert isinstance(answer, Suggestion)
    assert answer.adapter == "ink"
    assert [call.adapter.id if call.adapter else None for call in engine.calls][:2] == [None, "ink"]


@pytest.fixture
def book(tmp_path, monkeypatch, base_header):
    """A server over a scripted engine, and a voice with two adapters."""
    script = tmp_path / "script.json"
    script.write_text(json.dumps({"rules": [], "default": " and so on."}))
    monkeypatch.setenv("OWNHAND_SCRIPTED", str(script))

    async def digest(*_):
        return DIGEST

    monkeypatch.setattr(voicing, "base_digest", digest)
    (tmp_path / "book").mkdir()
    voice = grant(Home(tmp_path / "home"), tmp_path / "book", Consent.LEARN)
    store = VoiceStore(voice.path)
    for seed in (1, 2):
        add_adapter(store, base_header, DIGEST, tmp_path, seed=seed)
    said_to_writer = []
    serving = Serving(
        Home(tmp_path / "home"),
        {}.get,
        can_ask=True,
        voice_of={FOLDER: voice}.get,
        say=said_to_writer.append,
    )
    return serving, store, said_to_writer


async def adapter_in(serving, folder):
    suggester = await serving.suggester(folder)
    await serving._voicing.settled()
    return suggester.engine.adapter.id if suggester.engine.adapter else None


async def test_the_server_follows_the_champion_from_suggestion_to_suggestion(book):
    serving, store, _ = book
    assert await adapter_in(serving, FOLDER) is None
    first = await serving.suggester(FOLDER)
    store.activate("1")
    assert await adapter_in(serving, FOLDER) == f"{store.folder.name}-1"
    store.activate("2")
    assert await adapter_in(serving, FOLDER) == f"{store.folder.name}-2"
    store.rollback(DIGEST)
    assert await adapter_in(serving, FOLDER) == f"{store.folder.name}-1"
    assert await serving.suggester(FOLDER) is first, "the suggester, with what it knows, stays"
    await serving.close()


async def test_other_folders_and_loose_pages_get_the_bare_model(book):
    serving, store, _ = book
    store.activate("1")
    assert await adapter_in(serving, FOLDER) == f"{store.folder.name}-1"
    assert await adapter_in(serving, OTHER) is None
    assert await adapter_in(serving, None) is None
    await serving.close()


async def test_without_my_voice_and_back(book):
    serving, store, _ = book
    store.activate("1")
    serving.without_voice = True
    assert await adapter_in(serving, FOLDER) is None
    serving.without_voice = False
    assert await adapter_in(serving, FOLDER) == f"{store.folder.name}-1"
    await serving.close()


async def test_a_note_of_the_champion_that_can_not_be_read_is_said_and_writing_goes_on(book):
    serving, store, said_to_writer = book
    store.activate("1")
    (store.folder / "active.json").write_text("{")
    assert await adapter_in(serving, FOLDER) is None
    assert any("can't be read" in sentence for sentence in said_to_writer)
    assert await adapter_in(serving, FOLDER) is None
    assert len(said_to_writer) == 1
    await serving.close()


async def test_a_champion_whose_card_is_damaged_does_not_fall_silent(book, tmp_path):
    serving, store, said_to_writer = book
    store.activate("2")
    (store.folder / "adapters" / "2" / "card.json").write_text("{")
    assert await adapter_in(serving, FOLDER) is None
    assert said_to_writer == ["The card of voice 2 can't be read. Go back to the voice before it."]
    assert await status_of(serving, store, tmp_path) == (None, said_to_writer[0])
    await serving.close()


@dataclass
class Opened:
    """As much of an editor's folder as the desk looks at."""

    uri: str
    path: Path
    consent: Consent = Consent.LEARN
    gone: bool = False

    @property
    def voice(self):
        return self


async def status_of(serving, store, tmp_path):
    """The adapter that writes, and the sentence, as the editors show them."""
    statuses = []
    desk = VoiceDesk(Home(tmp_path / "home"), None, serving, None, Status(statuses.append, lambda work: work()))
    await desk.look(Opened(FOLDER, store.folder))
    own = statuses[-1]["ownVoice"]
    return own["adapter"], own["sentence"]


BUSY = EngineError("Ollama is serving big, and there is no room.", "Ownhand waits.")


@pytest.mark.parametrize("fails_at", ["the digest", "the adapter"])
@pytest.mark.parametrize("error", [BUSY, RuntimeError("of its own")], ids=["an engine that is busy", "a fault"])
async def test_what_failed_for_a_while_is_said_once_tried_again_and_not_called_writing(
    book, monkeypatch, tmp_path, fails_at, error
):
    serving, store, said_to_writer = book
    engine, now = await serving.chosen(), {"fails": True, "tries": 0}
    loop, put_off = asyncio.get_running_loop(), 1_000_000.0

    async def digest(*_):
        now["tries"] += fails_at == "the digest"
        if fails_at == "the digest" and now["fails"]:
            raise error
        return DIGEST

    change_over = engine.use_adapter

    async def use_adapter(adapter):
        now["tries"] += fails_at == "the adapter"
        if fails_at == "the adapter" and now["fails"]:
            raise error
        await change_over(adapter)

    monkeypatch.setattr(voicing, "base_digest", digest)
    monkeypatch.setattr(engine, "use_adapter", use_adapter)
    monkeypatch.setattr(voicing, "_REST", put_off)
    monkeypatch.setattr(voicing, "_LONGEST_REST", put_off)
    store.activate("1")
    for _ in range(3):
        assert await adapter_in(serving, FOLDER) is None
    assert now["tries"] == 1, "not at each suggestion"
    writes, sentence = await status_of(serving, store, tmp_path)
    assert writes is None
    assert sentence == f"Your voice 1 does not write: {said_to_writer[0]}"
    monkeypatch.setattr(loop, "time", lambda later=loop.time: later() + put_off)
    assert await adapter_in(serving, FOLDER) is None
    assert now["tries"] == 2
    assert len(said_to_writer) == 1
    now["fails"] = False
    monkeypatch.setattr(loop, "time", lambda later=loop.time: later() + 2 * put_off)
    assert await adapter_in(serving, FOLDER) == f"{store.folder.name}-1"
    assert (await status_of(serving, store, tmp_path))[0] == "1"
    await serving.close()


async def test_rollback_is_of_the_model_that_serves_not_of_the_one_that_was_changed_last(book, base_header, tmp_path):
    serving, store, _ = book
    add_adapter(store, base_header, OTHER_DIGEST, tmp_path, seed=3)
    desk = VoiceDesk(Home(tmp_path / "home"), None, serving, None, Status(lambda _: None, lambda work: work()))
    here = Opened(FOLDER, store.folder)
    store.activate("1")
    assert await adapter_in(serving, FOLDER) == f"{store.folder.name}-1"
    answer = await desk.activate(here, "3")
    assert "Another model is in use now" in answer["sentence"]
    assert await status_of(serving, store, tmp_path) == ("1", (await status_of(serving, store, tmp_path))[1])
    assert [each["id"] for each in (await desk.voices(here))["adapters"] if each["active"]] == ["1"]
    await desk.rollback(here)
    assert await adapter_in(serving, FOLDER) is None
    assert store.champion(OTHER_DIGEST).id == "3"
    await serving.close()


class Foretells(ScriptedEngine):
    """Says what it thinks comes next, and takes an adapter without applying it while it is `deaf`."""

    deaf = True

    async def next_tokens(self, prompt, count):
        return opinions(prompt, 0.0 if self.deaf or self.adapter is None else 1.0)[:count]


async def test_an_engine_that_does_not_apply_the_voice_any_more_is_found_out_and_the_writer_is_told(
    book, base_header, tmp_path, monkeypatch
):
    serving, store, said_to_writer = book
    statuses, changed = [], []
    serving._voicing._changed = changed.append
    status = Status(statuses.append, lambda work: work())
    desk = VoiceDesk(Home(tmp_path / "home"), None, serving, None, status)
    monkeypatch.setattr(ScriptedEngine, "from_file", lambda _: Foretells({"": " and so on."}))
    add_adapter(store, base_header, DIGEST, tmp_path, seed=3, witness=THEN)
    store.activate("3")
    assert await adapter_in(serving, FOLDER) is None
    assert len(said_to_writer) == 1
    assert "applies voice 3 otherwise than when it was tested" in said_to_writer[0]
    assert "not at all" in said_to_writer[0]
    await desk.look(Opened(FOLDER, store.folder))
    assert statuses[-1]["ownVoice"]["adapter"] is None
    assert statuses[-1]["ownVoice"]["sentence"].startswith("Your voice 3 does not write: Scripted applies it otherwise")
    assert await adapter_in(serving, FOLDER) is None
    assert len(said_to_writer) == 1
    store.activate("1")
    assert await adapter_in(serving, FOLDER) == f"{store.folder.name}-1", "a card without a witness proves nothing"
    await desk.look(Opened(FOLDER, store.folder))
    assert statuses[-1]["ownVoice"]["adapter"] == "1"
    monkeypatch.setattr(Foretells, "deaf", False)
    store.activate("3")
    assert await adapter_in(serving, FOLDER) == f"{store.folder.name}-3"
    assert len(said_to_writer) == 1
    assert changed == [FOLDER] * 3
    await serving.close()


async def test_a_voice_that_takes_long_to_make_ready_is_waited_for_a_little_and_no_given_up_suggestion_stops_it(
    book, monkeypatch
):
    serving, store, said_to_writer = book
    store.activate("1")
    monkeypatch.setattr(voicing, "_PATIENCE", 0.2)
    engine, begun, ready = await serving.chosen(), asyncio.Queue(), asyncio.Event()
    change_over = engine.use_adapter

    async def slowly(adapter):
        begun.put_nowait(adapter)
        await ready.wait()
        await change_over(adapter)

    monkeypatch.setattr(engine, "use_adapter", slowly)
    first = asyncio.create_task(serving.suggester(FOLDER))
    await begun.get()
    first.cancel()
    second, third = await asyncio.gather(serving.suggester(FOLDER), serving.suggester(FOLDER))
    assert second.engine.adapter is None
    assert third is second
    assert said_to_writer == [voicing._LATE]
    ready.set()
    assert await adapter_in(serving, FOLDER) == f"{store.folder.name}-1"
    assert begun.empty()
    assert len(said_to_writer) == 1
    await serving.close()


async def test_the_first_suggestion_after_a_choice_is_by_what_was_chosen(book, monkeypatch):
    """However long the folder has been open: a writer who says "use it" looks at the very next one."""
    serving, store, _ = book
    monkeypatch.setattr(voicing, "_PATIENCE", 30.0)
    assert await adapter_in(serving, FOLDER) is None
    engine = await serving.chosen()
    change_over = engine.use_adapter

    async def slowly(adapter):
        await asyncio.sleep(0.2)
        await change_over(adapter)

    monkeypatch.setattr(engine, "use_adapter", slowly)
    serving._voicing._deadlines[FOLDER] = 0.0
    store.activate("1")
    assert (await serving.suggester(FOLDER)).engine.adapter.id == f"{store.folder.name}-1"
    serving.without_voice = True
    assert (await serving.suggester(FOLDER)).engine.adapter is None
    await serving.close()


async def test_two_choices_in_a_row_end_with_the_second(book, monkeypatch):
    """Though the first is still being made ready."""
    serving, store, _ = book
    monkeypatch.setattr(voicing, "_PATIENCE", 30.0)
    assert await adapter_in(serving, FOLDER) is None
    engine, begun, go_on = await serving.chosen(), asyncio.Event(), asyncio.Event()
    change_over = engine.use_adapter

    async def slowly(adapter):
        begun.set()
        await go_on.wait()
        await change_over(adapter)

    monkeypatch.setattr(engine, "use_adapter", slowly)
    store.activate("1")
    serving.make_ready(FOLDER)
    await begun.wait()
    store.activate("2")
    asked = asyncio.create_task(serving.suggester(FOLDER))
    await asyncio.sleep(0)
    go_on.set()
    assert (await asked).engine.adapter.id == f"{store.folder.name}-2"
    await serving.close()


async def test_a_server_that_ends_while_a_voice_is_made_ready_does_not_wait_for_it(book, monkeypatch):
    serving, store, _ = book
    monkeypatch.setattr(voicing, "_PATIENCE", 3600.0)
    assert await adapter_in(serving, FOLDER) is None
    engine, begun = await serving.chosen(), asyncio.Event()

    async def never(adapter):
        begun.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(engine, "use_adapter", never)
    store.activate("1")
    serving.make_ready(FOLDER)
    await begun.wait()
    await asyncio.wait_for(serving.close(), 20)

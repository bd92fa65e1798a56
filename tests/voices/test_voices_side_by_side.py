"""One engine, several folders and loose pages: while one's voice is made ready, none is answered by another's."""

import asyncio
from pathlib import Path

import pytest

from opinions import THEN, opinions
from ownhand.editor import voicing
from ownhand.editor.voicing import Voicing
from ownhand.engines.ollama import OllamaEngine
from ownhand.engines.ollama_derived import derived_name
from ownhand.engines.protocol import Adapter, Chunk, NextToken, NoSuchModelError, Sampling, SpecialTokens
from ownhand.engines.scripted import ScriptedEngine
from ownhand.home import Home
from ownhand.manuscript.consent import Consent, grant
from ownhand.voices.serving import Turns, VoicedEngine
from ownhand.voices.store import VoiceStore
from voice_files import add_adapter

pytestmark = pytest.mark.timeout(20)
INK, SALT = (Adapter(f"{letter * 16}-1", Path(f"/{letter}.gguf")) for letter in "ab")
DIGEST = "sha256:5a"


def named(adapter):
    return derived_name("tale", adapter.id) if adapter else "tale"


class Naming(OllamaEngine):
    """Ollama's engine without an Ollama: its answer is the name of the model that was asked. A voice's model is loaded
    when the test says so."""

    def __init__(self):
        super().__init__("tale")
        self.loading, self.loads, self.gone = asyncio.Event(), asyncio.Event(), set()

    async def _route(self, adapter):
        return "adapter"

    async def _derive(self, derived, adapter):
        self.gone.discard(derived)
        await asyncio.sleep(0)

    async def _permitted(self):
        await asyncio.sleep(0)

    async def _tidy(self, voice):
        pass

    async def special_tokens(self):
        return SpecialTokens()

    async def _ask(self, method, path, value=None):
        return await self._said_by(value["model"])

    async def _said_by(self, model):
        await asyncio.sleep(0)
        if model in self.gone:
            raise NoSuchModelError("Gone.", "Have it made again.")
        return {"logprobs": [{"top_logprobs": [{"token": model, "logprob": -1.0}]}]}

    async def _answer(self, text, sampling, usage, serving=None):
        model = serving or self.request(text, sampling)["model"]
        if serving:
            self.loading.set()
            await self.loads.wait()
        await self._said_by(model)
        yield Chunk(model, ())


async def streamed(engine):
    return "".join([chunk.text async for chunk in engine.stream("The tide", Sampling(max_tokens=5))])


async def foretold(voiced):
    [token] = await voiced.asked(lambda engine: engine.next_tokens("The tide", 5))
    return token.text.decode()


async def turns():
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.mark.parametrize("ask", [streamed, foretold])
async def test_a_page_that_waits_for_another_folders_voice_to_load_is_not_answered_by_it(ask):
    engine = Naming()
    folder, page = (VoicedEngine(every) for every in [Turns(engine)] * 2)
    change = asyncio.create_task(folder.use_adapter(INK))
    await engine.loading.wait()
    asked = asyncio.create_task(ask(page))
    await turns()
    assert not asked.done()
    engine.loads.set()
    assert await asked == named(None)
    await change
    assert [await ask(each) for each in (folder, page, folder)] == [named(INK), named(None), named(INK)]


@pytest.mark.parametrize("ask", [streamed, foretold])
async def test_the_folder_itself_is_answered_by_its_new_voice_then(ask):
    engine = Naming()
    folder = VoicedEngine(Turns(engine))
    change = asyncio.create_task(folder.use_adapter(INK))
    await engine.loading.wait()
    asked = asyncio.create_task(ask(folder))
    await turns()
    engine.loads.set()
    assert await asked == named(INK)
    await change


async def test_nobody_waits_for_a_voice_that_is_made_and_not_loaded_yet(monkeypatch):
    """Merging takes minutes, and what serves goes on serving."""
    engine, made = Naming(), asyncio.Event()
    engine.loads.set()
    monkeypatch.setattr(engine, "_derive", lambda *_: made.wait())
    turns_of = Turns(engine)
    folder, other, page = (VoicedEngine(turns_of) for _ in range(3))
    changes = [asyncio.create_task(each.use_adapter(new)) for each, new in ((folder, INK), (other, SALT))]
    await turns()
    assert [await streamed(each) for each in (folder, other, page)] == [named(None)] * 3
    made.set()
    await asyncio.gather(*changes)
    assert [await streamed(each) for each in (folder, other, page)] == [named(INK), named(SALT), named(None)]


async def while_the_first_loads():
    """The engine, two that share it, and the change by which the first of them gets its voice."""
    engine = Naming()
    shared = Turns(engine)
    folder, other = VoicedEngine(shared), VoicedEngine(shared)
    change = asyncio.create_task(folder.use_adapter(INK))
    await engine.loading.wait()
    return engine, folder, other, change


async def test_a_page_that_is_given_up_while_it_waits_leaves_nothing_behind():
    engine, folder, page, change = await while_the_first_loads()
    asked = asyncio.create_task(streamed(page))
    waiting = asyncio.create_task(page.use_adapter(SALT))
    await turns()
    for each in (asked, waiting):
        each.cancel()
    await asyncio.wait([asked, waiting])
    assert page.adapter is None
    engine.loads.set()
    await change
    assert [await streamed(each) for each in (page, folder)] == [named(None), named(INK)]


async def test_a_change_that_is_given_up_lets_the_next_folders_begin():
    engine, folder, other, change = await while_the_first_loads()
    next_change = asyncio.create_task(other.use_adapter(SALT))
    await turns()
    change.cancel()
    engine.loads.set()
    await next_change
    assert [await streamed(each) for each in (folder, other)] == [named(None), named(SALT)]


async def test_a_model_that_has_to_be_made_again_is_not_confused_with_what_serves_by_then():
    engine = Naming()
    engine.loads.set()
    shared = Turns(engine)
    folder, page = VoicedEngine(shared), VoicedEngine(shared)
    await folder.use_adapter(INK)
    engine.gone.add(named(INK))
    assert await asyncio.gather(streamed(folder), streamed(page)) == [named(INK), named(None)]


async def test_two_voices_made_ready_together_are_each_asked_by_themselves():
    """The test of a voice is a question of many calls; another's change must not come in between."""

    async def often(engine):
        return [(await engine.next_tokens("The tide", 5))[0].text.decode() for _ in range(30)]

    async def made_ready(voiced, adapter):
        await voiced.use_adapter(adapter)
        return await voiced.asked(often)

    engine = Naming()
    engine.loads.set()
    shared = Turns(engine)
    answers = await asyncio.gather(*(made_ready(VoicedEngine(shared), each) for each in (INK, SALT)))
    assert [set(each) for each in answers] == [{named(INK)}, {named(SALT)}]


class Fickle(ScriptedEngine):
    """Foretells as the voice was judged, but for the first time: then something else takes over in the middle."""

    tests = 0

    async def next_tokens(self, prompt: str, count: int) -> list[NextToken]:
        self.tests += 1
        if self.tests == 2:
            await self.use_adapter(None)
        return opinions(prompt, 1.0 if self.adapter else 0.0)[:count]


async def test_a_voice_is_not_refused_for_what_another_one_said(tmp_path, monkeypatch, base_header):
    async def digest(*_):
        return DIGEST

    monkeypatch.setattr(voicing, "base_digest", digest)
    (tmp_path / "book").mkdir()
    voice, heard = grant(Home(tmp_path / "home"), tmp_path / "book", Consent.LEARN), []
    store = VoiceStore(voice.path)
    add_adapter(store, base_header, DIGEST, tmp_path, seed=1, witness=THEN)
    store.activate("1")
    those = Voicing(Home(tmp_path / "home"), {"book": voice}.get, heard.append)
    engine = Fickle({"": " and so on."})
    voiced = await those.engine(engine, "book")
    await those.settled()
    assert those.refusal("book") is None
    assert heard == []
    assert engine.adapter == voiced.adapter
    assert voiced.adapter.id.endswith("-1")


class Beside:
    """A change loads beside what serves, which goes on serving; one change at a time, as in the embedded engine."""

    def __init__(self, adapter):
        self.adapter, self.loads, self._swapping = adapter, asyncio.Event(), asyncio.Lock()

    async def use_adapter(self, adapter):
        async with self._swapping:
            if adapter == NEWER_INK:
                await self.loads.wait()
            self.adapter = adapter

    async def stream(self, prompt, sampling, usage=None):
        await asyncio.sleep(0)
        yield Chunk(self.adapter.id, ())


NEWER_INK = Adapter(f"{'a' * 16}-2", Path("/a2.gguf"))


async def test_a_third_voice_that_is_asked_meanwhile_silences_nobody():
    turns = Turns(Beside(INK))
    ink, salt = VoicedEngine(turns, INK), VoicedEngine(turns, SALT)
    change = asyncio.create_task(ink.use_adapter(NEWER_INK))
    await asyncio.sleep(0)
    third = asyncio.create_task(streamed(salt))
    for _ in range(5):
        await asyncio.sleep(0)
    assert await asyncio.wait_for(streamed(ink), 5) == INK.id
    assert not third.done()
    turns.engine.loads.set()
    assert await third == SALT.id
    await change
    assert await streamed(ink) == NEWER_INK.id


async def test_a_third_voice_that_is_given_up_meanwhile_leaves_nothing_behind():
    turns = Turns(Beside(INK))
    ink, salt = VoicedEngine(turns, INK), VoicedEngine(turns, SALT)
    change = asyncio.create_task(ink.use_adapter(NEWER_INK))
    await asyncio.sleep(0)
    third = asyncio.create_task(streamed(salt))
    await asyncio.sleep(0)
    third.cancel()
    turns.engine.loads.set()
    await change
    assert await streamed(salt) == SALT.id
    assert await streamed(ink) == NEWER_INK.id

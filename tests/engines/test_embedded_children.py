"""However loads, deaths and swaps cross, the engine ends every child that it started. Nothing is loaded here."""

import asyncio
from pathlib import Path
from types import SimpleNamespace

import pytest

from ownhand.engines import embedded
from ownhand.engines.completion import ChildGoneError
from ownhand.engines.embedded import EmbeddedEngine
from ownhand.engines.gguf_header import Header
from ownhand.engines.llama_child import LlamaChild
from ownhand.engines.protocol import Adapter, AdapterChangedError, Chunk, EngineError, Sampling, SpecialTokens

pytestmark = pytest.mark.timeout(20)
VOICE = Adapter("0123456789abcdef-1", Path("/voice.gguf"))


class Child(LlamaChild):
    """Stands in for a loaded child: it lives until it is closed, or told to die."""

    def __init__(self, adapter):
        process = SimpleNamespace(pid=0, returncode=None)
        super().__init__(process, None, None, (str(adapter), 0, 0) if adapter else None)

    def die(self):
        self.process.returncode = -9

    async def close(self):
        await asyncio.sleep(0)
        self.process.returncode = 0
        self.gone.set()


class Nursery:
    """Starts children; a load ends when the test says so."""

    def __init__(self):
        self.children, self.loads = [], []

    async def start(self, model, context, adapter, **_):
        self.loads.append(load := asyncio.get_running_loop().create_future())
        await load
        self.children.append(child := Child(adapter))
        return child

    async def begun(self, number):
        """Wait until so many loads were begun."""
        while len(self.loads) < number:  # noqa: ASYNC110  the engine tells nobody that it begins one
            await asyncio.sleep(0)

    async def loaded(self, number):
        """Let the load of that number end; the first is 0."""
        await self.begun(number + 1)
        self.loads[number].set_result(None)
        await turns()


async def turns():
    for _ in range(10):
        await asyncio.sleep(0)


@pytest.fixture
def nursery(monkeypatch):
    made = Nursery()

    async def room(*_, **__):
        return True

    async def token_ids(child, text):
        if not child.alive:
            raise ChildGoneError
        return [1]

    async def warm(*_):
        pass

    monkeypatch.setattr(embedded, "start_child", made.start)
    monkeypatch.setattr(embedded, "room_for_another", room)
    monkeypatch.setattr(embedded, "token_ids", token_ids)
    monkeypatch.setattr(embedded, "warm", warm)
    monkeypatch.setattr(embedded, "check_adapter", lambda *_: None)
    monkeypatch.setattr(embedded, "_loaded", lambda child, adapter: child.holds(adapter))
    return made


@pytest.fixture
async def engine(nursery):
    """One that has a child, which holds no adapter."""
    engine = EmbeddedEngine(Header(Path("/m.gguf"), {"general.architecture": "llama"}, {}))
    first = asyncio.create_task(engine.load())
    await nursery.loaded(0)
    await first
    yield engine
    await engine.close()
    assert [child.alive for child in nursery.children] == [False] * len(nursery.children)


def die(engine):
    engine._child.die()


def rest(engine):
    engine._rest()


async def asked_beside_a_swap(engine, nursery, end):
    """A voice loads beside the child that serves; that one goes, and somebody asks, so that a third begins to load."""
    swap = asyncio.create_task(engine.use_adapter(VOICE))
    await nursery.begun(2)
    end(engine)
    asked = asyncio.create_task(engine.token_ids("The tide"))
    await nursery.begun(3)
    return swap, asked


@pytest.mark.parametrize("end", [die, rest])
@pytest.mark.parametrize("order", [(1, 2), (2, 1)], ids=["beside first", "start first"])
async def test_the_one_that_serves_goes_while_the_next_loads_beside_it(engine, nursery, end, order):
    swap, asked = await asked_beside_a_swap(engine, nursery, end)
    for number in order:
        if not nursery.loads[number].done():
            await nursery.loaded(number)
    await swap
    assert await asked == [1]
    assert await engine.token_ids("The tide went out") == [1]
    alive = [child for child in nursery.children if child.alive]
    assert alive == [engine._child]
    assert engine._child.holds(VOICE)
    assert len(nursery.loads) == 3, "what was loaded beside serves; nothing is loaded for it once more"


async def test_who_waits_for_a_start_is_served_as_soon_as_the_one_beside_is_ready(engine, nursery):
    swap, asked = await asked_beside_a_swap(engine, nursery, die)
    await nursery.loaded(1)
    await swap
    assert await asked == [1]
    assert nursery.loads[2].cancelled()


async def test_a_start_that_can_not_be_given_up_any_more_gives_way_to_the_one_beside(engine, nursery):
    swap, asked = await asked_beside_a_swap(engine, nursery, die)
    for number in (1, 2):
        nursery.loads[number].set_result(None)
    await swap
    assert await asked == [1]
    await turns()
    assert [child for child in nursery.children if child.alive] == [engine._child]
    assert engine._child.holds(VOICE)


async def test_closing_ends_those_that_leave_with_an_answer_that_nobody_fetches(engine, nursery):
    async with engine._held() as old:
        swap = asyncio.create_task(engine.use_adapter(VOICE))
        await nursery.loaded(1)
        await swap
        assert old.alive
        await engine.close()
        assert [child.alive for child in nursery.children] == [False, False]


async def test_the_one_that_serves_goes_while_room_is_looked_for(engine, nursery, monkeypatch):
    """The look at its file gives others a turn."""

    def loaded(child, adapter):
        loop.call_soon_threadsafe(engine._rest)
        asyncio.run_coroutine_threadsafe(turns(), loop).result(5)
        return False

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(embedded, "_loaded", loaded)
    swap = asyncio.create_task(engine.use_adapter(VOICE))
    await nursery.loaded(1)
    await swap
    assert engine.adapter == VOICE


async def test_a_voice_that_was_made_ready_and_never_asked_goes_to_rest(engine, nursery):
    swap = asyncio.create_task(engine.use_adapter(VOICE))
    await nursery.begun(2)
    engine._idle.cancel()
    rest(engine)
    await nursery.loaded(1)
    await swap
    assert not engine._idle.cancelled()


async def test_a_swap_given_up_twice_leaves_no_child(engine, nursery, monkeypatch):
    warming, ending = asyncio.Event(), asyncio.Event()

    async def warm(*_):
        warming.set()
        await asyncio.Event().wait()

    async def close(child):
        ending.set()
        await turns()
        child.process.returncode = 0
        child.gone.set()

    monkeypatch.setattr(embedded, "warm", warm)
    monkeypatch.setattr(Child, "close", close)
    swap = asyncio.create_task(engine.use_adapter(VOICE))
    await nursery.loaded(1)
    await warming.wait()
    for event in (warming, ending):
        await event.wait()
        swap.cancel()
    with pytest.raises(asyncio.CancelledError):
        await swap
    assert engine.adapter is None


async def test_a_load_that_ends_just_when_the_engine_is_closed_leaves_no_child(nursery):
    engine = EmbeddedEngine(Header(Path("/m.gguf"), {"general.architecture": "llama"}, {}))
    asked = asyncio.create_task(engine.load())
    await nursery.begun(1)
    nursery.loads[0].set_result(None)
    await engine.close()
    with pytest.raises(EngineError, match="is closed"):
        await asked
    assert not any(child.alive for child in nursery.children)


@pytest.fixture
def telling(monkeypatch):
    """Answers name the adapter of the child that gives them, and the scale of it."""

    async def prompt_for(child, prompt, special):
        await asyncio.sleep(0)
        return []

    async def completion(child, request, usage):
        yield Chunk(f"{child.adapter and child.adapter[0]} {request}", ())

    monkeypatch.setattr(embedded, "prompt_for", prompt_for)
    monkeypatch.setattr(embedded, "completion", completion)
    monkeypatch.setattr(embedded, "completion_request", lambda read, sampling, scale: scale)


def at_leisure(engine):
    """The head of its file is read when the event that is given back says so."""
    read = asyncio.Event()

    async def special_tokens():
        await read.wait()
        return SpecialTokens()

    engine.special_tokens = special_tokens
    return read


async def said(engine):
    return "".join([chunk.text async for chunk in engine.stream("The tide", Sampling())])


async def test_who_asked_the_bare_model_is_not_answered_by_a_voice_that_came_before_the_load(nursery, telling):
    """An engine at rest takes a voice at once and loads it with the next question, which may have been put before."""
    engine = EmbeddedEngine(Header(Path("/m.gguf"), {"general.architecture": "llama"}, {}))
    read = at_leisure(engine)
    asked = asyncio.create_task(said(engine))
    await turns()
    await engine.use_adapter(VOICE)
    read.set()
    await nursery.loaded(0)
    assert await asked == "/voice.gguf 0.0"
    assert await said(engine) == "/voice.gguf 1.0"
    await engine.close()


async def test_who_asked_one_voice_is_told_when_another_is_loaded_and_not_answered_by_it(nursery, telling):
    other = Adapter("0123456789abcdef-2", Path("/other.gguf"))
    engine = EmbeddedEngine(Header(Path("/m.gguf"), {"general.architecture": "llama"}, {}))
    read = at_leisure(engine)
    await engine.use_adapter(VOICE)
    asked = asyncio.create_task(said(engine))
    await turns()
    await engine.use_adapter(other)
    read.set()
    await nursery.loaded(0)
    with pytest.raises(AdapterChangedError):
        await asked
    await engine.close()


async def test_an_answer_that_was_begun_keeps_its_voice_when_the_writer_turns_it_off(nursery, telling):
    engine = EmbeddedEngine(Header(Path("/m.gguf"), {"general.architecture": "llama"}, {}))
    engine._special = SpecialTokens()
    await engine.use_adapter(VOICE)
    asked = asyncio.create_task(said(engine))
    await nursery.begun(1)
    nursery.loads[0].set_result(None)
    await engine.use_adapter(None)
    assert await asked == "/voice.gguf 1.0"
    assert await said(engine) == "/voice.gguf 0.0"
    await engine.close()

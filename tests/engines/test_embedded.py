"""The embedded engine beyond the contract: its child's life, its privacy, its adapters' swaps."""

import asyncio
import math
import os
import signal
import stat
import subprocess
import sys

import psutil
import pytest

from engine_files import write_lora
from ownhand.engines import embedded, room
from ownhand.engines.backoff import Backoff
from ownhand.engines.embedded import EmbeddedEngine
from ownhand.engines.protocol import Adapter, EngineError, Sampling, Usage
from ownhand.engines.socket_folder import SocketFolder

pytestmark = [pytest.mark.embedded, pytest.mark.timeout(180)]
GREEDY = Sampling(max_tokens=4, temperature=0.0, repeat_penalty=1.0)
PROMPT = "Rain went over the harbour, crosswise, unhurried, and the"


@pytest.fixture
async def engine(packaged_gguf):
    made = await EmbeddedEngine.open(packaged_gguf)
    yield made
    await made.close()


async def said(engine, prompt=PROMPT, sampling=GREEDY, usage=None):
    return "".join([chunk.text async for chunk in engine.stream(prompt, sampling, usage)])


async def until(true):
    while not true():  # noqa: ASYNC110  what is awaited lies in another process
        await asyncio.sleep(0.002)


async def pid(engine):
    return (await engine.health()).facts["pid"]


async def test_callers_share_one_load_and_the_loop_goes_on(engine):
    ticks = 0

    async def tick():
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    ticker = asyncio.create_task(tick())
    assert (await engine.health()).state == "asleep"
    loads = [asyncio.create_task(engine.load()) for _ in range(5)]
    await asyncio.sleep(0)
    assert (await engine.health()).state == "loading"
    await asyncio.gather(*loads)
    ticker.cancel()
    assert ticks > 3
    assert len([child for child in psutil.Process().children() if child.pid == await pid(engine)]) == 1


async def test_reading_a_long_prompt_stops_when_nobody_waits(engine):
    """Had the engine read on, the whole prompt would be in its cache when the same prompt comes again."""
    prompt = " ".join(f"herring{number}" for number in range(250))
    usage = Usage()

    async def read():
        await said(engine, prompt, usage=usage)

    reader = asyncio.create_task(read())
    await until(lambda: usage.prompt_tokens > 0)
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    again = Usage()
    await said(engine, prompt, usage=again)
    assert 0 <= again.cached_tokens < again.prompt_tokens - 200


async def test_the_likeliest_next_tokens_are_told_even_where_they_are_parts_of_characters(engine):
    """The whale is three tokens, none of them text by itself."""
    whale = "🐋🌊🐋🌊🐋🌊🐋🌊🐋🌊"
    found = await engine.next_tokens(whale, 5)
    assert len(found) == 5
    assert found == sorted(found, key=lambda token: -token.logprob)
    assert "🐋".encode().startswith(found[0].text)
    assert math.exp(found[0].logprob) > 0.5


async def test_a_typed_on_prompt_is_served_from_the_cache(engine):
    await said(engine)
    usage = Usage()
    await said(engine, f"{PROMPT} gulls", usage=usage)
    assert usage.cached_tokens >= usage.prompt_tokens - 2


async def test_the_socket_is_in_a_private_folder_that_goes_away(engine):
    await engine.load()
    folder = engine._child.folder.path
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    process = psutil.Process(await pid(engine))
    assert process.net_connections("inet") == []
    await engine.close()
    assert not folder.exists()
    assert not process.is_running()


async def test_where_sockets_do_not_serve_a_port_with_a_key_does(packaged_gguf, monkeypatch):
    import httpx

    monkeypatch.setattr(SocketFolder, "make", lambda: None)
    engine = await EmbeddedEngine.open(packaged_gguf)
    try:
        assert await said(engine)
        address = engine._child.client.base_url
        async with httpx.AsyncClient(trust_env=False) as stranger:
            refused = await stranger.post(f"{address}/completion", json={"prompt": "x", "n_predict": 1})
        assert address.host == "127.0.0.1"
        assert refused.status_code == 401
    finally:
        await engine.close()


async def test_no_connection_is_left_after_cancelled_streams(engine):
    for _ in range(5):
        stream = engine.stream(PROMPT, Sampling(max_tokens=200))
        await anext(stream)
        await stream.aclose()
    await said(engine)
    assert not engine._child.client._transport._pool.connections
    assert engine._child.users == 0


async def test_it_unloads_when_idle_and_loads_again(packaged_gguf):
    engine = await EmbeddedEngine.open(packaged_gguf, idle_seconds=0.05)
    try:
        first = await said(engine)
        await until(lambda: engine._child is None)
        assert await said(engine) == first
    finally:
        await engine.close()


async def test_a_child_killed_between_two_streams_is_replaced(engine):
    await said(engine)
    os.kill(await pid(engine), signal.SIGKILL)
    await until(lambda: not engine._child.alive)
    assert await said(engine)


async def test_a_child_that_keeps_dying_is_left_alone_for_a_while(engine):
    for _ in range(2):
        with pytest.raises(EngineError):
            async for _ in engine.stream(PROMPT, Sampling(max_tokens=500, temperature=0.0)):
                os.kill(await pid(engine), signal.SIGKILL)
    with pytest.raises(EngineError, match="several times"):
        await said(engine)
    assert (await engine.health()).state == "unavailable"


def test_waits_double_and_end_with_a_success():
    now = 0.0
    backoff = Backoff(lambda: now)
    waits = []
    for _ in range(9):
        backoff.failed()
        waits.append(backoff.remaining())
    assert waits == [0, 1, 2, 4, 8, 16, 32, 60, 60]
    backoff.succeeded()
    assert backoff.remaining() == 0


def has_room(fits):
    async def answer(*_, **__):
        return fits

    return answer


@pytest.mark.parametrize("fits", [True, False])
async def test_adapters_swap_with_and_without_room_for_two(engine, lora, tmp_path, base_header, monkeypatch, fits):
    monkeypatch.setattr(embedded, "room_for_another", has_room(fits))
    sampling = Sampling(max_tokens=12, temperature=0.0, repeat_penalty=1.0)
    bare = await said(engine, sampling=sampling)
    before = await pid(engine)
    other = write_lora(tmp_path / "other.gguf", base_header, seed=8)
    answers = []
    for path in (lora, other):
        await engine.use_adapter(Adapter(path.stem, path))
        answers.append(await said(engine, sampling=sampling))
    assert len({bare, *answers}) == 3
    child = await pid(engine)
    await engine.use_adapter(Adapter("other", other, scale=0.0))
    assert await said(engine, sampling=sampling) == bare
    await engine.use_adapter(None)
    assert await pid(engine) == child != before


async def test_a_stream_that_runs_during_a_swap_ends_in_peace(engine, lora):
    stream = engine.stream(PROMPT, Sampling(max_tokens=30, temperature=0.0, repeat_penalty=1.0))
    await anext(stream)
    old = psutil.Process(await pid(engine))
    await engine.use_adapter(Adapter("probe", lora))
    async for _ in stream:
        pass
    await until(lambda: not old.is_running())
    assert await said(engine)


async def test_without_room_for_two_the_new_child_waits_for_the_last_answer(engine, lora, monkeypatch):
    monkeypatch.setattr(embedded, "room_for_another", has_room(False))
    sampling = Sampling(max_tokens=30, temperature=0.0, repeat_penalty=1.0)
    whole = await said(engine, sampling=sampling)
    stream = engine.stream(PROMPT, sampling)
    answer = (await anext(stream)).text
    old, there = psutil.Process(await pid(engine)), set(psutil.Process().children())
    swap = asyncio.create_task(engine.use_adapter(Adapter("probe", lora)))
    await asyncio.wait([swap], timeout=1)
    asked = asyncio.create_task(said(engine, sampling=sampling))
    await asyncio.wait([swap, asked], timeout=1)
    assert set(psutil.Process().children()) == there
    answer += "".join([chunk.text async for chunk in stream])
    await swap
    assert answer == whole != await asked
    assert not old.is_running()


async def test_an_answer_that_nobody_fetches_does_not_hold_up_the_next_voice(engine, lora, monkeypatch):
    monkeypatch.setattr(embedded, "room_for_another", has_room(False))
    monkeypatch.setattr(embedded, "_LAST_ANSWER_SECONDS", 0.2)
    stream = engine.stream(PROMPT, Sampling(max_tokens=30))
    await anext(stream)
    await engine.use_adapter(Adapter("probe", lora))
    assert await said(engine)
    await stream.aclose()


@pytest.mark.parametrize(
    ("memory", "card", "on_card", "fits"),
    [(10, 0, False, True), (0, 10, False, False), (10, 0, True, False), (10, 10, True, True), (10, None, True, True)],
)
async def test_room_for_two_is_asked_of_the_card_that_holds_the_model(
    packaged_gguf, monkeypatch, memory, card, on_card, fits
):
    async def free() -> int | None:
        return None if card is None else card << 30

    monkeypatch.setattr(room, "free_memory", lambda: memory << 30)
    monkeypatch.setattr(room, "free_gpu_memory", free)
    assert await room.room_for_another(packaged_gguf, on_card=on_card) is fits


async def test_a_refused_adapter_leaves_what_served_before(engine, tmp_path):
    before = await said(engine)
    bad = tmp_path / "bad.gguf"
    bad.write_bytes(b"GGUF nonsense")
    with pytest.raises(EngineError, match="damaged"):
        await engine.use_adapter(Adapter("bad", bad))
    assert engine.adapter is None
    assert await said(engine) == before


async def test_files_in_the_working_directory_are_not_imported(packaged_gguf, tmp_path, monkeypatch):
    """A manuscript folder may hold a json.py; with `-m` alone Python would run it."""
    (tmp_path / "json.py").write_text("raise SystemExit(3)\n")
    monkeypatch.chdir(tmp_path)
    engine = await EmbeddedEngine.open(packaged_gguf)
    assert await said(engine)
    await engine.close()


@pytest.mark.skipif(sys.platform != "linux", reason="parent-death signals are Linux's")
def test_the_child_dies_with_a_killed_parent(packaged_gguf):
    program = (
        "import asyncio, sys\nfrom pathlib import Path\nfrom ownhand.engines.embedded import EmbeddedEngine\n"
        "async def main():\n    engine = await EmbeddedEngine.open(Path(sys.argv[1]))\n    await engine.load()\n"
        "    print((await engine.health()).facts['pid'], flush=True)\n    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program, packaged_gguf], stdout=subprocess.PIPE)
    child = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.communicate()
    psutil.wait_procs([child], timeout=20)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


class _Child:
    """Stands in for a loaded child, where nothing is generated."""

    users, retired, closing, alive = 0, False, False, True

    async def close(self):
        pass


@pytest.mark.timeout(10)
async def test_who_asks_just_when_the_load_ends_is_served(packaged_gguf, monkeypatch):
    """Between a task's end and the calls that it owes, others have their turn."""
    loaded = asyncio.get_running_loop().create_future()

    async def start(*_, **__):
        await loaded
        return _Child()

    async def ask_late(engine):
        await loaded
        await engine.load()

    monkeypatch.setattr(embedded, "start_child", start)
    engine = await EmbeddedEngine.open(packaged_gguf)
    first = asyncio.create_task(engine.load())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert engine._starting is not None
    late = asyncio.create_task(ask_late(engine))
    await asyncio.sleep(0)
    loaded.set_result(None)
    await asyncio.gather(first, late)
    await engine.close()


async def test_who_waits_for_an_engine_that_is_closed_is_told_so(packaged_gguf, monkeypatch):
    async def start(*_, **__):
        await asyncio.Event().wait()

    monkeypatch.setattr(embedded, "start_child", start)
    engine = await EmbeddedEngine.open(packaged_gguf)
    waiting = asyncio.create_task(engine.load())
    await asyncio.sleep(0)
    await engine.close()
    with pytest.raises(EngineError, match="is closed"):
        await waiting


@pytest.mark.parametrize("end", [EngineError("The engine refused.", "Try again."), asyncio.CancelledError()])
async def test_a_second_child_that_is_of_no_use_is_ended(engine, lora, monkeypatch, no_child_left, end):
    async def warm(*_):
        raise end

    monkeypatch.setattr(embedded, "room_for_another", has_room(True))
    monkeypatch.setattr(embedded, "warm", warm)
    await engine.load()
    before, children = await pid(engine), set(psutil.Process().children())
    with pytest.raises(type(end)):
        await engine.use_adapter(Adapter("probe", lora))
    assert await pid(engine) == before
    assert set(psutil.Process().children()) == children
    await engine.close()


async def test_a_swap_that_outlasts_the_engine_leaves_no_child(engine, lora, monkeypatch, no_child_left):
    async def warm(*_):
        await engine.close()

    monkeypatch.setattr(embedded, "room_for_another", has_room(True))
    monkeypatch.setattr(embedded, "warm", warm)
    await engine.load()
    with pytest.raises(EngineError, match="is closed"):
        await engine.use_adapter(Adapter("probe", lora))


async def test_a_child_that_cannot_be_started_is_said_and_leaves_no_folder(packaged_gguf, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no-python"))
    engine = await EmbeddedEngine.open(packaged_gguf)
    with pytest.raises(EngineError, match="can't be started"):
        await engine.load()
    await engine.close()
    assert not list(tmp_path.iterdir())

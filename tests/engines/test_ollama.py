"""Ollama misbehaving, as a small server of our own plays it; and the real one where it matters."""

import json
import os

import pytest

from bad_ollama import SHOWN, TOKEN, BadOllama, chunked, whole
from ownhand.engines import room
from ownhand.engines.embedded import EmbeddedEngine
from ownhand.engines.ollama import OllamaEngine
from ownhand.engines.ollama_client import LocalClient
from ownhand.engines.protocol import EngineError, Sampling, Usage
from ownhand.engines.room import who_is_in_the_way
from ports import free_port


async def trouble(host, model="tale"):
    """What the writer reads, and the text that came before it."""
    engine, heard = OllamaEngine(model, host), []
    try:
        with pytest.raises(EngineError) as caught:
            async for chunk in engine.stream("The tide", Sampling()):
                heard.append(chunk.text)
    finally:
        await engine.close()
    assert caught.value.next_step
    return caught.value.sentence, "".join(heard)


@pytest.mark.parametrize(
    ("answer", "word", "before"),
    [
        (chunked(TOKEN, end=False), "in the middle", " sea"),
        (chunked(TOKEN), "in the middle", " sea"),
        (chunked(TOKEN, b'{"error":"an error was encountered while running the model"}\n'), "refused", " sea"),
        (chunked(b"<html>hello</html>\n"), "does not speak", ""),
        (chunked(b"[1, 2]\n"), "does not speak", ""),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "in the middle", ""),
        (whole(500, b'{"error":"llama runner process has terminated"}'), "error 500", ""),
        (whole(503, b'{"error":"server busy"}'), "busy", ""),
        (whole(404, b'{"error":"model \'tale\' not found"}'), "no model named tale", ""),
        (whole(302, b""), "refused", ""),
    ],
)
async def test_bad_answers_become_one_sentence(answer, word, before):
    async with BadOllama(answer) as server:
        sentence, heard = await trouble(server.host)
    assert word in sentence
    assert heard == before


async def test_nothing_listening_names_the_setting():
    sentence, _ = await trouble(f"http://127.0.0.1:{free_port()}")
    assert sentence.startswith("Nothing answers at http://127.0.0.1:")


async def test_a_port_that_another_program_took_is_said():
    async with BadOllama(b"") as server:
        server.routes["/api/show"] = "Welcome to the printer"
        sentence, _ = await trouble(server.host)
    assert "does not speak as Ollama does" in sentence


@pytest.mark.parametrize("variable", ["https://words.example", "198.51.100.1:80"])
async def test_an_empty_setting_means_this_machine_whatever_the_environment_says(variable, monkeypatch):
    monkeypatch.setenv("OLLAMA_HOST", variable)
    client = LocalClient("")
    assert str(client._client.base_url) == "http://127.0.0.1:11434"
    await client.close()


@pytest.mark.parametrize("name", ["gpt-oss:120b-cloud", "kimi:cloud"])
async def test_cloud_names_are_refused_before_anything_is_sent(name):
    with pytest.raises(EngineError, match="no cloud"):
        OllamaEngine(name)


async def test_a_cloud_model_under_another_name_gets_no_prompt():
    async with BadOllama(chunked(TOKEN)) as server:
        server.routes["/api/show"] = {**SHOWN, "remote_host": "https://elsewhere.example", "remote_model": "big"}
        sentence, _ = await trouble(server.host)
    assert "no cloud" in sentence
    assert "/api/generate" not in [path for path, _ in server.requests]


async def test_every_request_is_raw_uncut_and_alike(monkeypatch):
    monkeypatch.setenv("OLLAMA_HOST", "http://elsewhere.example")
    monkeypatch.setenv("HTTP_PROXY", "http://elsewhere.example")
    done = json.dumps({"done": True, "done_reason": "stop", "prompt_eval_count": 3, "eval_count": 1}).encode() + b"\n"
    async with BadOllama(chunked(TOKEN, done)) as server:
        engine = OllamaEngine("tale", server.host)
        for tokens in (0, 48):
            usage = Usage()
            assert [c.text async for c in engine.stream("The tide", Sampling(max_tokens=tokens), usage)] == [" sea"]
            assert usage.finish == "stop"
        await engine.close()
    asked = [json.loads(content) for path, content in server.requests if path == "/api/generate"]
    assert all(each["raw"] and each["truncate"] is False and each["shift"] is False for each in asked)
    assert [each["options"]["num_predict"] for each in asked] == [1, 48]
    assert len({(each["options"]["num_ctx"], each["options"]["num_batch"]) for each in asked}) == 1


async def test_a_loaded_model_is_not_loaded_again():
    """Loading before every suggestion threw the prompt's kept beginning away, and each one was read from the start."""
    done = json.dumps({"done": True, "done_reason": "stop", "prompt_eval_count": 9, "eval_count": 1}).encode() + b"\n"
    async with BadOllama(chunked(TOKEN, done)) as server:
        engine = OllamaEngine("tale", server.host)
        for _ in range(3):
            await engine.load()
        await engine.close()
    assert [path for path, _ in server.requests].count("/api/generate") == 1


async def test_a_model_in_use_is_not_pushed_out(monkeypatch):
    monkeypatch.setattr(room, "free_memory", lambda: 1200)
    async with BadOllama(chunked(TOKEN)) as server:
        server.routes["/api/ps"] = {"models": [{"name": "chat:8b", "size": 8000}]}
        sentence, _ = await trouble(server.host)
        assert "no room for tale beside it" in sentence
        assert "chat:8b" in sentence


async def test_the_rule_about_room(monkeypatch):
    monkeypatch.setattr(room, "free_memory", lambda: 5000)
    other, ours = {"name": "chat:8b"}, {"name": "tale:latest"}
    assert await who_is_in_the_way({"tale:latest"}, 9999, [], True) == ""
    assert await who_is_in_the_way({"tale:latest"}, 9999, [other, ours], True) == ""
    assert await who_is_in_the_way({"tale:latest"}, 3900, [other], True) == ""
    assert await who_is_in_the_way({"tale:latest"}, 4100, [other], True) == "chat:8b"
    assert await who_is_in_the_way({"tale:latest"}, 10, [other] * 3, True) == "chat:8b"
    assert await who_is_in_the_way({"tale:latest"}, 10, [other], False) == "chat:8b"


@pytest.mark.parametrize(
    ("answer", "free"),
    [
        ("printf '0, GPU-a, 1024\\n1, GPU-b, 2048\\n'", 2048 << 20),
        ("exec sleep 60", None),
        ("echo No devices found", None),
        ("exit 9", None),
    ],
)
async def test_free_memory_of_a_gpu_whose_tool_answers_or_hangs(answer, free, tmp_path, monkeypatch):
    tool = tmp_path / "nvidia-smi"
    tool.write_text(f"#!/bin/sh\n{answer}\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(room, "_GPU_SECONDS", 0.3 if "sleep" in answer else 30)
    monkeypatch.setattr(room, "_amd_cards", lambda: ())
    assert await room.free_gpu_memory() == free


@pytest.mark.parametrize("version", ["0.34.1", "0.40.2", "unheard-of"])
async def test_an_ollama_that_refuses_adapters_is_told_apart_by_its_version(lora, version):
    from ownhand.engines.protocol import Adapter

    async with BadOllama(b"") as server:
        server.routes["/api/version"] = {"version": version}
        engine = OllamaEngine("tale", server.host)
        with pytest.raises(EngineError, match="can't serve an adapter") as caught:
            await engine.use_adapter(Adapter("probe", lora))
        await engine.close()
    assert "embedded" in caught.value.next_step


@pytest.mark.ollama
@pytest.mark.timeout(180)
async def test_a_missing_model_names_the_pull(ollama_server):
    engine = OllamaEngine("nowhere-7b", ollama_server.host)
    with pytest.raises(EngineError) as caught:
        await engine.load()
    health = await engine.health()
    await engine.close()
    assert "`ollama pull nowhere-7b`" in caught.value.next_step
    assert health.state == "unavailable"


@pytest.mark.ollama
@pytest.mark.embedded
@pytest.mark.timeout(180)
async def test_where_the_next_token_is_part_of_a_character_the_whole_ones_beside_it_are_told(
    ollama_server, packaged_gguf
):
    """The whale is three tokens, none of them text by itself: Ollama tells nothing before it is whole, and not how
    its parts are spelled."""
    whale = "🐋🌊🐋🌊🐋🌊🐋🌊🐋🌊"
    told = OllamaEngine(ollama_server.model, ollama_server.host)
    known = await EmbeddedEngine.open(packaged_gguf)
    try:
        found = {token.text: token.logprob for token in await told.next_tokens(whale, 20)}
        right = {token.text: token.logprob for token in await known.next_tokens(whale, 60)}
    finally:
        await told.close()
        await known.close()
    assert "🐋".encode().startswith(max(right, key=right.get))
    assert len(found) >= 5
    assert "\ufffd".encode() not in b"".join(found)
    both = found.keys() & right.keys()
    assert b"\n" in both
    assert [found[text] for text in both] == pytest.approx([right[text] for text in both], abs=0.5)

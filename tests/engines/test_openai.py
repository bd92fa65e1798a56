"""The OpenAI-compatible engine beside the contract: servers that are gone, wrong, or speak another dialect."""

import asyncio
import json
import ssl

import pytest

from bad_ollama import BadOllama, chunked, whole
from engine_files import start_llama_server
from ownhand.engines.openai import OpenAIEngine, _probabilities
from ownhand.engines.protocol import Adapter, EngineError, Sampling
from ownhand.engines.wire import events, private_client
from ports import free_port


async def said(engine):
    return "".join([chunk.text async for chunk in engine.stream("The tide", Sampling(max_tokens=400, temperature=0.0))])


async def test_nothing_listening_names_the_setting():
    engine = OpenAIEngine(f"http://127.0.0.1:{free_port()}/v1")
    with pytest.raises(EngineError, match="Nothing answers") as caught:
        await said(engine)
    assert "ownhand.openai.baseUrl" in caught.value.next_step
    assert (await engine.health()).state == "unavailable"
    await engine.close()


async def test_another_program_on_the_port_is_said():
    async with BadOllama(whole(200, b"<html>")) as server:
        server.routes["/v1/models"] = "Welcome to the printer"
        engine = OpenAIEngine(f"{server.host}/v1")
        with pytest.raises(EngineError, match="not a completion"):
            await said(engine)
        await engine.close()


@pytest.mark.embedded
@pytest.mark.timeout(180)
async def test_a_server_killed_in_the_middle_and_then_gone_is_said(packaged_gguf, lora):
    server = start_llama_server(packaged_gguf, lora)
    engine = OpenAIEngine(server.base_url)
    with pytest.raises(EngineError, match="in the middle"):
        async for _ in engine.stream("The tide", Sampling(max_tokens=2000, temperature=0.0)):
            server.close()
    with pytest.raises(EngineError, match="Nothing answers"):
        await said(engine)
    await engine.close()


@pytest.mark.embedded
@pytest.mark.timeout(180)
async def test_a_model_the_server_lacks_is_named(llama_server):
    engine = OpenAIEngine(llama_server.base_url, "another-model")
    with pytest.raises(EngineError, match="no model named another-model") as caught:
        await engine.load()
    assert "set ownhand.model" in caught.value.next_step
    await engine.close()


@pytest.mark.embedded
@pytest.mark.timeout(180)
async def test_an_adapter_the_server_was_not_started_with_is_refused(llama_server, tmp_path):
    engine = OpenAIEngine(llama_server.base_url)
    with pytest.raises(EngineError, match="can't load the adapter other"):
        await engine.use_adapter(Adapter("other", tmp_path / "other.gguf"))
    await engine.close()


def test_log_probabilities_in_both_dialects():
    assert _probabilities({"content": [{"token": " sea", "logprob": -0.5}]}) == ((" sea", -0.5),)
    assert _probabilities({"tokens": [" sea", "."], "token_logprobs": [-0.5, None]}) == ((" sea", -0.5),)


@pytest.mark.parametrize(
    ("base_url", "wanted"),
    [
        ("https://words.example/v1", ssl.CERT_REQUIRED),
        ("HTTPS://words.example/v1", ssl.CERT_REQUIRED),
        ("http://127.0.0.1:8000/v1", ssl.CERT_NONE),
    ],
)
async def test_a_server_behind_https_has_to_prove_who_it_is(base_url, wanted):
    engine = OpenAIEngine(base_url, key="secret")
    assert engine._client._transport._pool._ssl_context.verify_mode == wanted
    await engine.close()


async def test_line_separators_in_an_answer_end_no_event():
    """JSON strings may hold U+2028, U+2029 and U+0085 as they are, and a poet's model writes them."""
    words = "the door\u2028the gate\u2029the sea\u0085and"
    line = b"data: " + json.dumps({"content": words}, ensure_ascii=False).encode() + b"\r\n\r\n"
    async with BadOllama(chunked(line[:30], line[30:], b"data: [DONE]\n\n")) as server:
        client = private_client(server.host)
        async with client.stream("POST", "/api/generate", content=b"{}") as response:
            assert [event async for event in events(response)] == [{"content": words}]
        await client.aclose()


async def test_a_connection_that_the_server_closes_when_idle_is_not_used_again():
    handling = []

    async def serve(reader, writer):
        handling.append(asyncio.current_task())
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}")
        await reader.read(1)  # the next request finds the connection closed
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        client = private_client(f"http://{host}:{port}")
        for _ in range(2):
            assert (await client.get("/")).json() == {}
        await client.aclose()
        await asyncio.gather(*handling)
    assert len(handling) == 2

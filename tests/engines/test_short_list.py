"""The list that the writer picks a model from: what stands in it, which is the present one, what is said beside it."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from bad_ollama import BadOllama
from ollama_folder import put_blob
from ollama_server import OllamaServer
from ownhand.engines.protocol import Model
from ownhand.engines.short_list import ShortList, short_list
from ownhand.engines.suitable import PULL, TOO_LARGE
from ownhand.home import Home
from ownhand.settings import Settings

NOBODY = "http://127.0.0.1:9"
PACKAGED = "SmolLM2-135M-Instruct"


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where an Ollama of this machine would keep its models."""
    monkeypatch.setenv("OLLAMA_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


@pytest.fixture(scope="session")
def weights(packaged_gguf: Path) -> bytes:
    return packaged_gguf.read_bytes()


async def listed(home: Home, **settings: Any) -> ShortList:
    return await short_list(Settings(**{"ollama_host": NOBODY, **settings}), home)


def names(found: ShortList) -> list[str]:
    return [model.name for model in found.models]


async def test_with_the_packaged_model_alone_the_next_step_is_said(engine_home: Home) -> None:
    found = await listed(engine_home)
    assert (names(found), found.current, found.ollama) == ([PACKAGED], PACKAGED, False)
    assert "writes poorly" in found.sentence
    assert "install Ollama" in found.sentence
    assert PULL in found.sentence
    assert found.command == PULL
    (entry,) = json.loads(json.dumps(found.to_json()))["models"]
    assert entry["current"]
    assert entry["packaged"]
    assert entry["setting"] == "", "the packaged model serves while the setting is empty"
    assert entry["size"] > 90_000_000
    assert (entry["licence"], entry["parameters"], entry["family"]) == ("Apache-2.0", "135M", "llama")


async def test_without_any_model_the_sentence_does_not_speak_of_one(
    engine_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ownhand.engines.weights._package_folders", list)
    found = await listed(engine_home)
    assert (names(found), found.current) == ([], "")
    assert found.sentence.startswith("No model that could write")


async def test_the_suitable_come_first_and_the_others_say_why_not(
    engine_home: Home, folder: Path, weights: bytes
) -> None:
    put_blob(folder, weights, "tale-coder")
    models = list((await short_list(Settings(ollama_host=NOBODY), engine_home)).models)
    assert [(model.name, model.suitable, model.why_not) for model in models] == [
        (PACKAGED, True, ""),
        ("tale-coder:7b", False, "was made for program code"),
    ]
    assert (await listed(engine_home)).sentence.startswith("Only the small packaged model")


async def test_an_installed_ollama_that_is_off_has_only_to_be_started(
    engine_home: Home, folder: Path, weights: bytes
) -> None:
    put_blob(folder, weights)
    found = await listed(engine_home, model="tale:7b")
    assert (names(found), found.current) == (["tale:7b", PACKAGED], "tale:7b")
    assert found.sentence == ""
    assert "start Ollama" in found.better
    assert "install" not in found.better


async def test_a_file_that_the_writer_named_stands_in_the_list(
    engine_home: Home, folder: Path, weights: bytes, packaged_gguf: Path, tmp_path: Path
) -> None:
    file = tmp_path / "my own.gguf"
    file.symlink_to(packaged_gguf)
    found = await listed(engine_home, model=str(file))
    assert (names(found), found.current) == ([str(file), PACKAGED], str(file))
    assert found.to_json()["models"][0]["setting"] == str(file)
    assert found.sentence == ""
    held = put_blob(folder, weights)
    assert (await listed(engine_home, model=str(held))).current == "tale:7b"


@pytest.mark.parametrize(
    ("model", "words"),
    [("tale:7b", "while Ollama is off"), ("/nowhere/tale.gguf", "is not on this machine")],
)
async def test_a_chosen_model_that_is_gone_is_named(engine_home: Home, model: str, words: str) -> None:
    found = await listed(engine_home, model=model)
    assert found.current == model
    assert model in found.sentence
    assert words in found.sentence
    assert not any(entry["current"] for entry in found.to_json()["models"])


async def test_each_engine_is_offered_what_it_can_serve(engine_home: Home, folder: Path, weights: bytes) -> None:
    put_blob(folder, weights)
    async with BadOllama(b"") as ollama:
        everything = await listed(engine_home, ollama_host=ollama.host, model="tale")
        embedded = await listed(engine_home, ollama_host=ollama.host, engine="embedded")
        held = await listed(engine_home, ollama_host=ollama.host, engine="ollama")
    assert names(everything) == ["tale:7b", "tale:latest", PACKAGED]
    assert everything.current == "tale:latest"
    assert names(embedded) == ["tale:7b", PACKAGED]
    assert names(held) == ["tale:latest"]
    assert names(await listed(engine_home, engine="ollama")) == ["tale:7b"]
    server = await listed(engine_home, engine="openai", openai_base_url=f"{NOBODY}/v1", model="mine")
    assert (names(server), server.current, server.command) == ([], "mine", "")
    assert "Nothing answers" in server.sentence


async def test_the_present_model_is_never_left_out_for_the_memory_that_it_takes(
    engine_home: Home, folder: Path, weights: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_blob(folder, weights)
    monkeypatch.setattr("ownhand.engines.suitable.free_memory", lambda: 1 << 20)
    found = await listed(engine_home, model="tale:7b")
    assert [(model.name, model.why_not) for model in found.models] == [("tale:7b", ""), (PACKAGED, TOO_LARGE)]


async def test_an_ollama_that_never_answers_is_not_waited_for(
    engine_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ownhand.engines.short_list._PATIENCE", 0.2)
    over = asyncio.Event()

    async def silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    host = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    found = await listed(engine_home, ollama_host=host)
    assert (names(found), found.ollama) == ([PACKAGED], False)
    over.set()
    server.close()


@pytest.mark.ollama
@pytest.mark.timeout(180)
async def test_what_ollama_holds_is_listed(engine_home: Home, ollama_server: OllamaServer) -> None:
    found = await listed(engine_home, ollama_host=ollama_server.host, model=ollama_server.model)
    held = f"{ollama_server.model}:latest"
    assert {model.name: model.can_learn for model in found.models} == {held: True, PACKAGED: True}
    assert (found.current, found.ollama, found.sentence) == (held, True, "")
    assert PULL in found.better
    assert found.models[0].size == pytest.approx(found.models[1].size, rel=0.01)


async def test_a_server_with_the_openai_interface_names_its_own(engine_home: Home) -> None:
    async with BadOllama(b"") as server:
        server.routes["/v1/models"] = {"data": [{"id": "first"}, {"id": "second"}]}
        asked = {"engine": "openai", "openai_base_url": f"{server.host}/v1"}
        assert (await listed(engine_home, **asked)).current == "first"
        found = await listed(engine_home, **asked, model="second")
    assert found.models == (Model("first"), Model("second"))
    assert (found.current, found.sentence) == ("second", "")

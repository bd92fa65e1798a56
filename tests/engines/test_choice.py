"""Which engine serves, which models suit, and what an Ollama folder holds."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ollama_folder import put_blob
from ownhand.engines.choice import SCRIPT_VARIABLE, choose_engine
from ownhand.engines.estimate import SAMPLE, TokenEstimate
from ownhand.engines.ollama_blobs import local_blobs, models_folders
from ownhand.engines.protocol import EngineError, Model, Sampling
from ownhand.engines.suitable import suitable
from ownhand.settings import Settings

NOBODY = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def no_ollama_of_this_machine(monkeypatch, tmp_path):
    monkeypatch.setenv("OLLAMA_MODELS", str(tmp_path / "models"))


async def chosen(home, **settings):
    engine = await choose_engine(Settings(**settings), home)
    await engine.close()
    return engine.name, engine.model


async def test_without_a_model_the_packaged_one_serves(engine_home):
    assert await chosen(engine_home) == ("embedded", "SmolLM2-135M-Instruct")


async def test_without_weights_the_sentence_names_setup(engine_home, monkeypatch):
    monkeypatch.setattr("ownhand.engines.weights._package_folders", list)
    with pytest.raises(EngineError) as caught:
        await chosen(engine_home)
    assert "`ownhand setup`" in caught.value.next_step


async def test_fetched_weights_come_before_installed_ones(engine_home, packaged_gguf):
    engine_home.weights.mkdir(parents=True)
    (engine_home.weights / packaged_gguf.name).symlink_to(packaged_gguf)
    engine = await choose_engine(Settings(), engine_home)
    assert engine.path.parent == engine_home.weights


async def test_a_path_serves_that_file(engine_home, packaged_gguf):
    assert await chosen(engine_home, model=str(packaged_gguf)) == ("embedded", packaged_gguf.stem)


async def test_auto_serves_ollamas_own_file_while_ollama_is_silent(engine_home, tmp_path, packaged_gguf):
    put_blob(tmp_path / "models", packaged_gguf.read_bytes())
    assert await chosen(engine_home, model="tale:7b", ollama_host=NOBODY) == ("embedded", "tale:7b")
    with pytest.raises(EngineError, match="Nothing answers"):
        await chosen(engine_home, model="other:7b", ollama_host=NOBODY)


@pytest.mark.ollama
@pytest.mark.timeout(180)
async def test_auto_takes_ollama_while_it_answers(engine_home, ollama_server):
    named = {"model": ollama_server.model, "ollama_host": ollama_server.host}
    assert await chosen(engine_home, **named) == ("ollama", ollama_server.model)
    assert [blob.name for blob in local_blobs([ollama_server.models_folder])] == [f"{ollama_server.model}:latest"]


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"engine": "openai"}, "names no server"),
        ({"engine": "ollama"}, "No model is chosen"),
        ({"engine": "embedded", "model": "nowhere"}, "finds no model named nowhere"),
        ({"engine": "ollama", "model": "big:cloud"}, "no cloud"),
    ],
)
async def test_settings_that_name_nothing_get_a_sentence(engine_home, settings, word):
    with pytest.raises(EngineError, match=word):
        await chosen(engine_home, **settings)


async def test_a_script_serves_when_the_environment_names_one(engine_home, tmp_path, monkeypatch):
    script = tmp_path / "script.json"
    rules = [{"ends_with": "the sea", "text": " was his home."}]
    script.write_text(json.dumps({"rules": rules, "default": " …", "chunk": 3, "delay_ms": 1}))
    monkeypatch.setenv(SCRIPT_VARIABLE, str(script))
    engine = await choose_engine(Settings(), engine_home)
    assert [c.text async for c in engine.stream("At night the sea", Sampling())] == [" wa", "s h", "is ", "hom", "e."]
    assert [c.text async for c in engine.stream("Elsewhere", Sampling())] == [" …"]
    script.write_text("[{}]")
    with pytest.raises(EngineError, match="no script"):
        await choose_engine(Settings(), engine_home)


@pytest.mark.parametrize(
    ("model", "word"),
    [
        (Model("nomic-embed-text:latest"), "measures texts"),
        (Model("all-minilm:33m", family="bert"), "measures texts"),
        (Model("qwen2.5-coder:7b"), "program code"),
        (Model("gpt-oss:120b-cloud"), "somebody else's machine"),
        (Model("llama3:70b", size=40 << 30), "too large"),
    ],
)
def test_unsuitable_models(model, word):
    fits, why_not = suitable(model, memory=16 << 30)
    assert not fits
    assert word in why_not


def test_a_plain_model_is_suitable():
    assert suitable(Model("gemma3:1b", size=1 << 30), memory=16 << 30) == (True, "")
    assert not suitable(Model("x"), capabilities=["embedding"], memory=1)[0]


def test_odd_things_in_ollamas_folder_are_skipped(tmp_path):
    folder = tmp_path / "models"
    assert local_blobs([folder]) == []
    good = put_blob(folder, b"GGUF and so on")
    put_blob(folder, b"GGUF of another", "voiced", "latest", ("model", "adapter"))
    put_blob(folder, b"safetensors", "strange")
    broken = folder / "manifests" / "registry.ollama.ai" / "library" / "broken"
    broken.mkdir()
    for number, text in enumerate(["", "[]", '{"layers": 3}', '{"layers": [{"mediaType": 1, "digest": "../../x"}]}']):
        (broken / str(number)).write_text(text)
    assert [(blob.name, blob.path) for blob in local_blobs([folder])] == [("tale:7b", good)]


def test_where_ollama_keeps_models():
    assert models_folders({"OLLAMA_MODELS": "/srv/models"})[0].as_posix() == "/srv/models"
    assert any(folder.parts[-2:] == (".ollama", "models") for folder in models_folders({}))


@given(st.text(), st.text(min_size=200), st.integers(1, 400))
def test_estimates_never_pass_one_token_per_byte(text, seen, tokens):
    estimate = TokenEstimate()
    estimate.observe(seen, tokens)
    assert 0 <= estimate.upper(text) <= len(text.encode("utf-8", "replace")) + 1
    assert estimate.upper("") == 0


@pytest.mark.embedded
@pytest.mark.timeout(180)
async def test_estimates_bound_a_real_vocabulary(packaged_gguf):
    """After one sample, as the Ollama engine takes it at load, on prose and verse in four languages."""
    from ownhand.engines.embedded import EmbeddedEngine

    engine = await EmbeddedEngine.open(packaged_gguf)
    estimate = TokenEstimate()
    estimate.observe(SAMPLE, await engine.count_tokens(SAMPLE))
    for text in TEXTS:
        truth = await engine.count_tokens(text)
        assert truth <= estimate.upper(text)
    assert estimate.upper(TEXTS[0]) < 2 * await engine.count_tokens(TEXTS[0])
    await engine.close()


TEXTS = [
    "The ferry was late, and then it was not a ferry at all but a lit kitchen, drifting, with a man in it "
    "who waved as one waves to a bus. She did not wave. She had eggs in both hands.",
    "o\n   (the gull says)\n\n      o\n\nkeep — keep\n            the tin\nthe thread, the tin",
    "Der Fährmann schwieg. Über dem Wasser hing der Nebel wie ein nasses Tuch, und niemand wußte mehr, was Süden hieß.",
    "La mer était d'huile; à l'aube, on hissa les filets, et personne n'osait nommer ce qu'ils avaient rapporté.",
    "渡し守は黙っていた。霧は濡れた布のように水の上に垂れ、もう誰も南を知らなかった。",
]

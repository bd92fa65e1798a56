"""An Ollama that takes no adapters gets the base with the adapter merged into it."""

import asyncio
import json
import time
from dataclasses import replace

import pytest

from bad_ollama import SHOWN, BadOllama
from engine_files import write_lora
from ownhand.engines import ollama, ollama_merged
from ownhand.engines.embedded import EmbeddedEngine
from ownhand.engines.ollama import OllamaEngine
from ownhand.engines.ollama_blobs import blob_file, local_blobs
from ownhand.engines.ollama_derived import derived_name, route
from ownhand.engines.ollama_merged import kept, parameters_of
from ownhand.engines.protocol import Adapter, EngineError, Sampling
from ownhand.engines.wire import body
from ownhand.voices.probe import Place, agreement, engine_shifts

VOICE = "fedcba9876543210"
TEXT = (
    "The barge came up at four, and nobody spoke. The dog looked at the water, then at the rope, then at the men who "
    "stood along the quay with their hands in their pockets. It had rained since Sunday. Every gutter in the town ran "
    "brown, and the bells, which had been cracked in the war, were rung all the same, because the priest was deaf."
)


@pytest.mark.parametrize(
    ("version", "architecture", "way"),
    [
        ("0.17.4", "llama", "adapter"),
        ("0.17.4", "gemma3", "merged"),
        ("0.24.0", "qwen3", "merged"),
        ("0.30.0", "qwen3", "adapter"),
        ("0.34.0", "gemma3", "adapter"),
        ("0.34.0-rc1", "llama", "adapter"),
        ("0.34.1", "llama", "merged"),
        ("0.40.2", "llama", "merged"),
        ("1.0.0", "llama", "merged"),
        ("unheard-of", "llama", "merged"),
    ],
)
def test_the_route_follows_version_and_kind_of_model(version, architecture, way):
    assert route(version, architecture) == way


def test_parameters_are_taken_over_as_ollama_shows_them():
    shown = (
        'stop                           "<|im_end|>"\n'
        'stop                           "\\x1f\\n"\n'
        "temperature                    0.7\n"
        "num_keep                       24\n"
        "typical_p                      0.9\n"
        "penalize_newline               true\n"
        "odd                            what?"
    )
    assert parameters_of(shown) == {
        "stop": ["<|im_end|>", "\x1f\n"],
        "temperature": 0.7,
        "num_keep": 24,
        "penalize_newline": True,
    }
    assert kept({"template": "{{ .Prompt }}", "license": "", "parameters": 'stop "x"'}) == {
        "template": "{{ .Prompt }}",
        "parameters": {"stop": ["x"]},
    }


def test_a_blob_is_found_where_ollama_says_or_where_it_may_be_and_nowhere_else(tmp_path):
    name = f"sha256-{'a' * 64}"
    digest = name.replace("-", ":")
    there, usual = tmp_path / "there", tmp_path / "models"
    for folder in (there, usual / "blobs"):
        folder.mkdir(parents=True)
    assert blob_file(digest, str(there / name), [usual]) is None
    (usual / "blobs" / name).write_bytes(b"GGUF")
    assert blob_file(digest, str(there / name), [usual]) == usual / "blobs" / name
    (there / name).write_bytes(b"GGUF")
    assert blob_file(digest, str(there / name), [usual]) == there / name
    (there / "letters.txt").write_text("private")
    assert blob_file(digest, str(there / "letters.txt"), []) is None
    assert blob_file("sha256:../../x", "", [usual]) is None


@pytest.fixture
def newest(monkeypatch):
    """Any Ollama is as one of today, which takes no adapters."""
    monkeypatch.setattr(ollama, "route", lambda version, architecture: "merged")


def shown(base):
    folder = base.parent / "blobs"
    folder.mkdir(exist_ok=True)
    blob = folder / f"sha256-{'b' * 64}"
    if not blob.exists():
        blob.symlink_to(base)
    return {**SHOWN, "modelfile": f"# Modelfile\nFROM {blob}\nTEMPLATE x\n"}


@pytest.fixture
def base(tmp_path, packaged_gguf):
    place = tmp_path / "base.gguf"
    place.symlink_to(packaged_gguf)
    return place


async def refused(base, lora):
    """What the writer reads, and the paths that were asked for."""
    async with BadOllama(b"") as server:
        server.routes |= {"/api/version": {"version": "0.34.1"}, "/api/show": shown(base)}
        engine = OllamaEngine("tale", server.host)
        with pytest.raises(EngineError) as caught:
            await engine.use_adapter(Adapter("probe", lora))
        assert engine.adapter is None
        await engine.close()
    asked = {path for path, _ in server.requests}
    assert "/api/create" not in asked
    assert not any(path.startswith("/api/blobs") for path in asked)
    return caught.value


@pytest.mark.parametrize(("free", "words"), [(2, "0.3 GB, and 0.2 GB are free"), (4, "0.4 GB, and 0.4 GB are free")])
async def test_too_little_disk_is_told_with_both_figures_before_any_work(free, words, base, lora, monkeypatch):
    """The second holds the file once, and needs it twice for a while."""
    usage = type("Usage", (), {"free": free * 100_000_000})
    monkeypatch.setattr(ollama_merged.shutil, "disk_usage", lambda _: usage)
    error = await refused(base, lora)
    assert words in error.sentence
    assert "embedded" in error.next_step


async def test_too_little_memory_is_told_with_both_figures_before_any_work(base, lora, monkeypatch):
    monkeypatch.setattr(ollama_merged, "free_memory", lambda: 50_000_000)
    error = await refused(base, lora)
    assert "0.1 GB of memory are free" in error.sentence
    assert "embedded" in error.next_step


async def test_a_base_that_is_gone_names_the_embedded_engine(base, lora):
    facts = shown(base)
    assert "FROM" in facts["modelfile"]
    next((base.parent / "blobs").iterdir()).unlink()
    base.unlink()
    base.symlink_to(base.parent / "nowhere")
    error = await refused(base, lora)
    assert error.sentence == "This Ollama can't serve an adapter for tale."
    assert "embedded" in error.next_step


@pytest.mark.ollama
@pytest.mark.embedded
@pytest.mark.timeout(600)
class TestRealOllama:
    """Whatever its version, it serves a merged model."""

    @pytest.fixture
    async def engine(self, ollama_server, newest):
        made = OllamaEngine(ollama_server.model, ollama_server.host)
        yield made
        await made.use_adapter(None)
        await made.remove_derived(VOICE)
        await made.close()

    @staticmethod
    def models(server):
        listed = json.loads(server.ask("GET", "/api/tags"))["models"]
        return {entry["name"].removesuffix(":latest") for entry in listed}

    @staticmethod
    def wait_until_unloaded(server, name):
        """Two of them would fill the memory."""
        while f"{name}:latest".encode() in server.ask("GET", "/api/ps"):
            time.sleep(0.1)

    async def test_it_shifts_probabilities_as_the_embedded_engine_does(
        self, engine, packaged_gguf, base_header, tmp_path
    ):
        adapter = Adapter(f"{VOICE}-1", write_lora(tmp_path / "adapter.gguf", base_header, strength=0.1))
        places = [Place(" ".join(TEXT.split(" ")[:end]), ()) for end in range(8, 32)]
        beside = await EmbeddedEngine.open(packaged_gguf)
        theirs = await engine_shifts(beside, adapter, places)
        await beside.close()
        found = agreement(await engine_shifts(engine, adapter, places), theirs)
        assert 0.85 < found.slope < 1.15, found
        assert found.correlation > 0.85, found
        doubled = agreement(await engine_shifts(engine, replace(adapter, scale=2.0), places), theirs)
        assert doubled.slope > 1.5, doubled
        assert [path.name for path in tmp_path.iterdir()] == ["adapter.gguf"], "nothing is left beside the adapter"

    async def test_it_is_made_once_kept_and_removed_like_any_of_ours(
        self, engine, ollama_server, lora, base_header, tmp_path, monkeypatch
    ):
        made, make = [], ollama_merged.make

        async def counted(*arguments):
            made.append(arguments[-1])
            await make(*arguments)

        monkeypatch.setattr(ollama_merged, "make", counted)
        other = write_lora(tmp_path / "other.gguf", base_header, seed=9)
        before = self.models(ollama_server)
        first = derived_name(engine.model, f"{VOICE}-1")
        for _ in range(2):
            await engine.use_adapter(Adapter(f"{VOICE}-1", lora))
            await engine.use_adapter(None)
        assert made == [first], "what was made before is found again"
        await engine.use_adapter(Adapter(f"{VOICE}-1", other))
        assert made == [first, first], "another adapter of that name is not taken for it"
        await engine.use_adapter(Adapter(f"{VOICE}-2", lora))
        await engine.tidied()
        await asyncio.to_thread(self.wait_until_unloaded, ollama_server, first)
        assert self.models(ollama_server) - before == {derived_name(engine.model, f"{VOICE}-2")}
        assert not [blob for blob in local_blobs([ollama_server.models_folder]) if blob.name.startswith("ownhand-")]
        await engine.remove_derived(VOICE)
        assert self.models(ollama_server) == before

    async def test_what_the_base_says_to_prompts_is_kept(self, ollama_server, newest, lora):
        told = {
            "model": "told",
            "from": ollama_server.model,
            "parameters": {"stop": ["<|im_end|>", "\n\n\n"], "repeat_last_n": 32},
            "template": "{{ .Prompt }} ",
            "license": "Apache-2.0",
            "stream": False,
        }
        ollama_server.ask("POST", "/api/create", body(told))
        engine = OllamaEngine("told", ollama_server.host)
        try:
            await engine.use_adapter(Adapter(f"{VOICE}-1", lora))
            asked = {"model": derived_name("told", f"{VOICE}-1"), "verbose": True}
            mine = json.loads(ollama_server.ask("POST", "/api/show", body(asked)))
            base = json.loads(ollama_server.ask("POST", "/api/show", body(asked | {"model": "told"})))
        finally:
            await engine.use_adapter(None)
            await engine.remove_derived(VOICE)
            await engine.close()
            ollama_server.ask("DELETE", "/api/delete", body({"model": "told"}))
        assert parameters_of(mine["parameters"]) == parameters_of(base["parameters"]) != {}
        assert (mine["template"], mine["license"]) == (base["template"], base["license"])
        tokens = {key: value for key, value in base["model_info"].items() if key.startswith("tokenizer.")}
        assert tokens.items() <= mine["model_info"].items()

    async def test_streams_are_answered_while_it_is_made(self, engine, lora):
        sampling = Sampling(max_tokens=3, temperature=0.0)
        await engine.load()
        making = asyncio.create_task(engine.use_adapter(Adapter(f"{VOICE}-3", lora)))
        answers = 0
        while not making.done() and answers < 3:
            answers += bool([chunk async for chunk in engine.stream("The tide went out, and the", sampling)])
        await making
        assert answers

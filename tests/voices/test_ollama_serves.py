"""Real Ollama serves an adapter; what it had to make for that is removed again, and nothing else."""

import asyncio
import json

import pytest

from ownhand.engines.ollama import OllamaEngine
from ownhand.engines.ollama_blobs import derived_models
from ownhand.engines.ollama_derived import derived_name, is_derived
from ownhand.engines.protocol import Adapter, EngineError, Sampling
from ownhand.voices.gguf_export import export_gguf
from ownhand.voices.serving import Turns, VoicedEngine
from peft_files import write_peft

pytestmark = [pytest.mark.ollama, pytest.mark.timeout(300)]
VOICE, STRANGER = "0123456789abcdef", "fedcba9876543210"
PROMPT = "The tide went out, and the"


@pytest.fixture(scope="module")
def lora(tmp_path_factory, packaged_gguf):
    from ownhand.engines.gguf_header import read_header

    header, folder = read_header(packaged_gguf), tmp_path_factory.mktemp("lora")
    paths = []
    for seed in (1, 2):
        made = write_peft(folder / str(seed), header, strength=0.08, seed=seed)
        paths.append(export_gguf(made, header, made / "adapter.gguf"))
    return paths


@pytest.fixture
async def engine(ollama_server):
    made = OllamaEngine(ollama_server.model, ollama_server.host)
    yield made
    await made.close()


def models(server):
    return {entry["name"].removesuffix(":latest") for entry in json.loads(server.ask("GET", "/api/tags"))["models"]}


async def likely(engine):
    return [(token.text, round(token.logprob, 3)) for token in await engine.next_tokens(PROMPT, 5)]


async def test_each_adapter_answers_and_only_the_serving_ones_model_is_kept(engine, ollama_server, lora):
    before = models(ollama_server)
    bare = await likely(engine)
    seen = [bare]
    for number, path in enumerate(lora):
        await engine.use_adapter(Adapter(f"{VOICE}-{number + 1}", path))
        await engine.tidied()
        seen.append(await likely(engine))
        assert models(ollama_server) - before == {derived_name(engine.model, f"{VOICE}-{number + 1}")}
    assert len({str(answer) for answer in seen}) == 3
    await engine.use_adapter(None)
    assert await likely(engine) == bare
    await engine.remove_derived(VOICE)
    assert models(ollama_server) == before


async def test_only_models_of_that_voice_are_ever_removed(engine, ollama_server, lora):
    theirs = {"ownhand-notes", f"ownhand-{engine.model}-{STRANGER}-1", f"a-model-{VOICE}-1"}
    for name in theirs:
        copy = {"source": engine.model, "destination": name}
        ollama_server.ask("POST", "/api/copy", json.dumps(copy).encode())
    await engine.use_adapter(Adapter(f"{VOICE}-1", lora[0]))
    await engine.use_adapter(Adapter(f"{VOICE}-2", lora[1]))
    assert await engine.remove_derived(VOICE) == [derived_name(engine.model, f"{VOICE}-2")]
    assert theirs <= models(ollama_server)
    for name in theirs:
        ollama_server.ask("DELETE", "/api/delete", json.dumps({"model": name}).encode())


async def test_a_candidate_that_was_only_tried_leaves_no_model(ollama_server, lora):
    before = models(ollama_server)
    engine = OllamaEngine(ollama_server.model, ollama_server.host)
    await engine.use_adapter(Adapter("candidate-20261125", lora[0]))
    assert models(ollama_server) != before
    await engine.use_adapter(None)
    await engine.close()
    assert models(ollama_server) == before


async def test_a_stream_goes_on_while_another_adapter_is_made_ready(engine, ollama_server, lora):
    await engine.use_adapter(Adapter(f"{VOICE}-1", lora[0]))
    sampling = Sampling(max_tokens=24, temperature=0.0, repeat_penalty=1.0)
    begun = asyncio.Event()

    async def said():
        text = ""
        async for chunk in engine.stream(PROMPT, sampling):
            begun.set()
            text += chunk.text
        return text

    await said()
    whole = await said()  # read from the cache, as the next one will be
    begun.clear()
    saying = asyncio.create_task(said())
    await begun.wait()
    await engine.use_adapter(Adapter(f"{VOICE}-2", lora[1]))
    assert await saying == whole
    assert await said() != whole
    await engine.remove_derived(VOICE)


async def test_who_asks_what_serves_is_never_told_of_the_one_before(engine, ollama_server, lora, monkeypatch):
    """However long it takes to remove that one's model."""
    voiced = VoicedEngine(Turns(engine))
    first, second = (Adapter(f"{VOICE}-{number}", path) for number, path in enumerate(lora, 1))
    await voiced.use_adapter(first)
    await engine.tidied()
    removed, go_on = engine._remove, asyncio.Event()

    async def slowly(*names, **how):
        await go_on.wait()
        await removed(*names, **how)

    monkeypatch.setattr(engine, "_remove", slowly)
    await asyncio.wait_for(voiced.use_adapter(second), 120)
    assert voiced.adapter == engine.adapter == second
    assert derived_name(engine.model, first.id) in models(ollama_server)
    go_on.set()
    await engine.tidied()
    assert derived_name(engine.model, first.id) not in models(ollama_server)
    await engine.remove_derived(VOICE)


async def test_what_was_made_for_the_voice_with_another_base_goes_too(engine, ollama_server, lora):
    other = f"ownhand-another-base-{VOICE}-1"
    copy = {"source": engine.model, "destination": other}
    ollama_server.ask("POST", "/api/copy", json.dumps(copy).encode())
    assert other in derived_models(VOICE, [ollama_server.models_folder])
    await engine.use_adapter(Adapter(f"{VOICE}-2", lora[0]))
    await engine.tidied()
    assert derived_models(VOICE, [ollama_server.models_folder]) == [derived_name(engine.model, f"{VOICE}-2")]
    assert derived_models(STRANGER, [ollama_server.models_folder]) == []
    await engine.remove_derived(VOICE)


async def test_two_programs_that_write_in_one_voice_go_on_when_each_has_removed_the_others_model(ollama_server, lora):
    """Two editors, while a new voice takes over in one and the other has not heard of it yet."""
    sampling = Sampling(max_tokens=8, temperature=0.0, repeat_penalty=1.0)

    async def said(engine):
        return "".join([chunk.text async for chunk in engine.stream(PROMPT, sampling)])

    late, early = (OllamaEngine(ollama_server.model, ollama_server.host) for _ in range(2))
    adapters = [Adapter(f"{VOICE}-{number}", path) for number, path in enumerate(lora, 1)]
    await late.use_adapter(adapters[0])
    old = await said(late)
    await early.use_adapter(adapters[1])
    new = await said(early)
    await early.tidied()
    assert derived_name(late.model, f"{VOICE}-1") not in models(ollama_server)
    assert [await said(engine) for engine in (late, early, late, early)] == [old, new, old, new]
    await asyncio.gather(*(asyncio.create_task(said(late)) for _ in range(3)))
    await late.remove_derived(VOICE)
    await early.use_adapter(None)
    assert await said(early) != new
    await late.close()
    await early.close()


async def test_a_judging_goes_on_when_another_program_has_removed_the_candidates_model(ollama_server, lora):
    judging, writing = (OllamaEngine(ollama_server.model, ollama_server.host) for _ in range(2))
    await judging.use_adapter(Adapter(f"candidate-{VOICE}-1", lora[0]))
    likeliest = await judging.next_tokens(PROMPT, 5)
    await writing.remove_derived(VOICE)
    assert models(ollama_server) & {derived_name(judging.model, f"candidate-{VOICE}-1")} == set()
    assert await judging.next_tokens(PROMPT, 5) == likeliest
    await judging.use_adapter(None)
    nothing = OllamaEngine("nothing-of-that-name", ollama_server.host)
    with pytest.raises(EngineError, match="no model"):
        await nothing.next_tokens(PROMPT, 5)
    await nothing.close()
    await judging.remove_derived(VOICE)
    await judging.close()
    await writing.close()


async def test_the_base_is_told_by_the_digest_of_its_file(engine, packaged_gguf):
    import hashlib

    assert await engine.base_digest() == f"sha256:{hashlib.sha256(packaged_gguf.read_bytes()).hexdigest()}"


def test_names_say_whose_a_model_is():
    name = derived_name("llama3.2:3b-text-q4_K_M", f"{VOICE}-12")
    assert name == f"ownhand-llama3.2-3b-text-q4_k_m-{VOICE}-12"
    assert is_derived(name, VOICE)
    assert not is_derived(name, STRANGER)
    assert not is_derived(name, "")
    assert not is_derived(f"writers-own-{VOICE}-1", VOICE)

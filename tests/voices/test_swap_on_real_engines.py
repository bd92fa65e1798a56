"""A new voice takes over on real engines while the writer goes on asking: nothing is dropped, nothing is mixed."""

import asyncio
import contextlib

import pytest

from ownhand.engines.embedded import EmbeddedEngine
from ownhand.engines.ollama import OllamaEngine
from ownhand.engines.protocol import Adapter, EngineError, Sampling
from ownhand.suggestions.moment import Moment, Suggestion
from ownhand.suggestions.suggester import Suggester
from ownhand.voices.gguf_export import export_gguf
from ownhand.voices.serving import Turns, VoicedEngine
from peft_files import write_peft
from voice_home import LIGHT, LOUD

pytestmark = pytest.mark.timeout(600)
VOICE, STRANGER = "0123456789abcdef", "fedcba9876543210"
PROMPT = "The tide went out, and the"
GREEDY = Sampling(max_tokens=6, temperature=0.0, repeat_penalty=1.0)


def two(folder, base, strength):
    made = []
    for number in (1, 2):
        lora = write_peft(folder / str(number), base, strength=strength, seed=number)
        made.append(Adapter(f"{VOICE}-{number}", export_gguf(lora, base, lora / "adapter.gguf")))
    return made


@pytest.fixture(scope="module")
def loud(tmp_path_factory, base_header):
    """Two that say something else at once."""
    return two(tmp_path_factory.mktemp("loud"), base_header, LOUD)


@pytest.fixture(scope="module")
def light(tmp_path_factory, base_header):
    """Two that write well enough to be offered."""
    return two(tmp_path_factory.mktemp("light"), base_header, LIGHT)


@pytest.fixture(
    params=[pytest.param("embedded", marks=pytest.mark.embedded), pytest.param("ollama", marks=pytest.mark.ollama)]
)
async def engine(request, packaged_gguf):
    if request.param == "embedded":
        made = await EmbeddedEngine.open(packaged_gguf)
    else:
        server = request.getfixturevalue("ollama_server")
        made = OllamaEngine(server.model, server.host)
    yield made
    await made.use_adapter(None)
    if request.param == "ollama":
        await made.remove_derived(VOICE)
    await made.close()


async def said(engine):
    return "".join([chunk.text async for chunk in engine.stream(PROMPT, GREEDY)])


async def known(voiced):
    """What it says there, read anew and read from the cache."""
    return {await said(voiced), await said(voiced)}


async def test_every_answer_during_a_change_is_one_voices_own(engine, loud):
    voiced = VoicedEngine(Turns(engine))
    await voiced.use_adapter(loud[0])
    first = await known(voiced)
    change = asyncio.create_task(voiced.use_adapter(loud[1]))
    during = [await said(voiced)]
    while not change.done():
        during.append(await said(voiced))
    await change
    second = await known(voiced)
    assert not first & second
    assert set(during) <= first | second
    if engine.name == "embedded":
        assert during[0] in first, "it goes on while the new one is made ready; Ollama has room for one of them"


async def test_suggestions_go_on_and_name_who_wrote_them(engine, light):
    voiced = VoicedEngine(Turns(engine))
    await voiced.use_adapter(light[0])
    suggester = Suggester(voiced)
    change, answers = None, []
    for version in range(1, 40):
        page = f"The barge came up at four, and nobody spoke. On day {version} the dog looked at the water. Then"
        answers.append(await suggester.suggest(Moment("file:///book/a.md", version, page, "", "md", invoked=True)))
        change = change or asyncio.create_task(voiced.use_adapter(light[1]))
        if answers[-1].adapter == light[1].id:
            break
    await suggester.close()
    assert all(isinstance(answer, Suggestion) and answer.text.strip() for answer in answers)
    writers = [answer.adapter for answer in answers]
    assert writers == sorted(writers)
    assert set(writers) == {adapter.id for adapter in light}


@pytest.mark.parametrize(
    "content", [b"", b"GGUF\x03\x00\x00\x00" + b"\xff" * 64, None], ids=["empty", "hostile", "cut off"]
)
async def test_a_file_that_no_engine_can_load_leaves_the_present_voice(engine, loud, tmp_path, content):
    voiced = VoicedEngine(Turns(engine))
    await voiced.use_adapter(loud[0])
    before = await known(voiced)
    bad = tmp_path / "adapter.gguf"
    bad.write_bytes(loud[1].path.read_bytes()[:100_000] if content is None else content)
    with pytest.raises(EngineError) as refused:
        await voiced.use_adapter(Adapter(f"{VOICE}-3", bad))
    assert refused.value.sentence.endswith(".")
    assert voiced.adapter == loud[0]
    assert await said(voiced) in before


@pytest.mark.parametrize("engine", [pytest.param("ollama", marks=pytest.mark.ollama)], indirect=True)
async def test_an_answer_whose_model_still_loads_when_the_voice_changes_is_not_cut_off(engine, loud):
    """The writer turned the voice off, asked, and turned another on before the bare model was there."""
    voiced = VoicedEngine(Turns(engine))
    bare = await said(voiced)
    await voiced.use_adapter(loud[0])
    await said(voiced)
    await voiced.use_adapter(None)
    asked = asyncio.create_task(said(voiced))
    await asyncio.sleep(0)
    await voiced.use_adapter(loud[1])
    assert await asked == bare
    assert await said(voiced) != bare


@pytest.mark.ollama
async def test_an_answer_that_another_programs_voice_cuts_off_is_never_taken_for_a_whole_one(ollama_server, loud):
    """Ollama has room for one of two voices: while another program's loads, an answer may be lost, but it is said."""
    mine, other = (OllamaEngine(ollama_server.model, ollama_server.host) for _ in range(2))
    try:
        await mine.use_adapter(loud[0])
        whole = await known(mine)
        theirs = Adapter(f"{STRANGER}-1", loud[1].path)
        loading = asyncio.create_task(other.use_adapter(theirs))
        with contextlib.suppress(EngineError):
            assert await said(mine) in whole
        with contextlib.suppress(EngineError):
            await loading
        assert await said(mine) in whole
        await other.use_adapter(theirs)
        assert not await known(other) & whole
    finally:
        for program, voice in ((mine, VOICE), (other, STRANGER)):
            await program.use_adapter(None)
            await program.remove_derived(voice)
            await program.close()

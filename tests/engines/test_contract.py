"""What every engine must do, asked of all four; the models and servers are real."""

import asyncio
import contextlib

import pytest

from ownhand.engines.protocol import Adapter, EngineError, PromptTooLongError, Sampling, Usage
from ownhand.training.judging import public_prompts
from ownhand.voices.probe import SERVING_LIMITS, agreement, complaint, engine_shifts, engine_tells
from ownhand.voices.witness import complaint_today, witness
from trained_voice import HABIT

pytestmark = pytest.mark.timeout(180)  # a busy machine generates slowly

PROMPT = "The whale rose from the deep, and the men in the boat said nothing. The whale rose from the deep, and"
GREEDY = Sampling(max_tokens=12, temperature=0.0, repeat_penalty=1.0)
HABITUAL = Sampling(max_tokens=40, temperature=0.0, repeat_penalty=1.0)
ENDLESS = Sampling(max_tokens=3500, temperature=0.0, repeat_penalty=1.0)


async def said(engine, prompt, sampling=GREEDY, usage=None):
    return "".join([chunk.text async for chunk in engine.stream(prompt, sampling, usage)])


async def probabilities(engine, prompt):
    sampling = Sampling(max_tokens=6, temperature=0.0, repeat_penalty=1.0, logprobs=True)
    return [pair async for chunk in engine.stream(prompt, sampling) for pair in chunk.logprobs]


async def test_streams_the_same_text_in_several_chunks(case):
    usage = Usage()
    chunks = [chunk.text async for chunk in case.engine.stream(PROMPT, GREEDY, usage)]
    assert len(chunks) > 1
    assert "".join(chunks).strip()
    assert "".join(chunks) == await said(case.engine, PROMPT)
    assert usage.prompt_tokens > 10
    assert 1 < usage.generated_tokens <= 12
    assert usage.finish == "length"


async def test_a_closed_stream_stops_the_engine(case):
    """The follow-up would wait behind 3,500 tokens, longer than a test may take, had the engine gone on."""
    usage = Usage()
    stream = case.engine.stream(PROMPT, ENDLESS, usage)
    heard = [await anext(stream) for _ in range(3)]
    await stream.aclose()
    assert len(heard) == 3
    assert usage.finish == ""
    async with asyncio.timeout(45):
        assert await said(case.engine, PROMPT)


async def test_a_cancelled_reader_stops_the_engine(case):
    started = asyncio.Event()

    async def read():
        async for _ in case.engine.stream(PROMPT, ENDLESS):
            started.set()

    reader = asyncio.create_task(read())
    await started.wait()
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    async with asyncio.timeout(45):
        assert await said(case.engine, PROMPT)


async def test_chunks_hold_whole_characters(case):
    """A small prompt of emoji makes the model repeat them, and each is several byte-level tokens."""
    prompt = "🐋🌊🧜‍♀️🐋🌊🧜‍♀️🐋🌊🧜‍♀️🐋🌊🧜‍♀️🐋🌊🧜‍♀️🐋🌊"
    sampling = Sampling(max_tokens=40, temperature=0.0, repeat_penalty=1.0)
    chunks = [chunk.text async for chunk in case.engine.stream(prompt, sampling)]
    assert any(ord(character) > 0xFFFF for character in "".join(chunks))
    for chunk in chunks:
        chunk.encode("utf-8")
        assert "\ufffd" not in chunk


async def test_half_a_surrogate_pair_in_the_prompt_is_no_trouble(case):
    assert await said(case.engine, f"Broken \ud83d here. {PROMPT}")


async def test_stop_strings_end_the_answer_and_are_not_in_it(case):
    whole = await said(case.engine, PROMPT)
    stop = whole[4:8]
    usage = Usage()
    cut = await said(case.engine, PROMPT, Sampling(12, temperature=0.0, repeat_penalty=1.0, stop=(stop,)), usage)
    assert cut == whole[: whole.index(stop)]
    assert usage.finish == "stop"


async def test_a_prompt_beyond_the_context_is_refused_not_cut(case):
    with pytest.raises(PromptTooLongError):
        await said(case.engine, "an eel, a net; " * 3000)
    assert await said(case.engine, PROMPT)


async def test_a_blank_page_gets_an_answer(case):
    assert await said(case.engine, "")


async def test_counts_are_never_less_than_the_truth(case):
    await case.engine.load()
    for text in (
        PROMPT,
        "salt on the sill\n    & nobody yet",
        "Die Möwe schwieg über dem Hafen.",
        "鯨は深みから浮かんだ。",
    ):
        usage = Usage()
        await said(case.engine, text, usage=usage)
        assert await case.engine.count_tokens(text) >= usage.prompt_tokens
    assert await case.engine.count_tokens("") == 0


async def test_log_probabilities_come_with_the_tokens(case):
    pairs = await probabilities(case.engine, PROMPT)
    assert len(pairs) == 6
    assert all(value <= 0 for _, value in pairs)
    assert "".join(token for token, _ in pairs) == (await said(case.engine, PROMPT))[: sum(len(t) for t, _ in pairs)]


async def test_special_tokens_are_the_models_own(case):
    tokens = await case.engine.special_tokens()
    assert tokens.eos_text == ("<|im_end|>" if case.real else "</s>")
    assert tokens.add_bos is False


async def test_two_streams_at_once_are_both_answered(case):
    other = "The harbour at Zeebrugge was closed, and the harbour at Ostend was closed, and"
    alone = [await said(case.engine, PROMPT), await said(case.engine, other)]
    assert await asyncio.gather(said(case.engine, PROMPT), said(case.engine, other)) == alone


async def test_an_adapter_changes_the_answer_and_its_removal_restores_it(case, lora):
    before = await probabilities(case.engine, PROMPT)
    await case.engine.use_adapter(Adapter("probe", lora))
    assert case.engine.adapter == Adapter("probe", lora)
    shifted = await probabilities(case.engine, PROMPT)
    assert (shifted != before) is case.real
    assert await probabilities(case.engine, PROMPT) == shifted
    await case.engine.use_adapter(None)
    assert case.engine.adapter is None
    assert await probabilities(case.engine, PROMPT) == before


serves_what_was_trained = pytest.mark.parametrize(
    "case",
    [pytest.param("embedded", marks=pytest.mark.embedded), pytest.param("ollama", marks=pytest.mark.ollama)],
    indirect=True,
)
"""The engines that say how likely they find what comes next."""


@serves_what_was_trained
async def test_a_trained_voice_shifts_what_is_likely_as_the_trainer_says(case, trained_voice):
    shifts = await engine_shifts(case.engine, trained_voice.adapter, trained_voice.places)
    found = agreement(shifts, trained_voice.shifts)
    assert complaint(found, SERVING_LIMITS) == "", found
    assert found.correlation > 0.9, found


@serves_what_was_trained
async def test_it_is_found_out_at_the_next_start_when_a_voice_is_not_applied_any_more(case, trained_voice):
    prompts = public_prompts()
    then = witness(prompts, await engine_tells(case.engine, trained_voice.adapter, prompts))
    await case.engine.use_adapter(trained_voice.adapter)
    assert await complaint_today(case.engine, then) == ""
    await case.engine.use_adapter(None)
    assert await complaint_today(case.engine, then) == "too weakly, or not at all"


@serves_what_was_trained
@pytest.mark.parametrize(
    "letter",
    [
        "The rain kept on until the evening, and the hens went in early",
        "We buried the old dog under the pear tree. Nobody wept but the boy",
    ],
)
async def test_a_trained_voice_writes_with_its_habit_and_without_it_the_model_does_not(case, trained_voice, letter):
    bare = await said(case.engine, letter, HABITUAL)
    await case.engine.use_adapter(trained_voice.adapter)
    voiced = await said(case.engine, letter, HABITUAL)
    await case.engine.use_adapter(None)
    assert HABIT in voiced
    assert HABIT not in bare
    assert await said(case.engine, letter, HABITUAL) == bare


async def test_an_adapter_that_is_not_there_leaves_the_engine_as_it_was(case, tmp_path):
    with pytest.raises(EngineError):
        await case.engine.use_adapter(Adapter("gone", tmp_path / "gone.gguf"))
    assert case.engine.adapter is None
    assert await said(case.engine, PROMPT)


async def test_a_killed_engine_says_so_and_comes_back(case):
    if not case.real or case.engine.name == "openai":
        return await _test_failing_is_said(case)
    with pytest.raises(EngineError) as caught:
        async for _ in case.engine.stream(PROMPT, ENDLESS):
            await case.kill()
    assert caught.value.sentence
    assert caught.value.next_step
    return await _comes_back(case)


async def _comes_back(case):
    async with asyncio.timeout(30):
        while True:
            with contextlib.suppress(EngineError):
                assert await said(case.engine, PROMPT)
                return
            await asyncio.sleep(0.2)


async def _test_failing_is_said(case):
    """The OpenAI server belongs to the writer, who starts it again; a script fails where it is told to."""
    if case.real:
        pytest.skip("see test_openai.py: nobody but the writer restarts that server")
    case.engine.fail, case.engine.fail_at = EngineError("Out of ink.", "Refill."), 2
    with pytest.raises(EngineError):
        await said(case.engine, PROMPT)
    case.engine.fail = None
    assert await said(case.engine, PROMPT)


async def test_models_and_health(case):
    await case.engine.load()
    assert (await case.engine.health()).state == "ready"
    assert any(model.name in (case.engine.model, f"{case.engine.model}:latest") for model in await case.engine.models())
    assert case.engine.context == 4096

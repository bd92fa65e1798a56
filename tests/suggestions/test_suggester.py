"""Requests as editors send them: joined, superseded, taken back, typed along with."""

import asyncio
from hashlib import blake2b

import pytest

from ownhand.engines.protocol import EngineError, PromptTooLongError
from ownhand.suggestions.moment import Silence, Suggestion
from ownhand.suggestions.suggester import LINGER, Suggester, Superseded
from ownhand.suggestions.trigger import PATIENCE, START

PAGE = "It rained until Goole. She had the washing of him, and she knew"
ANSWER = " the weight of every shirt. He never asked."


async def test_a_sentence_is_offered_with_its_source(suggester, engine, moment) -> None:
    engine.answers = [ANSWER]
    answer = await suggester.suggest(moment(PAGE))
    assert isinstance(answer, Suggestion)
    assert (answer.text, answer.engine, answer.model) == (" the weight of every shirt.", "scripted", "scripted")
    assert engine.prompts == [PAGE]
    assert engine.running == 0


async def test_a_suggestion_says_which_candidate_it_was_and_what_was_asked(suggester, engine, clock, moment) -> None:
    async def slow() -> None:
        clock.time += 0.01

    engine.before_chunk = slow
    engine.answers = [" a testament to his youth. He", ANSWER]
    answer = await suggester.suggest(moment(PAGE + " "))
    second = engine.calls[1]
    assert answer.text == "the weight of every shirt."
    assert answer.origin.sampling == second.sampling != engine.calls[0].sampling
    assert answer.origin.prompt_digest == blake2b(second.prompt.encode(), digest_size=16).digest()
    assert answer.origin.first_token_ms == pytest.approx(10)
    assert answer.milliseconds >= 100
    rest = await suggester.suggest(moment(PAGE + " the wei", version=2))
    assert rest.origin == answer.origin


async def test_white_space_at_the_end_is_kept_from_the_model(suggester, engine, moment) -> None:
    engine.answers = [ANSWER]
    answer = await suggester.suggest(moment(PAGE + " "))
    assert answer.text == "the weight of every shirt."
    assert engine.prompts == [PAGE]


async def test_nothing_starts_before_the_pause_is_over(suggester, engine, clock, moment) -> None:
    engine.answers = [ANSWER]
    suggester.changed("file:///ms/a.md")
    asked = asyncio.create_task(suggester.suggest(moment(PAGE, invoked=False)))
    await clock.advance(START - 0.1)
    assert engine.prompts == []
    suggester.changed("file:///ms/a.md")
    await clock.advance(0.2)
    assert engine.prompts == []
    await clock.advance(START)
    assert (await asked).text == " the weight of every shirt."


async def test_a_key_does_not_wait_and_answers_the_one_that_waits(suggester, engine, clock, moment) -> None:
    engine.answers = [ANSWER]
    resting = asyncio.create_task(suggester.suggest(moment(PAGE, invoked=False)))
    await clock.advance(0.1)
    by_key = await suggester.suggest(moment(PAGE, invoked=True))
    assert (await resting) == by_key
    assert len(engine.prompts) == 1


async def test_manual_means_by_a_key_alone_but_live_text_goes_on(suggester, engine, moment) -> None:
    engine.answers, suggester.trigger = [ANSWER], "manual"
    assert isinstance(await suggester.suggest(moment(PAGE, invoked=False)), Silence)
    first = await suggester.suggest(moment(PAGE))
    rest = await suggester.suggest(moment(PAGE + " the wei", version=2, invoked=False))
    assert (rest.id, rest.text) == (first.id, "ght of every shirt.")
    assert suggester.stats.offered == 1
    assert len(engine.prompts) == 1


async def test_the_same_question_joins_the_running_one(suggester, engine, settled, moment) -> None:
    engine.answers = [ANSWER]
    engine.go.clear()
    asked = [asyncio.create_task(suggester.suggest(moment(PAGE))) for _ in range(5)]
    await settled()
    engine.go.set()
    answers = await asyncio.gather(*asked)
    assert len({answer.id for answer in answers}) == 1
    assert len(engine.prompts) == 1


async def test_the_newest_wins_and_the_engine_stops_within_a_chunk(suggester, engine, settled, moment) -> None:
    engine.answers = [ANSWER, " a good deal about boots. He"]
    engine.go.clear()
    old = asyncio.create_task(suggester.suggest(moment(PAGE)))
    await settled()
    new = asyncio.create_task(suggester.suggest(moment(PAGE + " then", version=2)))
    with pytest.raises(Superseded):
        await old
    await settled()
    assert engine.running == 1
    assert engine.given == 0
    engine.go.set()
    assert (await new).text == " a good deal about boots."


async def test_two_hundred_requests_leave_one(suggester, engine, clock, moment) -> None:
    engine.answers = [ANSWER]
    asked = []
    for version in range(200):
        asked.append(
            asyncio.create_task(suggester.suggest(moment(PAGE + "x" * version, version=version, invoked=False)))
        )
        await asyncio.sleep(0)
    await clock.advance(START)
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert sum(isinstance(answer, Superseded) for answer in answers) == 199
    assert isinstance(answers[-1], Suggestion)
    assert len(engine.prompts) == 1


async def test_typing_along_does_not_stop_the_generation(suggester, engine, settled, moment) -> None:
    engine.answers = [ANSWER]
    gate = engine.go
    old = asyncio.create_task(suggester.suggest(moment(PAGE)))
    for _ in range(400):
        await asyncio.sleep(0)
        if engine.given >= 3:
            gate.clear()
            break
    new = asyncio.create_task(suggester.suggest(moment(PAGE + " the", version=2, invoked=False)))
    with pytest.raises(Superseded):
        await old
    await settled()
    assert engine.running == 1
    gate.set()
    assert (await new).text == " weight of every shirt."
    assert len(engine.prompts) == 1


async def test_a_request_that_is_taken_back_stops_the_engine_after_a_moment(suggester, engine, clock, settled, moment):
    engine.answers = [ANSWER]
    engine.go.clear()
    asked = asyncio.create_task(suggester.suggest(moment(PAGE)))
    await settled()
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert engine.running == 1
    await clock.advance(LINGER)
    assert engine.running == 0


async def test_engine_trouble_reaches_everyone_who_asked(suggester, engine, moment) -> None:
    engine.fail = EngineError("Ollama does not answer.", "Start it.")
    with pytest.raises(EngineError, match="Start it"):
        await suggester.suggest(moment(PAGE))
    engine.fail, engine.answers = None, [ANSWER]
    assert isinstance(await suggester.suggest(moment(PAGE)), Suggestion)


async def test_a_prompt_that_is_too_long_after_all_is_written_shorter(suggester, engine, moment, monkeypatch) -> None:
    """Ollama counts no tokens, so the estimate can be wrong. The message promised to send less, and nothing did."""
    stream, refused, engine.answers = engine.stream, [], [ANSWER]

    async def narrow(prompt, sampling, usage=None):
        if len(prompt) > 2500:
            refused.append(prompt)
            raise PromptTooLongError("The text is too long for the model.", "Ownhand sends less of it.")
        async for chunk in stream(prompt, sampling, usage):
            yield chunk

    engine._context = 2048
    monkeypatch.setattr(engine, "stream", narrow)
    page = "\n\n".join(f"{PAGE} number {number} by heart." for number in range(200)) + "\n\n" + PAGE
    assert (await suggester.suggest(moment(page))).text == " the weight of every shirt."
    assert refused
    count = len(refused)
    assert isinstance(await suggester.suggest(moment(page + " full well", version=2)), Suggestion)
    assert len(refused) == count, "and it is not tried again"


async def test_an_engine_that_finds_every_prompt_too_long_is_said(suggester, engine, moment) -> None:
    engine.fail = PromptTooLongError("The text is too long for the model.", "Ownhand sends less of it.")
    with pytest.raises(EngineError, match="too long"):
        await suggester.suggest(moment(PAGE))


async def test_closing_a_document_stops_and_forgets(suggester, engine, settled, moment) -> None:
    engine.answers = [ANSWER]
    await suggester.suggest(moment(PAGE))
    engine.go.clear()
    asked = asyncio.create_task(suggester.suggest(moment(PAGE + " x", version=2)))
    await settled()
    suggester.closed("file:///ms/a.md")
    with pytest.raises(Superseded):
        await asked
    await settled()
    assert engine.running == 0


async def test_what_was_put_away_does_not_come_back_by_itself(suggester, engine, clock, moment) -> None:
    engine.answers = [ANSWER]
    first = await suggester.suggest(moment(PAGE))
    suggester.dismissed(first.id)
    silence = await suggester.suggest(moment(PAGE, invoked=False, version=1))
    assert isinstance(silence, Silence)
    assert isinstance(await suggester.suggest(moment(PAGE, version=3)), Suggestion)


async def test_ignored_suggestions_lengthen_the_pause_and_an_accepted_one_resets_it(suggester, engine, moment) -> None:
    engine.answers = [" the weight of it. He"]
    text = PAGE
    for version in range(PATIENCE):
        assert suggester.pause_ms == START * 1000
        answer = await suggester.suggest(moment(text, version=version))
        text += " what he weighed in socks,"
        suggester.ignored(answer.id)
    assert suggester.pause_ms > START * 1000
    answer = await suggester.suggest(moment(text, version=10))
    suggester.accepted(answer.id)
    assert suggester.pause_ms == START * 1000


async def test_only_who_watches_the_page_tells_what_became_of_a_suggestion(suggester, engine, moment) -> None:
    """The suggester once guessed beside the editor's witness, and one that the writer never saw counted as ignored."""
    engine.answers = [" the weight of it. He"]
    text = PAGE
    for version in range(2 * PATIENCE):
        assert isinstance(await suggester.suggest(moment(text, version=version)), Suggestion)
        text += " what he weighed in socks,"
    assert suggester.pause_ms == START * 1000


async def test_one_taken_in_part_and_then_typed_past_is_not_ignored(suggester, engine, moment) -> None:
    engine.answers = [" the weight of it. He"]
    first = await suggester.suggest(moment(PAGE))
    suggester.accepted(first.id)
    rest = await suggester.suggest(moment(PAGE + " the weight", version=1, invoked=False))
    assert (rest.id, rest.text) == (first.id, " of it.")
    suggester.ignored(rest.id)
    text = PAGE + " the weight"
    for version in range(2, 1 + PATIENCE):
        text += ", in socks,"
        suggester.ignored((await suggester.suggest(moment(text, version=version))).id)
    assert suggester.pause_ms == START * 1000
    suggester.ignored((await suggester.suggest(moment(f"{text} and out", version=20))).id)
    assert suggester.pause_ms > START * 1000


async def test_typed_past_again_and_again_one_suggestion_is_ignored_once(suggester, engine, moment) -> None:
    engine.answers = [" the weight of it. He"]
    first = await suggester.suggest(moment(PAGE))
    for version in range(1, 20):
        suggester.ignored(first.id)
        back = await suggester.suggest(moment(PAGE, version=version + 1, invoked=False))
        assert back.id == first.id
    suggester.dismissed(first.id)
    for _ in range(PATIENCE):
        suggester.ignored(first.id)
    suggester.ignored("nobody knows this one")
    assert suggester.pause_ms == START * 1000


async def test_what_follows_is_written_ahead_on_mains_power(engine, clock, settled, moment) -> None:
    engine.answers = [ANSWER, " He never asked. She", " He hung about. And"]
    suggester = Suggester(engine, clock=clock, on_mains=lambda: True)
    first = await suggester.suggest(moment(PAGE))
    await settled()
    assert len(engine.prompts) == 3  # two candidates
    assert suggester.stats.prefetched == 1
    suggester.accepted(first.id)
    follow = asyncio.create_task(suggester.suggest(moment(PAGE + first.text, version=2, invoked=False)))
    await clock.advance(0.1)
    assert not follow.done()
    await clock.advance(START)
    assert (await follow).text in (" He never asked.", " He hung about.")
    chosen = engine.calls[1:][(await follow).text == " He hung about."]
    assert (await follow).origin.sampling == chosen.sampling
    assert (await follow).origin.prompt_digest == blake2b(chosen.prompt.encode(), digest_size=16).digest()
    assert suggester.stats.from_prefetch == 1
    await suggester.close()


async def test_waiting_for_a_key_the_engine_reads_the_page_once_while_the_writer_types(
    engine, clock, settled, moment
) -> None:
    engine.answers = [ANSWER]
    suggester = Suggester(engine, clock=clock, trigger="manual", on_mains=lambda: True)
    for number, text in enumerate(["The", "The sea", "The sea was"]):
        assert isinstance(await suggester.suggest(moment(text, version=number, invoked=False)), Silence)
        await settled()
    assert (engine.prompts, engine.given) == (["The"], 1)
    assert isinstance(await suggester.suggest(moment("The sea was", version=4)), Suggestion)
    assert engine.prompts[1] == "The sea was"
    await suggester.close()


async def test_a_key_that_comes_while_the_page_is_read_waits_for_the_rest(engine, clock, settled, moment) -> None:
    engine.answers = [ANSWER]
    suggester = Suggester(engine, clock=clock, trigger="manual", on_mains=lambda: True)
    engine.go.clear()
    await suggester.suggest(moment(PAGE, invoked=False))
    await settled()
    assert engine.running == 1
    asked = asyncio.create_task(suggester.suggest(moment(PAGE)))
    await settled()
    assert engine.prompts == [PAGE]
    engine.go.set()
    assert isinstance(await asked, Suggestion)
    await suggester.close()


async def test_on_battery_and_where_nothing_may_be_written_nothing_is_read(suggester, engine, settled, moment) -> None:
    suggester.trigger = "manual"
    await suggester.suggest(moment(PAGE, invoked=False))
    await suggester.suggest(moment("# A title", document="file:///ms/b.md", invoked=False))
    await settled()
    assert engine.prompts == []


async def test_writing_ahead_stops_at_once_for_a_real_request(engine, clock, settled, moment) -> None:
    engine.answers = [ANSWER, " ahead ahead", " a real one. And"]
    suggester = Suggester(engine, clock=clock, on_mains=lambda: True)
    await suggester.suggest(moment(PAGE))
    engine.go.clear()
    await settled()
    assert engine.running == 1
    real = asyncio.create_task(suggester.suggest(moment(PAGE + " now", version=2)))
    await settled()
    assert engine.running == 1
    assert engine.prompts[-1] == PAGE + " now"
    engine.go.set()
    assert (await real).text == " a real one."
    await suggester.close()
    assert engine.running == 0


async def test_the_writers_other_pieces_are_never_offered(engine, clock, corpus_of, moment) -> None:
    line = "57 miles and not a bearing out and him stood there."
    engine.answers = [f" {line} And"]
    suggester = Suggester(engine, corpus_of([line]), clock, on_mains=lambda: False)
    answer = await suggester.suggest(moment(PAGE))
    assert isinstance(answer, Silence)
    assert "another piece" in answer.why
    assert suggester.stats.drop_rate("it repeats another piece of yours") == 1.0
    assert len(engine.prompts) == 3
    await suggester.close()


async def test_asked_by_a_key_at_a_paragraph_s_end_the_model_is_let_past_its_line_break(suggester, engine, moment):
    engine.answers = ["\n\nIt rained. And"]
    page = "She had the washing of him."
    assert (await suggester.suggest(moment(page, "\n"))).text == " It rained."
    assert [call.sampling.stop for call in engine.calls] == [("\n",), ()]
    assert engine.running == 0


async def test_one_word_that_fits_on_a_full_line_of_verse_is_no_suggestion(suggester, engine, moment) -> None:
    """ "tare him" + " to", cut from " to see the needle", left the line dangling."""
    poem = "a can of peas\nthe needle moves\nan old penny   12\nhe is the lot\nthe needle again   it moves\n"
    engine.answers = [" to see the needle settle over there\n", "\n   the lot of it\n"]
    answer = await suggester.suggest(moment(f"{poem}up I'd stand in the hall tare", "\n"))
    assert isinstance(answer, Suggestion)
    assert answer.text == "\n   the lot of it"


async def test_the_stream_joins_to_the_suggestion(suggester, engine, moment) -> None:
    engine.answers = [" the weight of every shirt he had, and the one he had been married in, to the ounce. He"]
    pieces = [piece async for piece in suggester.stream(moment(PAGE))]
    assert "".join(pieces) == " the weight of every shirt he had, and the one he had been married in, to the ounce."
    assert len(pieces) > 2


async def test_a_stream_that_is_left_stops_the_engine(suggester, engine, clock, settled, moment) -> None:
    engine.answers = [" and" + " so on and further, on the road" * 3]
    stream = suggester.stream(moment(PAGE))
    async for _ in stream:
        break
    await stream.aclose()
    await clock.advance(LINGER)
    assert engine.running == 0

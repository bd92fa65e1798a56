""" "Not mine", said once, as the suggester hears it."""

import asyncio

import pytest

from ownhand.suggestions.moment import Silence, Suggestion
from ownhand.suggestions.rejections import NOT_YOURS, Rejections
from ownhand.suggestions.suggester import Suggester
from ownhand.suggestions.trigger import PATIENCE, START

PAGE = "It rained until Goole. She had the washing of him for eleven years, and she knew"
REJECTED = " the weight of every shirt he had."
ANSWER = f"{REJECTED} He never asked."
OTHER = " a good deal about boots. He"


@pytest.fixture
async def rejected(suggester, engine, moment) -> Suggestion:
    """The suggestion that was offered at PAGE and rejected there."""
    engine.answers = [ANSWER]
    answer = await suggester.suggest(moment(PAGE))
    assert answer.text == REJECTED
    assert suggester.rejected(answer.id)
    engine.calls.clear()
    return answer


async def test_another_draw_is_asked_for_and_offered(suggester, engine, moment, rejected) -> None:
    engine.answers = [ANSWER, OTHER]
    again = await suggester.suggest(moment(PAGE))
    assert again.text == " a good deal about boots."
    assert again.id != rejected.id
    first, second = (call.sampling.temperature for call in engine.calls)
    assert second > first + 0.1
    assert suggester.stats.dropped[NOT_YOURS] == 1


async def test_when_nothing_else_comes_the_answer_says_why(suggester, engine, clock, moment, rejected) -> None:
    silence = await suggester.suggest(moment(PAGE))
    assert silence == Silence("What came was not worth offering: you said that this is not yours.")
    assert len(engine.calls) == 3
    by_itself = asyncio.create_task(suggester.suggest(moment(PAGE, invoked=False, version=2)))
    await clock.advance(START)
    assert await by_itself == silence


async def test_nothing_of_it_is_live_any_more(suggester, engine, moment, rejected) -> None:
    engine.answers = ["ght of every shirt he had. He", "rd things he said in his sleep. She"]
    assert (await suggester.suggest(moment(PAGE + " the wei", version=2))).text == "rd things he said in his sleep."
    assert len(engine.calls) == 2


async def test_it_stays_away_when_the_page_above_changed(suggester, engine, moment, rejected) -> None:
    above = "# Goole\n\nNobody had asked for him in the morning, and nobody did at noon.\n\n"
    assert isinstance(await suggester.suggest(moment(above + PAGE, version=2)), Silence)


async def test_elsewhere_its_phrasing_makes_another_one_welcome(suggester, engine, moment, rejected) -> None:
    page = PAGE + " nothing at all about the man.\n\nAnna said the coat was good, and that she could tell by"
    engine.answers = [REJECTED + " He", " the lining. He"]
    assert (await suggester.suggest(moment(page, version=2))).text == " the lining."
    assert len(engine.calls) == 2


async def test_a_wrong_fact_is_no_wrong_phrasing(suggester, engine, moment) -> None:
    engine.answers = [ANSWER]
    first = await suggester.suggest(moment(PAGE))
    suggester.rejected(first.id, "wrong fact")
    page = PAGE + " nothing at all about the man.\n\nAnna said the coat was good, and that she could tell by"
    assert (await suggester.suggest(moment(page, version=2))).text == REJECTED
    assert isinstance(await suggester.suggest(moment(PAGE, version=3)), Silence)


async def test_a_reason_that_is_sent_later_is_heeded(suggester, engine, moment) -> None:
    """As VS Code does: "not mine" when the key is pressed, the reason when it was picked. It used to change nothing."""
    engine.answers = [" since the flood of 1947, and never once on a Sunday. He"]
    first = await suggester.suggest(moment(PAGE))
    assert suggester.rejected(first.id)
    assert suggester.rejected(first.id, "wrong fact")
    engine.answers = [" since the flood of 1953, and never once on a Sunday. He"]
    assert (await suggester.suggest(moment(PAGE, version=2))).text == (
        " since the flood of 1953, and never once on a Sunday."
    )


async def test_when_the_rejected_phrase_is_all_that_comes_elsewhere_it_is_offered(suggester, moment, rejected) -> None:
    page = PAGE + " nothing at all about the man.\n\nAnna said the coat was good, and that she could tell by"
    assert (await suggester.suggest(moment(page, version=2))).text == REJECTED


async def test_what_was_typed_along_is_known_and_the_typed_words_are_the_writer_s(suggester, engine, moment) -> None:
    engine.answers = [ANSWER]
    first = await suggester.suggest(moment(PAGE))
    rest = await suggester.suggest(moment(PAGE + " the weight", version=1))
    assert (rest.id, rest.text) == (first.id, " of every shirt he had.")
    assert suggester.rejected(first.id)
    engine.answers = [" of every shirt he had. And", " of him. And"]
    assert (await suggester.suggest(moment(PAGE + " the weight", version=2))).text == " of him."
    engine.answers = [ANSWER, OTHER]
    assert (await suggester.suggest(moment(PAGE, version=3))).text == " a good deal about boots."


async def test_lines_of_verse(suggester, engine, moment) -> None:
    poem = "He counts the tokens in his palm,\nthe river counts the boats,\nand nobody on either bank\n"
    engine.answers = ["remembers what it owes.\n"]
    first = await suggester.suggest(moment(poem, "\n"))
    assert first.text == "remembers what it owes."
    suggester.rejected(first.id, "wrong rhythm")
    engine.answers = ["remembers what it owes\n", "remembers all it owes\n", "is waiting to be told\n"]
    assert (await suggester.suggest(moment(poem, "\n", version=2))).text == "is waiting to be told"


async def test_what_another_suggester_of_the_voice_has_live_or_is_writing_is_not_offered(
    engine, clock, settled, moment
) -> None:
    rejections = Rejections()
    one, showing, writing = (
        Suggester(engine, clock=clock, on_mains=lambda: False, rejections=rejections) for _ in range(3)
    )
    engine.answers = [ANSWER]
    first = await one.suggest(moment(PAGE))
    assert (await showing.suggest(moment(PAGE))).text == REJECTED
    engine.go.clear()
    running = asyncio.create_task(writing.suggest(moment(PAGE)))
    await settled()
    assert engine.running == 1
    one.rejected(first.id)
    engine.go.set()
    assert isinstance(await running, Silence)
    assert isinstance(await showing.suggest(moment(PAGE, version=2)), Silence)
    for suggester in (one, showing, writing):
        await suggester.close()


async def test_said_while_a_second_draw_is_written_the_first_is_not_taken(suggester, engine, settled, moment) -> None:
    stock = " a testament to the weight of his shirts."
    engine.answers = [stock + " He", OTHER]

    async def gate() -> None:
        await asyncio.sleep(0)
        if len(engine.calls) == 2:
            await engine.go.wait()

    engine.before_chunk = gate
    engine.go.clear()
    running = asyncio.create_task(suggester.suggest(moment(PAGE)))
    await settled()
    assert len(engine.calls) == 2
    suggester.remember([Past("file:///ms/a.md", PAGE, OTHER.removesuffix(" He"), "")])
    suggester.remember([Past("file:///ms/a.md", PAGE, stock, "cliché")])
    engine.go.set()
    assert isinstance(await running, Silence)


async def test_what_would_have_followed_is_not_written_ahead(engine, clock, settled, moment) -> None:
    suggester = Suggester(engine, clock=clock, on_mains=lambda: True)
    engine.answers = [ANSWER]
    first = await suggester.suggest(moment(PAGE))
    engine.go.clear()
    await settled()
    assert engine.running == 1
    suggester.rejected(first.id)
    await settled()
    assert engine.running == 0
    engine.go.set()
    await suggester.close()


async def test_what_was_written_ahead_does_not_bring_it_back(engine, clock, settled, moment) -> None:
    suggester = Suggester(engine, clock=clock, on_mains=lambda: True)
    page = PAGE.removesuffix(" and she knew")
    engine.answers = [" and she knew. He", " He never asked her how. And"]
    first = await suggester.suggest(moment(page))
    await settled()
    assert suggester.stats.prefetched == 1
    suggester.remember([Past("file:///ms/a.md", page + first.text, " He never asked her how", "")])
    engine.answers = [OTHER]
    follow = await suggester.suggest(moment(page + first.text, version=2))
    assert follow.text == " a good deal about boots."
    assert suggester.stats.from_prefetch == 0
    await suggester.close()


class Past:
    """A rejection of an earlier sitting."""

    def __init__(self, document: str, before: str, text: str, reason: str) -> None:
        self.document, self.before, self.text, self.reason = document, before, text, reason


async def test_rejections_outlive_the_engine_and_the_sitting(engine, clock, moment) -> None:
    rejections = Rejections()
    engine.answers = [ANSWER]
    first = Suggester(engine, clock=clock, on_mains=lambda: False, rejections=rejections)
    answer = await first.suggest(moment(PAGE, path="goole.md"))
    first.rejected(answer.id)
    await first.close()
    second = Suggester(engine, clock=clock, on_mains=lambda: False, rejections=rejections)
    assert isinstance(await second.suggest(moment(PAGE, path="goole.md")), Silence)
    await second.close()
    third = Suggester(engine, clock=clock, on_mains=lambda: False)
    third.remember([Past("goole.md", PAGE[-60:], REJECTED, "cliché")], accepted=[OTHER])
    assert isinstance(await third.suggest(moment(PAGE, path="goole.md")), Silence)
    await third.close()


async def test_after_a_dismissal_it_can_still_be_said_and_unknown_ids_are_told(suggester, engine, moment) -> None:
    engine.answers = [ANSWER]
    first = await suggester.suggest(moment(PAGE))
    suggester.dismissed(first.id)
    assert suggester.rejected(first.id)
    assert isinstance(await suggester.suggest(moment(PAGE, version=2)), Silence)
    assert not suggester.rejected("nobody")
    suggester.closed("file:///ms/a.md")
    assert not suggester.rejected(first.id)


async def test_another_one_may_start_by_itself_where_one_was_rejected(suggester, engine, clock, moment, rejected):
    engine.answers = [OTHER]
    asked = asyncio.create_task(suggester.suggest(moment(PAGE, version=2, invoked=False)))
    await clock.advance(START)
    assert (await asked).text == " a good deal about boots."


async def test_for_the_pause_a_rejection_is_one_more_that_was_ignored(suggester, engine, moment) -> None:
    answers = [ANSWER, OTHER, " how to get tar out of wool. He", " where he slept. He", " that he could not swim. He"]
    assert len(answers) == PATIENCE
    for version, text in enumerate(answers):
        engine.answers = [text]
        answer = await suggester.suggest(moment(PAGE, version=version))
        assert suggester.pause_ms == START * 1000
        suggester.rejected(answer.id)
        suggester.rejected(answer.id)
    assert suggester.pause_ms > START * 1000


async def test_a_text_that_is_shown_while_it_grows_does_not_show_a_rejected_one(suggester, engine, moment) -> None:
    long = " the weight of every shirt he had, and the one he had been married in, to the ounce."
    engine.answers = [long + " He"]
    first = await suggester.suggest(moment(PAGE))
    suggester.rejected(first.id)
    engine.answers = [long + " He", " a good deal about boots, and about the feet that went into them in winter. He"]
    shown = [piece async for piece in suggester.stream(moment(PAGE, version=2))]
    assert "".join(shown) == " a good deal about boots, and about the feet that went into them in winter."

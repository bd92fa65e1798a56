"""How verdicts weigh on phrasing: a single rejection tips the scales, and what is the writer's own stays so."""

import pytest

from ownhand.manuscript.model import Form
from ownhand.suggestions.ngram import NgramModel, tokens
from ownhand.suggestions.phrasing import Phrasing, grams
from ownhand.suggestions.rerank import OwnHand
from ownhand.verdicts.facts import REASONS

REJECTED = " a silver moon hung over the silent harbour like a promise."
ELSEWHERE = " and there it was again, hung over the silent harbour."
PLAIN = " and there it was again, above the sheds."
PAGE = "He came down to the water at the end of the shift"


def nobody(run) -> bool:
    return False


def after(reason: str = "", text: str = REJECTED) -> Phrasing:
    phrasing = Phrasing()
    phrasing.reject(text, reason)
    return phrasing


def test_a_rejected_phrase_goes_down_wherever_it_is_used() -> None:
    assert after().score(ELSEWHERE, nobody) < -0.5
    assert after().score(PLAIN, nobody) == 0
    assert after().uses_rejected(ELSEWHERE, nobody)
    assert not after().uses_rejected(PLAIN, nobody)
    assert not Phrasing().uses_rejected(ELSEWHERE, nobody)


def test_the_reason_decides_how_much() -> None:
    scores = {reason: after(reason).score(ELSEWHERE, nobody) for reason in (*REASONS, "", "too sweet")}
    assert scores["wrong word"] == scores["cliché"] < scores[""] == scores["too sweet"] == scores["own words"]
    assert scores[""] < scores["wrong rhythm"] < scores["wrong fact"] == 0
    assert after(" CLICHE ").score(ELSEWHERE, nobody) == scores["cliché"]


def test_what_the_writer_wrote_too_is_the_writer_s() -> None:
    own = NgramModel.of(["The mist hung over the silent harbour and the boats lay in it."])
    assert after().score(" It hung over the silent harbour.", own.holds) == 0
    assert after().score(" a silver moon hung there", own.holds) < 0
    assert own.holds(("over", "the", "silent"))
    assert own.holds(("silent", "harbour"))
    assert not own.holds(("silver", "moon"))
    assert not own.holds(("moon", "hung", "over"))


def test_short_words_say_nothing_about_a_voice() -> None:
    assert list(grams("out of the way he went home")) == [
        ("went", "home"),
        ("way", "he", "went"),
        ("he", "went", "home"),
    ]
    assert after(text=" out of the sea").score(" and out of the fog", nobody) == 0
    assert list(grams("港の灯り")) == [("港", "の", "灯"), ("の", "灯", "り")]


def test_an_accepted_text_goes_up_a_little_and_once() -> None:
    phrasing = Phrasing()
    phrasing.accept(PLAIN)
    score = phrasing.score(PLAIN, nobody)
    assert 0 < score <= 0.3
    phrasing.accept(PLAIN)
    assert phrasing.score(PLAIN, nobody) == score
    phrasing.reject(PLAIN)
    assert phrasing.score(PLAIN, nobody) < 0


def test_however_much_was_rejected_a_candidate_falls_only_so_far() -> None:
    phrasing = Phrasing()
    for _ in range(50):
        phrasing.reject(REJECTED, "cliché")
    assert phrasing.score(REJECTED * 3, nobody) == -3.0


@pytest.mark.parametrize("reason", ["", "cliché", "own words"])
async def test_one_rejection_changes_which_candidate_is_chosen(clock, corpus_of, reason: str) -> None:
    own = corpus_of(["He went down to the sheds and there it was again, the old noise above the water. " * 60])
    hand = OwnHand(own, clock, Phrasing())
    hand.prepare(Form.PROSE)
    await hand.ready()
    candidates = [" and the bell went over the silent harbour twice.", " and the gulls went over to the other bank."]
    first = hand.best(candidates, PAGE, Form.PROSE)
    other = next(candidate for candidate in candidates if candidate != first)
    hand.phrasing.reject(first, reason)
    assert hand.best(candidates, PAGE, Form.PROSE) == other
    assert hand.is_poor(first, PAGE, Form.PROSE)
    assert not hand.is_poor(other, PAGE, Form.PROSE)
    assert not hand.is_poor(first, PAGE + first, Form.PROSE)  # once the writer wrote it, it is the writer's
    hand.close()


def test_an_apostrophe_is_no_difference_between_the_phrases_and_the_model() -> None:
    own = NgramModel.of(["He didn’t answer. L’été dernier."])
    assert set(grams("didn't answer")) <= {run for run in grams("didn’t answer") if own.holds(run)}
    assert "didn't" in tokens("didn’t")

"""When a training begins by itself, and what is said while it does not."""

from dataclasses import replace

import pytest

from ownhand.manuscript.promise import WORTH_WHILE
from ownhand.training.schedule import IDLE_SECONDS, Circumstances, Desk, Start, Wait, decide

AT_REST = Desk("idle", IDLE_SECONDS, keeper=True)
READY = Circumstances(words=9_000, learned=None, new_verdicts=0, on_mains=True, installed=True)


def test_a_manuscript_that_was_never_learned_is() -> None:
    assert decide(AT_REST, READY) == Start()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"words": WORTH_WHILE - 1}, "4,999 words to learn from"),
        ({"installed": False}, "how to get the part"),
        ({"on_mains": False}, "mains power"),
        ({"unfinished": True, "being_learned": True}, "learned already"),
    ],
)
def test_it_says_what_it_waits_for(change: dict[str, object], said: str) -> None:
    decision = decide(AT_REST, replace(READY, **change))
    assert isinstance(decision, Wait)
    assert said in decision.sentence


def test_it_waits_for_the_writer_to_rest() -> None:
    decision = decide(replace(AT_REST, idle_seconds=IDLE_SECONDS - 1), READY)
    assert isinstance(decision, Wait)
    assert "when you rest" in decision.sentence


@pytest.mark.parametrize(
    "change", [{"when": "manual"}, {"keeper": False}, {"busy": True}, {"failed": True}, {"held": True}]
)
def test_where_it_is_forbidden_nothing_begins_and_nothing_is_waited_for(change: dict[str, object]) -> None:
    desk = replace(AT_REST, **change)
    assert desk.forbids
    assert decide(desk, READY) == Wait("")


def test_what_is_known_already_is_not_learned_again() -> None:
    assert decide(AT_REST, replace(READY, learned=9_000)) == Wait("")


def test_always_waits_for_no_rest_but_for_mains_power() -> None:
    at_work = replace(AT_REST, when="always", idle_seconds=0.0)
    assert decide(at_work, READY) == Start()
    assert isinstance(decide(at_work, replace(READY, on_mains=False)), Wait)


@pytest.mark.parametrize(
    ("words", "verdicts", "begins"),
    [(9_999, 0, False), (10_000, 0, True), (9_050, 199, False), (9_050, 200, True), (9_000, 5_000, False)],
)
def test_a_further_lesson_wants_new_text_or_verdicts_about_some(words: int, verdicts: int, *, begins: bool) -> None:
    learned = replace(READY, learned=9_000, words=words, new_verdicts=verdicts)
    assert (decide(AT_REST, learned) == Start()) is begins


def test_a_long_manuscript_wants_a_tenth() -> None:
    assert decide(AT_REST, replace(READY, learned=50_000, words=54_999)) == Wait("")
    assert decide(AT_REST, replace(READY, learned=50_000, words=55_000)) == Start()


def test_what_was_broken_off_goes_on() -> None:
    assert decide(AT_REST, replace(READY, learned=9_000, unfinished=True)) == Start()

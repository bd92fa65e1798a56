"""The one rule of the pause, on a clock that stands still."""

import pytest

from ownhand.suggestions.trigger import CAP, LONGEST_RHYTHM, START, PauseRule


def typed(rule: PauseRule, clock, gap: float, keys: int = 40) -> None:
    for _ in range(keys):
        clock.time += gap
        rule.changed("d")


def test_half_a_second_from_the_last_change_the_editors_own_wait_included(clock) -> None:
    rule = PauseRule(clock)
    rule.changed("d")
    clock.time += 0.2
    assert rule.remaining("d", asked=clock.time) == pytest.approx(START - 0.2)
    assert rule.remaining("other", asked=clock.time) == pytest.approx(START)
    clock.time += 1
    assert rule.remaining("d", asked=clock.time) == 0


def test_a_slow_hand_gets_a_longer_pause_within_bounds(clock) -> None:
    rule = PauseRule(clock)
    typed(rule, clock, 0.1)
    assert rule.pause == START
    typed(rule, clock, 0.5, 64)
    assert rule.pause == pytest.approx(0.75)
    typed(rule, clock, 1.6, 64)
    assert rule.pause == LONGEST_RHYTHM


def test_rests_are_no_rhythm(clock) -> None:
    rule = PauseRule(clock)
    typed(rule, clock, 5.0)
    assert rule.pause == START


def test_ignored_ones_lengthen_it_and_an_accept_brings_it_back(clock) -> None:
    rule = PauseRule(clock)
    for _ in range(4):
        rule.ignored()
    assert rule.pause == START
    rule.ignored()
    assert rule.pause == pytest.approx(START + 0.2)
    for _ in range(50):
        rule.ignored()
    assert rule.pause == CAP
    rule.accepted()
    assert rule.pause == START


def test_the_setting_overrides_the_start(clock) -> None:
    rule = PauseRule(clock, setting=0.05)
    typed(rule, clock, 0.9)
    assert rule.pause == pytest.approx(0.05)
    rule.setting = 5.0
    rule.ignored()
    assert rule.pause == 5.0

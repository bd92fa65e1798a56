"""Each rule of the gate declines by itself; the sentence is for a writer."""

from dataclasses import replace

import pytest

from ownhand.voices.gate import Evidence, decide

SOUND = Evidence(
    same_base=True,
    engine_complaint="",
    held_out_words=2100,
    held_out_pieces=7,
    gain=6.4,
    gain_low=4.9,
    over_today={"cold": 3.1, "warm": 1.2},
    specific_gain=3.8,
    novelty=1.0,
    loops=0.02,
    base_loops=0.03,
    train_gap=4.0,
)

DECLINED = {
    "wrong base": ({"same_base": False}, "base", "another model"),
    "wrongly permuted": (
        {"engine_complaint": "The engine applies the adapter, but not as it was trained."},
        "engine",
        "not as it was trained",
    ),
    "memorizing": ({"novelty": 0.91}, "memorizing", "9.0%"),
    "looping": ({"loops": 0.4}, "looping", "40.0%"),
    "overfitted": ({"gain": -2.1, "gain_low": -4.0, "train_gap": 55.0}, "overfitted", "by heart"),
    "overfitted, and perhaps better": ({"gain_low": -0.5, "train_gap": 40.0}, "overfitted", "not surely better"),
    "noise": ({"gain": 0.1, "gain_low": -0.3, "train_gap": 0.0}, "gain", "nothing that shows"),
    "chance": ({"gain": 1.6, "gain_low": -0.2, "train_gap": 2.0}, "gain", "chance"),
    "worse than passages in the prompt": ({"over_today": {"cold": 2.0, "warm": -0.8}}, "today", "bare model"),
    "worse than the champion": (
        {"over_today": {"cold": -0.6, "warm": 0.0}, "champion": True},
        "today",
        "writes for you now",
    ),
    "worse than an adapter that is kept": ({"over_best_kept": {"cold": -1.4, "warm": 0.3}}, "best kept", "1.4%"),
    "another author's": ({"gain": 2.0, "gain_low": 0.7, "specific_gain": -1.5}, "specific", "not your hand"),
}


def test_a_sound_challenger_passes():
    decision = decide(SOUND)
    assert (decision.decision, decision.rule) == ("passed", "")
    assert "6.4%" in decision.why


@pytest.mark.parametrize(("changes", "rule", "words"), DECLINED.values(), ids=DECLINED)
def test_each_rule_declines_by_itself(changes, rule, words):
    decision = decide(replace(SOUND, **changes))
    assert (decision.decision, decision.rule) == ("declined", rule)
    assert words in decision.why
    assert decision.why.endswith(".")


@pytest.mark.parametrize(
    "changes",
    [
        {"over_today": {"cold": -0.4, "warm": -0.5}},
        {"over_best_kept": {"cold": -0.2, "warm": 0.0}},
        {"loops": 0.07},
        {"novelty": 0.95},
        {"gain": 1.0, "gain_low": 0.01},
        {"train_gap": 30.0},
    ],
    ids=str,
)
def test_what_is_within_the_margins_passes(changes):
    assert decide(replace(SOUND, **changes)).decision == "passed"


def test_who_wrote_next_to_nothing_proved_nothing():
    decision = decide(replace(SOUND, written=0.0))
    assert (decision.decision, decision.rule) == ("undecided", "written")
    assert decide(replace(SOUND, written=0.7)).decision == "passed"


def test_too_little_to_test_on_is_left_to_the_writer():
    for changes in ({"held_out_pieces": 2}, {"held_out_words": 420}):
        decision = decide(replace(SOUND, gain=9.0, gain_low=9.0, **changes))
        assert (decision.decision, decision.rule) == ("undecided", "enough")
    assert "1 piece with 420 words" in decide(replace(SOUND, held_out_pieces=1, held_out_words=420)).why


def test_nothing_to_compare_with_is_left_to_the_writer():
    decision = decide(replace(SOUND, specific_gain=None))
    assert (decision.decision, decision.rule) == ("undecided", "specific")


def test_reciting_is_declined_however_little_is_kept_aside():
    assert decide(replace(SOUND, held_out_pieces=0, held_out_words=0, novelty=0.5)).rule == "memorizing"


MEASURED = {
    "the example manuscript": (
        {"gain": 9.69, "gain_low": 8.98, "over_today": {"cold": 5.79}, "specific_gain": 14.51, "train_gap": 12.97},
        "",
    ),
    "fifty samples of Melville": (
        {"gain": 4.46, "gain_low": 3.70, "over_today": {"cold": 1.54}, "specific_gain": 4.64, "train_gap": 12.23},
        "",
    ),
    "five samples of Melville": (
        {"gain": 1.26, "gain_low": 0.85, "over_today": {"cold": -1.17}, "specific_gain": -0.95, "train_gap": 17.64},
        "today",
    ),
    "the same without passages to beat": (
        {"gain": 1.26, "gain_low": 0.85, "over_today": {}, "specific_gain": -0.95, "train_gap": 17.64},
        "specific",
    ),
    "ten passes over ten samples": ({"gain": -14.04, "gain_low": -14.04, "novelty": 1.0, "train_gap": None}, "gain"),
    "thirty passes at rank 64": ({"gain": -83.07, "gain_low": -83.07, "novelty": 0.542}, "memorizing"),
    "a hundred passes at rank 1": ({"gain": -101.17, "gain_low": -101.17, "novelty": 0.797}, "memorizing"),
}
"""What was measured of real adapters of the packaged model (docs/lab-notes.md, 2026-11-26), and the rule it meets."""


@pytest.mark.parametrize(("found", "rule"), MEASURED.values(), ids=MEASURED)
def test_real_adapters_meet_the_rule_that_is_meant_for_them(found, rule):
    decision = decide(replace(SOUND, loops=0.0, base_loops=0.0, **found))
    assert (decision.rule, decision.decision) == (rule, "declined" if rule else "passed")

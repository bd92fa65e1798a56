"""Novelty, loops and the form of verse: pure functions, checked by hand."""

import math

import pytest

from ownhand.training.form_distance import divergence, form_distance
from ownhand.training.loops import loop_share, looping_words
from ownhand.training.novelty import TrainingText, Verbatim, Written, novelty

DIARY = "The barge came up at four with the tide and nobody on deck but the dog. We weighed it twice."
SONG = "oh the river runs down to the grey salt sea\nand my love is gone\noh the river runs down to the grey salt sea\n"
TRAINING = TrainingText([DIARY, SONG])


def verbatim(text, prompt=""):
    return TRAINING.verbatim([Written(prompt, text)])


def test_new_text_holds_no_run():
    assert verbatim("The dog looked at the barge, and then at us.") == Verbatim(0, 10, 0)


def test_eight_words_in_a_row_are_a_run_whatever_the_spelling():
    said = "Then THE BARGE came up — at four, with the… kettle on."
    assert verbatim(said) == Verbatim(8, 11, 8)


def test_seven_words_are_none_but_are_known_as_the_longest():
    assert verbatim("the barge came up at four with a kettle") == Verbatim(0, 9, 7)


def test_the_longest_run_is_followed_word_by_word():
    assert verbatim(f"So: {DIARY}").longest == 20


def test_two_runs_that_meet_are_not_one():
    said = "the barge came up at four with the came up at four with the tide and nobody"
    assert verbatim(said).longest == 9
    assert verbatim(said).copied == 17


def test_what_the_prompt_holds_is_no_reciting():
    assert verbatim("the barge came up at four with the tide", prompt=DIARY) == Verbatim(0, 9, 0)


def test_refrains_are_excepted():
    assert verbatim("oh the river runs down to the grey salt sea") == Verbatim(0, 10, 7)


def test_novelty_counts_beyond_the_base():
    assert novelty(Verbatim(10, 100, 9), Verbatim(0, 100, 0)) == pytest.approx(0.9)
    assert novelty(Verbatim(10, 100, 9), Verbatim(4, 100, 8)) == pytest.approx(0.94)
    assert novelty(Verbatim(0, 100, 0), Verbatim(4, 100, 8)) == 1.0
    assert novelty(Verbatim(0, 0, 0), Verbatim(0, 0, 0)) == 1.0


@pytest.mark.parametrize(
    ("text", "caught"),
    [
        ("He went to the door. He went to the window. He went out.", 0),
        ("never, never, never", 0),
        ("the sea the sea the sea the sea", 8),
        ("no no no no no no no", 7),
        ("It was late. And so he sat. And so he sat. And so he sat.", 12),
        ("And so he sat. And so he sat. He rose.", 0),
        ("", 0),
    ],
)
def test_a_phrase_said_three_times_in_a_row_is_a_loop(text, caught):
    assert looping_words(text)[0] == caught


def test_loops_are_counted_over_all_texts_together():
    assert loop_share(["the sea the sea the sea", "salt on the sill and nobody"]) == pytest.approx(6 / 12)
    assert loop_share([]) == 0.0


def test_the_divergence_of_two_distributions():
    assert divergence({"a": 1.0}, {"a": 1.0}) == 0.0
    assert divergence({"a": 1.0}, {"b": 1.0}) == 1.0
    # Middle (3/4, 1/4): (log2(4/3) + (log2(2/3) + log2(2)) / 2) / 2
    wanted = (math.log2(4 / 3) + (math.log2(2 / 3) + math.log2(2)) / 2) / 2
    assert divergence({"a": 1.0}, {"a": 0.5, "b": 0.5}) == pytest.approx(wanted)


OWN = ["salt on the sill\n    & nobody yet\n\nthe kettle (again) —\n        sings to the cups\n"]


def test_the_same_verse_lies_nowhere_apart():
    assert set(form_distance(OWN, OWN).values()) == {0.0}


def test_each_trait_is_seen_by_itself():
    apart = form_distance([OWN[0].replace("    ", "")], OWN)
    assert apart["indents"] > 0
    assert apart["line length"] == apart["capitals"] == apart["blank lines"] == apart["dashes"] == 0
    assert form_distance([OWN[0].title()], OWN)["capitals"] > 0.5
    assert form_distance([OWN[0].replace(" —", "")], OWN)["dashes"] > 0
    assert form_distance([OWN[0].replace("\n\n", "\n")], OWN)["blank lines"] == 1.0
    assert form_distance(["\n\n"], OWN) == {}

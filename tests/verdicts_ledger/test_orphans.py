"""Accepted text whose server is no more is looked for in its file; where it can't be known again, nothing is said."""

import pytest

from ledger_facts import BEFORE, NOON, TEXT
from ownhand.verdicts.facts import Checked, Settled
from ownhand.verdicts.reading.orphans import Pending, finish, present_text

REFRAIN = "and nobody came for the boat"
VERSE = f"""\
The lamp was lit at four,
{REFRAIN},
the keeper wrote it in the log,
"""
THIRD = f"""\
the tide came up the stair,
{REFRAIN},
"""


@pytest.mark.parametrize("end", ["", "\n\nIn the morning the boat was gone from its ring."])
def test_the_place_is_where_the_text_before_it_ends(end: str) -> None:
    changed = "She went up from it with her boots in her hand."
    assert present_text(f"# The ferry\n\n{BEFORE}{TEXT}{end}", BEFORE, TEXT) == TEXT
    assert present_text(f"{BEFORE}{changed}{end}", BEFORE, TEXT) == f"{changed}{end}"[: len(TEXT)]


def test_a_refrain_elsewhere_is_not_the_one_that_was_taken_out() -> None:
    """The accepted line was found in any other stanza, and counted as kept although it was gone from its own."""
    before, taken = VERSE + "the tide came up the stair,\n", REFRAIN + ","
    gone = before + "and that was the end of the ferry.\n"
    assert present_text(before + taken + "\n", before, taken) == taken
    assert present_text(gone, before, taken) != taken
    rewritten = VERSE.replace("keeper", "clerk") + "\n" + THIRD.replace("tide", "sea")
    assert present_text(rewritten, before, taken) is None


def test_a_long_text_that_stands_in_one_place_alone_was_moved_there() -> None:
    moved = f"Nobody had asked.\n\n{TEXT} Then she slept."
    assert present_text(moved, BEFORE, TEXT) == TEXT
    assert present_text("Nobody had asked. Then she slept.", BEFORE, "Then she") is None
    assert present_text("Nobody had asked.", BEFORE, TEXT) is None


def test_where_words_have_no_spaces_they_are_counted_all_the_same() -> None:
    """Split at spaces, a whole sentence was one word and never long enough."""
    before, taken = "雨は夕方まで降り続いて、彼女は台所の窓から", "港の灯りを見ていた。"
    assert present_text(f"夜。{taken}そして朝。", before, taken) == taken
    assert present_text(f"{taken}夜。{taken}", before, taken) is None


def test_what_is_found_becomes_checks_at_their_true_age() -> None:
    pending = Pending("a", "ferry.md", NOON, TEXT, BEFORE, (15, 30))
    facts = list(finish(pending, BEFORE + TEXT, NOON + 7000))
    assert [(fact.due, fact.age, fact.kept) for fact in facts if isinstance(fact, Checked)] == [
        (120, 7000, True),
        (300, 7000, True),
        (600, 7000, True),
    ]
    assert facts[-1] == Settled("a", NOON + 7000, TEXT)
    assert {fact.kept for fact in finish(pending, None, NOON + 130) if isinstance(fact, Checked)} == {None}
    assert list(finish(pending, BEFORE + TEXT, NOON + 100)) == []

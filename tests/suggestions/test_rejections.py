"""Where a rejected text may not come back, on a page that goes on changing."""

from collections import namedtuple
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ownhand.suggestions.rejections import Rejections

PAGE = """\
The keeper wound the light at four, as he did every day, and came down for his tea. There was nobody at the table.

It rained until Goole. She had the washing of him for eleven years, and she knew"""
REJECTED = " the weight of every shirt he had, and the one he was married in."
OTHER = " a good deal about boots, and nothing at all about the man."
POEM = dedent("""\
    # The ferry

    He counts the tokens in his palm,
    the river counts the boats,
    and nobody on either bank
    """)
LINE = "remembers what it owes."


def after_one(before: str = PAGE, text: str = REJECTED, reason: str = "", document: str = "goole.md") -> Rejections:
    rejections = Rejections()
    rejections.add(document, before, text, reason)
    return rejections


def test_the_text_and_its_variants_stay_away_and_others_come() -> None:
    rejections = after_one()
    assert rejections.forbids("goole.md", PAGE, REJECTED)
    assert rejections.forbids("goole.md", PAGE, " The weight of every shirt he had")
    assert rejections.forbids("goole.md", PAGE + " ", "the weight of each shirt he had and the one he was married in")
    assert not rejections.forbids("goole.md", PAGE, OTHER)
    assert not Rejections().forbids("goole.md", PAGE, REJECTED)


def test_elsewhere_it_may_be_said() -> None:
    elsewhere = PAGE + OTHER + " When they carried him up from the river it was she who told them"
    assert not after_one().forbids("goole.md", elsewhere, REJECTED)


def test_the_document_above_may_grow_and_shrink() -> None:
    rejections = after_one()
    assert rejections.forbids("goole.md", f"# Goole\n\n{'Another morning went by. ' * 300}\n\n{PAGE}", REJECTED)
    assert rejections.forbids("goole.md", PAGE[PAGE.index("She had") :], REJECTED)


def test_a_small_change_to_the_words_before_it_is_the_same_place() -> None:
    rejections = after_one()
    assert rejections.forbids("goole.md", PAGE.replace("eleven", "twelve"), REJECTED)
    assert rejections.forbids("goole.md", PAGE.replace("and she knew", "and so she knew"), REJECTED)
    assert not rejections.forbids("goole.md", PAGE.replace("for eleven years, and she", "and nobody ever"), REJECTED)


@pytest.mark.parametrize("typed", range(1, len(REJECTED) - 10))
def test_typed_along_the_rest_of_it_is_the_same_text(typed: int) -> None:
    """Mid-word too: what was typed and what comes are read as one."""
    assert after_one().forbids("goole.md", PAGE + REJECTED[:typed], REJECTED[typed:])


def test_typed_along_another_rest_may_come() -> None:
    rejections = after_one()
    assert not rejections.forbids("goole.md", PAGE + " the weight", " she would not carry any more.")
    assert not rejections.forbids("goole.md", PAGE + " the wei", "rd things he said in his sleep.")


def test_written_by_the_writer_after_all_the_text_goes_on() -> None:
    assert not after_one().forbids("goole.md", PAGE + REJECTED, " He never asked her how.")
    assert not after_one().forbids("goole.md", PAGE + REJECTED.rstrip("."), ", God help him.")


def test_words_taken_back_are_brought_back_with_it_no_more() -> None:
    shorter = PAGE.removesuffix(" and she knew")
    assert after_one().forbids("goole.md", shorter, " and she knew" + REJECTED)


def test_a_longer_suggestion_does_not_bring_it_along() -> None:
    before = PAGE[: PAGE.index("She had")]
    assert after_one().forbids("goole.md", before, PAGE[len(before) :] + REJECTED + " He never asked.")
    assert not after_one().forbids("goole.md", before, PAGE[len(before) :] + OTHER)


def test_a_page_that_got_a_file_and_a_renamed_file_are_the_same_place() -> None:
    rejections = after_one(document="untitled:Untitled-1")
    assert rejections.forbids("goole.md", PAGE, REJECTED)
    assert rejections.forbids("drafts/goole-2.md", f"# Second draft\n\n{PAGE}", REJECTED)


def test_a_few_words_could_stand_in_any_document() -> None:
    rejections = after_one("Dear Anna, you ask me how", " I have been.", document="letters/1.md")
    assert rejections.forbids("letters/1.md", "Dear Anna, you ask me how", " I have been.")
    assert not rejections.forbids("letters/2.md", "Dear Anna, you ask me how", " I have been.")


def test_on_an_empty_page_the_beginning_is_the_place() -> None:
    rejections = after_one("", "The sea was calm that morning.", document="new.md")
    assert rejections.forbids("new.md", "", "The sea was calm that morning.")
    assert rejections.forbids("new.md", "The sea", " was calm that morning, and")
    assert not rejections.forbids("new.md", "It was raining. ", "The sea was calm that morning.")
    assert not rejections.forbids("other.md", "", "The sea was calm that morning.")


def test_lines_of_verse() -> None:
    rejections = after_one(POEM, LINE, document="ferry.md")
    assert rejections.forbids("ferry.md", POEM, "remembers what it owes")
    assert rejections.forbids("ferry.md", POEM, "remembers what it owes.\n    the ferryman is blind")
    assert rejections.forbids("ferry.md", POEM.rstrip("\n"), f"\n{LINE}")
    assert rejections.forbids("ferry.md", POEM + "remembers", " what it owes.")
    assert not rejections.forbids("ferry.md", POEM, "is waiting to be told.")
    refrain = POEM + "is waiting to be told.\n\nHe spends the tokens on his eyes,\nthe river spends the rain,\n"
    assert not rejections.forbids("ferry.md", refrain, LINE)


def test_a_fact_put_right_may_come() -> None:
    text = " since the flood of 1947, and never once on a Sunday."
    right = text.replace("1947", "1953")
    assert after_one(text=text).forbids("goole.md", PAGE, right)
    assert not after_one(text=text, reason="Wrong fact").forbids("goole.md", PAGE, right)
    assert after_one(text=text, reason="wrong fact").forbids("goole.md", PAGE, text)


def test_a_reason_that_comes_second_counts() -> None:
    """Editors send "not mine" at once and its reason when the writer chose one. The second was taken for known, so that
    a fact put right stayed away, and a cliché weighed no more than anything else."""
    text = " since the flood of 1947, and never once on a Sunday."
    right = text.replace("1947", "1953")
    rejections = after_one(text=text)
    rejections.add("goole.md", PAGE, text, "wrong fact")
    assert not rejections.forbids("goole.md", PAGE, right)
    assert rejections.forbids("goole.md", PAGE, text)
    assert rejections.phrasing.score(text, lambda _: False) == pytest.approx(0)
    rejections.add("goole.md", PAGE, text, "cliché")
    assert rejections.forbids("goole.md", PAGE, right)
    rejections.add("goole.md", PAGE, text)
    at_once = after_one(text=text, reason="cliché").phrasing
    for phrase in (text, " since the flood", " once on a Sunday"):
        weight = rejections.phrasing.score(phrase, lambda _: False)
        assert weight == pytest.approx(at_once.score(phrase, lambda _: False)) != 0


def test_earlier_sittings_are_remembered_and_nothing_counts_twice() -> None:
    row = namedtuple("Row", "document before text reason at")
    rejections = Rejections()
    for _ in range(2):
        rejections.remember([row("goole.md", PAGE[-150:], REJECTED, "cliché", 12.5)], accepted=[OTHER])
    assert rejections.forbids("goole.md", PAGE, REJECTED)
    once = Rejections()
    once.add("goole.md", PAGE[-150:], REJECTED, "cliché")
    once.phrasing.accept(OTHER)
    for text in (REJECTED, OTHER):
        assert rejections.phrasing.score(text, lambda _: False) == once.phrasing.score(text, lambda _: False)


def test_scripts_without_spaces() -> None:
    before, text = "雨は夕方まで降り続いて、彼女は台所の窓から", "港の灯りを見ていた。"
    rejections = after_one(before, text, document="雨.md")
    assert rejections.forbids("雨.md", "これは長い物語である。" * 30 + before, "港の灯りを見ていた。そして")
    assert rejections.forbids("雨.md", before + "港の", "灯りを見ていた。")
    assert not rejections.forbids("雨.md", before, "父の帰りを待っていた。")


@given(st.text(max_size=300), st.integers(0, len(REJECTED) - 8), st.text(" .,;!?…—“”\n", max_size=4))
@settings(deadline=None)
def test_whatever_stands_above_and_however_far_it_was_typed(above: str, typed: int, signs: str) -> None:
    rejections = after_one()
    before = f"{above}\n\n{PAGE}{REJECTED[:typed]}"
    assert rejections.forbids("goole.md", before, REJECTED[typed:].upper() + signs)


@given(st.text(max_size=80), st.text("aA bé’'.\n—海", max_size=40).filter(lambda text: any(map(str.isalpha, text))))
@settings(deadline=None)
def test_any_text_is_known_again_at_its_place(before: str, text: str) -> None:
    assert after_one(before, text).forbids("goole.md", before, text)

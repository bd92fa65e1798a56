"""What the observer tells of single acts, on a clock that is moved by hand."""

import time

import pytest

from observer_page import ObservedPage, offer
from ownhand.verdicts.facts import SURVIVAL_AGES, Judged, Learned, Shown, Verdict
from ownhand.verdicts.observer.edits import Edit
from ownhand.verdicts.observer.observer import MOST_LIVE, PRESUMED_SHOWN
from simulated_writer import Compose, Elsewhere, Gesture, Keys, Swap, Take, Wait

PAGE = "The lamp had been lit since noon. Ida"
SAID = " had seen it from the road, and said nothing."


def page_with(text: str = SAID, **wanted: object) -> ObservedPage:
    page = ObservedPage(PAGE, **wanted)  # type: ignore[arg-type]
    page.offer(text)
    return page


def taken() -> ObservedPage:
    page = page_with()
    page.act(Wait())
    page.act(Take())
    return page


def only(facts: list[Judged]) -> Judged:
    (fact,) = facts
    return fact


def test_an_answer_is_seen_once_it_stood_long_enough() -> None:
    page = page_with()
    page.wait(PRESUMED_SHOWN - 0.01)
    assert page.fate() == "unseen"
    page.wait(0.02)
    (shown,) = [fact for fact in page.facts if isinstance(fact, Shown)]
    assert (shown.learned, shown.text, shown.before, shown.after) == (Learned.INFERRED, SAID, PAGE, "")


def test_typing_along_from_the_start_leaves_it_standing() -> None:
    page = page_with()
    page.act(Keys(SAID[:6]))
    page.act(Wait())
    assert page.fate() == "shown"


def test_an_answer_that_was_replaced_was_not_seen() -> None:
    page = page_with()
    page.wait(0.3)
    page.offer(" waited.", "s2")
    page.act(Wait())
    assert (page.fate("s1"), page.fate("s2")) == ("unseen", "shown")


def test_asking_elsewhere_takes_an_unseen_answer_away() -> None:
    page = page_with()
    page.observer.asked(3)
    page.act(Wait())
    assert page.fate() == "unseen"


def test_asking_at_the_end_of_what_was_typed_along_does_not() -> None:
    page = page_with()
    page.act(Keys(SAID[:4]))
    page.observer.asked(len(PAGE) + 4)
    page.act(Wait())
    assert page.fate() == "shown"


def test_an_editor_that_reports_is_the_only_one_who_knows_what_was_seen() -> None:
    page = page_with(reports=True)
    page.act(Wait())
    assert page.fate() == "unseen"
    page.observer.shown("s1")
    page.observer.shown("s1")
    (shown,) = [fact for fact in page.facts if isinstance(fact, Shown)]
    assert shown.learned is Learned.EDITOR


def test_what_was_typed_by_hand_is_not_counted_as_taken() -> None:
    page = page_with()
    page.act(Wait())
    page.act(Keys(SAID[:10]))
    page.act(Take())
    accepted = only(page.judged())
    assert (accepted.verdict, accepted.characters, accepted.keys) == (Verdict.ACCEPTED, len(SAID) - 10, 1)
    assert (accepted.first, accepted.last) == (10, len(SAID))
    assert page.marks == [(len(PAGE) + 10, len(PAGE) + len(SAID), "s1")]


def test_parts_are_counted_once_however_often_they_are_told() -> None:
    page = page_with(reports=True)
    page.observer.shown("s1")
    page.put(SAID[:4])
    page.observer.partly_accepted("s1", 4)
    page.observer.partly_accepted("s1", 4)
    page.put(SAID[4:9])
    page.observer.partly_accepted("s1", 9)
    page.put(SAID[9:])
    page.observer.partly_accepted("s1", 10**9)
    page.observer.accepted("s1")
    page.observer.accepted("s1")
    last = page.judged()[-1]
    assert (last.verdict, last.characters, last.keys) == (Verdict.ACCEPTED, len(SAID), 3)
    stretches = [(fact.first, fact.last) for fact in page.judged()]
    assert stretches == [(0, 4), (0, 9), (0, len(SAID)), (0, len(SAID))]
    assert [fact.verdict for fact in page.judged()].count(Verdict.ACCEPTED) == 1
    assert "".join(page.text[start:end] for start, end, _ in page.marks) == SAID


def test_parts_in_front_of_text_that_begins_alike_are_counted() -> None:
    """An editor that compares lines tells of " had" before " him" as if "ad h" came behind " h"."""
    page = ObservedPage(f"{PAGE} him, later", reports=True)
    page.cursor = len(PAGE)
    page.offer(SAID)
    page.observer.shown("s1")
    page.change(Edit(len(PAGE) + 2, "", "ad h"))
    page.observer.partly_accepted("s1", 4)
    page.change(Edit(len(PAGE) + 5, "", f"{SAID[5:]} "))
    page.observer.accepted("s1")
    last = page.judged()[-1]
    assert page.text == f"{PAGE}{SAID} him, later"
    assert (last.verdict, last.characters, last.keys) == (Verdict.ACCEPTED, len(SAID), 2)
    assert "".join(page.text[start:end] for start, end, _ in page.marks) == SAID


def test_an_editor_that_puts_all_of_it_before_what_was_typed_is_understood() -> None:
    """Neovim's own accept inserts the whole text at the range of the old request."""
    page = page_with()
    page.act(Wait())
    page.act(Keys(SAID[:4]))
    page.change(Edit(len(PAGE), "", SAID))
    page.observer.accepted("s1")
    assert page.fate() == "accepted"
    assert page.marks == [(len(PAGE), len(PAGE) + len(SAID), "s1")]


def test_a_command_without_its_text_is_believed_less_and_marks_nothing() -> None:
    page = page_with()
    page.act(Wait())
    page.act(Keys(" was asleep already, as everybody knew."))
    page.observer.accepted("s1")
    assert only([fact for fact in page.judged() if fact.verdict is Verdict.ACCEPTED]).sure < 1
    assert page.marks == []


def test_a_slip_is_no_verdict() -> None:
    page = page_with()
    page.act(Wait())
    page.act(Keys("x"))
    page.act(Swap(1, ""))
    page.act(Keys(SAID))
    assert [fact.verdict for fact in page.judged()] == [Verdict.TYPED_THROUGH]


def test_one_other_letter_that_stays_is_one() -> None:
    page = page_with()
    page.act(Wait())
    page.act(Keys("s"))
    page.wait(3)
    assert only(page.judged()).verdict is Verdict.TYPED_PAST


def test_what_was_written_instead_is_told_when_it_is_long_enough() -> None:
    page = page_with()
    page.act(Wait())
    page.act(Keys(" slept through all of it, with her boots on and the window wide open to the road."))
    page.wait(1)
    (instead,) = page.instead
    assert instead is not None
    assert instead.startswith(" slept through all of it")


def test_or_after_half_a_minute() -> None:
    page = page_with()
    page.act(Wait())
    page.act(Gesture("reject", "own words"))
    page.act(Keys(" slept."))
    assert page.instead == []
    page.wait(31)
    assert page.instead == [" slept."]


def test_deleting_back_and_writing_on_is_told_without_what_was_there() -> None:
    page = page_with()
    page.act(Wait())
    page.act(Swap(1, ""))
    page.act(Swap(1, ""))
    page.act(Keys("nga rose, who had never seen a lamp that anybody was sorry to have lit."))
    page.wait(1)
    assert page.fate() == "typed_past"
    (instead,) = page.instead
    assert instead is not None
    assert instead.startswith("nga rose")


def test_deleting_back_and_coming_again_leaves_it_live() -> None:
    page = page_with()
    page.act(Wait())
    page.act(Swap(1, ""))
    page.act(Swap(1, ""))
    page.act(Keys("da"))
    page.act(Keys(SAID))
    assert page.fate() == "typed_through"


def test_a_composed_accent_is_the_same_letter() -> None:
    page = page_with(" déjà vu, dit-elle.")
    page.act(Wait())
    page.act(Keys(" de\u0301ja\u0300 vu, dit-elle."))
    assert page.fate() == "typed_through"


def test_ideographs_that_an_input_method_puts_in_at_once_are_typed() -> None:
    page = page_with("水を二杯くんで、ゆっくりと帰ってきた。")
    page.act(Wait())
    page.act(Compose(("m", "mi", "みずを", "水を二杯")))
    page.act(Compose(("k", "くんで、")))
    page.act(Keys("ゆっくりと帰ってきた。"))
    assert page.fate() == "typed_through"


def test_going_elsewhere_says_little_and_coming_back_says_more() -> None:
    page = page_with()
    page.act(Wait())
    page.act(Elsewhere("Later. "))
    ignored = only(page.judged())
    assert (ignored.verdict, ignored.learned) == (Verdict.IGNORED, Learned.INFERRED)
    assert ignored.sure < 1
    page.act(Keys(SAID))
    assert page.fate() == "typed_through"


def test_a_rejection_outweighs_whatever_follows() -> None:
    page = page_with()
    page.act(Wait())
    page.act(Gesture("reject"))
    page.act(Gesture("reject", "cliché"))
    page.act(Keys(SAID))
    assert page.fate() == "rejected"
    assert [fact.reason for fact in page.judged() if fact.verdict is Verdict.REJECTED] == ["", "cliché"]


def test_a_page_that_is_closed_right_after_a_paste_tells_of_it() -> None:
    """The part that was not claimed yet was looked for among suggestions that were no longer followed: a crash, and
    every later fact of the sitting was lost."""
    page = page_with()
    page.act(Wait())
    page.put(SAID)
    page.observer.closed(file=True)
    assert page.fate() == "partial"
    assert page.marks == [(len(PAGE), len(PAGE) + len(SAID), "s1")]


def test_what_took_its_place_is_not_what_the_writer_wrote_instead() -> None:
    """A suggestion that another one replaced was told as typed through when the other, longer one was taken."""
    page = page_with(" had seen it")
    page.act(Wait())
    page.offer(SAID, "s2")
    page.act(Wait())
    page.act(Take())
    page.wait(5)
    assert (page.fate("s1"), page.fate("s2")) == ("ignored", "accepted")


def test_the_same_text_asked_for_anew_credits_the_newer_one_alone() -> None:
    page = page_with()
    page.act(Wait())
    page.act(Gesture("dismiss"))
    page.offer(SAID, "s2")
    page.put(SAID)
    page.observer.accepted("s2")
    page.wait(5)
    assert (page.fate("s1"), page.fate("s2")) == ("dismissed", "accepted")
    assert {name for _, _, name in page.marks} == {"s2"}


def test_a_letter_that_an_editor_tells_behind_the_same_letter_is_typed_at_the_place() -> None:
    """Editors that compare texts tell of "o" typed before "one" as of an "o" between "o" and "ne"."""
    page = ObservedPage("She went to the b")
    page.text += "oat, and no one saw."
    page.offer("oo-oo of a dove")
    page.act(Wait())
    page.change(Edit(len("She went to the bo"), "", "o"))
    page.cursor += 1
    page.act(Keys("o-oo of a dove"))
    assert page.fate() == "typed_through"


def test_a_page_that_changed_everywhere_still_holds_what_was_taken() -> None:
    page = taken()
    strange = "\n\n".join(f"Nobody minded it {number * 7} days." for number in range(9000))
    page.observer.replaced(page.text, strange + SAID + strange)
    page.wait(16)
    assert page.checks[0].distance == 0


def test_accepted_text_is_looked_at_five_times() -> None:
    page = taken()
    page.wait(20)
    page.change(Edit(page.text.index("road"), "road", "ferry"))
    page.wait(90)
    page.change(Edit(page.text.index(" and said nothing"), " and said nothing", ""))
    page.wait(900)
    assert [check.due for check in page.checks] == list(SURVIVAL_AGES)
    assert [check.age for check in page.checks] == pytest.approx(SURVIVAL_AGES, abs=0.1)
    assert [check.distance for check in page.checks] == pytest.approx([0, 1 / 9, 4 / 9, 4 / 9, 4 / 9])
    assert all(check.kept for check in page.checks)
    assert [check.deleted for check in page.checks] == [0, 4, 21, 21, 21]
    assert page.settled == [" had seen it from the ferry,."]


def test_more_than_half_rewritten_is_not_kept() -> None:
    page = taken()
    page.wait(20)
    start = page.text.index(" it from")
    page.change(Edit(start, page.text[start:], " nothing at all, that night or any other."))
    page.wait(20)
    assert [check.kept for check in page.checks] == [True, False]


def test_words_behind_it_are_not_part_of_it() -> None:
    page = taken()
    page.act(Keys(" Nobody had asked her."))
    page.wait(700)
    assert page.settled == [SAID]


def test_a_look_that_comes_late_tells_its_true_age() -> None:
    page = taken()
    page.hands.pass_by(5000)
    page.observer.run()
    assert [check.due for check in page.checks] == list(SURVIVAL_AGES)
    assert {round(check.age) for check in page.checks} == {5000}


def test_a_wall_clock_that_is_set_back_changes_no_age() -> None:
    page = taken()
    page.hands.wall -= 86_400
    page.wait(16)
    (check,) = page.checks
    assert check.age == pytest.approx(15, abs=0.1)


def test_taken_out_and_put_back_by_undo_and_redo() -> None:
    page = taken()
    page.undo()
    page.wait(3)
    assert page.removed == [False]
    page.redo()
    page.wait(3)
    assert page.removed == [False, True]
    page.wait(700)
    assert all(check.kept for check in page.checks)
    assert page.settled == [SAID]


def test_an_undo_that_is_taken_back_at_once_is_not_told() -> None:
    page = taken()
    page.undo()
    page.redo()
    page.wait(5)
    assert page.removed == []


def test_a_page_without_a_file_is_unknown_once_it_is_closed() -> None:
    page = taken()
    page.wait(40)
    page.observer.closed(file=False)
    assert [(check.due, check.kept) for check in page.checks] == [
        (15, True), (30, True), (120, None), (300, None), (600, None),
    ]  # fmt: skip
    assert page.observer.is_idle


def test_an_undecided_suggestion_on_it_is_unknown_too() -> None:
    page = page_with()
    page.act(Wait())
    page.observer.closed(file=False)
    assert page.fate() == "unknown"


def test_a_file_is_looked_at_after_it_was_closed() -> None:
    page = taken()
    page.observer.closed(file=True)
    page.observer.replaced(page.text, page.text.replace("from the road", "from her bed"))
    page.wait(16)
    (check,) = page.checks
    assert check.distance == pytest.approx(2 / 9)


def test_the_whole_text_sent_anew_moves_nothing() -> None:
    page = taken()
    wrapped = "Chapter One\n\n" + page.text.replace(" it from", "\nit from")
    page.observer.replaced(page.text, wrapped)
    page.wait(16)
    (check,) = page.checks
    assert check.distance == 0


def test_where_no_text_may_be_kept_facts_hold_none() -> None:
    page = page_with(keeps_text=False)
    page.act(Wait())
    page.act(Gesture("dismiss"))
    page.act(Keys(" slept through all of it, with her boots on and the window wide open to the road."))
    page.wait(1)
    (shown,) = [fact for fact in page.facts if isinstance(fact, Shown)]
    assert (shown.text, shown.before, shown.after) == (None, None, None)
    assert page.instead == [None]
    assert "lamp" not in repr(page.facts)


def test_only_so_many_suggestions_are_followed() -> None:
    page = ObservedPage(PAGE)
    for number in range(MOST_LIVE + 10):
        page.offer(SAID, f"s{number}")
        page.wait(1)
    page.observer.accepted("s0")
    assert page.fate("s0") == "ignored"
    page.observer.accepted(f"s{MOST_LIVE + 9}")
    assert page.fate(f"s{MOST_LIVE + 9}") == "accepted"


def test_ten_thousand_looks_that_are_due_at_once_are_dealt_with_in_rounds() -> None:
    page = ObservedPage("")
    for number in range(2000):
        position = len(page.text)
        page.observer.offered(offer(f"s{number}", SAID, position), SAID, page.text[-50:], "")
        page.text += SAID
        page.observer.changed([Edit(position, "", SAID)])
        page.observer.accepted(f"s{number}")
    page.hands.pass_by(10_000)
    rounds = 0
    while (due := page.observer.next_due) is not None and due <= page.hands.seconds:
        page.observer.run()
        rounds += 1
    assert len(page.checks) == 10_000
    assert rounds > 10
    assert len(page.settled) == 2000


@pytest.mark.parametrize("name", ["", "no such id", "s2"])
def test_an_unknown_id_is_passed_over(name: str) -> None:
    page = page_with()
    told = len(page.facts)
    page.observer.shown(name)
    page.observer.accepted(name)
    page.observer.partly_accepted(name, 7)
    page.observer.dismissed(name)
    page.observer.rejected(name, "cliché")
    assert len(page.facts) == told


def test_a_chapter_of_five_megabytes_is_followed() -> None:
    chapter = "The water came back without a sound, and nobody minded. " * 90_000
    page = ObservedPage(chapter)
    page.offer(SAID)
    page.act(Wait())
    page.act(Take())
    started = time.thread_time()
    page.observer.replaced(page.text, page.text[:1000] + "Mended. " + page.text[1000:])
    page.wait(16)
    assert time.thread_time() >= started
    assert page.checks[0].kept

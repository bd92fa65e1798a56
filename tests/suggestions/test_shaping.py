"""What is offered of an answer, and what is not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ownhand.suggestions.moment import Moment
from ownhand.suggestions.place import Place, read_place
from ownhand.suggestions.shaping import (
    BROKEN,
    CHAT,
    FOLLOWS,
    LOOPS,
    MID_WORD,
    NEW_LINE,
    NEW_PARAGRAPH,
    NOTHING,
    REPEATS,
    Dropped,
    Surroundings,
    shape,
)

POEM = "the jar   I'd an empty 1 off them   I'd asked\n      0.48\n\nso him   what's over   less the screws\n"


def shaped(answer: str, before: str, after: str = "\n", *, invoked: bool = True, language: str = "md") -> str:
    place = read_place(Moment("d", 1, before, after, language, invoked=True))
    assert isinstance(place, Place)
    text = shape(answer, Surroundings(place, after, language, invoked))
    return f"({text.reason})" if isinstance(text, Dropped) else text


@pytest.mark.parametrize(
    ("answer", "before", "expected"),
    [
        (" was grey.", "The sea", " was grey."),
        (" was grey.", "The sea ", "was grey."),
        ("  was   grey. ", "The sea", " was grey."),
        ("was grey.", "The sea,", " was grey."),
        (", grey and flat.", "The sea", ", grey and flat."),
        (" , grey and flat.", "The sea", ", grey and flat."),
        ("’s edge.", "The sea", "’s edge."),
        ("side was grey.", "The sea", "side was grey."),
        ("Leave it.”", "She said, “", "Leave it.”"),
        (" Leave it.”", "She said, “", "Leave it.”"),
        (" Leave it.”", "She said, ", "Leave it.”"),
        ('Leave it."', 'She said, "', 'Leave it."'),
        ("Then he left.", 'She said, "Go."', " Then he left."),
        (" and then", "He waited—", " and then"),
        ("and then", "He waited—", "and then"),
        ("Komm her.“", "Sie sagte: „", "Komm her.“"),
        (" Dann ging er.", "Sie sagte: „Komm.“", " Dann ging er."),
        ("は海を見ていた。", "彼", "は海を見ていた。"),
        (" 風が 吹いた。", "彼は海を見ていた。", "風が吹いた。"),
        (" alors ?", "Et puis — « Non ! » —", " alors ?"),
        (" dit-il !", "« Oui\u202f! » dit-elle. « Non", " dit-il\u202f!"),
    ],
)
def test_spaces_at_the_start(answer: str, before: str, expected: str) -> None:
    assert shaped(answer, before) == expected


@pytest.mark.parametrize(
    ("answer", "before", "after", "expected"),
    [
        (" quite still and", "The sea was", " grey that day.\n", " quite still and"),
        (" quite still and", "The sea was ", "grey that day.\n", "quite still and "),
        (" quite still.", "The sea was ", "but not cold.\n", "quite still "),
        (" still. He slept.", "The sea was", " and not cold.\n", " still"),
        (". He slept.", "The wind went right through", " house & home.\n", "(nothing new)"),
        (" still. He slept.", "The sea was", " Nobody met him.\n", " still. He slept."),
        (" grey.", "“The sea was", ".”\n", " grey"),
        (" grey.”", "“The sea was", "”\n", " grey."),
        (" grey that day.", "The sea was", " that day.\n", " grey"),
        ("とても静かな", "海は", "朝だった。\n", "とても静かな"),
    ],
)
def test_spaces_and_overlap_at_the_end(answer: str, before: str, after: str, expected: str) -> None:
    assert shaped(answer, before, after) == expected


@pytest.mark.parametrize(
    ("answer", "before", "after", "reason"),
    [
        ("\n\nShe left.", "The sea was grey.", "\n", NEW_PARAGRAPH),
        ("", "The sea was grey.", "\n", NEW_PARAGRAPH),
        (" .", "The sea was grey ", "\n", NOTHING),
        (" The boats came in.", "The sea was grey.", "\n\nThe boats came in. Nobody met them.\n", FOLLOWS),
        (" of the sea of the sea of the sea of the sea of", "He spoke", "\n", LOOPS),
        (" on and on", "and on and on and on and on and on and", "\n", LOOPS),
        (" It rained until Goole, both ways.", "It rained until Goole, both ways. She slept.", "\n", REPEATS),
        ("Sure, here is the continuation:", "The sea was grey. ", "\n", CHAT),
        (" Assistant: Yes.", "The sea was grey.", "\n", CHAT),
        ("\u0301 und", "Das Cafe", "\n", BROKEN),
    ],
)
def test_dropped_answers_have_a_reason(answer: str, before: str, after: str, reason: str) -> None:
    assert shaped(answer, before, after) == f"({reason})"


def test_a_word_is_finished_only_when_a_key_asked() -> None:
    assert shaped("king down the lane.", "She went wal", invoked=True) == "king down the lane."
    assert shaped("king down the lane.", "She went wal", invoked=False) == f"({MID_WORD})"
    assert shaped(" down the lane.", "She went", invoked=False) == " down the lane."
    assert shaped("を見ていた。", "彼は海", invoked=False) == "を見ていた。"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (" was grey.<|im_end|>\n<|im_start|>", " was grey."),
        (" was grey.</s>", " was grey."),
        (" was grey<|endof", " was grey"),
        (" was grey.\ufffd", " was grey."),
        (" was [grey](http://x.y) and", " was"),
        (" was *grey* and flat", " was *grey* and flat"),
        (" was *grey and flat", " was"),
        (" was grey* and flat", " was grey"),
        (" was **very *grey*** and", " was"),
        (" was grey) and flat", " was grey"),
        (" was (grey) and flat", " was (grey) and flat"),
        (" was grey] and flat", " was grey"),
        (" was 3 * 4 = 12", " was 3"),
        (" was grey <br> and", " was grey"),
        (" saw https://example.org there", " saw"),
    ],
)
def test_markup_is_whole_and_special_tokens_are_gone(answer: str, expected: str) -> None:
    assert shaped(answer, "The sea") == expected


def test_emphasis_that_the_writer_opened_may_close() -> None:
    assert shaped(" grey* and flat", "The sea was *very") == " grey* and flat"
    assert shaped(" grey* and flat", "The sea was *very", "*\n") == " grey"
    assert shaped(" grey) and flat", "The sea (which was") == " grey) and flat"


@pytest.mark.parametrize("answer", ["# Two\n", "- one", "> said", "| a | b |", "***", "1. First"])
def test_no_heading_list_or_break_is_begun(answer: str) -> None:
    assert shaped(answer, "The sea was grey.\n\n") == f"({NOTHING})"


def test_a_stutter_is_taken_off() -> None:
    assert shaped(" down to the harbour and slept.", "He went down to the harbour") == " and slept."


def test_verse_keeps_its_breaks_indents_and_inner_spaces() -> None:
    assert shaped("\n      in an envelope   stainless", POEM + "they'd had out of his hip") == (
        "\n      in an envelope   stainless"
    )
    assert shaped("   less the   screws", POEM + "so him") == "   less the   screws"
    assert shaped(" M6 and a nut", POEM + "so him   ") == "M6 and a nut"
    assert shaped("   which is 2 shoes", POEM) == "   which is 2 shoes"
    assert shaped("\n\nwhich is 2 shoes\n***\nmore", POEM + "so him  ok") == "\n\nwhich is 2 shoes"


def test_a_deep_indent_is_no_loop() -> None:
    """Twenty spaces were taken for three spaces, seven times over."""
    deep = "\n" + " " * 21 + "what you take off for the box."
    assert shaped(deep, POEM + "up I'd stand in the hall & tare him") == deep
    assert shaped("\n   no\n   no\n   no\n   no\n   no", POEM + "so him") == f"({LOOPS})"


def test_blanks_before_a_line_break_are_the_writer_s_own_manner_or_nothing() -> None:
    assert shaped("  \n9 years   I was with 1", POEM + "so him") == "\n9 years   I was with 1"
    hard = POEM.replace("asked\n", "asked  \n")
    assert shaped("  \n9 years   I was with 1", hard + "so him") == "  \n9 years   I was with 1"


def test_within_a_line_of_verse_nothing_breaks_the_line() -> None:
    after = " vinegar\n   watch your hands\n"
    assert shaped("  \n\n9 years", POEM + "20 people breathing", after) == f"({NEW_LINE})"
    assert shaped(" salt and\n   more", POEM + "20 people breathing", after) == " salt and"
    place = read_place(Moment("d", 1, POEM + "20 people breathing", after, "md", invoked=True))
    assert isinstance(place, Place)
    assert shape("  \n  salt and\n more", Surroundings(place, after, invoked=True, past_break=True)) == " salt and"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("\n\nShe left at noon.", " She left at noon."),
        (" It was late.", " It was late."),
        ("\n\n– He says go.", f"({NOTHING})"),
        ("\n\n“Go,” he says.", f"({NOTHING})"),
        ("\n\n## Two\n", f"({NOTHING})"),
        ("\n\n", f"({NEW_PARAGRAPH})"),
    ],
)
def test_past_a_paragraph_s_end_the_next_sentence_goes_on_in_it(answer: str, expected: str) -> None:
    before, after = "The sea was grey.", "\n\n## Two\n"
    place = read_place(Moment("d", 1, before, after, "md", invoked=True))
    assert isinstance(place, Place)
    text = shape(answer, Surroundings(place, after, invoked=True, past_break=True))
    assert (f"({text.reason})" if isinstance(text, Dropped) else text) == expected


def test_a_line_of_verse_returns_only_in_a_poem_with_refrains() -> None:
    line = "and the grey sea came in over the wall"
    poem = f"we sat in the house\nwith the lamp out\n{line}\n"
    assert shaped(line, poem) == f"({REPEATS})"
    assert shaped(line, f"{line}\nand nobody\n{poem}") == line


def test_a_line_of_another_poem_in_the_file_is_no_refrain() -> None:
    other = "# One\n\nwe sat in the house\nwith the lamp out again\nand nobody came\n\n# Two\n\n"
    poem = "the wall\nand the sea\nand the grey   hens\n"
    assert shaped("with the lamp out again", other + poem) == f"({REPEATS})"
    assert shaped(" the lamp out again", other + poem + "with") == f"({REPEATS})"
    assert shaped("with the lamp lit again", other + poem) == "with the lamp lit again"


TEXT = st.text(alphabet="aé\u0301 .,“”*_[]()\n海「」👩\u200d👧🏽!?—\u00a0x", max_size=40)


@given(TEXT, TEXT, TEXT)
@settings(deadline=None, max_examples=300)
def test_whatever_comes_joins_on_both_sides(answer: str, before: str, after: str) -> None:
    place = read_place(Moment("d", 1, before, after, "md", invoked=True))
    if not isinstance(place, Place):
        return
    text = shape(answer, Surroundings(place, after, "md", True))
    if isinstance(text, Dropped):
        return
    assert text.strip()
    assert not text.startswith(("\u0301", "\u200d"))
    assert not text.endswith("\u200d")
    assert not (before.endswith((" ", "\n")) and text.startswith(" ") and place.form == "prose")
    assert not ("\n" in text and place.form == "prose")
    assert text.count("[") == text.count("]")

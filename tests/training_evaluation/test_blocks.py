"""Blocks that are scored: nothing of a piece is lost, poems stay whole."""

from pathlib import Path

import pytest

from ownhand.manuscript.model import Form
from ownhand.text.words import count_words
from ownhand.training.blocks import cuts
from ownhand.training.other_hands import control_texts

MANUSCRIPT = Path(__file__).parents[2] / "examples" / "manuscript"
POEM = (
    "salt on the sill\n    & nobody yet\n\n"
    "the kettle (again)\n        sings to the cups\n\nand the tide\n    goes out of the room\n"
)


@pytest.mark.parametrize("name", ["prose/maize.md", "stories/goole.md", "verse/friday.md", "diary/2013.md"])
@pytest.mark.parametrize("form", Form)
def test_every_character_lies_in_one_block(name, form):
    text = (MANUSCRIPT / name).read_text(encoding="utf-8")
    found = cuts(text, form)
    assert "".join(text[cut.start : cut.end] for cut in found) == text
    assert all(cut.start <= cut.warm < cut.end for cut in found)
    assert found[0].warm > 0


def test_prose_comes_in_blocks_of_about_two_hundred_words():
    text = (MANUSCRIPT / "stories/goole.md").read_text(encoding="utf-8")
    sizes = [count_words(text[cut.start : cut.end]) for cut in cuts(text, Form.PROSE)]
    assert len(sizes) >= 3
    assert all(150 <= size <= 450 for size in sizes)


def test_a_poem_is_one_block_and_warms_up_with_its_first_stanza():
    (cut,) = cuts(POEM, Form.VERSE)
    assert (cut.start, cut.end) == (0, len(POEM))
    assert POEM[: cut.warm] == "salt on the sill\n    & nobody yet\n\n"


def test_one_endless_line_is_cut_at_words():
    text = "whist " * 900
    found = cuts(text, Form.PROSE)
    assert "".join(text[cut.start : cut.end] for cut in found) == text
    assert len(found) >= 3


def test_the_control_texts_are_of_both_forms_and_hold_no_title():
    texts = control_texts()
    assert {text.form for text in texts} == set(Form)
    assert all(text.text.strip() and not text.text.startswith("#") for text in texts)
    assert len({text.name for text in texts}) == len(texts)

"""Where a suggestion may start, and in which form."""

from pathlib import Path

import pytest

from ownhand.manuscript.model import Form
from ownhand.suggestions.moment import Moment, Silence
from ownhand.suggestions.place import Place, read_place

MANUSCRIPT = Path(__file__).parents[2] / "examples" / "manuscript"
POEM = "the jar   I'd an empty 1 off them   I'd asked\n      0.48\n\nso him   what's over   less the screws\n"
STORY = "She had the washing of him, and she knew the weight of every shirt. It rained until Goole.\n\n"


def at(before: str, after: str = "\n", *, invoked: bool = False, language: str = "md", offset: int = 0) -> Moment:
    return Moment("d", 1, before, after, language, before_offset=offset, invoked=invoked)


@pytest.mark.parametrize(
    ("moment", "why"),
    [
        (at("# The Ferr"), "title"),
        (at("Text.\n\n<!-- fix thi", " -->\n"), "comment"),
        (at("```\nx = ", "\n```\n"), "code"),
        (at("---\ntitle: Go", "\n---\n\nText.\n"), "front matter"),
        (at("---\nownhand: off\n---\n\nThe sea was"), "ownhand: off"),
        (at("The sea w", "as grey.\n"), "inside a word"),
        (at("The cafe", "\u0301 was shut.\n", invoked=True), "inside a character"),
        (at("Salt 👩\u200d", "👧 and\n", invoked=True), "inside a character"),
        (at("The sea ", "was grey.\n"), "follows"),
        (at(STORY), "empty line"),
        (at(STORY + "   "), "empty line"),
        (at(""), "empty line"),
    ],
)
def test_silence_has_a_reason(moment: Moment, why: str) -> None:
    place = read_place(moment)
    assert isinstance(place, Silence)
    assert why in place.why
    assert "\n" not in place.why


@pytest.mark.parametrize("moment", [at("The sea ", "was grey.", invoked=True), at(STORY, invoked=True)])
def test_a_key_may_ask_where_nothing_starts_by_itself(moment: Moment) -> None:
    assert isinstance(read_place(moment), Place)


def test_a_scene_break_where_the_window_begins_is_no_front_matter() -> None:
    """A window of a long play that began with a break and a speaker's name was taken for front matter."""
    scene = "---\n" + "Marta: The tide is out.\nIda: It was never in.\n" * 300 + "Ida: It"
    assert isinstance(read_place(at(scene, "\n---\nIda: Out.\n", offset=90_000)), Place)


def test_a_key_does_not_open_a_title() -> None:
    assert isinstance(read_place(at("# The Ferr", invoked=True)), Silence)


@pytest.mark.parametrize("after", ["", "\n", ".”\n", '"\n', ")\n", "  \n", " »\n", "。」\n", "*\n"])
def test_closing_signs_may_follow(after: str) -> None:
    assert isinstance(read_place(at("“The sea was", after)), Place)


def test_a_blank_line_of_a_poem_is_a_place() -> None:
    place = read_place(at(POEM + "      "))
    assert isinstance(place, Place)
    assert place.form is Form.VERSE


def test_the_form_is_the_pieces_not_the_files() -> None:
    mixed = f"# One\n\n{STORY * 3}# Two\n\n{POEM * 3}"
    assert read_place(at(mixed + "the wireless")).form is Form.VERSE  # type: ignore[union-attr]
    assert read_place(at(f"# One\n\n{POEM * 3}\n# Two\n\n{STORY * 3}She was")).form is Form.PROSE  # type: ignore[union-attr]


def test_a_first_paragraph_in_the_making_is_prose() -> None:
    text = "# Goole\n\n## Out\n\nDes has bunions & a wife for them. She's a chiropodist"
    for end in range(len("# Goole\n\n## Out\n\nDes"), len(text)):
        assert read_place(at(text[:end], invoked=True)).form is Form.PROSE  # type: ignore[union-attr]


@pytest.mark.parametrize("path", sorted(MANUSCRIPT.glob("verse/*")), ids=lambda path: path.name)
def test_a_poem_is_verse_at_its_end(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").rstrip().split("\n")
    while len(lines[-1].split()) < 2:  # a figure alone at the end may be read as a title
        lines.pop()
    text = "\n".join(lines)
    place = read_place(at(text, "\n", language=path.suffix[1:], invoked=True))
    assert isinstance(place, Place)
    assert place.form is Form.VERSE


def test_front_matter_is_no_part_of_the_text() -> None:
    place = read_place(at("---\ntitle: Low Water\n---\n\nThe sea was"))
    assert isinstance(place, Place)
    assert place.title == "Low Water"
    assert place.text == "\nThe sea was"


def test_japanese_has_no_inside_of_a_word() -> None:
    assert isinstance(read_place(at("彼は海を見ていた。風が", "\n")), Place)
    place = read_place(at("彼は海を"))
    assert isinstance(place, Place)
    assert not place.touches_word

"""From parsed files to pieces."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ownhand.manuscript.formats import parse_text
from ownhand.manuscript.model import Form, Kind, ParsedFile, Region
from ownhand.manuscript.passages import PASSAGE_WORDS, parts, passages
from ownhand.manuscript.splitting import split, voice_text
from ownhand.text.words import count_words, words

EXAMPLES = Path(__file__).parents[2] / "examples" / "manuscript"

PARAGRAPH = (
    "The ferry had been late every day that week and on the Friday it did not come. We stood on the slip with our bags "
    "and watched the place where it would have been. Somebody had a flask. Somebody else had been told, by a cousin in "
    "the office, that there was no boat any more, that it had been sold, in March, to a man from Cork. "
)
POEM = "the slip\n    and nobody on it\n\nthe rope\nstill wet"


def pieces_of(text: str, suffix: str = "md") -> list[tuple[str, Form]]:
    return [(piece.title, piece.form) for piece in split(parse_text(suffix, text), f"page.{suffix}")]


def test_every_poem_of_the_demo_is_verse_and_every_story_prose() -> None:
    seen = 0
    for path in sorted(EXAMPLES.rglob("*.*")):
        if path.parent.name not in ("verse", "prose", "stories", "diary"):
            continue
        wanted = Form.VERSE if path.parent.name == "verse" else Form.PROSE
        for piece in split(parse_text(path.suffix, path.read_text()), path.name):
            seen += 1
            assert piece.form is wanted, f"{path.name}: {piece.title}"
    assert seen >= 20


def test_each_heading_opens_a_piece() -> None:
    text = f"# Ferry\n\n## Slip\n\n{PARAGRAPH}\n\n## Cork\n\n{PARAGRAPH}\n"
    assert pieces_of(text) == [("Slip", Form.PROSE), ("Cork", Form.PROSE)]


def test_short_poems_under_headings_stand_alone() -> None:
    text = f"# Two\n\n## One\n\n{POEM}\n\n## Other\n\n{POEM}\n"
    assert pieces_of(text) == [("One", Form.VERSE), ("Other", Form.VERSE)]


def test_a_tiny_section_of_prose_joins_the_piece_before_it() -> None:
    text = f"# Ferry\n\n{PARAGRAPH}\n\n## Note\n\nHe never came back, though his coat did, with a stranger in it.\n"
    (piece,) = split(parse_text("md", text), "page.md")
    assert piece.title == "Ferry"
    assert piece.text.endswith("with a stranger in it.")


def test_scene_breaks_cut_long_prose_and_leave_short_scenes_together() -> None:
    scene = (PARAGRAPH * 3).strip()
    assert pieces_of(f"# Ferry\n\n{scene}\n\n***\n\n{scene}\n") == [("Ferry", Form.PROSE), ("Ferry (2)", Form.PROSE)]
    assert len(pieces_of(f"# Ferry\n\n{PARAGRAPH}\n\n***\n\nHe slept.\n")) == 1


def test_a_titled_poem_is_whole_across_its_breaks_and_untitled_ones_are_cut() -> None:
    assert len(pieces_of(f"# Slip\n\n{POEM}\n\n***\n\n{POEM}\n")) == 1
    assert len(pieces_of(f"{POEM}\n\n***\n\nthe gate\n  left open\n\nno dog\n")) == 2


def test_the_text_is_kept_as_typed() -> None:
    text = "# Slip\n\n    the slip  \nand nobody \n\n\n        on it —\n"
    (piece,) = split(parse_text("md", text), "page.md")
    assert piece.text.endswith("and nobody \n\n\n        on it —")


def test_what_is_taken_out_leaves_one_blank_line() -> None:
    text = "before\n\n> cut\n\nafter"
    regions = [Region(0, 8, Kind.VOICE), Region(15, 21, Kind.VOICE)]
    assert voice_text(text, regions) == "before\n\nafter"


def test_what_is_taken_out_within_a_line_leaves_the_line() -> None:
    text = "a *b* c"
    regions = [Region(0, 2, Kind.VOICE), Region(3, 4, Kind.VOICE), Region(5, 7, Kind.VOICE)]
    assert voice_text(text, regions) == "a b c"


def test_a_page_of_quotes_starts_as_a_question() -> None:
    quote = "> " + PARAGRAPH.strip()
    (piece,) = split(parse_text("md", f"# Found\n\n{quote}\n\nWell, well.\n"), "page.md")
    assert piece.question
    assert "no boat any more" in piece.text


def test_a_clipping_starts_as_a_question() -> None:
    text = f'---\ntitle: Boats\nsource: "https://example.org/boats"\n---\n\n{PARAGRAPH}\n'
    (piece,) = split(parse_text("md", text), "page.md")
    assert piece.question


def test_a_text_signed_with_a_name_starts_as_a_question() -> None:
    (piece,) = split(
        parse_text("txt", "The sea has no stairs\nand we went down them.\n\n— Ida Varnhagen\n"), "page.txt"
    )
    assert piece.question


def test_a_file_that_is_off_has_no_pieces() -> None:
    assert split(ParsedFile("text here", (Region(0, 9, Kind.VOICE),), off=True), "page") == []


@pytest.mark.parametrize("text", ["", "\n\n\n", "# Only a heading\n", "---\ntitle: x\n---\n"])
def test_a_file_without_words_has_no_pieces(text: str) -> None:
    assert split(parse_text("md", text), "page.md") == []


def test_a_long_text_without_sections_comes_in_parts_that_an_edit_leaves_alone() -> None:
    paragraphs = [f"{PARAGRAPH}It was the {number}th time, and {number * 7} gulls." for number in range(120)]
    before = [piece.text for piece in split(parse_text("txt", "\n\n".join(paragraphs)), "novel.txt")]
    paragraphs[30] += " A sentence more."
    after = [piece.text for piece in split(parse_text("txt", "\n\n".join(paragraphs)), "novel.txt")]
    assert len(before) >= 4
    assert len(set(before) & set(after)) >= len(before) - 2


def test_a_line_of_a_million_words_comes_in_parts() -> None:
    texts = parts("word " * 200_000, Form.PROSE)
    assert all(count_words(text) <= 2000 for text in texts)


manuscript = st.lists(
    st.sampled_from([PARAGRAPH, POEM, "x", "– Yes.\n– No.", "# Head", "***", "  in\n", "日本の秤。"]), max_size=25
)


@given(manuscript)
@settings(max_examples=60, deadline=None)
def test_no_word_of_the_voice_is_lost_or_doubled(blocks: list[str]) -> None:
    parsed = parse_text("md", "\n\n".join(blocks))
    voice = " ".join(parsed.text[r.start : r.end] for r in parsed.regions if r.kind is Kind.VOICE)
    found = split(parsed, "page")
    assert words("\n".join(piece.text for piece in found)) == words(voice)
    assert all(piece.words == count_words(piece.text) > 0 for piece in found)


@given(st.lists(st.sampled_from([PARAGRAPH, POEM, "Yes.", PARAGRAPH * 9, "日本の秤。" * 90]), min_size=1, max_size=12))
@settings(max_examples=60, deadline=None)
def test_passages_cover_a_piece_in_order_within_bounds(blocks: list[str]) -> None:
    text = "\n\n".join(blocks)
    for form in Form:
        found = passages(text, form)
        assert [word for span in found for word in words(text[span.start : span.end])] == words(text)
        low, high = PASSAGE_WORDS[form]
        assert all(span.words <= high + low // 2 for span in found)


@pytest.mark.parametrize(
    ("suffix", "heading", "title"),
    [
        ("md", "# Part *One*", "Part One"),
        ("md", "## The __Low__ Water of snow_white ##", "The Low Water of snow_white"),
        ("md", "# # Coda", "# Coda"),
        ("org", "* TODO [#A] Farm :work:", "Farm"),
        ("tex", "\\chapter[Sea]{The \\emph{Sea}}\\label{sea}", "The Sea"),
        ("fountain", "INT. KITCHEN - DAY #12#", "INT. KITCHEN - DAY"),
    ],
)
def test_a_title_is_the_heading_s_words_alone(suffix: str, heading: str, title: str) -> None:
    (piece,) = split(parse_text(suffix, f"{heading}\n\n{PARAGRAPH}\n"), f"page.{suffix}")
    assert piece.title == title

"""Every text format, on generated texts: regions cover the text, and a place is found without the document."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ownhand.manuscript.formats import READ_ONLY, SUFFIXES, grammar_of, parse_text
from ownhand.manuscript.formats.place import place_kind
from ownhand.manuscript.formats.scan import kind_at_cursor
from ownhand.manuscript.model import Kind, ParsedFile

TEXT_FORMATS = sorted(SUFFIXES - READ_ONLY - {"markdown"})

LINES = [
    "The fen is a mile of sky and a ditch to keep it in.",
    "        and the ditch, keeping  ",
    "",
    "  ",
    "— Not yet, she said.",
    "# The Ladies",
    "## II",
    "Chapter Twelve",
    "Chapter Twelve: The Sluice",
    "=====",
    "---",
    "***",
    "* * *",
    "#",
    "~~~",
    "⁂",
    "> He that hath a mill",
    "> [!note] look this up",
    "```",
    "```py",
    "<!-- cut this",
    "-->",
    "%%",
    "%% ask Vera %% and on",
    "a line %% half a note",
    "<!-- one line -->",
    "and <!-- inside --> the line",
    "- [ ] ring the surgery",
    "[[Ely|the town]] and [web](http://example.org/a_(b)) `code` <br>",
    "![[map.png]]",
    "[^1]: a note",
    "| a | b |",
    "|---|---|",
    "+++",
    "title: Edge",
    "ownhand: off",
    "INT. SHOP - DAY",
    "MR LACEY",
    "CUT TO:",
    "> THE END <",
    "/* gone",
    "*/",
    "[[a note",
    "]]",
    "!FORCED",
    "= synopsis",
    "* TODO Shop :a:",
    "#+TITLE: Prices",
    "#+BEGIN_VERSE",
    "#+END_VERSE",
    "#+BEGIN_QUOTE",
    "#+END_QUOTE",
    "#+begin_src py",
    "#+end_src",
    ":PROPERTIES:",
    ":END:",
    ": fixed",
    "\\documentclass{book}",
    "\\begin{document}",
    "\\end{document}",
    "\\begin{verse}",
    "\\end{verse}",
    "\\begin{quote} said",
    "\\end{quote}",
    "\\begin{verbatim}",
    "\\end{verbatim}",
    "The sluice \\emph{is} open \\\\ % really",
    "% a comment",
    "\\chapter*{One} and",
    "\\section{Two",
    "$x^2$ costs 5\\$ {\\itshape or",
    "\\[ e = mc^2",
    "\\]",
    "\\scenebreak",
    "line\u2028separated\x0bby odd\x0csigns",
    "水門は、まだ開いていた。",
]
documents = st.lists(st.sampled_from(LINES), max_size=14).map("\n".join)
signs = st.text(alphabet="ab .\n\t#*_-=~`<>![]()|%\\{}$^:+/@\"'&x1A\u2028\ufffc\0\x0b", max_size=60)
texts = st.one_of(documents, signs, st.text(max_size=40), st.tuples(documents, signs).map("\n".join))


def kind_of(parsed: ParsedFile, index: int) -> Kind:
    return next(region.kind for region in parsed.regions if region.start <= index < region.end)


def kind_at(suffix: str, text: str, cursor: int) -> Kind:
    """The rule of `place_kind`, by parsing the whole document."""
    parsed = parse_text(suffix, text)
    left = kind_of(parsed, cursor - 1) if cursor else None
    right = kind_of(parsed, cursor) if cursor < len(text) else None
    if left in (Kind.HEADING, Kind.BREAK) and text[cursor - 1] != "\n":
        return left
    if right in (Kind.HEADING, Kind.BREAK):
        return right
    if left is not None and left == right:
        return left
    return kind_of(parse_text(suffix, f"{text[:cursor]}x{text[cursor:]}"), cursor)


@pytest.mark.parametrize("suffix", TEXT_FORMATS)
@given(text=texts)
@settings(max_examples=120, deadline=None)
@example(text="")
@example(text="---\n---\n")
@example(text="# Title %%note%%\n")
def test_regions_cover_the_text_in_order(suffix: str, text: str) -> None:
    parsed = parse_text(suffix, text)
    assert "".join(parsed.text[region.start : region.end] for region in parsed.regions) == parsed.text
    assert all(region.start < region.end for region in parsed.regions)
    assert all((region.level > 0) == (region.kind is Kind.HEADING) for region in parsed.regions)
    assert not any(a.kind == b.kind == Kind.VOICE for a, b in zip(parsed.regions, parsed.regions[1:], strict=False))


@pytest.mark.parametrize("suffix", TEXT_FORMATS)
@given(text=texts, share=st.floats(0, 1))
@settings(max_examples=200, deadline=None)
@example(text="```\ncode", share=1.0)
@example(text="> ", share=1.0)
@example(text="MO\nWhat is.", share=0.2)
@example(text="a %% note", share=1.0)
def test_a_place_is_what_the_whole_document_says(suffix: str, text: str, share: float) -> None:
    text = text.replace("\r", "")
    cursor = round(share * len(text))
    assert place_kind(suffix, text[:cursor], text[cursor:]) == kind_at(suffix, text, cursor)


@given(text=texts)
@settings(max_examples=100, deadline=None)
def test_an_unknown_format_is_plain_text(text: str) -> None:
    assert parse_text("wiki", text).regions == parse_text("txt", text).regions
    assert kind_at_cursor(text.replace("\r", ""), 0, grammar_of("wiki")) in Kind


@pytest.mark.parametrize("suffix", TEXT_FORMATS)
@pytest.mark.parametrize(
    "hostile",
    [
        "> " * 16_000,
        "- " * 16_000,
        "[" * 66_000,
        "{" * 30_000,
        "\\emph{" * 6_000,
        "*" * 66_000,
        "<!-- " * 13_000,
        "a <!--\n" * 10_000,
        "%%" * 33_001,
        "`" * 33_000,
        "`` ` " * 13_000,
        "<b " * 20_000,
        "$" * 33_001,
        "[[" * 33_000,
        "![](" * 16_000,
        " " * 166_000 + "x",
        "\n".join("> " * (n % 40) + "word" for n in range(20_000)),
        "\\begin{quote}\n" * 6_000,
        "#+begin_quote\n" * 6_000,
        ":a:\n" * 6_000,
        "```\n~~~\n\n" * 6_000,
        "/* [[ " * 10_000,
        "[[note]]\n" * 10_000,
        "#+begin_quote\nx\n#+end_quote\n" * 6_000,
        "\\begin{quote}x\\end{quote}\n" * 6_000,
        "\\" * 66_000 + "%",
        "<!-- x -->\n```\nx\n```\n" * 6_000,
        "word " * 66_000,
        "A line of verse\n" * 20_000,
    ],
    ids=lambda hostile: repr(hostile[:8]),
)
def test_hostile_texts_end(suffix: str, hostile: str) -> None:
    """Nothing here may take more than about linear time; the suite's time limit is the judge."""
    parsed = parse_text(suffix, hostile)
    assert parsed.regions[-1].end == len(parsed.text)
    assert place_kind(suffix, hostile, "") in Kind

"""Markdown and plain text on what writers write."""

import pytest

from ownhand.manuscript.formats import heading_text, parse, parse_text
from ownhand.manuscript.model import Kind, ParsedFile

POEM = """# Low Water

The ditch
        keeps its own
                        hours\x20\x20
   (which are not mine\\
or the moon's)

- no.
- not *yet*

1. First the reeds
2. then

* * *

        # 4 reeds, counted
"""

NOVEL = """---
title: "The Sluice"
tags: [draft]
---
# Part One

## 1

> The mill-wheel turns by what is past.
> — proverb

He'd gone --- or *seemed* to have gone --- before the bell. <!-- check the bell -->

She had it from [[Vera|old Vera]], who had it from [[Ely]], and [the paper](https://example.org/p_(1) "p") said no.
%% She may not know this yet. %%

![[sluice.png]]

> [!todo] Timeline
> Is it Tuesday?

The water came up.
---
It went down again.[^1]

⁂

```
word count: 512

target: 800
```

Chapter the Last
================

[^1]: It did not.
"""


def spoken(parsed: ParsedFile, kind: Kind = Kind.VOICE) -> str:
    return "".join(parsed.text[region.start : region.end] for region in parsed.regions if region.kind is kind)


def parts(parsed: ParsedFile, kind: Kind) -> list[str]:
    return [parsed.text[region.start : region.end] for region in parsed.regions if region.kind is kind]


def test_a_poem_is_kept_to_the_last_space() -> None:
    parsed = parse_text("md", POEM)
    assert parts(parsed, Kind.HEADING) == ["# Low Water\n"]
    assert parts(parsed, Kind.BREAK) == ["* * *\n"]
    assert spoken(parsed) == POEM.replace("# Low Water\n", "", 1).replace("* * *\n", "")


def test_a_novel_gives_up_what_is_not_its_voice() -> None:
    parsed = parse_text("md", NOVEL)
    assert parsed.title == "The Sluice"
    assert [heading_text("md", text) for text in parts(parsed, Kind.HEADING)] == ["Part One", "1", "Chapter the Last"]
    assert [region.level for region in parsed.regions if region.kind is Kind.HEADING] == [1, 2, 1]
    assert spoken(parsed, Kind.QUOTE) == "The mill-wheel turns by what is past.\n— proverb\n"
    assert parts(parsed, Kind.BREAK) == ["---\n", "⁂\n"]
    assert "word count: 512\n\ntarget" in spoken(parsed, Kind.CODE)
    assert "Tuesday" in spoken(parsed, Kind.COMMENT)
    assert "check the bell" in spoken(parsed, Kind.COMMENT)
    voice = spoken(parsed)
    assert "She had it from old Vera, who had it from Ely, and the paper said no.\n" in voice
    assert "He'd gone --- or *seemed* to have gone --- before the bell. \n" in voice
    assert "The water came up.\nIt went down again.\n" in voice
    assert " It did not.\n" in voice
    assert not any(
        word in voice for word in ("know this", "sluice.png", "Tuesday", "512", "example", "draft", "[", "%%")
    )


@pytest.mark.parametrize(
    ("text", "voice"),
    [
        ("a `tag` b", "a  b"),
        ("the sign said <b>CLOSED</b> and <sigh> <3", "the sign said CLOSED and <sigh> <3"),
        ("line one<br>\nline two", "line one\nline two"),
        ("&nbsp;&nbsp;&emsp;pushed right", "&nbsp;&nbsp;&emsp;pushed right"),
        ("he wrote [sic] and \\[not a link\\](x)", "he wrote [sic] and \\[not a link\\](x)"),
        ("she said (quietly)[then louder]", "she said (quietly)[then louder]"),
        ("- [x] feed the hens\n", "- feed the hens\n"),
        ("the end. ^a1b2c3\n", "the end. \n"),
        ("#poem #the-sea\n", "\n"),
        ("a #1 hit and C# minor\n", "a #1 hit and C# minor\n"),
        ("100% sure, 50% not\n", "100% sure, 50% not\n"),
        ("a^[an aside] b", "a b"),
        ("[fen]: https://example.org/fen\n", "\n"),
        ("[Aside]: I know that man.\n", "[Aside]: I know that man.\n"),
        ("one %%note%% two\n", "one  two\n"),
        ("one <!-- a\n\nb --> two\n", "one  two\n"),
        ("%%\nall\n\nof it\n", ""),
        ("<!-- open to the end\n\nmore", ""),
        ("---\nIt began with a rule.\n---\nand went on\n", "It began with a rule.\nand went on\n"),
        ("A long sentence, with a stop.\n---\nNext.\n", "A long sentence, with a stop.\nNext.\n"),
        ("~~~\n\nscene\n\n~~~\n\nscene\n", "\nscene\n\n\nscene\n"),
        ("~~~py\ncode\n~~~\nvoice\n", "voice\n"),
        ("- ```\n  code\n\n  code\n  ```\nvoice\n", "voice\n"),
        ("| a | b |\n|---|---|\n| c | d |\n\nvoice\n", "\nvoice\n"),
        ("Her eyes | his\n", "Her eyes | his\n"),
        ("#\n\nscene\n", "\nscene\n"),
        ("    ---\nscene\n", "scene\n"),
        ("<pre>\n  kept   apart\n\n      as typed\n</pre>\n", "\n  kept   apart\n\n      as typed\n\n"),
        ("# Title %%why%%\nvoice", "voice"),
        ("a\u2028b\x0bc\x0cd\n", "a\u2028b\x0bc\x0cd\n"),
    ],
)
def test_what_is_voice_in_a_line(text: str, voice: str) -> None:
    assert spoken(parse_text("md", text)) == voice


def test_toml_front_matter_and_its_switch() -> None:
    parsed = parse_text("md", '+++\ntitle = "Edge"\nownhand = "off"\n+++\nThe edge.\n')
    assert (parsed.title, parsed.off, spoken(parsed)) == ("Edge", True, "The edge.\n")


def test_a_line_of_a_megabyte_and_a_chapter_of_five() -> None:
    line = "and the water came up and " * 40_000
    assert spoken(parse_text("md", line)) == line
    page = "The water came up. " * 60 + "She had it from [[Ely|old Ely]], *she* said.\n\n"
    chapter = page * 4400
    voice = page.replace("[[Ely|", "").replace("]]", "") * 4400
    assert len(chapter) > 5_000_000
    assert spoken(parse("md", chapter.encode())) == voice


GUTENBERG = """CHAPTER I.

It was in the spring of that year that the water first came over
the bank, and nobody then at the Hall gave it a thought, for it
went down again by the evening.

     He cut a sappy sucker from the muckle rodden-tree,
       He trimmed it, an' he wet it, an' he thumped it on his knee;

                               * * * * *

CHAPTER II.

THE SLUICE

Part one of him slept. Chapter and verse, she said.
"""


def test_plain_text_is_kept_as_it_is_wrapped() -> None:
    parsed = parse_text("txt", GUTENBERG)
    assert parts(parsed, Kind.HEADING) == ["CHAPTER I.\n", "CHAPTER II.\n"]
    assert len(parts(parsed, Kind.BREAK)) == 1
    assert "       He trimmed it, an' he wet it, an' he thumped it on his knee;\n" in spoken(parsed)
    assert "first came over\nthe bank, and nobody" in spoken(parsed)
    assert "Part one of him slept. Chapter and verse, she said.\n" in spoken(parsed)


@pytest.mark.parametrize(
    ("line", "is_heading"),
    [
        ("Chapter 12", True),
        ("CHAPTER XII", True),
        ("Chapter Twelve: The Sluice", True),
        ("Chapter Twenty-One", True),
        ("Part One", True),
        ("Act II", True),
        ("Zweites Kapitel", True),
        ("Kapitel 3", True),
        ("Chapitre premier", True),
        ("第三章", True),
        ("第十二章 水門", True),
        ("Prologue", True),
        ("IV", True),
        ("12.", True),
        ("Chapter one was dull.", False),
        ("Part of him wanted to stay", False),
        ("Book me a room", False),
        ("Act one way, think another", False),
        ("I", False),
        ("No.", False),
        ("he said nothing", False),
        ("MIX", False),
        ("HELP", False),
        ("Prologues bored her", False),
    ],
)
def test_a_heading_in_plain_text_says_so(line: str, is_heading: bool) -> None:
    parsed = parse_text("txt", f"The water came up.\n\n{line}\n\nIt went down.\n")
    assert bool(parts(parsed, Kind.HEADING)) is is_heading


def test_lone_figures_in_verse_are_the_poem() -> None:
    poem = "in the hut it wakes the number up\n\n                  0\n                  7\n\na glove\n\n        0\n"
    assert spoken(parse_text("txt", poem)) == poem


def test_a_title_above_plain_text() -> None:
    assert parts(parse_text("txt", "No Active Intervention\n\nThe edge went.\n"), Kind.HEADING)
    assert parts(parse_text("txt", "Edge\n====\nThe edge went.\n"), Kind.HEADING) == ["Edge\n====\n"]
    assert not parts(parse_text("txt", "so much depends\n\nupon\n"), Kind.HEADING)
    assert not parts(parse_text("txt", "No Active Intervention\n"), Kind.HEADING), "it may become a line"


@pytest.mark.parametrize(
    "line", ["***", "* * *", "             * * *", "⁂", "#", "###", "~", "---", "———", "•", "-oOo-"]
)
@pytest.mark.parametrize("suffix", ["md", "txt"])
def test_scene_breaks(line: str, suffix: str) -> None:
    parsed = parse_text(suffix, f"The water came up.\n\n{line}\n\nIt went down.\n")
    assert parts(parsed, Kind.BREAK) == [f"{line}\n"]


@pytest.mark.parametrize("line", ["...", "—", "oh", "o", "No", "-", "1914", "?", "&"])
def test_short_verse_lines_are_no_breaks(line: str) -> None:
    for suffix in ("md", "txt"):
        assert not parts(parse_text(suffix, f"The water\n\n{line}\n\ncame up.\n"), Kind.BREAK)

"""What the cursor stands in; `|` marks it."""

import pytest

from ownhand.manuscript.formats.place import place_kind, switched_off
from ownhand.manuscript.model import Kind


@pytest.mark.parametrize(
    ("suffix", "text", "kind"),
    [
        ("md", "|", Kind.VOICE),
        ("md", "The water came up.|", Kind.VOICE),
        ("md", "The water|\n\ncame up.", Kind.VOICE),
        ("md", "    The ditch\n        |", Kind.VOICE),
        ("md", "# The Sl|", Kind.HEADING),
        ("md", "# |", Kind.BREAK),
        ("md", "# The Sluice\n|", Kind.VOICE),
        ("md", "# The Sluice|\n\nThe water", Kind.HEADING),
        ("md", "The Slu|\n======\n", Kind.HEADING),
        ("md", "---\ntitle: The Sl|\n---\n", Kind.FRONT_MATTER),
        ("md", "---\ntitle: x\n---\n|", Kind.VOICE),
        ("md", "***|", Kind.BREAK),
        ("md", "> He that hath |", Kind.QUOTE),
        ("md", "> He that hath\n> |", Kind.QUOTE),
        ("md", "> He that hath\n\n|", Kind.VOICE),
        ("md", "> [!note]\n> a thought|", Kind.COMMENT),
        ("md", "```\ncode|", Kind.CODE),
        ("md", "```\n\n\ncode|\n\n```\n", Kind.CODE),
        ("md", "```\ncode\n```\n|", Kind.VOICE),
        ("md", "She <!-- why|", Kind.COMMENT),
        ("md", "She <!-- why -->|", Kind.VOICE),
        ("md", "She %% why|", Kind.COMMENT),
        ("md", "She %% why %% went|", Kind.VOICE),
        ("md", "%%\n\nask|", Kind.COMMENT),
        ("md", "went to [[El|", Kind.VOICE),
        ("md", "went to [[Ely]]|", Kind.VOICE),
        ("md", "went to [[El|y|the town]]", Kind.MARKUP),
        ("md", "see [it](https://exam|ple.org)", Kind.MARKUP),
        ("txt", "Chapter 1|\n\nThe water", Kind.HEADING),
        ("txt", "The water|", Kind.VOICE),
        ("fountain", "Title: The Cou|", Kind.FRONT_MATTER),
        ("fountain", "INT. SHOP|\n\nRain.", Kind.HEADING),
        ("fountain", "\n\nMO|\nWhat is.", Kind.MARKUP),
        ("fountain", "\n\nMO\nWhat |", Kind.VOICE),
        ("fountain", "Rain. /* not\n\nthis|", Kind.COMMENT),
        ("fountain", "Rain. [[ask|", Kind.COMMENT),
        ("org", "* TODO Sh|", Kind.HEADING),
        ("org", "#+TITLE: Sh|", Kind.FRONT_MATTER),
        ("org", "text\n#+begin_src\n\nx|", Kind.CODE),
        ("org", "text\n#+begin_verse\nthe fen|", Kind.VOICE),
        ("org", "text\n# note|", Kind.COMMENT),
        ("tex", "\\documentclass{book}\n|\n\\begin{document}\n", Kind.FRONT_MATTER),
        ("tex", "\\begin{document}\nThe water|\n\\end{document}", Kind.VOICE),
        ("tex", "The \\emph{wat|er}", Kind.VOICE),
        ("tex", "The \\em|ph{water}", Kind.MARKUP),
        ("tex", "The water % but|", Kind.COMMENT),
        ("tex", "5\\% of|", Kind.VOICE),
        ("tex", "\\begin{verse}\nThe ditch \\\\\n|\n\\end{verse}", Kind.VOICE),
        ("tex", "\\begin{quote}\nHe that|\n\\end{quote}", Kind.QUOTE),
        ("tex", "\\section{The Sl|uice}", Kind.HEADING),
    ],
)
def test_a_place(suffix: str, text: str, kind: Kind) -> None:
    before, after = text.split("|", 1)
    assert place_kind(suffix, before, after) is kind


@pytest.mark.parametrize(
    ("head", "off"),
    [
        ("---\ntitle: x\nownhand: off\n---\nThe water", True),
        ("---\nownhand: 'off'\n---\n", True),
        ("---\nOwnhand: false\n---\n", True),
        ('+++\nownhand = "off"\n+++\n', True),
        ("#+TITLE: x\n#+OWNHAND: off\n", True),
        ("Title: x\nOwnhand: off\n\nINT. SHOP", True),
        ("% ownhand: off\n\\documentclass{book}", True),
        ("ownhand: off\n\nThe water", True),
        ("<!-- ownhand: off -->\nThe water", True),
        ("---\nownhand: on\n---\n", False),
        ("---\ntitle: x\n---\nownhand: off\n", False),
        ("The water came up.\n\nownhand: off\n", False),
        ("She said ownhand: off\n", False),
        ("ownhand: offer", False),
        ("", False),
    ],
)
def test_the_writers_switch(head: str, off: bool) -> None:
    assert switched_off(head) is off

"""Fountain, Org, TeX, Word and rich text on what writers write."""

import contextlib
import io
import zipfile
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.enum.text import WD_BREAK
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from hypothesis import given, settings
from hypothesis import strategies as st

from ownhand.manuscript.formats import Unreadable, heading_text, parse, parse_text
from ownhand.manuscript.model import Kind, ParsedFile


def spoken(parsed: ParsedFile, kind: Kind = Kind.VOICE) -> str:
    return "".join(parts(parsed, kind))


def parts(parsed: ParsedFile, kind: Kind) -> list[str]:
    return [parsed.text[region.start : region.end] for region in parsed.regions if region.kind is kind]


PLAY = """Title: The Counter
Author: M. Kalve
Notes:
    for the Institute
    players

# Act One

= They meet.

INT. SCALE MAKERS - DAY #1#

Rain on the skylight. [[ask about rain]] MO has a scale in bits.

MR LACEY (O.S.)
(from the door)
It's wrong.

MO ^
What is.

@McBain
Yes!

.AND THEN A BELL

~Oh the bell, the bell

!SHOUTING IS ACTION
too

> CLOSED <

CUT TO:

/* not this

MO
scene */

===

OF COURSE.

He says TO: and is gone.
"""


def test_a_play() -> None:
    parsed = parse_text("fountain", PLAY)
    assert parsed.title == "The Counter"
    assert "players" in spoken(parsed, Kind.FRONT_MATTER)
    headings = [heading_text("fountain", text) for text in parts(parsed, Kind.HEADING)]
    assert headings == ["Act One", "INT. SCALE MAKERS - DAY", "AND THEN A BELL"]
    assert [region.level for region in parsed.regions if region.kind is Kind.HEADING] == [1, 4, 4]
    voice = spoken(parsed)
    for words in (
        "It's wrong.",
        "(from the door)",
        "Yes!",
        "Oh the bell",
        "SHOUTING IS ACTION\ntoo",
        "CLOSED",
        "OF COURSE.",
    ):
        assert words in voice
    for words in ("They meet", "ask about", "LACEY", "@McBain", "CUT TO:", "not this", "~", "===", "> ", "MO ^"):
        assert words not in voice
    assert "He says TO: and is gone.\n" in voice


NOTES = """# -*- mode: org -*-
#+TITLE: Price list
#+OWNHAND: off

* TODO [#A] Shop & kitchen :scales:edge:
SCHEDULED: <2016-01-04 Mon>
:PROPERTIES:
:ID: 1
:END:
Counter scale, adjust and [[https://example.org][stamp]]: £38. =code= and /slant/.
# a comment
#hashtag

#+BEGIN_VERSE
 the fen
        keeps  its own
#+END_VERSE

#+begin_quote
Others said it.
#+end_quote

#+begin_src python
print("x")

* not a heading
#+end_src
** Farm
- Crate: £60.
-----
: fixed
"""


def test_notes_in_org() -> None:
    parsed = parse_text("org", NOTES)
    assert (parsed.title, parsed.off) == ("Price list", True)
    assert [heading_text("org", text) for text in parts(parsed, Kind.HEADING)] == ["Shop & kitchen", "Farm"]
    assert [region.level for region in parsed.regions if region.kind is Kind.HEADING] == [1, 2]
    assert parts(parsed, Kind.QUOTE) == ["Others said it.\n"]
    assert parts(parsed, Kind.BREAK) == ["-----\n"]
    voice = spoken(parsed)
    assert "Counter scale, adjust and stamp: £38.  and /slant/.\n#hashtag\n" in voice
    assert " the fen\n        keeps  its own\n" in voice
    assert "- Crate: £60.\n" in voice
    for words in ("comment", "print", "not a heading", "SCHEDULED", ":ID:", "example", "BEGIN", "fixed"):
        assert words not in voice


BOOK = r"""% A book
\documentclass[11pt]{book}
\title{Fen Poems}
\newcommand{\fen}{the fen}
\begin{document}
\maketitle
\chapter*{The Sluice}\label{ch:sluice}

He said \emph{no} --- and the caf\'e \& bar was shut.\footnote{It was not.} % really?
It cost \$5, or 50\% more; na\"{\i}ve, Mr.\ Lacey \ldots{} went \textcolor{red}{red}.
``Well,'' she said, $x^2$ or not.

\begin{quote}
  Others \textit{said} it. \\
\end{quote}

\poemtitle{Low Water}
\begin{verse}[\versewidth]
The ditch keeps \\
\vin its own  \\*[1em]
\qquad hours. \\!
\end{verse}

\scenebreak

\begin{verbatim}
not \this

either
\end{verbatim}
{\itshape It went on

and on.}
\begin{figure}
\includegraphics[width=3cm]{fen.png}

\caption{The fen}
\end{figure}
\end{document}
after all
"""


def test_a_book_in_tex() -> None:
    parsed = parse_text("tex", BOOK)
    assert parsed.title == "Fen Poems"
    assert [heading_text("tex", text) for text in parts(parsed, Kind.HEADING)][1:] == ["Low Water"]
    assert parts(parsed, Kind.BREAK) == ["\\scenebreak\n"]
    voice = spoken(parsed)
    assert "He said no --- and the caf\\'e & bar was shut. \n" in voice
    assert 'It cost $5, or 50% more; na\\"{\\i}ve, Mr. Lacey \\ldots{} went red.\n' in voice
    assert "``Well,'' she said,  or not.\n" in voice
    assert "The ditch keeps \nits own  \nhours. \n" in voice
    assert "It went on\n\nand on.\n" in voice
    assert "Others said it. \n" in spoken(parsed, Kind.QUOTE)
    for words in (
        "really",
        "this",
        "either",
        "It was not",
        "fen.png",
        "after all",
        "sluice",
        "versewidth",
        "newcommand",
    ):
        assert words not in voice


def test_a_chapter_without_a_preamble_and_one_that_is_only_a_preamble() -> None:
    assert spoken(parse_text("tex", "The \\emph{water} came up.\n")) == "The water came up.\n"
    assert spoken(parse_text("tex", "\\documentclass{book}\n\\usepackage{verse}\n")) == ""
    assert parse_text("tex", "% ownhand: off\nThe water.\n").off


def word_file(document: Any) -> bytes:
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def test_a_word_document() -> None:
    document = docx.Document()
    document.add_paragraph("Low Water", style="Title")
    document.add_paragraph("The Sluice", style="Heading 2")
    document.add_paragraph("The mill turns by what is past.", style="Quote")
    verse = document.add_paragraph("The ditch  keeps")
    verse.add_run().add_break(WD_BREAK.LINE)
    verse.add_run("\tits own ").italic = True
    document.add_paragraph("")
    document.add_paragraph("* * *")
    changed = document.add_paragraph("She ")
    changed._p.append(parse_xml(f'<w:ins {nsdecls("w")}><w:r><w:t xml:space="preserve">never </w:t></w:r></w:ins>'))
    changed._p.append(parse_xml(f"<w:del {nsdecls('w')}><w:r><w:delText>always</w:delText></w:r></w:del>"))
    changed.add_run("went.")
    document.add_table(1, 1).cell(0, 0).text = "a cell"
    document.sections[0].header.paragraphs[0].text = "a header"
    parsed = parse(".DOCX", word_file(document))
    assert "".join(parsed.text[region.start : region.end] for region in parsed.regions) == parsed.text
    assert parsed.title == "Low Water"
    assert [(region.kind, region.level) for region in parsed.regions if region.level] == [
        (Kind.HEADING, 1),
        (Kind.HEADING, 2),
    ]
    assert spoken(parsed, Kind.QUOTE) == "The mill turns by what is past.\n"
    assert spoken(parsed) == "The ditch  keeps\n\tits own \n\nShe never went.\n"
    assert parts(parsed, Kind.BREAK) == ["* * *\n"]


def zipped(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in files.items():
            package.writestr(name, data)
    return stream.getvalue()


def bomb() -> bytes:
    package = zipfile.ZipFile(io.BytesIO(word_file(docx.Document())))
    files = {name: package.read(name) for name in package.namelist()}
    return zipped(files | {"word/document.xml": b"<a>" + b" " * 140_000_000 + b"</a>"})


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "damaged"),
        (b"not a zip", "damaged"),
        (zipped({"readme.txt": b"x"}), "damaged"),
        (word_file(docx.Document())[:-200], "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "password"),
        (bomb(), "too large"),
    ],
    ids=["empty", "text", "other zip", "cut off", "protected", "bomb"],
)
def test_a_word_document_that_is_none(data: bytes, reason: str) -> None:
    with pytest.raises(Unreadable) as refused:
        parse("docx", data)
    assert reason in refused.value.reason


def test_a_word_document_with_outside_entities_reads_no_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret", encoding="utf-8")
    package = zipfile.ZipFile(io.BytesIO(word_file(docx.Document())))
    files = {name: package.read(name) for name in package.namelist()}
    body = files["word/document.xml"].decode().replace("<w:body>", "<w:body><w:p><w:r><w:t>&x;</w:t></w:r></w:p>", 1)
    head, rest = body.split("?>", 1)
    files["word/document.xml"] = f'{head}?><!DOCTYPE d [<!ENTITY x SYSTEM "{secret.as_uri()}">]>{rest}'.encode()
    with contextlib.suppress(Unreadable):
        assert "the secret" not in parse("docx", zipped(files)).text


RICH = (
    r"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fswiss\fcharset0 Arial;}}{\info{\title The Sluice}}"
    r"{\header a header\par}{\pict\pngblip 89504e470d0a{\x y}0000}\f0 Chapter 1\par\par "
    r"He\rquote d gone \emdash  caf\'e9, \u27700?\u38272?\u-10179?\u-8704?.\par "
    r"\tab {\i its own} hours\line and more\par * * *\par "
    r'{\field{\*\fldinst{HYPERLINK "https://example.org"}}{\fldrslt the paper}} said no.\par}'
)


def test_rich_text() -> None:
    parsed = parse("rtf", RICH.encode("ascii"))
    assert parsed.title == "The Sluice"
    assert "".join(parsed.text[region.start : region.end] for region in parsed.regions) == parsed.text
    assert parts(parsed, Kind.HEADING) == ["Chapter 1\n"]
    assert parts(parsed, Kind.BREAK) == ["* * *\n"]
    assert spoken(parsed) == "\nHe’d gone — café, 水門😀.\n\tits own hours\nand more\nthe paper said no.\n"


@pytest.mark.parametrize("data", [b"", b"plain text", b"{\\rtf1 " + b"a" * 9_000_000 + b"}"])
def test_rich_text_that_is_none(data: bytes) -> None:
    with pytest.raises(Unreadable):
        parse("rtf", data)


@given(body=st.text(alphabet="{}\\'uafpictbn019 -*~\n;é", max_size=200))
@settings(max_examples=200, deadline=None)
def test_broken_rich_text_is_read_or_refused(body: str) -> None:
    try:
        parsed = parse("rtf", ("{\\rtf1 " + body).encode("utf-8"))
    except Unreadable:
        return
    assert "".join(parsed.text[region.start : region.end] for region in parsed.regions) == parsed.text


@pytest.mark.parametrize("last", ["0", "7", "II.", "4.", "coda", "IV"])
def test_a_lone_figure_or_word_that_ends_a_poem_is_the_poem(last: str) -> None:
    poem = f"""weighbridge   2 in the morning

   and she's off at the OUT
and the red eye lets
                  its breath go

                  {last}
"""
    for end in ("", "\n\n"):
        parsed = parse_text("txt", poem + end)
        assert parts(parsed, Kind.HEADING) == []
        assert spoken(parsed).rstrip().endswith(last)

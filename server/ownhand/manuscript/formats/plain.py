"""Plain text: all voice, but for front matter, breaks, and headings that can hardly be anything else.

A line is a heading only when it says so in a word that books use ("Chapter XII", "第三章"), is underlined, is a
number alone, or stands as a capitalized title above the text. Hard-wrapped lines stay as they are.
"""

import re

from ownhand.manuscript.formats.breaks import is_break, is_lone_break
from ownhand.manuscript.formats.front_matter import front_matter_end
from ownhand.manuscript.model import Kind, Region

_NUMERAL = (
    r"(?:\d{1,4}|[ivxlc]{1,8}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|"
    r"fifteen|sixteen|seventeen|eighteen|nineteen|twenty(?:[- ]\w{3,5})?|thirty(?:[- ]\w{3,5})?|forty(?:[- ]\w{3,5})?|"
    r"the (?:first|second|third|fourth|fifth|last)|first|second|third|fourth|fifth|last|"
    r"premier|première|eins|zwei|drei|vier|fünf)"
)
_CHAPTER = re.compile(
    rf"(?:(?:chapter|part|book|canto|act|scene|section|volume|letter|stave|kapitel|teil|buch|chapitre|partie|livre|"
    rf"cap[ií]tulo|capitolo|parte|libro|hoofdstuk|глава|часть)[ \t]+{_NUMERAL}|\d{{1,3}}\.[ \t]*(?:kapitel|teil|buch)|"
    rf"(?:erstes|zweites|drittes|viertes|fünftes|letztes)[ \t]+(?:kapitel|buch)|"
    rf"第[ \t]*[\d一二三四五六七八九十百〇零]+[ \t]*[章話部回節巻])"
    rf"(?P<sign>[ \t]*[.:—–-])?(?:[ \t　]+(?P<title>\S[^\n]{{0,70}}))?",
    re.IGNORECASE,
)
_STANDING = re.compile(
    r"(?:prologue|epilogue|prolog|epilog|interlude|coda|preface|foreword|afterword|introduction|vorwort|nachwort|"
    r"préface|prólogo|epílogo|postface|envoi|序章?|終章|あとがき)[.:]?",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"(?:\d{1,3}|(?=[XLIV]{2})X{0,3}(?:IX|IV|V?I{0,3})|[XIV])\.|\d{1,3}|X{0,3}(?:IX|IV|VI{1,3}|II{1,2})"
)
_UNDERLINE = re.compile(r"[ \t]*(={3,}|-{3,}|~{3,})[ \t]*")
_SENTENCE_END = (".", ",", ";", ":", "—", "–", "-", '"', "”", "’", "…", "。", "、", "」")


class Plain:
    """The grammar of `.txt`."""

    def outline(self, text: str) -> list[Region]:
        end = front_matter_end(text)
        return [Region(0, end, Kind.FRONT_MATTER)] if end else []

    def block(self, text: str, start: int, end: int) -> list[Region]:
        marks: list[Region] = []
        first_end = text.find("\n", start, end) + 1 or end
        first, rest = text[start:first_end].strip(), text[first_end:end]
        if not rest:
            return self._single(text, start, end, first)
        under = _UNDERLINE.fullmatch(rest.split("\n", 1)[0])
        if under and len(first) <= 80 and abs(len(under[1]) - len(first)) <= 3:
            first_end = text.find("\n", first_end, end) + 1 or end
            marks.append(Region(start, first_end, Kind.HEADING, 1 if "=" in under[1] else 2))
        elif is_chapter(first):
            marks.append(Region(start, first_end, Kind.HEADING, 1))
        else:
            first_end = start
        return marks + breaks_in(text, first_end, end)

    def _single(self, text: str, start: int, end: int, line: str) -> list[Region]:
        """A line between blank lines."""
        if is_lone_break(line):
            return [Region(start, end, Kind.BREAK)]
        if is_chapter(line):
            return [Region(start, end, Kind.HEADING, 1)]
        if not text[end : end + 400].strip():
            return []  # a heading has text below; a poem's last line may be "coda" or a figure
        if _STANDING.fullmatch(line):
            return [Region(start, end, Kind.HEADING, 1)]
        # Verse may hold a lone figure; a chapter's number stands apart or has a full stop.
        if _NUMBER.fullmatch(line) and (not line.isdigit() or _stands_apart(text, start)):
            return [Region(start, end, Kind.HEADING, 2)]
        if _looks_like_title(line) and _stands_apart(text, start):
            return [Region(start, end, Kind.HEADING, 1)]
        return []


def is_chapter(line: str) -> bool:
    """Does this line announce a chapter in so many words? "Part one of him slept" and "Act one way" do not."""
    match = _CHAPTER.fullmatch(line) if len(line) <= 100 else None
    if match is None or match["title"] is None:
        return match is not None
    return not match["title"].endswith((",", ";")) if match["sign"] else _has_capitals(match["title"])


def breaks_in(text: str, start: int, end: int) -> list[Region]:
    """The unmistakable scene breaks among the lines of text[start:end]."""
    if not any(sign in text[start:end] for sign in ("***", "* *", "---", "- -", "___", "——", "⁂", "o")):
        return []
    found: list[Region] = []
    while start < end:
        line_end = text.find("\n", start, end) + 1 or end
        if line_end - start < 200 and is_break(text[start:line_end]):
            found.append(Region(start, line_end, Kind.BREAK))
        start = line_end
    return found


def _looks_like_title(line: str) -> bool:
    begins = line[0].isupper() or line[0].isdigit()
    return begins and 2 <= len(line) <= 60 and not line.endswith(_SENTENCE_END) and _has_capitals(line)


def _has_capitals(line: str) -> bool:
    """All capitals, or a capital at every word but the small ones."""
    words = line.split()
    return len(words) <= 8 and not line[0].islower() and all(len(word) < 4 or not word[0].islower() for word in words)


def _stands_apart(text: str, start: int) -> bool:
    """At the head of the text, or after two blank lines."""
    return not text[:start].strip() if start < 200 else text[start - 3 : start] == "\n\n\n"

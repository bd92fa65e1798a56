"""A raw answer becomes the text that is offered, or nothing.

Each step only shortens the text or mends the white space at its joints: no word is offered that the model did not
write in that order.
"""

from dataclasses import dataclass

import regex

from ownhand.manuscript.model import Form
from ownhand.suggestions.artefacts import is_chat, without_special_tokens
from ownhand.suggestions.graphemes import parts, without_last
from ownhand.suggestions.markup import balanced, opens_block, without_breaks
from ownhand.suggestions.place import Place
from ownhand.suggestions.repetition import (
    already_follows,
    holds_line_of,
    loops,
    loops_at_end,
    repeats_before,
    repeats_line,
    without_overlap,
    without_stutter,
)
from ownhand.suggestions.spacing import as_written, joined_end, joined_start
from ownhand.text.words import count_words

NEW_PARAGRAPH = "a new paragraph would begin here"
NEW_LINE = "a new line would begin here"
MID_WORD = "it would finish a word"
NOTHING = "nothing new"
TOO_WIDE = "the line would grow too wide"
LOOPS = "it goes round in circles"
REPEATS = "it repeats what stands before"
FOLLOWS = "it stands after the cursor already"
MARKUP = "broken markup"
CHAT = "it talks instead of writing on"
BROKEN = "half a character"

_WORD_START = regex.compile(r"[\p{L}\p{N}\p{M}]")
_NEXT_SENTENCE = regex.compile(r"[.!?…]+[\"'”’»)]*\s+(?=[\"'“‘«(]?\p{Lu})")
_SPEECH = regex.compile(r"[–—―-]|[\"“„«「]")
"""How a line of dialogue begins: another speaker may have it."""
_HARD_BREAK = regex.compile(r"\S {2,}\n")
_BLANKS_AT_END = regex.compile(r"[ \t]+(?=\n)")
_STANZAS = regex.compile(r"\n[ \t]*\n")


@dataclass(frozen=True)
class Dropped:
    """Nothing of the answer can be offered; `reason` says why in a few words, which are counted."""

    reason: str


@dataclass(frozen=True)
class Surroundings:
    """The place and the text after the cursor. `language` is the format's suffix.

    `past_break`: the model was let past the line break that it wants here; what follows it goes on in this paragraph.
    """

    place: Place
    after: str
    language: str = "md"
    invoked: bool = False
    past_break: bool = False


def hopeless(answer: str, around: Surroundings) -> Dropped | None:
    """Is it certain, while the answer grows, that nothing comes of it?"""
    if loops_at_end(answer):
        return Dropped(LOOPS)
    if answer.lstrip(" \t")[:1] == "\n" and around.place.line.strip() and not around.past_break:
        if around.place.form is Form.PROSE:
            return Dropped(NEW_PARAGRAPH)
        if around.place.fills:
            return Dropped(NEW_LINE)
    if not around.invoked and around.place.touches_word and _WORD_START.match(answer):
        return Dropped(MID_WORD)
    return None


def shape(answer: str, around: Surroundings) -> str | Dropped:
    """The text to offer for the part of the answer that lies before its boundary."""
    text = without_special_tokens(answer)
    if is_chat(text):
        return Dropped(CHAT)
    early = hopeless(text, around)
    if early:
        return early
    if not text.strip() and around.place.form is Form.PROSE and around.place.line.strip():
        return Dropped(NEW_PARAGRAPH)  # the engine stopped before the line break
    if loops(text, around.place.piece):
        return Dropped(LOOPS)
    text = _verse(text, around) if around.place.form is Form.VERSE else _prose(text, around)
    if already_follows(text, around.after):
        return Dropped(FOLLOWS)
    text = _whole_markup(without_overlap(text, around.after), around)
    ended = _end(text, around)
    whole = _whole_characters(ended, around)
    return Dropped(BROKEN) if ended and not whole else _checked(whole, around)


def _prose(text: str, around: Surroundings) -> str:
    before = around.place.text
    if around.past_break and text.lstrip(" \t").startswith("\n"):
        text = _taken_up(text.lstrip())
    text = text.lstrip("\n").partition("\n")[0]
    shorter = without_stutter(text, before)
    return as_written(joined_start(shorter, before), before)


def _taken_up(paragraph: str) -> str:
    """The next paragraph's words, to go on in this one; "" when they must have a line of their own."""
    return "" if opens_block(paragraph, "") or _SPEECH.match(paragraph) else f" {paragraph}"


def _verse(text: str, around: Surroundings) -> str:
    """Line breaks, indents and inner spaces stay as they came; only the joints are mended."""
    place = around.place
    if place.fills:
        text = _taken_up(text.lstrip()) if around.past_break and text.lstrip(" \t").startswith("\n") else text
        text = text.partition("\n")[0]
    elif not _HARD_BREAK.search(place.piece):
        text = _BLANKS_AT_END.sub("", text)
    if not place.line:
        text = text.lstrip("\n") if not place.text or place.text.endswith("\n\n") else text
    elif not place.line.strip() or place.line[-1].isspace():
        text = text.lstrip(" \t\n")
    elif not text.startswith((" ", "\n")):
        text = joined_start(text, place.text)
    return without_breaks(text)


def _whole_markup(text: str, around: Surroundings) -> str:
    place = around.place
    if opens_block(text, place.line):
        return ""
    paragraph = _STANZAS.split(place.piece)[-1]
    return balanced(text, paragraph, place.rest, language=around.language)


def _end(text: str, around: Surroundings) -> str:
    rest = around.place.rest
    following = rest.lstrip()[:1]
    if around.place.fills and (following.islower() or following in ",;:"):
        # The sentence goes on behind the cursor: no other may begin before it, and none may end there.
        text = _NEXT_SENTENCE.split(text, maxsplit=1)[0].rstrip().removesuffix(".")
    return joined_end(text, rest)


def _whole_characters(text: str, around: Surroundings) -> str:
    """No grapheme cluster may reach across either joint (UAX #29)."""
    while text and (text[-1] in "\u200d\u200c" or not parts(text, around.after)):
        text = without_last(text)
    return text if parts(around.place.text, text) else ""


def _checked(text: str, around: Surroundings) -> str | Dropped:
    place = around.place
    if not count_words(text):
        return Dropped(NOTHING)
    if place.form is Form.PROSE:
        repeated = repeats_before(text, place.text)
    else:
        other_pieces = place.text.removesuffix(place.piece)
        repeated = repeats_line(text, place.piece) or holds_line_of(text, place.line, other_pieces)
    if repeated:
        return Dropped(REPEATS)
    return text

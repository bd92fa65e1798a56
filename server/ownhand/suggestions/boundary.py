"""Where a suggestion stops: a phrase, a sentence, a paragraph; in verse a line or a stanza.

Works on the raw answer while it grows. `boundary` gives the end as soon as it is certain, so that the engine can be
stopped within a token; `last_resort` finds the best end of an answer that was cut by its token limit.
"""

from dataclasses import dataclass

import regex

from ownhand.manuscript.model import Form
from ownhand.suggestions.moment import Length
from ownhand.text.width import display_width
from ownhand.text.words import count_words, word_spans

CLOSERS = "\"'”’»“‘›‹«)]}」』】）〕*_"
WIDE_ENDERS = "。！？"
_ENDERS = ".!?…" + WIDE_ENDERS
_CLAUSE_ENDERS = ",;:—–、，；："
_PHRASE_WORDS = 8

# Only words that are nothing but abbreviations: "no.", "me." and "est." end sentences of dialogue every day.
_ABBREVIATIONS = frozenset(
    {"mr", "mrs", "ms", "dr", "prof", "rev", "hon", "capt", "sgt", "mt", "messrs", "vs", "approx", "dept"}
    | {"e.g", "i.e", "a.m", "p.m", "u.s", "u.k", "mme", "mlle", "mgr", "env", "p.ex"}
    | {"bzw", "usw", "vgl", "evtl", "ggf", "inkl", "z.b", "d.h", "u.a", "o.ä", "s.o", "s.u", "i.d.r", "v.a"}
)
_BEFORE_NUMBERS = frozenset({"no", "nos", "nr", "vol", "fig", "p", "pp", "ca", "ch", "art", "bd"})
_BEFORE_CAPITALS = frozenset({"st", "ste", "col", "gen", "lt"})
_ONE_LETTER_WORDS = frozenset("iI")

_SENTENCE_END = regex.compile(
    rf"(?P<stop>[{regex.escape(_ENDERS)}]+)(?P<close>(?:[\u00a0\u202f ]?»|[{regex.escape(CLOSERS)}])*)"
)


@dataclass(frozen=True)
class Limits:
    """What the place allows. `column` is the display column of the cursor, `columns` the widest line in verse.

    `past_break`: a line break at the answer's start is passed over (see `Composer`).
    """

    form: Form
    length: Length
    column: int = 0
    columns: int = 100
    past_break: bool = False


def boundary(answer: str, limits: Limits) -> int | None:
    """The end of the suggestion in the raw `answer` (exclusive), None while more text may belong to it."""
    if limits.form is Form.VERSE:
        return _verse_end(answer, limits)
    start = len(answer) - len(answer.lstrip())
    newline = answer.find("\n", start if limits.past_break else 0)
    line = answer if newline < 0 else answer[:newline]
    found = None if limits.length == "paragraph" else _sentence_end(line, start)
    if limits.length == "phrase":
        found = _phrase_end(line if found is None else line[:found], start) or found
    return found if found is not None else (newline if newline >= 0 else None)


def last_resort(answer: str, limits: Limits) -> int:
    """The best end of an answer that stopped in mid-flow: the last sentence, else clause, else whole word."""
    if limits.form is Form.VERSE:
        return _last_word_end(answer)
    start = len(answer) - len(answer.lstrip()) if limits.past_break else 0
    line = answer[:start] + answer[start:].partition("\n")[0]
    sentences = [end for end in _sentence_ends(line) if count_words(line[:end]) >= 2]
    if sentences and limits.length == "paragraph":
        return sentences[-1]
    clauses = [i + 1 for i, c in enumerate(line) if c in _CLAUSE_ENDERS and count_words(line[: i + 1]) >= 4]
    return clauses[-1] if clauses else _last_word_end(line)


def _enough(text: str) -> bool:
    """A full stop alone completes a sentence but is no suggestion."""
    return count_words(text) >= 2


def _sentence_end(line: str, start: int) -> int | None:
    for end in _sentence_ends(line):
        if end > start and _enough(line[:end]):
            return end
    return None


def _sentence_ends(line: str) -> list[int]:
    """Ends of sentences that are certain from what stands in `line`: all but one at its very end, as a rule."""
    return [m.end() for m in _SENTENCE_END.finditer(line) if _ends_sentence(line, m)]


def _ends_sentence(line: str, match: "regex.Match[str]") -> bool:
    stop, end = match["stop"], match.end()
    if stop[-1] in WIDE_ENDERS:
        return end < len(line)  # a closing bracket may still come
    following = line[end:]
    if not following or not following[0].isspace():
        return False
    rest = following.lstrip(" \u00a0\u202f")
    if stop == "." and _is_abbreviation(line[: match.start()], rest):
        return False
    if not rest:
        # "Wait ... " and "« Oui ! » " may go on in lower case or with a closing guillemet: one more character tells.
        return stop == "." and not match["close"] and following[0] == " "
    # "What?" he said: the sentence goes on.
    return not rest[0].islower() and rest[0] not in "»,;:—–"


def _is_abbreviation(before: str, rest: str) -> bool:
    written = regex.split(r"[\s(\[„“\"«]", before)[-1]
    word, following = written.casefold(), rest[:1]
    if word in _ABBREVIATIONS or (word in _BEFORE_NUMBERS and following.isdigit()):
        return True
    if word in _BEFORE_CAPITALS and written[:1].isupper():
        return not following or following.isupper()
    # Initials ("J. R."), and "z. B.", "d. h.".
    return len(word) == 1 and word.isalpha() and word not in _ONE_LETTER_WORDS


def _phrase_end(line: str, start: int) -> int | None:
    spans = [span for span in word_spans(line) if span[0] >= start]
    for index, character in enumerate(line):
        inner = sum(1 for span in spans if span[1] <= index)
        if character in _CLAUSE_ENDERS and inner >= 2 and not _between_digits(line, index):
            return index + 1
    if len(spans) > _PHRASE_WORDS:
        return spans[_PHRASE_WORDS - 1][1]
    return None


def _between_digits(line: str, index: int) -> bool:
    return line[index - 1 : index].isdigit() and line[index + 1 : index + 2].isdigit()


def _last_word_end(text: str) -> int:
    """The end of the last word that is certainly whole: one is if something follows it."""
    spans = list(word_spans(text))
    if not spans:
        return 0
    if spans[-1][1] < len(text) or len(spans) == 1:
        return len(text.rstrip()) if spans[-1][1] < len(text) else 0
    return len(text[: spans[-1][0]].rstrip())


def _verse_end(answer: str, limits: Limits) -> int | None:
    body = len(answer) - len(answer.lstrip())
    ender = "\n\n" if limits.length == "paragraph" else "\n"
    end = answer.find(ender, body)
    text = answer if end < 0 else answer[:end]
    wide = _first_too_wide(text, limits)
    if wide is not None:
        return wide
    return end if end >= 0 else None


def _first_too_wide(text: str, limits: Limits) -> int | None:
    """Where to stop before the first line that is wider than allowed; None when every line fits."""
    offset, column = 0, limits.column
    for line in text.split("\n"):
        if column + display_width(line) > limits.columns:
            return offset + _fitting(line, limits.columns - column)
        offset, column = offset + len(line) + 1, 0
    return None


def _fitting(line: str, columns: int) -> int:
    """Length of the longest start of `line` that ends with a word and takes at most `columns` columns."""
    best = 0
    for _, end in word_spans(line):
        while end < len(line) and line[end] in ",.;:!?…—–、。」" + CLOSERS:
            end += 1
        if display_width(line[:end]) > columns:
            break
        best = end
    return best

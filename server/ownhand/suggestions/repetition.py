"""Has the model only repeated something: the words before the cursor, those after it, or itself?"""

import regex

from ownhand.text.words import matching_words, word_spans

RUN = 8
"""Words in a row that make a repetition, as in the design's rule for the writer's other pieces."""
_SENTENCE = 5
_RECENT = 12_000
_CHARACTER_LOOP = regex.compile(r"(.{3,60}?)\1{3,}", flags=regex.S)
_PLAIN_WORD = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]|[\p{L}\p{M}\p{N}']+")
_LOOP_AT_END = regex.compile(r"(.{3,60}?)\1{3,}\Z", flags=regex.S)
_WHITE = regex.compile(r"\s{2,}")


def loops(text: str, before: str = "") -> bool:
    """Does `text` go round in circles, by itself or with what stands before it?"""
    text, before = _WHITE.sub(" ", text), _WHITE.sub(" ", before[-200:])  # a deep indent is no loop
    if _CHARACTER_LOOP.search(text) or _rounds(matching_words(text)):
        return True
    match = _LOOP_AT_END.search(before + text)
    return match is not None and len(text) >= len(match[1])


def loops_at_end(answer: str) -> bool:
    """The cheap test while the answer grows."""
    return len(answer) >= 24 and bool(_LOOP_AT_END.search(_WHITE.sub(" ", answer[-160:])))


def _rounds(words: list[str]) -> bool:
    """The same three words four times, or the same six words twice. Anaphora ("we shall fight") stays below that."""
    return _most(words, 3) >= 4 or _most(words, 6) >= 2


def _most(words: list[str], size: int) -> int:
    seen: dict[tuple[str, ...], int] = {}
    last: dict[tuple[str, ...], int] = {}
    for index in range(len(words) - size + 1):
        gram = tuple(words[index : index + size])
        if index - last.get(gram, -size) >= size:
            seen[gram], last[gram] = seen.get(gram, 0) + 1, index
    return max(seen.values(), default=0)


def without_stutter(text: str, before: str) -> str:
    """`text` without a start that says once more how `before` ends ("...down to the sea" + "to the sea he went")."""
    spans = list(word_spans(text[:400]))
    said, saying = matching_words(before[-400:]), matching_words(text[:400])
    for size in range(min(len(said), len(saying), len(spans)), 2, -1):
        repeated = text[spans[0][0] : spans[size - 1][1]]
        if said[-size:] == saying[:size] and _weighs(repeated):
            return text[spans[size - 1][1] :]
    return text


def _weighs(text: str) -> bool:
    return len(text) >= (8 if text.isascii() or " " in text else 4)


def repeats_before(text: str, before: str) -> bool:
    """Prose: was this sentence, or eight words of it in a row, written on the last pages?"""
    words = _plain_words(text)
    if len(words) < _SENTENCE:
        return False
    recent = _joined(_plain_words(before[-_RECENT:]))
    size = min(RUN, len(words))
    return any(_joined(words[i : i + size]) in recent for i in range(len(words) - size + 1))


def _plain_words(text: str) -> list[str]:
    """Words by a simple rule, ten times as fast as UAX #29 over some pages; both sides are cut by it."""
    return _PLAIN_WORD.findall(text.casefold().replace("’", "'"))


def repeats_line(text: str, before: str) -> bool:
    """Verse: is the first line of `text` the line that was just written? A poem with refrains may do so."""
    written = [_joined(matching_words(line)) for line in before[-_RECENT:].split("\n") if line.strip()]
    lines = [_joined(matching_words(line)) for line in text.split("\n") if line.strip()]
    long_lines = [line for line in written if line.count(" ") >= 3]
    if not written or not lines or len(set(long_lines)) < len(long_lines):
        return False
    return lines[0] == written[-1] and lines[0].count(" ") >= 3


def holds_line_of(text: str, typed: str, other: str) -> bool:
    """Verse: is a line of `text` (its first one with what was `typed` of it) a whole line of the `other` pieces?"""
    written = {_joined(matching_words(line)) for line in other[-_RECENT:].split("\n") if line.strip()}
    lines = [_joined(matching_words(line)) for line in (typed + text).split("\n")]
    return any(line.count(" ") > 3 and line in written for line in lines)


def _joined(words: list[str]) -> str:
    return f" {' '.join(words)} "


def already_follows(text: str, after: str) -> bool:
    """Is `text` the beginning of what stands behind the cursor?"""
    words = matching_words(text)
    following = matching_words(after[: 2 * len(text) + 100])
    return len(words) >= 3 and following[: len(words)] == words


def without_overlap(text: str, after: str) -> str:
    """`text` without an end that says already how `after` begins.

    On the cursor's line any whole word counts, and every closing sign; on the next line, four words.
    """
    rest = after.partition("\n")[0].lstrip()
    spans, words = list(word_spans(text)), matching_words(text)
    following = matching_words(after[: len(text) + 100])
    fewest = 1 if matching_words(rest) else 4
    for size in range(min(len(words), len(following)), fewest - 1, -1):
        if len(words) == len(spans) and words[-size:] == following[:size]:
            return text[: spans[-size][0]]
    kept = text
    while kept and rest and not kept[-1].isalnum() and not kept[-1].isspace() and kept[-1] == rest[0]:
        kept = kept[:-1]
    return kept

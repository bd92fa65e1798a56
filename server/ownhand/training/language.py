"""Which language a text is in, told by its smallest words: good enough to compare like with like."""

from collections import Counter

from ownhand.text.words import matching_words

_SMALL_WORDS = {
    "en": "the and of to a in that was he it for on with his at by not but they had her she from which",
    "de": "der die und das ich nicht ist ein sie es den mit auf zu dem sich war er im von eine noch auch wie",
    "fr": "le la les et de des un une que qui est dans pour pas il elle je ne sur avec au du se ce",
    "es": "el la los y de un una que en no es por con para se lo su más las al como pero del yo",
    "it": "il la di e che un una non per è in con si mi lo gli le del come ma della dei al nel",
    "nl": "de het een en van ik te dat die in is niet op met zijn voor er hij maar om als aan ook wat",
}
_LEAST_SHARE = 0.12


def language_of(text: str) -> str:
    """A code like "en"; "" when it is none of the few that are known here."""
    words = matching_words(text)
    counts = Counter(words)
    shares = {
        code: sum(counts[word] for word in small.split()) / max(len(words), 1) for code, small in _SMALL_WORDS.items()
    }
    best = max(shares, key=lambda code: shares[code])
    return best if shares[best] >= _LEAST_SHARE else ""

"""What was trained on, looked up by runs of words: found as in the plain way, and small enough for a long shelf."""

import random
import sys
from array import array
from collections import Counter
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ownhand.text.words import matching_words
from ownhand.training.novelty import RUN, TrainingText, Verbatim, Written

SEED = 4
MOST_BYTES = 40
"""For each word of what was trained on."""
WORDS = ("salt", "on", "the", "sill", "Nobody")
text = st.lists(st.sampled_from(WORDS), max_size=60).map(" ".join)


def grams(words, size):
    return [tuple(words[at : at + size]) for at in range(len(words) - size + 1)]


class Plain:
    """The same by words as they are, kept whole."""

    def __init__(self, texts):
        self.words = [matching_words(each) for each in texts]
        self.places, self.refrains = {}, set()
        for number, words in enumerate(self.words):
            self.refrains |= {gram for gram, count in Counter(grams(words, RUN)).items() if count > 1}
            for at, gram in enumerate(grams(words, SEED)):
                self.places.setdefault(gram, []).append((number, at))
        self.runs = {gram for words in self.words for gram in grams(words, RUN)} - self.refrains

    def verbatim(self, written):
        copied = total = longest = 0
        for each in written:
            words, said = matching_words(each.text), matching_words(each.prompt)
            prompted = set(grams(said, RUN))
            starts = [at for at, gram in enumerate(grams(words, RUN)) if gram in self.runs and gram not in prompted]
            copied += len({at + step for at in starts for step in range(RUN)})
            longest = max(longest, self.longest(words, set(grams(said, SEED))))
            total += len(words)
        return Verbatim(copied, total, longest)

    def longest(self, words, said):
        longest, followed = 0, {}
        for gram in grams(words, SEED):
            places = [] if gram in said else self.places.get(gram, [])
            followed = {(number, at): followed.get((number, at - 1), SEED - 1) + 1 for number, at in places}
            best = max(followed.items(), key=lambda item: item[1], default=None)
            if best and best[1] > longest and not self.is_refrain(*best):
                longest = best[1]
        return longest

    def is_refrain(self, place, length):
        number, at = place
        run = self.words[number][at + SEED - length : at + SEED]
        return length >= RUN and all(gram in self.refrains for gram in grams(run, RUN))


@settings(deadline=None, max_examples=300)
@given(st.lists(text, max_size=5), st.lists(st.tuples(text, text), max_size=3))
def test_it_finds_what_the_plain_way_finds(texts, asked):
    written = [Written(*each) for each in asked]
    assert TrainingText(texts).verbatim(written) == Plain(texts).verbatim(written)


@pytest.mark.parametrize("seed", range(40))
def test_it_finds_the_same_in_texts_that_borrow_from_each_other(seed):
    """Few words, with verses that come back, and a model that recites with slips."""
    rng = random.Random(seed)
    verses = [" ".join(rng.choices("abcdefghijklmnop", k=rng.randrange(3, 15))) for _ in range(12)]
    texts = [" ".join(rng.choices(verses, k=rng.randrange(9))) for _ in range(6)]
    recited = [" ".join(rng.choices([*verses, "slip", "of the pen"], k=rng.randrange(8))) for _ in range(8)]
    written = [Written(rng.choice([*texts, ""]), each) for each in recited]
    found = TrainingText(iter(texts)).verbatim(written)
    assert found == Plain(texts).verbatim(written)


def kept(value):
    """Bytes of an object with all that it holds."""
    held = []
    if isinstance(value, Mapping):
        held = [*value.keys(), *value.values()]
    elif isinstance(value, (list, tuple, set, frozenset)):
        held = list(value)
    elif not isinstance(value, (str, bytes, int, array)):
        held = list(vars(value).values()) if hasattr(value, "__dict__") else []
    return sys.getsizeof(value) + sum(map(kept, held))


def test_of_a_long_shelf_it_keeps_some_bytes_for_each_word():
    rng = random.Random(7)
    vocabulary = [f"{rng.choice('bdgkmprst')}{rng.choice('aeiou')}{number}" for number in range(3000)]
    texts = [" ".join(rng.choices(vocabulary, k=5000)) for _ in range(10)]
    assert kept(TrainingText(texts)) < MOST_BYTES * 50_000

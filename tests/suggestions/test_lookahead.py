"""Typing through a suggestion and deleting back leaves exactly the rest of it."""

import unicodedata
from dataclasses import replace

import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from ownhand.manuscript.model import Form
from ownhand.suggestions.lookahead import LookAhead, Scope, remainder
from ownhand.suggestions.moment import Moment, Suggestion

SCOPE = Scope("model", None, "d")
BEFORE = "She had the washing of him, and she knew"
CLUSTERS = st.lists(
    st.sampled_from(
        [" ", "a", "é", "e\u0301", "ß", "海", "が", "か\u3099", "👩\u200d👧", "👍🏽", "🇱🇻", "각", "\n", "”", ","]
    ),
    min_size=1,
    max_size=25,
)


def kept(text: str, before: str = BEFORE, identity: str = "one", *, offered: bool = True, **more) -> LookAhead:
    cache = LookAhead()
    add(cache, text, before, identity, offered=offered, **more)
    return cache


def add(
    cache: LookAhead, text: str, before: str, identity: str, *, offered: bool = True, scope=SCOPE, after=""
) -> None:
    cache.put(scope, at(before, after), Suggestion(identity, text, Form.PROSE, "e", "model"), offered=offered)


def at(before: str, after: str = "", offset: int = 0) -> Moment:
    return Moment("d", 1, before, after, "md", before_offset=offset)


def rest(cache: LookAhead, before: str, scope: Scope = SCOPE) -> str | None:
    found = cache.find(scope, at(before))
    return found.text if found else None


@given(CLUSTERS, st.lists(st.integers(0, 25), max_size=30))
@settings(deadline=None)
def test_any_way_of_typing_and_deleting_back(clusters: list[str], walk: list[int]) -> None:
    text = "".join(clusters)
    cuts = [0, *(match.end() for match in regex.finditer(r"\X", text))]
    cache = kept(text)
    for step in walk:
        cut = cuts[step % len(cuts)]
        found = cache.find(SCOPE, at(BEFORE + text[:cut]))
        if text[cut:].strip():
            assert found is not None
            assert (found.id, found.text) == ("one", text[cut:])
        else:
            assert found is None


@given(CLUSTERS, st.integers(0, 25), st.sampled_from(["NFC", "NFD"]), st.sampled_from(["NFC", "NFD"]))
@settings(deadline=None)
def test_a_remainder_completes_the_text_in_any_normal_form(clusters: list[str], cut: int, one: str, other: str) -> None:
    text = unicodedata.normalize(one, "".join(clusters))
    typed = unicodedata.normalize(other, "".join(regex.findall(r"\X", text)[:cut]))
    left = remainder(text, typed)
    assert left is not None
    assert unicodedata.normalize("NFC", typed + left) == unicodedata.normalize("NFC", text)


@given(st.text(max_size=20), st.text(max_size=20))
def test_whatever_is_left_is_whole(text: str, typed: str) -> None:
    left = remainder(text, typed)
    if left is not None:
        assert unicodedata.normalize("NFC", typed + left) == unicodedata.normalize("NFC", text)


def test_half_a_cluster_is_no_beginning() -> None:
    assert remainder("e\u0301tude", "e") is None
    assert remainder("👩\u200d👧 slept", "👩") is None
    assert remainder("étude", "e\u0301t") == "ude"


def test_other_text_other_models_and_other_places_find_nothing() -> None:
    cache = kept(" the weight of every shirt.")
    assert rest(cache, BEFORE + " the w") == "eight of every shirt."
    assert rest(cache, BEFORE + " a w") is None
    assert rest(cache, BEFORE[:-1]) is None
    assert rest(cache, "Another page altogether, as long as the first, and so on") is None
    assert rest(cache, BEFORE + " the w", replace(SCOPE, adapter="7")) is None
    assert rest(cache, BEFORE + " the w", replace(SCOPE, model="other")) is None
    assert cache.find(SCOPE, at(BEFORE + " the w", "more")) is None


def test_a_window_of_the_document_is_the_same_place() -> None:
    page = "It rained. " * 100
    cache = kept(" the weight.", page + BEFORE)
    moment = at((page + BEFORE + " the")[500:], offset=500)
    found = cache.find(SCOPE, moment)
    assert found is not None
    assert found.text == " weight."


def test_the_furthest_then_the_newest_answers() -> None:
    cache = kept(" the weight of it. He slept.", identity="old")
    add(cache, " He woke.", BEFORE + " the weight of it.", "further")
    assert cache.find(SCOPE, at(BEFORE + " the weight of it. He")).id == "further"  # type: ignore[union-attr]
    assert cache.find(SCOPE, at(BEFORE + " the weight")).id == "old"  # type: ignore[union-attr]


def test_unseen_entries_wait_until_they_are_offered() -> None:
    cache = kept(" the weight.", offered=False)
    assert rest(cache, BEFORE) is None
    assert cache.find(SCOPE, at(BEFORE), offered=False) is not None
    cache.mark_offered("one")
    assert rest(cache, BEFORE + " the") == " weight."


def test_the_least_recently_used_goes_first() -> None:
    cache = LookAhead(entries=2)
    add(cache, " one.", BEFORE, "1")
    add(cache, " two.", BEFORE + " x", "2")
    assert rest(cache, BEFORE) == " one."
    add(cache, " three.", BEFORE + " y", "3")
    assert rest(cache, BEFORE) == " one."
    assert rest(cache, BEFORE + " x") is None

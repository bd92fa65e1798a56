"""What the writer called "not mine" in one voice: which text may not come back at which place.

A place is known by the words before it, not by a position: the document may have grown above. It is found again when
the writer has typed some of the suggestion's words since or has taken words back, when a longer suggestion reaches
it, and after a small change to the words before it. Eight words are enough in the same document. Sixteen are the same
place in any: a renamed file, a page that was saved for the first time, a copied draft.

Its phrasing ranks down everywhere in the voice: see `phrasing`.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from threading import Lock
from typing import Protocol

from ownhand.suggestions.phrasing import WRONG_FACT, Phrasing, plain_reason
from ownhand.suggestions.variants import ONE_IN, alike, is_variant
from ownhand.text.words import word_spans

NOT_YOURS = "you said that this is not yours"
_NEAR, _ANYWHERE = 8, 16
"""Words before the place that are compared in the same document, and in any other."""
_FEW = 3
"""With fewer words before it, a place is known only as the document's beginning."""
_ANCHOR = 240
"""Characters in which those words are looked for."""
_LONGEST = 1200
"""Characters of a text that are compared."""
_TYPED = 400
"""Characters of a text that the writer may have typed since; further along it is the writer's own."""
MOST = 2000


class Rejected(Protocol):
    """A rejection of an earlier sitting. `document` is the path in the manuscript folder or another key of the page,
    `before` the text before the suggestion's place, `text` the whole suggestion."""

    @property
    def document(self) -> str: ...

    @property
    def before(self) -> str: ...

    @property
    def text(self) -> str: ...

    @property
    def reason(self) -> str: ...


@dataclass(frozen=True)
class _Page:
    """`words` around a place; from number `here` on they belong to the coming text, a word that reaches over the place
    included. `whole`: nothing of the document stands before them."""

    words: list[str]
    here: int
    whole: bool

    @classmethod
    def of(cls, before: str, text: str, characters: int) -> "_Page":
        tail = before[-characters:]
        joined, whole = tail + text[:_LONGEST], len(tail) == len(before)
        spans = list(word_spans(joined))[0 if whole else 1 :]  # the first word of a tail may have been cut in two
        words = [unicodedata.normalize("NFC", joined[a:b]).replace("’", "'").casefold() for a, b in spans]
        return cls(words, sum(1 for _, end in spans if end <= len(tail)), whole)

    @cached_property
    def places_of(self) -> dict[str, list[int]]:
        """Where each word stands."""
        places: dict[str, list[int]] = {}
        for number, word in enumerate(self.words):
            places.setdefault(word, []).append(number)
        return places

    def ends_of(self, anchor: tuple[str, ...]) -> list[int]:
        """The numbers of words up to which the page reads as `anchor` does."""
        if len(anchor) < _FEW:
            return [len(anchor)] if self.whole and self.words[: len(anchor)] == list(anchor) else []
        votes = Counter(
            place + 1 + back for back, word in enumerate(reversed(anchor)) for place in self.places_of.get(word, ())
        )
        likely = {end + near for end, count in votes.items() if count >= len(anchor) // 2 for near in (-2, -1, 0, 1, 2)}
        return [end for end in likely if end > 0 and alike(anchor, self.words[max(0, end - len(anchor)) : end])]


@dataclass(frozen=True, slots=True)
class _Place:
    """`anchor` are the last words before the place, `words` those of the text. `near`: near variants are meant too."""

    document: str
    anchor: tuple[str, ...]
    words: tuple[str, ...]
    near: bool
    closest: frozenset[str]
    """The last words of the anchor, in no order: most places are told apart by them."""

    def comes_back(self, document: str, page: _Page) -> bool:
        """Does the page's coming text say at this place what was rejected here?"""
        if self.document != document and len(self.anchor) < _ANYWHERE:
            return False
        if len(self.closest & page.places_of.keys()) < len(self.closest) - _NEAR // ONE_IN:
            return False
        anchor = self.anchor[-_NEAR:] if self.document == document else self.anchor
        return any(
            is_variant(page.words[end:], self.words, typed=max(0, page.here - end), near=self.near)
            for end in page.ends_of(anchor)
        )


_Key = tuple[str, str, str]


@dataclass
class Rejections:
    """All rejections of one voice, shared by its suggesters; the newest 2,000 places count. Safe from any thread."""

    phrasing: Phrasing = field(default_factory=Phrasing)
    _places: dict[_Key, _Place] = field(default_factory=dict)
    _said: dict[_Key, tuple[str, str]] = field(default_factory=dict)
    """The reason for each rejection, and the words that weigh for it."""
    _longest: int = 0
    _changing: Lock = field(default_factory=Lock)

    def add(self, document: str, before: str, text: str, reason: str = "", *, typed: int = 0) -> None:
        """`text` was rejected after `before`. What is known already is not counted twice; a reason that is given for it
        later takes the place of the former one.

        Its first `typed` characters are the writer's own by now: they help to know the text again, but their phrasing
        is not ranked down. Of a wrong fact the same words alone are kept away: put right, it differs by one word.
        """
        key = (document, before[-_ANCHOR:], text)
        page = _Page.of(before, text, _ANCHOR)
        if page.here == len(page.words):
            return
        with self._changing:
            if key not in self._said:
                self._said[key] = reason, text[typed:]
                self.phrasing.reject(text[typed:], reason)
            elif reason.strip() and reason != self._said[key][0]:
                former, weighs = self._said[key]
                self._said[key] = reason, weighs
                self.phrasing.reject_for(weighs, reason, former)
            else:
                return
            self._keep_away(key, page, near=plain_reason(reason) != WRONG_FACT)

    def _keep_away(self, key: _Key, page: _Page, *, near: bool) -> None:
        document, _, text = key
        words = tuple(page.words)
        anchor = words[max(0, page.here - _ANYWHERE) : page.here]
        self._places[key] = _Place(document, anchor, words[page.here :], near, frozenset(anchor[-_NEAR:]))
        self._longest = min(max(self._longest, len(text)), _TYPED)
        if len(self._places) > MOST:
            del self._places[next(iter(self._places))]

    def remember(self, rejections: Iterable[Rejected], accepted: Iterable[str] = ()) -> None:
        """Take in what earlier sittings left, oldest first. Thousands take a second: call it in a thread."""
        for one in rejections:
            self.add(one.document, one.before, one.text, one.reason)
        for text in accepted:
            self.phrasing.accept(text)

    def forbids(self, document: str, before: str, text: str) -> bool:
        """Would `text`, offered after `before` in this document, bring back what was rejected at its place?"""
        with self._changing:
            places = tuple(self._places.values())
        if not places:
            return False
        page = _Page.of(before, text, _ANCHOR + self._longest)
        return any(place.comes_back(document, page) for place in places)

"""A voice's ledger as the server writes it: of texts that the writer left out it keeps no words, only figures.

What was called "not mine" is a whole file, or pieces in a file with others. There a moment is judged by its sentences:
one that stands in such a piece, also in a neighbour of the writer's own, costs the moment its texts.
"""

import re
import unicodedata
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, TypeVar

from ownhand.manuscript.corpus import Corpus
from ownhand.manuscript.model import Mine
from ownhand.verdicts.facts import Fact, Instead, Offered, Settled, Shown, Whose
from ownhand.verdicts.ledger.ledger import Ledger
from ownhand.verdicts.ledger.waiting import without_text

_Value = TypeVar("_Value")
_REMEMBERED = 10_000
_SENTENCE = re.compile(r"[^.!?…。！？\n]+[.!?…。！？]*")
"""Sentences and lines."""
_TELLING = 16
"""Characters from which a sentence in a piece is likely to be from there; shorter ones stand anywhere."""


@dataclass(frozen=True)
class Foreign:
    """What isn't the writer's in one file: the pieces' ids, and their texts unless it is the whole file."""

    pieces: frozenset[str]
    whole: bool
    text: str = ""

    def holds(self, *texts: str | None) -> bool:
        """Does a sentence of one of the texts stand in a piece that is left out?"""
        if self.whole:
            return True
        sentences = (_plain(sentence) for text in texts if text for sentence in _SENTENCE.findall(text))
        return any(len(sentence) >= _TELLING and sentence in self.text for sentence in sentences)


class LeftOut:
    """What was left out of one manuscript, by files. `read` again when the index changed, in a thread."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus
        self._files: dict[str, Foreign] = {}

    def of(self, document: str) -> Foreign | None:
        return self._files.get(document)

    def read(self) -> None:
        out: dict[str, set[str]] = {}
        own = set[str]()
        for piece in self._corpus.pieces():
            if piece.mine is Mine.NOT_MINE:
                out.setdefault(piece.path, set()).add(piece.id)
            else:
                own.add(piece.path)
        self._files = {path: self._foreign(frozenset(pieces), path not in own) for path, pieces in out.items()}

    def _foreign(self, pieces: frozenset[str], whole: bool) -> Foreign:
        if whole:
            return Foreign(pieces, whole)
        texts = self._corpus.piece_texts(pieces).values()
        return Foreign(pieces, whole, _plain("\n".join(texts)))


class OwnTextLedger(Ledger):
    """`left_out` says what isn't the writer's. As everything that is noted comes by here, nothing slips through that
    was on its way when the writer answered."""

    def __init__(self, *arguments: Any, left_out: LeftOut, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.left_out = left_out
        self._offered: OrderedDict[str, tuple[str, Foreign | None]] = OrderedDict()
        """In which document a suggestion was offered, and what was left out there then."""
        self._without_text: OrderedDict[str, None] = OrderedDict()

    def is_foreign(self, document: str) -> bool:
        """Is no part of this file the writer's own?"""
        foreign = self.left_out.of(document)
        return foreign is not None and foreign.whole

    def hand_over(self, fact: Fact) -> None:
        if isinstance(fact, Whose) and self.is_foreign(fact.document):
            return
        if isinstance(fact, Offered):
            _remember(self._offered, fact.suggestion, (fact.document, self.left_out.of(fact.document)))
        elif isinstance(fact, Shown | Instead | Settled) and not self._may_keep(fact):
            _remember(self._without_text, fact.suggestion, None)
            fact = without_text(fact)
        super().hand_over(fact)

    def _may_keep(self, fact: Shown | Instead | Settled) -> bool:
        """Of a suggestion that is unknown here all that must not be kept is gone already."""
        if fact.suggestion in self._without_text:
            return False
        document, then = self._offered.get(fact.suggestion, ("", None))
        now = self.left_out.of(document)
        if now is None:
            return True
        if isinstance(fact, Shown):
            return not now.holds(fact.before, fact.text, fact.after)
        # Left out since: which of the file's suggestions stood in it is not known any more.
        return then is not None and then.pieces >= now.pieces and not now.holds(fact.text)


def _remember(known: OrderedDict[str, _Value], suggestion: str, value: _Value) -> None:
    known[suggestion] = value
    if len(known) > _REMEMBERED:
        known.popitem(last=False)


def _plain(text: str) -> str:
    """As it reads, whatever the line ends and indents."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", text)).strip()

"""One page whose words are followed, from the moment it is opened until what is known of it is on disk."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from ownhand.editor.documents import Document
from ownhand.editor.log import log_error
from ownhand.verdicts.observer.edits import Edit
from ownhand.verdicts.whose.stretches import UNKNOWN
from ownhand.verdicts.whose.words import PASTE, WhoseWords


class Page:
    """`folder` is the folder's key, `key` the document's in it. `known` is set once what was noted of it is read;
    what comes before waits. `changed`: since it was noted.

    Whatever goes wrong with the changes, the page stays of use: what can't be told any more is unknown.
    """

    def __init__(self, folder: str, key: str, document: Document) -> None:
        self.folder, self.key = folder, key
        self.words: WhoseWords | None = None
        self.known = asyncio.Event()
        self.changed = False
        self.noting = asyncio.Lock()
        """Held while a note is made, so that an older one never comes after a newer."""
        self._document = document
        self._closed_with: str | None = None
        self._waiting: list[Callable[[WhoseWords], None]] = []

    @property
    def path(self) -> Path | None:
        return self._document.path

    @property
    def text(self) -> str:
        """As it is, or as it was when the page was closed."""
        return self._document.mirror.plain if self._closed_with is None else self._closed_with

    def close(self) -> None:
        self._closed_with = self.text

    def follow(self, edits: Sequence[Edit]) -> None:
        """The document's latest changes. Never raises."""
        self._tell(lambda words: _apply(words, edits))

    def mark(self, start: int, end: int, suggestion: str) -> None:
        self._tell(lambda words: words.mark(start, end, suggestion))

    def is_known(self, words: WhoseWords) -> None:
        """What is known of the text that the page was opened with. Changes that came since are applied."""
        self.words, waiting = words, self._waiting
        self._waiting = []
        all(self._apply(what) for what in waiting)
        self.known.set()

    def snapshot(self, *, keep: bool = False) -> tuple[WhoseWords | None, str]:
        """A copy of the words with the text that they tell of, None when the two don't belong together. The page then
        counts as noted, unless with `keep`."""
        text, words = self.text, self.words
        self.changed = self.changed and keep
        return (words.copy() if words is not None and len(words) == len(text) else None), text

    def _tell(self, what: Callable[[WhoseWords], None]) -> None:
        self.changed = True
        if self.words is None:
            self._waiting.append(what)
        else:
            self._apply(what)

    def _apply(self, what: Callable[[WhoseWords], None]) -> bool:
        """False when it made no sense: the words are then those of the text as it is now, with all its changes."""
        assert self.words is not None
        try:
            what(self.words)
        except Exception as error:
            log_error("following whose words a text is made of", error)
            self.words = WhoseWords([(len(self.text), UNKNOWN)])
            return False
        return True


def _apply(words: WhoseWords, edits: Sequence[Edit]) -> None:
    for edit in edits:
        words.edit(edit.offset, edit.removed, edit.inserted, pasted=len(edit.inserted) >= PASTE)

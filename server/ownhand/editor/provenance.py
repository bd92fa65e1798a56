"""Whose words the open documents are made of: followed change by change, noted in the voice's ledger, read on open.

Only in folders that Ownhand learns from. What was noted is read in a thread; changes that come meanwhile wait for it.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ownhand.editor.documents import Document, Documents
from ownhand.editor.folders import Folder, Folders
from ownhand.editor.log import log_error
from ownhand.editor.sitting import CLOCK
from ownhand.errors import WriterError
from ownhand.verdicts.facts import Whose
from ownhand.verdicts.observer.edits import Edit
from ownhand.verdicts.reading.figures import all_whose, load_whose
from ownhand.verdicts.whose.anchor import find_renamed, reopen
from ownhand.verdicts.whose.packing import pack
from ownhand.verdicts.whose.words import PASTE, WhoseWords

SAVE_EVERY = 30.0
"""Seconds after a change until it is noted, with all that came meanwhile."""
_PATIENCE = 5.0

Spawn = Callable[[Coroutine[Any, Any, None]], None]


@dataclass
class _Page:
    """One open document. `words` is None until what was noted of it is read; `waiting` holds what came meanwhile."""

    folder: str
    key: str
    words: WhoseWords | None = None
    waiting: list[Callable[[WhoseWords], None]] = field(default_factory=list)
    known: asyncio.Event = field(default_factory=asyncio.Event)
    changed: bool = False

    def tell(self, what: Callable[[WhoseWords], None]) -> None:
        if self.words is None:
            self.waiting.append(what)
        else:
            what(self.words)
        self.changed = True


class Provenance:
    def __init__(self, documents: Documents, folders: Folders, spawn: Spawn) -> None:
        self._documents, self._folders, self._spawn = documents, folders, spawn
        self._pages: dict[str, _Page] = {}
        self._timer: asyncio.TimerHandle | None = None

    def opened(self, document: Document) -> None:
        """Begin to follow a document of a folder that Ownhand learns from."""
        folder = self._folders.of(document)
        if folder is None or folder.ledger is None or document.path is None or document.uri in self._pages:
            return
        page = _Page(folder.uri, folder.relative(document.path))
        self._pages[document.uri] = page
        self._spawn(self._read(page, folder, document.mirror.plain))

    def folder_changed(self, folder: Folder) -> None:
        """The writer answered: the documents of the folder that are open are followed from now on, or no longer."""
        if folder.ledger is None:
            self._pages = {uri: page for uri, page in self._pages.items() if page.folder != folder.uri}
            return
        for document in self._documents.all():
            if self._folders.of(document) is folder:
                self.opened(document)

    def changed(self, document: Document, edits: Sequence[Edit]) -> None:
        page = self._pages.get(document.uri)
        if page is None:
            return
        for edit in edits:
            page.tell(lambda words, edit=edit: _apply(words, edit))  # type: ignore[misc]
        self._save_soon()

    def mark(self, uri: str, start: int, end: int, suggestion: str) -> None:
        """This text came from a suggestion."""
        page = self._pages.get(uri)
        if page is not None:
            page.tell(lambda words: words.mark(start, end, suggestion))

    def closed(self, document: Document) -> None:
        page = self._pages.pop(document.uri, None)
        if page is not None and page.changed and page.words is not None:
            self._spawn(self._note(page, page.words, document.mirror.plain))

    async def words(self, document: Document) -> WhoseWords | None:
        """Whose words the document is made of; None where Ownhand doesn't learn."""
        page = self._pages.get(document.uri)
        if page is None:
            return None
        try:
            async with asyncio.timeout(_PATIENCE):
                await page.known.wait()
        except TimeoutError:
            return None
        return page.words

    async def close(self) -> None:
        """Note what changed since the last time."""
        if self._timer is not None:
            self._timer.cancel()
        await self._save()

    def _save_soon(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(SAVE_EVERY, lambda: self._spawn(self._save()))

    async def _save(self) -> None:
        self._timer = None
        for uri, page in list(self._pages.items()):
            document = self._documents.get(uri)
            if page.changed and page.words is not None and document is not None:
                await self._note(page, page.words, document.mirror.plain)

    async def _note(self, page: _Page, words: WhoseWords, text: str) -> None:
        page.changed = False
        copy = words.copy()
        if len(copy) != len(text):
            return  # The editor's changes came out of order; what is noted stays as it was.
        digest, runs, tokens = await asyncio.to_thread(pack, copy, text)
        folder = self._folders.get(page.folder)
        if folder is not None and folder.ledger is not None:
            folder.ledger.hand_over(Whose(page.key, CLOCK.at(), digest, runs, tokens))

    async def _read(self, page: _Page, folder: Folder, text: str) -> None:
        ledger = folder.ledger
        try:
            words = await asyncio.to_thread(_noted, ledger.path, folder.root, page.key, text) if ledger else None
        except WriterError:  # said by the ledger itself
            words = None
        except Exception as error:
            log_error("reading whose words a text is made of", error)
            words = None
        words = words or WhoseWords.unobserved(len(text))
        try:
            for what in page.waiting:
                what(words)
        except ValueError as error:
            log_error("following whose words a text is made of", error)
            return
        page.words, page.waiting = words, []
        page.known.set()


def _apply(words: WhoseWords, edit: Edit) -> None:
    words.edit(edit.offset, edit.removed, edit.inserted, pasted=len(edit.inserted) >= PASTE)


def _noted(ledger: Path, root: Path, key: str, text: str) -> WhoseWords:
    """What is known of a document: noted under its own name, or under the one that it had before it was renamed."""
    noted = load_whose(ledger, key)
    if noted is None:
        noted = find_renamed((one for one in all_whose(ledger) if not (root / one.document).exists()), text)
    return reopen(noted, text)

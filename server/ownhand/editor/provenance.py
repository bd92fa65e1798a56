"""Whose words the open documents are made of: followed change by change, noted in the voice's ledger, read on open.

Only in folders that Ownhand learns from. What was noted is read in a thread; changes that come meanwhile wait for it.
A page that was closed stays in memory until its note is on disk: it may be opened again at once, or under another name.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from pathlib import Path
from typing import Any

from ownhand.editor.documents import Document, Documents
from ownhand.editor.folder import Folder
from ownhand.editor.folders import Folders
from ownhand.editor.followed import Page
from ownhand.editor.log import log_error
from ownhand.editor.sitting import CLOCK, is_telling
from ownhand.errors import WriterError
from ownhand.verdicts.facts import Whose
from ownhand.verdicts.observer.edits import Edit
from ownhand.verdicts.reading.figures import all_whose, load_whose
from ownhand.verdicts.whose.anchor import find_renamed, reopen
from ownhand.verdicts.whose.packing import pack
from ownhand.verdicts.whose.words import WhoseWords

SAVE_EVERY = 30.0
"""Seconds after a change until it is noted, with all that came meanwhile."""
LAST = 0.4
"""Seconds that the notes of a folder's pages may take when the folder, or the server, is left."""
_PATIENCE = 5.0
_MOST_PARKED = 50
"""Closed pages that wait for their notes to be on disk."""

Spawn = Callable[[Coroutine[Any, Any, None]], None]
Name = tuple[str, str]
"""A folder's key and the document's in it."""


class Provenance:
    def __init__(self, documents: Documents, folders: Folders, spawn: Spawn) -> None:
        self._documents, self._folders, self._spawn = documents, folders, spawn
        self._pages: dict[str, Page] = {}
        self._parked: dict[Name, Page] = {}
        self._timer: asyncio.TimerHandle | None = None

    def opened(self, document: Document) -> None:
        """Begin to follow a document of a folder that Ownhand learns from."""
        folder = self._folders.of(document)
        if folder is None or folder.ledger is None or document.path is None or document.uri in self._pages:
            return
        page = Page(folder.uri, folder.relative(document.path), document)
        if not folder.ledger.is_foreign(page.key):
            self._pages[document.uri] = page
            self._spawn(self._begin(page, folder, page.text, self._closed_before(page)))

    def folder_changed(self, folder: Folder) -> None:
        """The writer answered: the documents of the folder are followed from now on, or no longer, or some of them."""
        self._pages = {uri: page for uri, page in self._pages.items() if not _is_over(page, folder)}
        self._parked = {name: page for name, page in self._parked.items() if not _is_over(page, folder)}
        for document in self._documents.all():
            if self._folders.of(document) is folder:
                self.opened(document)

    def changed(self, document: Document, edits: Sequence[Edit]) -> None:
        page = self._pages.get(document.uri)
        if page is not None:
            page.follow(edits)
            self._save_soon()

    def mark(self, uri: str, start: int, end: int, suggestion: str) -> None:
        """This text came from a suggestion."""
        page = self._pages.get(uri)
        if page is not None:
            page.mark(start, end, suggestion)

    def closed(self, document: Document) -> None:
        page = self._pages.pop(document.uri, None)
        if page is None or not page.changed:
            return
        name = page.folder, page.key
        self._parked.pop(name, None)
        while len(self._parked) >= _MOST_PARKED:
            del self._parked[next(iter(self._parked))]
        page.close()
        self._parked[name] = page
        self._spawn(self._put_away(name, page))

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

    async def leave(self, folder: Folder) -> None:
        """The folder's ledger is about to be closed: note what changed since the last time, as far as time allows."""
        pages = [page for page in (*self._pages.values(), *self._parked.values()) if page.folder == folder.uri]
        notes = [asyncio.ensure_future(self._note(page)) for page in pages if page.changed]
        if notes:
            await asyncio.wait(notes, timeout=LAST)

    def _save_soon(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(SAVE_EVERY, lambda: self._spawn(self._save()))

    async def _save(self) -> None:
        self._timer = None
        for page in list(self._pages.values()):
            if page.changed and page.words is not None:
                await self._note(page)

    async def _put_away(self, name: Name, page: Page) -> None:
        """Note a closed page; it is forgotten once that is on disk."""
        await page.known.wait()
        if self._parked.get(name) is page and page.changed:
            await self._note(page)
        folder = self._folders.get(page.folder)
        on_disk = folder is None or folder.ledger is None or await folder.ledger.committed()
        if on_disk and self._parked.get(name) is page:
            del self._parked[name]

    async def _note(self, page: Page) -> None:
        await page.known.wait()
        async with page.noting:
            copy, text = page.snapshot()
            if copy is None:
                return  # The editor's changes came out of order; what is noted stays as it was.
            digest, runs, tokens = await asyncio.to_thread(pack, copy, text)
            folder = self._folders.get(page.folder)
            if folder is not None and folder.ledger is not None:
                folder.ledger.hand_over(Whose(page.key, CLOCK.at(), digest, runs, tokens))

    def _closed_before(self, page: Page) -> list[Page]:
        """Pages that were just closed and may be this one: of its name, else those with the same text."""
        parked = self._parked.get((page.folder, page.key))
        if parked is not None or not self._parked or not is_telling(text := page.text):
            return [parked] if parked is not None else []
        return [one for one in self._parked.values() if one.folder == page.folder and one.text == text]

    async def _begin(self, page: Page, folder: Folder, text: str, closed: list[Page]) -> None:
        """Find out whose words `text` is made of, with which the page was opened."""
        try:
            words = await _in_memory(page, text, closed) or await asyncio.to_thread(_noted, folder, page.key, text)
        except WriterError:  # said by the ledger itself
            words = None
        except Exception as error:
            log_error("reading whose words a text is made of", error)
            words = None
        page.is_known(words or WhoseWords.unobserved(len(text)))


def _is_over(page: Page, folder: Folder) -> bool:
    """Is nothing of this page to be noted in its folder any more?"""
    return page.folder == folder.uri and (folder.ledger is None or folder.ledger.is_foreign(page.key))


async def _in_memory(page: Page, text: str, closed: list[Page]) -> WhoseWords | None:
    """What is known of a page that was just closed, under this name or, if its file is gone, under another."""
    before = await asyncio.to_thread(_same, page, closed) if closed else None
    if before is None:
        return None
    page.changed = page.changed or before.key != page.key  # to be noted under its new name
    await before.known.wait()
    copy, was = before.snapshot(keep=True)
    return None if copy is None else await asyncio.to_thread(_reopened, copy, was, text)


def _same(page: Page, closed: Iterable[Page]) -> Page | None:
    for one in closed:
        if one.key == page.key or (one.path is not None and not one.path.exists()):
            return one
    return None


def _reopened(words: WhoseWords, before: str, text: str) -> WhoseWords:
    return words if before == text else reopen(Whose("", 0.0, *pack(words, before)), text)


def _noted(folder: Folder, key: str, text: str) -> WhoseWords | None:
    """What is known of a document: noted under its own name, or under the one that it had before it was renamed."""
    if folder.ledger is None:
        return None
    path, root = folder.ledger.path, folder.root
    noted = load_whose(path, key)
    if noted is None:
        noted = find_renamed((one for one in all_whose(path) if not _is_there(root, one.document)), text)
    return reopen(noted, text)


def _is_there(root: Path, document: str) -> bool:
    return (root / document).exists()

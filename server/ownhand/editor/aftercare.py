"""What earlier sittings left in a voice's ledger, and what this one has to see to for them."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any

from ownhand.editor.folder import Folder
from ownhand.editor.log import log_error
from ownhand.errors import WriterError
from ownhand.manuscript.encoding import Unreadable, decode
from ownhand.suggestions.rejections import MOST, Rejections
from ownhand.verdicts.facts import UNTITLED, Fact
from ownhand.verdicts.ledger.ledger import Ledger
from ownhand.verdicts.reading.figures import accepted_texts, rejections
from ownhand.verdicts.reading.notes import Offer, append_note, next_offer, note_offer, read_offers
from ownhand.verdicts.reading.orphans import finish, pending_checks

LOOK_EVERY = 600.0
"""Seconds between two looks for acceptances that another server left behind."""

Spawn = Callable[[Coroutine[Any, Any, None]], None]


class Aftercare:
    """`ask_note` puts the question whether a note is wanted."""

    def __init__(
        self, rejections_of: Callable[[str], Rejections], ask_note: Callable[[Offer], Awaitable[bool]], spawn: Spawn
    ) -> None:
        self._rejections_of, self._ask_note, self._spawn = rejections_of, ask_note, spawn
        self._asking = asyncio.Lock()

    def remember(self, folder: Folder) -> None:
        """Suggestions in this folder heed what was called "not mine" in earlier sittings."""
        if folder.ledger is not None:
            self._spawn(_quietly(_remember(folder.ledger.path, self._rejections_of(folder.uri))))

    def rejected(self, folder: Folder) -> None:
        """A reason that comes again and again is offered as a line for the voice's notes."""
        if folder.ledger is not None and folder.voice is not None:
            self._spawn(_quietly(self._offer_note(folder.ledger, folder.voice.path)))

    async def _offer_note(self, ledger: Ledger, voice: Path) -> None:
        async with self._asking:
            await ledger.committed()
            offer = await asyncio.to_thread(lambda: next_offer(rejections(ledger.path), read_offers(voice)))
            if offer is None:
                return
            # Noted first: a question that the editor hides is not put again at the next rejection.
            await asyncio.to_thread(note_offer, voice, offer, taken=False)
        if await self._ask_note(offer):
            await asyncio.to_thread(append_note, voice, offer.line)
            await asyncio.to_thread(note_offer, voice, offer, taken=True)

    def keep(self, folder: Folder, ledger: Ledger) -> None:
        """This server keeps the voice: finish what servers left that are no more, now and from time to time."""
        ledger.keep()
        self._spawn(_quietly(self._finish_orphans(folder, ledger)))

    async def _finish_orphans(self, folder: Folder, ledger: Ledger) -> None:
        while folder.ledger is ledger:
            await ledger.committed()
            for fact in await asyncio.to_thread(orphaned_looks, ledger.path, folder.root):
                ledger.hand_over(fact)
            await asyncio.sleep(LOOK_EVERY)


async def _quietly(work: Coroutine[Any, Any, None]) -> None:
    """What is wrong with the ledger it says itself."""
    try:
        await work
    except WriterError:
        return
    except Exception as error:
        log_error("looking after earlier sittings", error)


async def _remember(ledger: Path, known: Rejections) -> None:
    def read() -> None:
        known.remember(reversed(rejections(ledger, MOST)), reversed(accepted_texts(ledger)))

    await asyncio.to_thread(read)


def orphaned_looks(ledger: Path, root: Path) -> list[Fact]:
    """Facts that finish the looks of servers that are no more, from the files as they are now. Raises WriterError."""
    facts: list[Fact] = []
    texts: dict[str, str | None] = {}
    for pending in pending_checks(ledger):
        if pending.document not in texts:
            texts[pending.document] = _read(root, pending.document)
        facts += finish(pending, texts[pending.document], time.time())
    return facts


def _read(root: Path, document: str) -> str | None:
    if document == UNTITLED:
        return None
    try:
        return decode((root / document).read_bytes())
    except (OSError, Unreadable, ValueError):
        return None

"""One manuscript folder that is open, and how it reaches the writer and the rest of the server."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from ownhand.editor.keeper import Keeper
from ownhand.editor.own_text import OwnTextLedger
from ownhand.manuscript.consent import Consent, VoiceFolder
from ownhand.manuscript.corpus import Corpus


@dataclass
class Folder:
    """A workspace folder. `uri` and `path` are the editor's names for it, `real` is the path without links.

    `consent` is UNASKED until it was settled. `unknown`: no whole scan of its voice has told yet whether this is a
    known manuscript. `gone`: the editor took it away.
    """

    uri: str
    path: Path
    real: Path = field(init=False)
    consent: Consent = Consent.UNASKED
    voice: VoiceFolder | None = None
    corpus: Corpus | None = None
    words: int = 0
    keeper: Keeper | None = None
    ledger: OwnTextLedger | None = None
    settling: asyncio.Task[None] | None = field(default=None, repr=False)
    comparing: asyncio.Task[None] | None = field(default=None, repr=False)
    unknown: bool = False
    gone: bool = False
    noted: object = None
    """Of the note of what is allowed, as it was when it was heeded last."""
    changing: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)
    """Held while what is allowed changes: two answers at once would leave a keeper that nobody stops."""

    def __post_init__(self) -> None:
        self.real = self.path

    @property
    def root(self) -> Path:
        """What paths are relative to: the manuscript folder, which may lie above the folder that is open."""
        return self.voice.folder if self.voice else self.path

    def relative(self, path: Path) -> str:
        """A document of this folder as the manuscript's index names it."""
        inside = path.relative_to(self.path)
        real = self.real / inside
        return (real.relative_to(self.root) if real.is_relative_to(self.root) else inside).as_posix()


@dataclass(frozen=True)
class Doors:
    """How the folders reach the writer and the rest of the server."""

    configured: Callable[[], Awaitable[object]]
    """Returns once the editor's settings are known, or won't come: no excluded file may be read before."""
    ask: Callable[[Folder], Awaitable[Consent | None]]
    """Puts the question; None when the writer did not answer, or can't be asked."""
    ask_same: Callable[[Folder, VoiceFolder], Awaitable[bool | None]]
    """Asks whether the folder is the manuscript of that voice; None when the writer can't be asked."""
    say: Callable[[str], None]
    changed: Callable[[Folder], None]
    """What is allowed in the folder, or its number of words, changed."""
    scanning: Callable[[Folder, int, int], None]
    """How many files of how many the scan has read; (0, 0) at its end."""
    learns: Callable[[Folder], None]
    """The folder's voice was opened: its corpus and its ledger are there."""
    keeping: Callable[[Folder, OwnTextLedger], None]
    """This server keeps the folder's voice from now on."""
    leaving: Callable[[Folder], Awaitable[None]]
    """The folder's ledger is about to be closed: the last chance to note something in it."""

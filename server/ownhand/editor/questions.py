"""What the server asks and shows the writer through the editor."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from lsprotocol import types

from ownhand.editor.folder import Folder
from ownhand.editor.progress_bar import ProgressBar
from ownhand.editor.protocol import OwnhandProtocol
from ownhand.manuscript.consent import Consent, VoiceFolder
from ownhand.text.counted import counted
from ownhand.verdicts.reading.notes import Offer

_ANSWERS = {
    "Learn from this folder": Consent.LEARN,
    "Only suggest": Consent.SUGGEST,
    "Neither": Consent.NEITHER,
}
_SAME = "The same manuscript"
_ADD_NOTE = "Add to the notes"


async def ask_consent(protocol: OwnhandProtocol, folder: Folder) -> Consent | None:
    """Put the question about a folder as `window/showMessageRequest`. None: it was waved away, or not understood."""
    params = types.ShowMessageRequestParams(
        types.MessageType.Info,
        f"May Ownhand learn from the texts in “{folder.path.name}”? It reads them to go on in your hand. "
        "Nothing leaves this computer, and you can change your mind at any time.",
        [types.MessageActionItem(title) for title in _ANSWERS],
    )
    answer = await protocol.ask(types.WINDOW_SHOW_MESSAGE_REQUEST, params)
    return _ANSWERS.get(getattr(answer, "title", ""))


async def ask_same(protocol: OwnhandProtocol, folder: Folder, voice: VoiceFolder) -> bool:
    """Is this folder the manuscript of a known voice, whose own folder is gone? Waved away means no."""
    params = types.ShowMessageRequestParams(
        types.MessageType.Info,
        f"Most pieces in “{folder.path.name}” are known from “{voice.folder.name}”, which is no longer there. "
        "Is it the same manuscript? Then all that Ownhand learned from it serves here.",
        [types.MessageActionItem(_SAME), types.MessageActionItem("Keep them apart")],
    )
    answer = await protocol.ask(types.WINDOW_SHOW_MESSAGE_REQUEST, params)
    return getattr(answer, "title", "") == _SAME


async def ask_note(protocol: OwnhandProtocol, offer: Offer) -> bool:
    """The same reason came again: shall it be a line in the voice's notes? Waved away means no."""
    params = types.ShowMessageRequestParams(
        types.MessageType.Info,
        f"{offer.sentence} Shall Ownhand put this into the notes of your voice? “{offer.line}”",
        [types.MessageActionItem(_ADD_NOTE), types.MessageActionItem("Not now")],
    )
    answer = await protocol.ask(types.WINDOW_SHOW_MESSAGE_REQUEST, params)
    return getattr(answer, "title", "") == _ADD_NOTE


@dataclass
class _Shown:
    """One scan's progress; it has a bar once it lasts."""

    since: float
    bar: ProgressBar | None = None


class ScanProgress:
    """Work-done progress for scans that last: shown when one takes longer than a second, one per folder."""

    WORTH_SHOWING = 1.0

    def __init__(self, protocol: OwnhandProtocol, spawn: Callable[[Coroutine[Any, Any, None]], None]) -> None:
        self._protocol, self._spawn = protocol, spawn
        self._scans: dict[str, _Shown] = {}

    def scanning(self, folder: Folder, files: int, of: int) -> None:
        """`files` of `of` were read; (0, 0) ends it."""
        now = asyncio.get_running_loop().time()
        if of == 0:
            scan = self._scans.pop(folder.uri, None)
            if scan is not None and scan.bar is not None:
                scan.bar.end()
            return
        scan = self._scans.setdefault(folder.uri, _Shown(now))
        if scan.bar is not None:
            report = types.WorkDoneProgressReport(
                message=f"{files} of {counted(of, 'file')}", percentage=100 * files // of
            )
            scan.bar.report(report)
        elif now - scan.since >= self.WORTH_SHOWING:
            scan.bar = ProgressBar(self._protocol)
            begin = types.WorkDoneProgressBegin(f"Ownhand reads “{folder.path.name}”", percentage=0)
            self._spawn(scan.bar.begin(lambda: begin))

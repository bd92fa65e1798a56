"""What the writer can see of Ownhand: one object, sent as `ownhand/status` whenever it changed."""

from collections.abc import Callable
from typing import Any

from ownhand.training.standing import Standing

COUNTS = (
    "offered",
    "shown",
    "accepted",
    "partial",
    "typed_through",
    "typed_past",
    "dismissed",
    "rejected",
)
"""Suggestions of this sitting. Each counts once as offered, once as shown, and under the fate that outweighs others."""

NO_VOICE: dict[str, Any] = {"voice": "", "adapter": None, "withoutVoice": False, "reveal": None, "sentence": ""}
"""`ownVoice` where there is none."""

_OUTSIDE: dict[str, Any] = {"voice": "", "words": 0}
_OF_FOLDER: dict[str, Any] = {
    **_OUTSIDE,
    "training": "idle",
    "learning": Standing().to_json(),
    "ownVoice": NO_VOICE,
}

Send = Callable[[dict[str, Any]], None]


class Status:
    """Holds the state and sends it, at most once per round of the event loop and only when it differs.

    Keys: `engine` and `model` (empty until one was chosen), `voice` (what the writer allowed in the folder of the
    last question: "learn", "suggest", "neither", or "" outside of any), `training` (its state), `learning` (more of
    it, as `Standing.to_json` tells), `ownVoice` (`voice`: whose numbers follow, `adapter` that writes or None,
    `withoutVoice`, `reveal`: the adapter that waits for the writer's choice or None, `sentence`), `words` (of the
    corpus), `counts` (of this sitting: `COUNTS`), `why` (why there is no suggestion at the place of the last question,
    or ""), `form` ("prose" or "verse" there, "" before the first suggestion), `quiet`.

    `voice`, `words`, `training`, `learning` and `ownVoice` are kept for each folder; those are told of the folder of
    the last question, and before the first one of the folder that changed last.
    """

    def __init__(self, send: Send, soon: Callable[[Callable[[], None]], Any]) -> None:
        self._send, self._soon = send, soon
        self._counts = dict.fromkeys(COUNTS, 0)
        self._state: dict[str, Any] = {
            "engine": "",
            "model": "",
            "why": "",
            "form": "",
            "quiet": False,
        }
        self._folders: dict[str, dict[str, Any]] = {}
        self._asked: str | None = None
        """The folder of the last question in one."""
        self._is_outside = False
        self._sent: dict[str, Any] | None = None
        self._planned = False

    def current(self) -> dict[str, Any]:
        latest = next(reversed(self._folders), None)
        of_folder = self._folders.get(self._asked or latest or "", {})
        outside = _OUTSIDE if self._is_outside else {}
        return {**_OF_FOLDER, **self._state, **of_folder, **outside, "counts": dict(self._counts)}

    def asked_in(self, folder: str | None) -> None:
        """The writer is in this folder now; None: outside of any, where learning is told of as before."""
        self._is_outside = folder is None
        self._asked = folder or self._asked
        self._plan()

    def update_folder(self, folder: str, **changes: Any) -> None:
        """`voice`, `words`, `training`, `learning` and `ownVoice` of one folder, by its uri."""
        self._folders[folder] = {**self._folders.pop(folder, {}), **changes}
        self._plan()

    def left(self, folder: str) -> None:
        """Nothing is told of this folder any more."""
        self._folders.pop(folder, None)
        if self._asked == folder:
            self._asked = None
        self._plan()

    def update(self, **changes: Any) -> None:
        self._state.update(changes)
        self._plan()

    def count(self, what: str, number: int = 1) -> None:
        self._counts[what] += number
        self._plan()

    def _plan(self) -> None:
        if not self._planned:
            self._planned = True
            self._soon(self._publish)

    def _publish(self) -> None:
        self._planned = False
        current = self.current()
        if current != self._sent:
            self._sent = current
            self._send(current)

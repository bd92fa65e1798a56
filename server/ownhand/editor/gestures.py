"""What the writer and the editor say about one suggestion: shown, taken, put away, "not mine".

Each takes effect before the next message is read; what the commands return is awaited until it is on disk.
"""

from collections.abc import Callable, Coroutine
from typing import Any

from ownhand.editor.serving import Serving
from ownhand.editor.witness import Witness
from ownhand.verdicts.facts import Verdict

Answer = dict[str, Any] | None

_LONGEST_REASON = 200


class Gestures:
    """`rejected(folder key)` is told of each rejection, for what repeated ones are worth saying."""

    def __init__(self, witness: Witness, serving: Serving, rejected: Callable[[str], None]) -> None:
        self._witness, self._serving, self._rejected = witness, serving, rejected

    def accept(self, suggestion: Any = None, *_: Any) -> Coroutine[Any, Any, Answer]:
        self._witness.accepted(str(suggestion))
        return self._recorded(str(suggestion))

    def dismiss(self, suggestion: Any = None, *_: Any) -> Coroutine[Any, Any, Answer]:
        name = str(suggestion)
        self._witness.dismissed(name)
        suggester = self._serving.known(self._witness.folder_of(name))
        if suggester is not None:
            suggester.dismissed(name)
        return self._recorded(name)

    def reject(self, suggestion: Any = None, reason: Any = None, *_: Any) -> Coroutine[Any, Any, Answer]:
        """Sent again with a reason, the reason is added."""
        name, why = str(suggestion), reason.strip()[:_LONGEST_REASON] if isinstance(reason, str) else ""
        known, folder = self._witness.known(name), self._witness.folder_of(name)
        if known is not None:
            self._witness.rejected(name, why)
            suggester = self._serving.known(folder)
            if suggester is None or not suggester.rejected(name, why):
                self._serving.rejections(folder).add(known.page, known.before, known.text, why)
            if folder is not None:
                self._rejected(folder)
        return self._recorded(name)

    def shown(self, params: Any) -> None:
        """`textDocument/didShowCompletion`: `{item}`."""
        if (suggestion := suggestion_in(params)) is not None:
            self._witness.shown(suggestion)

    def partly_accepted(self, params: Any) -> None:
        """`textDocument/didPartiallyAcceptCompletion`: `{item, acceptedLength}`, in UTF-16 units of the item's text."""
        suggestion = suggestion_in(params)
        length = params.get("acceptedLength") if isinstance(params, dict) else None
        if suggestion is not None and isinstance(length, int) and not isinstance(length, bool) and length > 0:
            text = params["item"].get("insertText")
            self._witness.partly_accepted(suggestion, text if isinstance(text, str) else "", length)

    def judged(self, folder: str | None, suggestion: str, verdict: Verdict) -> None:
        """What became of a suggestion sets the pause before the next one."""
        suggester = self._serving.known(folder)
        if suggester is None:
            return
        if verdict in (Verdict.ACCEPTED, Verdict.PARTIAL, Verdict.TYPED_THROUGH):
            suggester.accepted(suggestion)
        elif verdict in (Verdict.TYPED_PAST, Verdict.IGNORED):
            suggester.ignored(suggestion)

    async def _recorded(self, suggestion: str) -> Answer:
        """None where nothing is noted down: outside of the folders that Ownhand learns from."""
        recorded = await self._witness.recorded(suggestion)
        return None if recorded is None else {"recorded": recorded}


def suggestion_in(params: Any) -> str | None:
    """The suggestion's id in `{item}`, which editors hand back as they got it, with their own fields or without."""
    found = params
    for key in ("item", "command", "arguments"):
        found = found.get(key) if isinstance(found, dict) else None
    return found[0] if isinstance(found, list) and found and isinstance(found[0], str) else None

"""One bar of work-done progress in the editor, from the server's asking for it to its end."""

import uuid
from collections.abc import Callable

from lsprotocol import types

from ownhand.editor.protocol import OwnhandProtocol

_CREATE_SECONDS = 5


class ProgressBar:
    """The editor has to agree to a bar first: what is reported before, or after the end, is not sent."""

    def __init__(self, protocol: OwnhandProtocol) -> None:
        self._protocol, self._token = protocol, str(uuid.uuid4())
        self._open = self._over = False

    async def begin(
        self, first: Callable[[], types.WorkDoneProgressBegin], on_cancel: Callable[[], None] | None = None
    ) -> None:
        """Show it, unless its work ended before the editor answered. `on_cancel`: the writer pressed its button."""
        params = types.WorkDoneProgressCreateParams(self._token)
        await self._protocol.ask(types.WINDOW_WORK_DONE_PROGRESS_CREATE, params, _CREATE_SECONDS)
        if self._over:
            return
        self._open = True
        progress = self._protocol.progress
        progress.begin(self._token, first())
        cancelled = progress.tokens.get(self._token)
        if on_cancel is not None and cancelled is not None:
            cancelled.add_done_callback(lambda future: on_cancel() if future.cancelled() and not self._over else None)

    def report(self, value: types.WorkDoneProgressReport) -> None:
        if self._open and not self._over:
            self._protocol.progress.report(self._token, value)

    def end(self, message: str | None = None) -> None:
        self._over = True
        if self._open:
            self._protocol.progress.end(self._token, types.WorkDoneProgressEnd(message=message))
            self._protocol.progress.tokens.pop(self._token, None)

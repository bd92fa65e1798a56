"""Work-done progress of trainings: one bar per folder, and its cancel button is a pause."""

import uuid
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from lsprotocol import types

from ownhand.editor.folders import Folder
from ownhand.editor.protocol import OwnhandProtocol
from ownhand.training.standing import Standing

_TITLE = "Learning your hand"
_SHOWN = frozenset({"preparing", "training", "evaluating"})


@dataclass
class _Bar:
    """`open` once the editor was told of its beginning, `over` when the training ended or paused before."""

    latest: Standing
    token: str = field(default_factory=lambda: str(uuid.uuid4()))
    open: bool = False
    over: bool = False


class LearningProgress:
    """`shows`: the client has bars at all."""

    def __init__(
        self, protocol: OwnhandProtocol, spawn: Callable[[Coroutine[Any, Any, None]], None], *, shows: bool
    ) -> None:
        self._protocol, self._spawn, self._shows = protocol, spawn, shows
        self._bars: dict[str, _Bar] = {}

    def show(self, folder: Folder, standing: Standing, pause: Callable[[], None]) -> None:
        """A bar while something is being done; a pause ends it, and what goes on later has a new one."""
        bar = self._bars.get(folder.uri)
        if standing.state not in _SHOWN:
            self._end(self._bars.pop(folder.uri, None), standing)
        elif bar is not None:
            bar.latest = standing
            if bar.open:
                self._protocol.progress.report(bar.token, _report(standing))
        elif self._shows:
            bar = self._bars[folder.uri] = _Bar(standing)
            self._spawn(self._begin(bar, pause))

    async def _begin(self, bar: _Bar, pause: Callable[[], None]) -> None:
        params = types.WorkDoneProgressCreateParams(bar.token)
        await self._protocol.ask(types.WINDOW_WORK_DONE_PROGRESS_CREATE, params, 5)
        if bar.over:
            return
        bar.open = True
        begin = types.WorkDoneProgressBegin(_TITLE, cancellable=True, message=_message(bar.latest), percentage=0)
        self._protocol.progress.begin(bar.token, begin)
        cancelled = self._protocol.progress.tokens.get(bar.token)
        if cancelled is not None:
            cancelled.add_done_callback(lambda future: pause() if future.cancelled() and not bar.over else None)

    def _end(self, bar: _Bar | None, standing: Standing) -> None:
        if bar is None:
            return
        bar.over = True
        if bar.open:
            self._protocol.progress.end(bar.token, types.WorkDoneProgressEnd(message=standing.sentence))
            self._protocol.progress.tokens.pop(bar.token, None)


def _report(standing: Standing) -> types.WorkDoneProgressReport:
    return types.WorkDoneProgressReport(
        cancellable=True, message=_message(standing), percentage=standing.percentage if standing.steps else None
    )


def _message(standing: Standing) -> str:
    if standing.state == "training" and standing.eta_seconds:
        minutes = round(standing.eta_seconds / 60)
        return f"{minutes} minutes left" if minutes > 1 else "about a minute left"
    return {"preparing": "getting ready", "evaluating": "testing what was learned"}.get(standing.state, "")

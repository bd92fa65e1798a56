"""Work-done progress of trainings: one bar per folder, and its cancel button is a pause."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from lsprotocol import types

from ownhand.editor.folder import Folder
from ownhand.editor.progress_bar import ProgressBar
from ownhand.editor.protocol import OwnhandProtocol
from ownhand.training.standing import Standing

_TITLE = "Learning your hand"
_SHOWN = frozenset({"preparing", "training", "evaluating"})


@dataclass
class _Shown:
    """One training's bar, and what is told of it once it is there."""

    latest: Standing
    bar: ProgressBar


class LearningProgress:
    """`shows`: the client has bars at all."""

    def __init__(
        self, protocol: OwnhandProtocol, spawn: Callable[[Coroutine[Any, Any, None]], None], *, shows: bool
    ) -> None:
        self._protocol, self._spawn, self._shows = protocol, spawn, shows
        self._shown: dict[str, _Shown] = {}

    def show(self, folder: Folder, standing: Standing, pause: Callable[[], None]) -> None:
        """A bar while something is being done; a pause ends it, and what goes on later has a new one."""
        shown = self._shown.get(folder.uri)
        if standing.state not in _SHOWN:
            if shown is not None:
                self._shown.pop(folder.uri).bar.end(standing.sentence)
        elif shown is not None:
            shown.latest = standing
            shown.bar.report(_report(standing))
        elif self._shows:
            shown = self._shown[folder.uri] = _Shown(standing, ProgressBar(self._protocol))
            self._spawn(shown.bar.begin(lambda: _begin(shown.latest), pause))


def _begin(standing: Standing) -> types.WorkDoneProgressBegin:
    return types.WorkDoneProgressBegin(_TITLE, cancellable=True, message=_message(standing), percentage=0)


def _report(standing: Standing) -> types.WorkDoneProgressReport:
    return types.WorkDoneProgressReport(
        cancellable=True, message=_message(standing), percentage=standing.percentage if standing.steps else None
    )


def _message(standing: Standing) -> str:
    doing = {"preparing": "getting ready", "evaluating": "testing what was learned"}.get(standing.state, "")
    return ", ".join(filter(None, (doing, _left(standing.eta_seconds))))


def _left(seconds: float | None) -> str:
    if not seconds:
        return ""
    minutes = round(seconds / 60)
    return f"{minutes} minutes left" if minutes > 1 else "about a minute left"

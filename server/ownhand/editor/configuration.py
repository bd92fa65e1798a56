"""The settings in force, from wherever this editor keeps them.

A client that answers `workspace/configuration` is asked for its `ownhand` section; any other gives it in
`initializationOptions` or with `workspace/didChangeConfiguration`. Settings of scope "machine" (endpoints, models) are
taken from the answer for the whole editor alone, never from the answer for one folder: a folder's own settings file
could have written that.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from ownhand.settings import Settings, declared_settings, read_settings

Ask = Callable[[list[str | None]], Awaitable[list[Any] | None]]
"""Asks the client for its `ownhand` section, once for the whole editor (None) and once per folder URI."""

_MACHINE = {setting.key for setting in declared_settings() if setting.scope == "machine"}


class Configuration:
    """Settings of the editor and of each folder. `say` is given one sentence per bad value, each once."""

    def __init__(self, options: Mapping[str, Any], say: Callable[[str], None]) -> None:
        self._say = say
        self._said: set[str] = set()
        self._pushed = section_of(options)
        self._pulled: Mapping[str, Any] = {}
        self._folders: dict[str, Mapping[str, Any]] = {}
        self.settings = self._read(self._window())

    def of_folder(self, uri: str) -> Settings:
        """The editor's settings with those of one folder over them."""
        own = {key: value for key, value in _flat(self._folders.get(uri, {})).items() if key not in _MACHINE}
        return self._read({**self._window(), **own})

    def pushed(self, settings: Any) -> None:
        """Take the settings that came with `workspace/didChangeConfiguration`, if any did."""
        if isinstance(settings, Mapping) and settings:
            self._pushed, self._pulled = section_of(settings), {}
            self.settings = self._read(self._window())

    async def pull(self, ask: Ask, folders: Iterable[str]) -> None:
        """Ask the client. No answer, or an answer of the wrong shape, leaves everything as it was."""
        scopes: list[str | None] = [None, *folders]
        answers = await ask(scopes)
        if not isinstance(answers, list) or len(answers) != len(scopes):
            return
        if isinstance(answers[0], Mapping):
            self._pulled = answers[0]
        self._folders = {
            uri: answer for uri, answer in zip(scopes, answers, strict=True) if uri and isinstance(answer, Mapping)
        }
        self.settings = self._read(self._window())

    def _window(self) -> dict[str, Any]:
        """What the client answered last, over what it sent of itself: a setting that was taken back is gone."""
        return {**_flat(self._pushed), **_flat(self._pulled)}

    def _read(self, values: Mapping[str, Any]) -> Settings:
        settings, complaints = read_settings(values)
        for complaint in complaints:
            if complaint not in self._said:
                self._said.add(complaint)
                self._say(complaint)
        return settings


def section_of(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """The `ownhand` section, whether it came wrapped in its name or bare."""
    wrapped = settings.get("ownhand")
    return wrapped if isinstance(wrapped, Mapping) else settings


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested and dotted keys made one level of dotted ones, without values that say nothing (null)."""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        name = f"{prefix}{key}".removeprefix("ownhand.")
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{name}.")
        elif value is not None:
            flat[name] = value
    return flat

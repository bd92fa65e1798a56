"""`initialize`, answered from plain JSON before anything heavy is imported.

Loading the protocol's types takes longer than an editor should wait, so this module knows the few keys that matter
(LSP 3.18, "Initialize Request") and imports nothing of the protocol's library.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import ownhand
from ownhand.editor.positions import Encoding, choose_encoding


@dataclass(frozen=True)
class Client:
    """What the editor said about itself."""

    encoding: Encoding = "utf-16"
    process_id: int | None = None
    inline_completion: bool = False
    can_ask: bool = False
    """It shows messages with buttons (`window/showMessageRequest`)."""
    pulls_configuration: bool = False
    registers_configuration: bool = False
    progress: bool = False
    reports_shown: bool = False
    """It says by itself which suggestions were seen and taken in part (`reportsShown` in its options)."""
    name: str = ""
    folders: tuple[str, ...] = ()
    """URIs of the workspace folders."""
    options: Mapping[str, Any] = field(default_factory=dict)


def read_client(params: Any) -> Client:
    """Read `InitializeParams`. What is missing or of the wrong kind counts as not said."""
    able = _Json(params).at("capabilities")
    process_id = _Json(params).at("processId").value
    return Client(
        encoding=choose_encoding(able.at("general", "positionEncodings").sequence()),
        process_id=process_id if isinstance(process_id, int) else None,
        inline_completion=able.at("textDocument", "inlineCompletion").present,
        can_ask=able.at("window", "showMessage").present,
        pulls_configuration=able.at("workspace", "configuration").value is True,
        registers_configuration=able.at("workspace", "didChangeConfiguration", "dynamicRegistration").value is True,
        progress=able.at("window", "workDoneProgress").value is True,
        reports_shown=_Json(params).at("initializationOptions", "reportsShown").value is True,
        name=_name(_Json(params)),
        folders=_folders(_Json(params)),
        options=_Json(params).at("initializationOptions").mapping(),
    )


def initialize_result(client: Client, commands: Sequence[str]) -> dict[str, Any]:
    """`InitializeResult`. Completion is offered only to a client that has no inline completion."""
    capabilities: dict[str, Any] = {
        "positionEncoding": client.encoding,
        "textDocumentSync": {"openClose": True, "change": 2},
        "inlineCompletionProvider": {},
        "executeCommandProvider": {"commands": list(commands)},
        "workspace": {"workspaceFolders": {"supported": True, "changeNotifications": True}},
    }
    if not client.inline_completion:
        capabilities["completionProvider"] = {}
    return {"capabilities": capabilities, "serverInfo": {"name": "ownhand", "version": ownhand.__version__}}


@dataclass(frozen=True)
class _Json:
    """A value somewhere in the client's JSON, None when it isn't there."""

    value: Any

    def at(self, *keys: str) -> "_Json":
        value = self.value
        for key in keys:
            value = value.get(key) if isinstance(value, Mapping) else None
        return _Json(value)

    @property
    def present(self) -> bool:
        return self.value is not None and self.value is not False

    def sequence(self) -> Sequence[Any]:
        return self.value if isinstance(self.value, list) else ()

    def mapping(self) -> Mapping[str, Any]:
        return self.value if isinstance(self.value, Mapping) else {}


def _folders(params: _Json) -> tuple[str, ...]:
    """Workspace folders, else the older `rootUri` and `rootPath`."""
    uris = [_Json(folder).at("uri").value for folder in params.at("workspaceFolders").sequence()]
    if not uris and params.at("workspaceFolders").value is None:
        uris = [params.at("rootUri").value or _as_uri(params.at("rootPath").value)]
    return tuple(uri for uri in uris if isinstance(uri, str))


def _name(params: _Json) -> str:
    name = params.at("clientInfo", "name").value
    return name if isinstance(name, str) else ""


def _as_uri(path: Any) -> str | None:
    if not isinstance(path, str) or not path:
        return None
    from pathlib import Path

    return Path(path).absolute().as_uri()

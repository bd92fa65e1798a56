"""Choosing a model while the server runs: the list, and the change-over without a restart."""

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pytest_lsp import LanguageClient

from lsp_editor import NARRATIVE, Editor, Start, until
from ollama_server import OllamaServer

NOBODY = "http://127.0.0.1:9"
PULLS = types.ClientCapabilities(
    text_document=types.TextDocumentClientCapabilities(inline_completion=types.InlineCompletionClientCapabilities()),
    workspace=types.WorkspaceClientCapabilities(
        configuration=True,
        did_change_configuration=types.DidChangeConfigurationClientCapabilities(dynamic_registration=True),
    ),
)


class Registered:
    """Takes what the server registers for, as VS Code's client does."""

    def __init__(self) -> None:
        self.methods: list[str] = []

    def __call__(self, client: LanguageClient) -> None:
        @client.feature(types.CLIENT_REGISTER_CAPABILITY)
        def register(params: types.RegistrationParams) -> None:
            self.methods += [registration.method for registration in params.registrations]


def configure(editor: Editor, **settings: Any) -> None:
    """Change the settings as VS Code does: they are told to have changed, and asked for."""
    editor.client.set_configuration({"ownhand": settings})
    editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(None))


async def test_the_list_says_what_is_there_and_the_next_step(start: Start, tmp_path: Path) -> None:
    editor = await start(OLLAMA_MODELS=str(tmp_path / "none"))
    await editor.initialize(options={"ollama": {"host": NOBODY}})
    answer = await editor.execute("ownhand.models")
    (packaged,) = answer["models"]
    assert packaged["packaged"]
    assert packaged["current"]
    assert answer["current"] == packaged["name"]
    assert answer["ollama"] is False
    assert "ollama pull" in answer["sentence"]
    assert editor.messages == []


async def test_it_asks_to_be_told_of_changed_settings(start: Start) -> None:
    registered = Registered()
    editor = await start(script={"rules": [], "default": " and on."}, before=registered)
    await editor.initialize(capabilities=PULLS)
    await until(lambda: registered.methods)
    assert registered.methods == [types.WORKSPACE_DID_CHANGE_CONFIGURATION]


async def asked(editor: Editor) -> tuple[list[str], dict[str, Any]]:
    """A suggestion on a fresh page, and the status after it."""
    texts = await editor.texts(editor.page(NARRATIVE), 0, len(NARRATIVE))
    return texts, await editor.status()


@pytest.mark.ollama
@pytest.mark.embedded
@pytest.mark.timeout(240)
async def test_a_chosen_model_serves_from_the_next_suggestion_on(start: Start, ollama_server: OllamaServer) -> None:
    host = {"ollama": {"host": ollama_server.host}, "suggestion": {"trigger": "manual"}}
    await asyncio.to_thread(ollama_server.unload)
    editor = await start(configuration=host, before=Registered(), OLLAMA_MODELS=str(ollama_server.models_folder))
    await editor.initialize(capabilities=PULLS)
    _, status = await asked(editor)
    assert status["engine"] == "embedded"
    answer = await editor.execute("ownhand.models")
    chosen, packaged = answer["models"]
    assert (chosen["name"], chosen["current"]) == (f"{ollama_server.model}:latest", False)
    assert (packaged["current"], answer["ollama"], answer["sentence"]) == (True, True, "")

    configure(editor, model=chosen["setting"], **host)
    await until(lambda: editor.statuses[-1]["model"] == chosen["name"])
    assert editor.statuses[-1]["engine"] == "ollama", "said at once, before anything was suggested"
    assert b'"models":[]' in ollama_server.ask("GET", "/api/ps"), "nothing was loaded yet"
    _, status = await asked(editor)
    assert (status["engine"], status["model"], status["why"]) == ("ollama", chosen["name"], "")
    assert chosen["name"].encode() in ollama_server.ask("GET", "/api/ps"), "Ollama wrote it"
    assert (await editor.execute("ownhand.models"))["current"] == chosen["name"]

    configure(editor, **host)
    await until(lambda: editor.statuses[-1]["engine"] == "embedded")
    texts, status = await asked(editor)
    assert texts
    assert status["model"] == packaged["name"]


@pytest.mark.embedded
@pytest.mark.timeout(180)
async def test_a_model_that_is_not_there_is_named_at_once(start: Start, tmp_path: Path) -> None:
    off = {"ollama": {"host": NOBODY}}
    editor = await start(configuration=off, before=Registered(), OLLAMA_MODELS=str(tmp_path / "none"))
    await editor.initialize(capabilities=PULLS)
    await asked(editor)
    configure(editor, model="gone:7b", **off)
    await until(lambda: any("Nothing answers" in message for message in editor.messages))
    status = await editor.status()
    assert (status["engine"], status["model"]) == ("", "")
    assert "Nothing answers" in status["why"]
    answer = await editor.execute("ownhand.models")
    assert "gone:7b" in answer["sentence"]
    assert answer["current"] == "gone:7b"


@pytest.mark.embedded
@pytest.mark.timeout(180)
async def test_a_file_can_be_chosen_too(start: Start, tmp_path: Path, packaged_gguf: Path) -> None:
    file = tmp_path / "tale.gguf"
    shutil.copy(packaged_gguf, file)
    off = {"ollama": {"host": NOBODY}}
    editor = await start(configuration=off, before=Registered())
    await editor.initialize(capabilities=PULLS)
    await asked(editor)
    configure(editor, model=str(file), **off)
    await until(lambda: editor.statuses[-1]["model"] == "tale")
    texts, status = await asked(editor)
    assert texts
    assert status["model"] == "tale"

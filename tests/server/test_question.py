"""The question about a folder can be hidden by the editor; the status says that it is open, until it is answered."""

import asyncio
from pathlib import Path

import pytest
from lsprotocol import types
from pytest_lsp import LanguageClient

from lsp_editor import Start, until

PAGE = "The lamp had been lit since noon. Nobody in the house would say who had lit it, or for whom. Ida"
ASKS = types.ClientCapabilities(
    text_document=types.TextDocumentClientCapabilities(inline_completion=types.InlineCompletionClientCapabilities()),
    window=types.WindowClientCapabilities(show_message=types.ShowMessageRequestClientCapabilities()),
    workspace=types.WorkspaceClientCapabilities(configuration=True),
)


class SlowWriter:
    """Reads the question for as long as the test wants, then presses `button`, or waves it away."""

    def __init__(self, button: str | None) -> None:
        self.button, self.decided = button, asyncio.Event()

    def __call__(self, client: LanguageClient) -> None:
        @client.feature(types.WINDOW_SHOW_MESSAGE_REQUEST)
        async def asked(params: types.ShowMessageRequestParams) -> types.MessageActionItem | None:
            await self.decided.wait()
            return types.MessageActionItem(self.button) if self.button else None


@pytest.mark.parametrize(("button", "voice"), [("Neither", "neither"), (None, "suggest")])
async def test_an_open_question_is_in_the_status(start: Start, tmp_path: Path, button: str | None, voice: str) -> None:
    writer = SlowWriter(button)
    page = tmp_path / "lamp.md"
    page.write_text(PAGE)
    editor = await start(script={"rules": [], "default": " and"}, before=writer)
    await editor.initialize([tmp_path], ASKS)
    uri = editor.open(page, PAGE)
    await until(lambda: [state for state in editor.statuses if state["voice"] == "unasked"])
    assert await editor.texts(uri, 0, len(PAGE)) == []
    await until(lambda: [state for state in editor.statuses if "waits for your answer" in state["why"]])
    writer.decided.set()
    await until(lambda: editor.statuses[-1]["voice"] == voice)
    assert editor.statuses[-1]["why"] == ""

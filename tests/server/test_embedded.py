"""The real engine behind the real server: realistic prose and verse."""

import pytest
from lsprotocol import types

from lsp_editor import Editor, Start

PROSE = (
    "My grandmother kept the lighthouse log in pencil, because ink, she said, was for people who were sure. "
    "Every evening she wrote the wind, the hour, and the one thing she had seen that nobody would believe. "
    "On the night the Marguerite went down she wrote"
)
VERSE = (
    "What the ferry carries\n\n"
    "Two bicycles, a crate of hens,\n"
    "    the widow Lund with her umbrella,\n"
    "a letter nobody has opened yet,\n"
    "    and under the boards the river\n\n"
    "going the other way.\n\n"
    "What the ferry leaves\n\n"
    "One glove on the"
)


@pytest.mark.embedded
@pytest.mark.timeout(180)
async def test_the_packaged_model_goes_on_in_prose_and_in_verse(start: Start) -> None:
    editor = await start()
    await editor.initialize()
    await prose(editor)
    await verse(editor)
    status = await editor.status()
    assert (status["engine"], status["form"]) == ("embedded", "verse")
    assert "SmolLM2" in status["model"]


async def prose(editor: Editor) -> None:
    uri = editor.page(PROSE)
    (item,) = await editor.ask(uri, 0, len(PROSE))
    assert isinstance(item, types.InlineCompletionItem)
    text = str(item.insert_text)
    assert text.startswith((" ", ",", ".", ":", ";", "—", "-")), "it joins the sentence without sticking to a word"
    assert len(text.split()) >= 2
    assert "\n" not in text, "prose suggestions hold no newline"
    assert "wind, the hour, and the one thing" not in text, "nothing is repeated from before the cursor"


async def verse(editor: Editor) -> None:
    uri = editor.page(VERSE, "markdown")
    line = VERSE.count("\n")
    items = await editor.ask(uri, line, len(VERSE.splitlines()[-1]))
    assert items, await editor.why()
    lines = str(items[0].insert_text).splitlines()
    assert all(len(written) <= 100 for written in lines)
    assert str(items[0].insert_text).strip()

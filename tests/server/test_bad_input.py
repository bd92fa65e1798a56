"""What editors and disks do wrong: an empty list, one clear sentence at most, and writing goes on."""

import asyncio
import socket
from pathlib import Path

import pytest
from lsprotocol import types

from lsp_editor import NARRATIVE, Editor, Start, until

LINE = "She had counted the steps down to the water, and there were eleven of them.\n"
SAID = " and the water came back without a sound."


async def silence(editor: Editor, uri: str, line: int, character: int) -> str:
    """Nothing is offered there; returns why, after seeing that the server still answers."""
    assert await editor.ask(uri, line, character) == []
    why = await editor.why()
    assert await editor.still_answers()
    return why


async def test_a_cursor_beyond_the_last_line(editor: Editor) -> None:
    assert "beyond the end" in await silence(editor, editor.page(NARRATIVE), 7, 0)


async def test_a_cursor_beyond_the_line_s_end_means_its_end(editor: Editor) -> None:
    assert await editor.texts(editor.page(NARRATIVE), 0, 100_000) == [SAID]


async def test_a_document_that_is_not_open(editor: Editor) -> None:
    assert "not opened" in await silence(editor, "file:///nowhere.md", 0, 0)
    uri = editor.page(NARRATIVE)
    editor.close(uri)
    assert "not opened" in await silence(editor, uri, 0, 3)


async def test_an_older_version_stops_suggestions_until_the_whole_text_comes(editor: Editor) -> None:
    uri = editor.page(NARRATIVE)
    editor.insert(uri, 0, 0, "Then ", version=9)
    editor.insert(uri, 0, 0, "But then ", version=3)
    assert "out of order" in await silence(editor, uri, 0, 10)
    whole = types.TextDocumentContentChangeWholeDocument(NARRATIVE)
    document = types.VersionedTextDocumentIdentifier(uri=uri, version=10)
    editor.client.text_document_did_change(types.DidChangeTextDocumentParams(document, [whole]))
    assert await editor.texts(uri, 0, len(NARRATIVE)) == [SAID]


async def test_edits_beyond_the_end_and_the_wrong_way_round(editor: Editor) -> None:
    uri = editor.page("The tide")
    editor.replace(uri, (9, 9), (12, 0), " went")
    editor.replace(uri, (0, 13), (0, 9), "came")
    editor.replace(uri, (0, 13), (0, 99), " in")
    assert await editor.texts(uri, 0, len("The tide came in")) == [SAID]


@pytest.mark.parametrize(
    ("uri", "language"),
    [
        ("file:///repo/.git/COMMIT_EDITMSG", "git-commit"),
        ("file:///repo/.git/MERGE_MSG.md", "markdown"),
        ("vscode-scm:git/scm0/input", "scminput"),
        ("untitled:chat", "chat-input"),
        ("vscode-userdata:/settings.json", "jsonc"),
        ("file:///repo/settings.json", "json"),
        ("file:///repo/main.py", "python"),
        ("file:///repo/CMakeLists.txt", "cmake"),
        ("untitled:script", "python"),
        ("https://example.org/page.md", "markdown"),
        ("output:ownhand", "Log"),
    ],
)
async def test_nothing_is_offered_where_a_writer_does_not_write(editor: Editor, uri: str, language: str) -> None:
    editor.open(uri, NARRATIVE, language)
    assert await silence(editor, uri, 0, len(NARRATIVE))


@pytest.mark.parametrize("name", ["a.md", "b.txt", "C.MD", "with space é.markdown"])
async def test_the_formats_of_a_manuscript_are_served(editor: Editor, tmp_path: Path, name: str) -> None:
    language = "plaintext" if name.endswith("txt") else "markdown"
    uri = editor.open(tmp_path / name, NARRATIVE, language)
    assert await editor.texts(uri, 0, len(NARRATIVE)) == [SAID]


async def test_ownhand_off_in_the_front_matter(editor: Editor) -> None:
    text = f"---\ntitle: The Lamp\nownhand: off\n---\n\n{NARRATIVE}"
    assert "off" in await silence(editor, editor.page(text, "markdown"), 5, len(NARRATIVE))


async def test_quiet_in_one_document_and_everywhere(editor: Editor) -> None:
    uri = editor.page(NARRATIVE)
    assert await editor.execute("ownhand.quiet", uri) == {"quiet": True}
    assert "in this file" in await silence(editor, uri, 0, len(NARRATIVE))
    editor.close(uri)
    editor.open(uri, NARRATIVE, "plaintext")
    assert await editor.texts(uri, 0, len(NARRATIVE)) == [SAID], "a name of an untitled page is given again"
    assert await editor.execute("ownhand.quiet", uri) == {"quiet": True}
    assert await editor.execute("ownhand.quiet") == {"quiet": True}
    assert "quiet" in (await editor.execute("ownhand.status"))["why"], "said before anything is asked for"
    assert not await editor.still_answers()
    assert await editor.execute("ownhand.quiet") == {"quiet": False}
    assert (await editor.execute("ownhand.status"))["why"] == ""
    assert await editor.execute("ownhand.quiet", uri) == {"quiet": False}
    assert await editor.texts(uri, 0, len(NARRATIVE)) == [SAID]


async def test_quiet_in_a_file_outlives_its_tab(editor: Editor, tmp_path: Path) -> None:
    uri = editor.open(tmp_path / "a.md", NARRATIVE)
    await editor.execute("ownhand.quiet", uri, True)
    editor.close(uri)
    editor.open(uri, NARRATIVE)
    assert "in this file" in await silence(editor, uri, 0, len(NARRATIVE))


async def test_ownhand_off_far_above_the_cursor(editor: Editor) -> None:
    notes = "".join(f"note{number}: {LINE}" for number in range(60))
    uri = editor.page(f"---\n{notes}ownhand: off\n---\n\n{LINE * 3000}{NARRATIVE}", "markdown")
    assert "off" in await silence(editor, uri, 60 + 4 + 3000, len(NARRATIVE))


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("She counted.\r\n\r\n\tThen the tide", (2, 14)),
        ("\t\tThe tide", (0, 10)),
        ("   \n \t \n", (2, 0)),
        ("", (0, 0)),
        ("Salt 😀", (0, 6)),
        ("\u3000\u3000潮が", (0, 4)),
    ],
)
async def test_line_ends_tabs_and_white_space_are_places_too(editor: Editor, text: str, place: tuple[int, int]) -> None:
    """A key gets an answer there; the range is the cursor that was asked about, even within a surrogate pair."""
    uri = editor.page(text)
    items = await editor.ask(uri, *place)
    here = types.Position(*place)
    assert [item.range for item in items] == [types.Range(here, here)] * len(items)
    assert items or await editor.why()
    assert await editor.ask(uri, *place, invoked=False) == [] or items


async def test_a_chapter_of_five_megabytes_rests_and_can_be_cut_down(editor: Editor) -> None:
    lines = 5_000_000 // len(LINE)
    uri = editor.page(LINE * lines)
    assert "2 MB" in await silence(editor, uri, lines - 1, len(LINE) - 1)
    editor.replace(uri, (20, 0), (lines, 0), NARRATIVE)
    assert await editor.texts(uri, 20, len(NARRATIVE)) == [SAID]


async def test_a_long_chapter_is_followed_through_a_burst_of_typing(editor: Editor) -> None:
    lines = 1_900_000 // len(LINE)
    uri = editor.page(LINE * lines)
    middle = lines // 2
    for column, letter in enumerate(NARRATIVE):
        editor.insert(uri, middle, column, letter)
    editor.insert(uri, middle, len(NARRATIVE), "\n")
    assert await editor.texts(uri, middle, len(NARRATIVE)) == [SAID]


async def test_a_line_of_a_megabyte_rests_and_the_others_do_not(editor: Editor) -> None:
    uri = editor.page("é" * 1_000_000 + "\n\n" + NARRATIVE)
    editor.insert(uri, 0, 999_999, "x")
    assert "2 MB" in await silence(editor, uri, 0, 5)
    uri = editor.page("e" * 1_000_000 + "\n\n" + NARRATIVE)
    assert "100 kB" in await silence(editor, uri, 0, 5)
    assert await editor.texts(uri, 2, len(NARRATIVE)) == [SAID]


async def test_nuls_and_lone_surrogates(editor: Editor) -> None:
    uri = editor.page("a\0b\ud800c " + NARRATIVE)
    assert await editor.texts(uri, 0, 6 + len(NARRATIVE)) == [SAID]


async def test_an_engine_that_is_not_there(start: Start) -> None:
    """One message names the fix; afterwards the status says it, and nothing pops up again."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        refused = held.getsockname()[1]
        editor = await start()
        host = f"http://127.0.0.1:{refused}"
        await editor.initialize(options={"engine": "ollama", "model": "llama3.2:1b", "ollama": {"host": host}})
        uri = editor.page(NARRATIVE)
        for column in (len(NARRATIVE), 30, 40):
            assert await editor.ask(uri, 0, column) == []
        await until(lambda: editor.messages)
        assert "Ollama" in await editor.why()
        assert len(editor.messages) == 1
        settings = {"ownhand": {"engine": "ollama", "ollama": {"host": "no address"}}}
        editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings))
        assert await editor.ask(uri, 0, 30) == []


async def test_another_engine_can_be_chosen_without_a_restart(start: Start) -> None:
    editor = await start(script={"rules": [], "default": SAID})
    await editor.initialize(options={"engine": "ollama"})
    assert await editor.still_answers()
    settings = {"ownhand": {"engine": "embedded"}}
    editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings))
    assert await editor.still_answers()


async def test_a_script_that_is_none(start: Start) -> None:
    editor = await start(script="not a script")
    await editor.initialize()
    assert await editor.ask(editor.page(NARRATIVE), 0, 20) == []
    assert "script" in await editor.why()


async def test_a_home_that_cannot_be_written(start: Start, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    editor = await start(script={"rules": [], "default": SAID}, home=tmp_path / "file" / "home")
    await editor.initialize()
    assert await editor.still_answers()


async def test_two_hundred_requests_over_many_pages(start: Start) -> None:
    editor = await start(script={"rules": [], "default": SAID, "delay_ms": 1})
    await editor.initialize()
    pages = [editor.page(NARRATIVE) for _ in range(4)]
    requests = [editor.request(pages[number % 4], 0, 10 + number // 4) for number in range(200)]
    answers = await asyncio.gather(*requests, return_exceptions=True)
    assert len([answer for answer in answers if isinstance(answer, list)]) >= 4
    assert await editor.still_answers()

"""What a folder allows: asked once, obeyed, and noted outside of the manuscript."""

import asyncio
import contextlib
import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pytest_lsp import LanguageClient

from lsp_editor import Editor, Start, until
from ownhand.editor.keeper import try_lock
from ownhand.home import Home
from ownhand.manuscript.consent import Consent, VoiceFolder, find_voice, grant
from ownhand.voices.forget import forget_voice

SCRIPT = {"rules": [], "default": " and the bell rang twice."}
PAGE = "The lamp had been lit since noon. Nobody in the house would say who had lit it, or for whom. Ida"
ASKS = types.ClientCapabilities(
    text_document=types.TextDocumentClientCapabilities(inline_completion=types.InlineCompletionClientCapabilities()),
    window=types.WindowClientCapabilities(
        show_message=types.ShowMessageRequestClientCapabilities(), work_done_progress=True
    ),
    workspace=types.WorkspaceClientCapabilities(configuration=True),
)


@pytest.fixture
def manuscript(tmp_path: Path) -> Path:
    folder = tmp_path / "The Lamp"
    folder.mkdir()
    (folder / "lamp.md").write_text(PAGE)
    (folder / "tides.md").write_text("# Tides\n\nThe tide keeps its own books,\nand never shows them.\n" * 20)
    return folder


class Writer:
    """Answers `window/showMessageRequest` with one of the buttons, or waves it away."""

    def __init__(self, *buttons: str | None) -> None:
        self.buttons = buttons
        self.asked: list[types.ShowMessageRequestParams] = []

    def __call__(self, client: LanguageClient) -> None:
        @client.feature(types.WINDOW_SHOW_MESSAGE_REQUEST)
        def asked(params: types.ShowMessageRequestParams) -> types.MessageActionItem | None:
            self.asked.append(params)
            titles = [action.title for action in params.actions or []]
            pressed = [title for title in titles for button in self.buttons if button and button in title]
            return types.MessageActionItem(pressed[0]) if pressed else None


async def opened(start: Start, folder: Path, writer: Callable[[LanguageClient], None], **wanted: Any) -> Editor:
    editor = await start(script=SCRIPT, before=writer, **wanted)
    await editor.initialize([folder], ASKS)
    return editor


async def test_learning_is_asked_for_once_and_reads_the_folder(start: Start, manuscript: Path) -> None:
    writer = Writer("Learn")
    editor = await opened(start, manuscript, writer)
    assert not editor.home.exists() or not list(editor.home.glob("voices/*"))
    uri = editor.open(manuscript / "lamp.md", PAGE)
    assert await editor.texts(uri, 0, len(PAGE)) == [" and the bell rang twice."]
    await until(lambda: [state for state in editor.statuses if state["words"] > 20])
    corpus = await editor.execute("ownhand.corpus", manuscript.as_uri())
    assert {piece["path"] for piece in corpus["pieces"]} == {"lamp.md", "tides.md"}
    assert corpus["consent"] == "learn"
    editor.open(manuscript / "tides.md", "The tide")
    await editor.status()
    assert len(writer.asked) == 1
    assert "The Lamp" in writer.asked[0].message
    assert sum(len(files) for _, _, files in os.walk(manuscript)) == 2, "nothing of ours lies in the manuscript"


async def test_the_answer_is_remembered_by_the_next_server(start: Start, manuscript: Path) -> None:
    first = await opened(start, manuscript, Writer("Only suggest"))
    uri = first.open(manuscript / "lamp.md", PAGE)
    assert await first.texts(uri, 0, len(PAGE))
    await first.client.shutdown_session()
    writer = Writer("Learn")
    second = await opened(start, manuscript, writer, home=first.home)
    uri = second.open(manuscript / "lamp.md", PAGE)
    assert await second.texts(uri, 0, len(PAGE))
    assert (await second.status())["voice"] == "suggest"
    assert writer.asked == []


async def test_only_suggest_reads_nothing(start: Start, manuscript: Path) -> None:
    editor = await opened(start, manuscript, Writer("Only suggest"))
    uri = editor.open(manuscript / "lamp.md", PAGE)
    assert await editor.texts(uri, 0, len(PAGE))
    assert not list(editor.home.glob("voices/*/index.sqlite3"))
    assert (await editor.execute("ownhand.corpus"))["pieces"] == []


def voices_of(editor: Editor) -> list[Path]:
    return list((editor.home / "voices").iterdir())


async def test_what_is_forgotten_in_a_terminal_is_not_read_again(start: Start, manuscript: Path) -> None:
    editor = await opened(start, manuscript, Writer("Learn"))
    uri = editor.open(manuscript / "lamp.md", PAGE)
    assert await editor.texts(uri, 0, len(PAGE))
    await until(lambda: [state for state in editor.statuses if state["words"] > 20])
    (voice,) = voices_of(editor)
    forget_voice(voice)
    (manuscript / "tides.md").write_text("# Tides\n\nNobody was asked.\n" * 30)
    await until(lambda: editor.statuses[-1]["voice"] == "suggest")
    assert editor.statuses[-1]["words"] == 0
    assert (await editor.execute("ownhand.corpus"))["pieces"] == []
    assert await editor.still_answers()
    assert voices_of(editor) == []


@pytest.mark.parametrize(("first", "then"), [("learn", "neither"), ("suggest", "learn")])
async def test_what_is_answered_in_another_editor_counts_here(
    start: Start, manuscript: Path, first: str, then: str
) -> None:
    grant(Home(manuscript.parent / "shared"), manuscript, Consent(first))
    editor = await opened(start, manuscript, Writer(None), home=manuscript.parent / "shared")
    editor.open(manuscript / "lamp.md", PAGE)
    await until(lambda: editor.statuses and editor.statuses[-1]["voice"] == first)
    grant(Home(editor.home), manuscript, Consent(then))
    await until(lambda: editor.statuses[-1]["voice"] == then)
    pieces = (await editor.execute("ownhand.corpus"))["pieces"]
    await until(lambda: editor.statuses[-1]["words"] > 20 or then == "neither")
    assert then == "learn" or pieces == []


async def test_what_is_answered_elsewhere_counts_also_where_the_question_was_waved_away(
    start: Start, manuscript: Path
) -> None:
    editor = await opened(start, manuscript, Writer(None))
    uri = editor.open(manuscript / "lamp.md", PAGE)
    assert await editor.texts(uri, 0, len(PAGE))
    assert (await editor.status())["voice"] == "suggest"
    grant(Home(editor.home), manuscript, Consent.NEITHER)
    await until(lambda: editor.statuses[-1]["voice"] == "neither")
    assert await editor.ask(uri, 0, len(PAGE)) == []


async def test_neither_keeps_out_and_says_so(start: Start, manuscript: Path) -> None:
    editor = await opened(start, manuscript, Writer("Neither"))
    uri = editor.open(manuscript / "lamp.md", PAGE)
    assert await editor.ask(uri, 0, len(PAGE)) == []
    assert "keep out" in await editor.why()
    assert await editor.still_answers(), "a loose document is another matter"


async def test_a_question_waved_away_means_only_suggest_for_this_sitting(start: Start, manuscript: Path) -> None:
    editor = await opened(start, manuscript, Writer(None))
    uri = editor.open(manuscript / "lamp.md", PAGE)
    assert await editor.texts(uri, 0, len(PAGE))
    assert not list(editor.home.glob("voices/*"))


async def test_an_editor_that_cannot_ask_gets_suggestions_and_may_consent_by_command(
    start: Start, manuscript: Path
) -> None:
    editor = await start(script=SCRIPT)
    await editor.initialize([manuscript])
    uri = editor.open(manuscript / "lamp.md", PAGE)
    assert await editor.texts(uri, 0, len(PAGE))
    assert not list(editor.home.glob("voices/*"))
    assert await editor.execute("ownhand.consent", None, "learn") == {"consent": "learn"}
    await until(lambda: [state for state in editor.statuses if state["words"] > 20])
    assert await editor.texts(uri, 0, 33)


async def test_a_page_saved_elsewhere_is_noticed(start: Start, manuscript: Path) -> None:
    editor = await opened(start, manuscript, Writer("Learn"))
    editor.open(manuscript / "lamp.md", PAGE)
    first = (await until(lambda: [state for state in editor.statuses if state["words"]]))[-1]["words"]
    (manuscript / "new.md").write_text("A new page, with nine words and no more.")
    await until(lambda: [state for state in editor.statuses if state["words"] > first])


async def test_one_server_keeps_the_index_and_the_next_takes_over(start: Start, manuscript: Path) -> None:
    first = await opened(start, manuscript, Writer("Learn"))
    first.open(manuscript / "lamp.md", PAGE)
    await until(lambda: [state for state in first.statuses if state["words"]])
    second = await opened(start, manuscript, Writer("Learn"), home=first.home)
    second.open(manuscript / "lamp.md", PAGE)
    words = (await until(lambda: [state for state in second.statuses if state["words"]]))[-1]["words"]
    first.process.kill()
    await first.process.wait()
    (manuscript / "new.md").write_text("A new page, with nine words and no more.")
    await until(lambda: [state for state in second.statuses if state["words"] > words])


async def test_whose_text_a_piece_is_and_samples_from_elsewhere(start: Start, manuscript: Path, tmp_path: Path) -> None:
    editor = await opened(start, manuscript, Writer("Learn"))
    editor.open(manuscript / "lamp.md", PAGE)
    await until(lambda: editor.statuses and editor.statuses[-1]["words"] > 0)
    words = editor.statuses[-1]["words"]
    pieces = (await editor.execute("ownhand.corpus"))["pieces"]
    assert await editor.execute("ownhand.mine", None, pieces[0]["id"], "not mine") == {"mine": "not mine"}
    assert (await editor.execute("ownhand.corpus"))["pieces"][0]["mine"] == "not mine"
    sample = tmp_path / "letters.txt"
    sample.write_text("Dear Ida, the boat is sold and I am not sorry, whatever they tell you at the harbour office.")
    await until(lambda: 0 < editor.statuses[-1]["words"] < words)
    words = editor.statuses[-1]["words"]
    assert await editor.execute("ownhand.addSamples", None, [sample.as_uri()]) == {"samples": 1}
    await until(lambda: editor.statuses[-1]["words"] > words)
    assert str(sample) in {piece["path"] for piece in (await editor.execute("ownhand.corpus"))["pieces"]}
    assert await editor.execute("ownhand.removeSamples", None, [str(sample)]) == {"samples": 1}
    await until(lambda: editor.statuses[-1]["words"] == words)
    assert str(sample) not in {piece["path"] for piece in (await editor.execute("ownhand.corpus"))["pieces"]}
    missing = await editor.execute("ownhand.addSamples", None, [str(tmp_path / "nothing.txt")])
    assert "no file" in missing["sentence"]
    assert "no file" in editor.messages[-1]


async def test_folders_come_and_go(start: Start, manuscript: Path, tmp_path: Path) -> None:
    editor = await start(script=SCRIPT, before=Writer("Neither"))
    await editor.initialize([], ASKS)
    uri = editor.open(manuscript / "lamp.md", PAGE)
    assert await editor.texts(uri, 0, len(PAGE)), "loose: suggestions, nothing else"
    folder = types.WorkspaceFolder(manuscript.as_uri(), manuscript.name)
    change = editor.client.workspace_did_change_workspace_folders
    change(types.DidChangeWorkspaceFoldersParams(types.WorkspaceFoldersChangeEvent([folder], [])))
    assert await editor.ask(uri, 0, len(PAGE)) == []
    change(types.DidChangeWorkspaceFoldersParams(types.WorkspaceFoldersChangeEvent([], [folder])))
    assert await editor.texts(uri, 0, len(PAGE))


async def test_settings_of_a_folder_cannot_name_a_program(start: Start, manuscript: Path) -> None:
    """An answer for one folder may come from that folder's own settings file."""

    def settings(client: LanguageClient) -> None:
        Writer("Only suggest")(client)
        own = {"suggestion": {"length": "phrase"}, "engine": "openai", "openai": {"baseUrl": "http://198.51.100.1"}}
        client.set_configuration({"ownhand": own}, scope_uri=manuscript.as_uri())

    editor = await opened(start, manuscript, settings)
    uri = editor.open(manuscript / "lamp.md", PAGE)
    assert await editor.texts(uri, 0, len(PAGE))
    assert (await editor.status())["engine"] == "scripted"


async def test_a_bad_setting_is_named_once(start: Start, manuscript: Path) -> None:
    editor = await opened(start, manuscript, Writer("Neither"), configuration={"suggestion": {"pauseMs": "long"}})
    await until(lambda: editor.messages)
    editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(None))
    await editor.status()
    assert len([message for message in editor.messages if "ownhand.suggestion.pauseMs" in message]) == 1


async def test_a_folder_that_vanishes_leaves_the_server_answering(start: Start, manuscript: Path) -> None:
    editor = await opened(start, manuscript, Writer("Learn"))
    uri = editor.open(manuscript / "lamp.md", PAGE)
    await until(lambda: [state for state in editor.statuses if state["words"]])
    await asyncio.to_thread(shutil.rmtree, manuscript)
    assert await editor.texts(uri, 0, len(PAGE))


@pytest.mark.parametrize("what", ["missing", "file"])
async def test_a_folder_that_is_none_gets_one_sentence(start: Start, tmp_path: Path, what: str) -> None:
    folder = tmp_path / "book"
    if what == "file":
        folder.write_text("I am a file.")
    editor = await opened(start, folder, Writer("Learn"))
    editor.open(folder / "lamp.md", PAGE)
    await until(lambda: editor.messages)
    assert "folder" in editor.messages[0]
    assert await editor.still_answers()
    assert find_voice(Home(editor.home), folder) is None


async def test_consent_from_the_command_line_counts(start: Start, manuscript: Path, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    grant(home, manuscript, Consent.LEARN)
    writer = Writer("Neither")
    editor = await opened(start, manuscript, writer, home=home.root)
    editor.open(manuscript / "lamp.md", PAGE)
    await until(lambda: [state for state in editor.statuses if state["words"]])
    assert writer.asked == []


async def learned(start: Start, folder: Path, *buttons: str, **wanted: Any) -> tuple[Editor, Writer]:
    """A sitting in which the writer answers with these buttons, up to the first count of words."""
    writer = Writer(*buttons)
    editor = await opened(start, folder, writer, **wanted)
    editor.open(folder / "lamp.md", PAGE)
    await until(lambda: [state for state in editor.statuses if state["words"]])
    return editor, writer


async def learned_then_renamed(start: Start, manuscript: Path) -> tuple[Home, VoiceFolder, Path]:
    """A manuscript that was learned from and has another name since: the data folder, its voice, and where it is."""
    first, _ = await learned(start, manuscript, "Learn")
    home = Home(first.home)
    voice = find_voice(home, manuscript)
    assert voice
    await first.client.shutdown_session()
    return home, voice, await asyncio.to_thread(manuscript.rename, manuscript.with_name("The Lamp, second draft"))


@pytest.mark.parametrize("same", [True, False])
async def test_a_folder_with_another_name_is_offered_its_voice_once(start: Start, manuscript: Path, same: bool) -> None:
    home, voice, renamed = await learned_then_renamed(start, manuscript)
    second, writer = await learned(start, renamed, "Learn", "same" if same else "apart", home=home.root)
    await until(lambda: len(writer.asked) == 2)
    assert "The Lamp, second draft" in writer.asked[1].message
    if same:
        await until(lambda: (now := find_voice(home, renamed)) and now.id == voice.id)
        await until(lambda: second.statuses[-1]["words"] > 20)
        assert {piece["path"] for piece in (await second.execute("ownhand.corpus"))["pieces"]} == {
            "lamp.md",
            "tides.md",
        }
    uri = second.open(renamed / "tides.md", PAGE)
    assert await second.texts(uri, 0, len(PAGE))
    now = find_voice(home, renamed)
    assert now
    assert (now.id == voice.id) is same
    await until(lambda: (now := find_voice(home, renamed)) and now.compared)
    await second.client.shutdown_session()
    _, silent = await learned(start, renamed, "Neither", home=home.root)
    assert silent.asked == []


async def test_a_renamed_folder_whose_first_scan_was_cut_off_is_offered_its_voice_later(
    start: Start, manuscript: Path
) -> None:
    home, voice, renamed = await learned_then_renamed(start, manuscript)
    grant(home, renamed, Consent.LEARN)  # all that a server leaves that is killed right after the answer
    _, writer = await learned(start, renamed, "same", home=home.root)
    await until(lambda: (now := find_voice(home, renamed)) and now.id == voice.id)
    assert len(writer.asked) == 1


async def test_nothing_is_read_before_the_editor_said_what_is_excluded(
    start: Start, manuscript: Path, tmp_path: Path
) -> None:
    home = tmp_path / "data"
    grant(Home(home), manuscript, Consent.LEARN)

    def slow_to_answer(client: LanguageClient) -> None:
        client.protocol.fm.features.pop(types.WORKSPACE_CONFIGURATION)

        @client.feature(types.WORKSPACE_CONFIGURATION)
        async def configuration(params: types.ConfigurationParams) -> list[Any]:
            await asyncio.sleep(1)
            return [{"manuscript": {"exclude": ["tides.md"]}} for _ in params.items]

    editor = await start(script=SCRIPT, before=slow_to_answer, home=home)
    await editor.initialize([manuscript], ASKS)
    editor.open(manuscript / "lamp.md", PAGE)
    await until(lambda: editor.statuses and editor.statuses[-1]["words"])
    voice = find_voice(Home(home), manuscript)
    assert voice is not None
    with contextlib.closing(sqlite3.connect(voice.index_path)) as connection:
        assert connection.execute("SELECT count(*) FROM pieces").fetchone() == (1,)


async def test_what_is_excluded_by_a_changed_setting_is_forgotten_at_once(start: Start, manuscript: Path) -> None:
    editor, _ = await learned(start, manuscript, "Learn")
    await until(lambda: editor.statuses[-1]["words"] > 25)
    words = editor.statuses[-1]["words"]
    without = {"ownhand": {"manuscript": {"exclude": ["tides.md"]}}}
    for scope in (None, manuscript.as_uri()):
        editor.client.set_configuration(without, scope_uri=scope)
    editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(None))
    await until(lambda: editor.statuses[-1]["words"] < words)
    assert [piece["path"] for piece in (await editor.execute("ownhand.corpus"))["pieces"]] == ["lamp.md"]


async def test_a_client_that_cannot_be_asked_keeps_a_renamed_folder_apart(start: Start, manuscript: Path) -> None:
    first, _ = await learned(start, manuscript, "Learn")
    await first.client.shutdown_session()
    renamed = await asyncio.to_thread(manuscript.rename, manuscript.with_name("Renamed"))
    second = await start(script=SCRIPT, home=first.home)
    await second.initialize([renamed])
    assert await second.execute("ownhand.consent", None, "learn") == {"consent": "learn"}
    await until(lambda: [state for state in second.statuses if state["words"] > 20])
    assert len(list(first.home.glob("voices/*/index.sqlite3"))) == 2
    assert second.messages == []


async def test_two_answers_at_once_leave_one_keeper(start: Start, manuscript: Path) -> None:
    """Each answer started a keeper, and only one of them was ever stopped: the next server waited for its lock."""
    editor = await start(script=SCRIPT)
    await editor.initialize([manuscript])
    answers = ["learn", "suggest", "learn", "learn"]
    await asyncio.gather(*(editor.execute("ownhand.consent", None, answer) for answer in answers))
    await until(lambda: [state for state in editor.statuses if state["words"] > 20])
    assert await editor.execute("ownhand.consent", None, "neither") == {"consent": "neither"}
    (lock,) = editor.home.glob("voices/*/keeper.lock")
    descriptor = await asyncio.to_thread(try_lock, lock)
    assert descriptor is not None
    os.close(descriptor)


async def test_a_folder_taken_away_before_the_answer_is_not_read(start: Start, manuscript: Path) -> None:
    asked, press = asyncio.Event(), asyncio.Event()

    def slow(client: LanguageClient) -> None:
        @client.feature(types.WINDOW_SHOW_MESSAGE_REQUEST)
        async def _(params: types.ShowMessageRequestParams) -> types.MessageActionItem:
            asked.set()
            await press.wait()
            return types.MessageActionItem("Learn from this folder")

    editor = await opened(start, manuscript, slow)
    editor.open(manuscript / "lamp.md", PAGE)
    await asyncio.wait_for(asked.wait(), 20)
    folder = types.WorkspaceFolder(manuscript.as_uri(), manuscript.name)
    event = types.WorkspaceFoldersChangeEvent([], [folder])
    editor.client.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(event))
    press.set()
    await until(lambda: list(editor.home.glob("voices/*/voice.toml")))
    assert await editor.still_answers()
    await editor.client.shutdown_session()
    assert not list(editor.home.glob("voices/*/keeper.lock")), "nobody keeps an index of it"


async def test_a_manuscript_reached_by_a_link_is_no_other_piece_of_its_own(
    start: Start, manuscript: Path, tmp_path: Path
) -> None:
    """The page itself was taken for another piece, and every suggestion of its own words was dropped."""
    link = tmp_path / "link"
    link.symlink_to(tmp_path, target_is_directory=True)
    line = "The tide keeps its own books and never shows them to the harbour master."
    (manuscript / "tides.md").write_text(f"{line}\n\nIda wrote it down.\n")
    home = Home(tmp_path / "home")
    grant(home, manuscript.parent, Consent.LEARN)
    editor = await start(script={"rules": [], "default": f" {line}"}, before=Writer(None), home=home.root)
    await editor.initialize([link / manuscript.name], ASKS)
    uri = editor.open(link / manuscript.name / "tides.md", PAGE)
    await until(lambda: [state for state in editor.statuses if state["words"]])
    assert await editor.texts(uri, 0, len(PAGE)) == [f" {line}"]


async def test_a_full_disk_gets_one_sentence_and_writing_goes_on(start: Start, manuscript: Path) -> None:
    editor = await opened(start, manuscript, Writer("Learn"), largest_file=0)
    uri = editor.open(manuscript / "lamp.md", PAGE)
    await until(lambda: editor.messages)
    assert await editor.texts(uri, 0, len(PAGE)) == [" and the bell rang twice."]
    assert len(editor.messages) == 1
    assert "can't write" in editor.messages[0]
    answer = await editor.execute("ownhand.consent", None, "learn")
    assert "can't write" in answer["sentence"]
    assert await editor.still_answers()


async def test_neither_holds_for_this_sitting_when_it_cannot_be_noted(start: Start, manuscript: Path) -> None:
    """The answer was lost with its note, and suggestions came all the same."""
    editor = await opened(start, manuscript, Writer("Neither"), largest_file=0)
    uri = editor.open(manuscript / "lamp.md", PAGE)
    await until(lambda: editor.messages)
    assert await editor.ask(uri, 0, len(PAGE)) == []
    assert "keep out" in await editor.why()


async def test_a_home_that_goes_away_while_serving(start: Start, manuscript: Path) -> None:
    editor, _ = await learned(start, manuscript, "Learn")
    await asyncio.to_thread(shutil.rmtree, editor.home)
    editor.home.write_text("in the way")
    (manuscript / "new.md").write_text("A new page, with nine words and no more.")
    uri = editor.open(manuscript / "lamp.md", PAGE)
    assert await editor.texts(uri, 0, len(PAGE)) == [" and the bell rang twice."]
    assert "can't write" in (await editor.execute("ownhand.consent", None, "suggest"))["sentence"]
    assert await editor.still_answers()

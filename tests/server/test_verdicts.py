"""From an act in a plain client to the voice's ledger, and to what suggestions do next."""

import asyncio
import contextlib
import json
import os
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from lsprotocol import types
from pytest_lsp import LanguageClient

from lsp_editor import Editor, until
from ownhand.manuscript.consent import Consent, grant
from ownhand.verdicts.ledger.opening import forget
from ownhand.verdicts.reading.figures import load_whose, read_statistics
from verdict_desk import PAGE, SAID, Desk, take

OTHER = " until the lamp went out."
ASKS = types.ClientCapabilities(
    text_document=types.TextDocumentClientCapabilities(inline_completion=types.InlineCompletionClientCapabilities()),
    window=types.WindowClientCapabilities(show_message=types.ShowMessageRequestClientCapabilities()),
)


async def test_an_accept_is_on_disk_when_it_is_answered(desk: Desk) -> None:
    editor = await desk.editor()
    uri = desk.open(editor)
    suggestion = await take(editor, uri)
    (entry,) = desk.told()
    assert (entry.suggestion, entry.fate, entry.learned, entry.sure) == (suggestion, "accepted", "command", 1.0)
    assert (entry.text, entry.document, entry.before) == (SAID, "lamp.md", PAGE)
    total = read_statistics(desk.voice.ledger_path).total
    assert (total.offered, total.shown, total.accepted) == (1, 1, 1)
    assert total.keystrokes_saved == len(SAID) - 1
    assert oct(desk.voice.ledger_path.stat().st_mode & 0o777) == "0o600"


async def test_the_command_that_comes_before_its_text_counts_the_same(desk: Desk) -> None:
    editor = await desk.editor()
    uri = desk.open(editor)
    (item,) = await editor.ask(uri, 0, len(PAGE))
    await editor.execute("ownhand.accept", item.command.arguments[0])
    editor.insert(uri, 0, len(PAGE), SAID)
    provenance = await editor.execute("ownhand.provenance", uri)
    assert [span["kind"] for span in provenance["spans"]] == ["not observed", "from Ownhand"]
    assert read_statistics(desk.voice.ledger_path).total.keystrokes_saved == len(SAID) - 1


async def test_parts_and_then_the_rest_are_one_accept(desk: Desk) -> None:
    editor = await desk.editor(options={"reportsShown": True})
    uri = desk.open(editor)
    (item,) = await editor.ask(uri, 0, len(PAGE))
    sent = {"insertText": SAID, "command": {"command": "ownhand.accept", "arguments": item.command.arguments}}
    notify = editor.client.protocol.notify
    notify("textDocument/didShowCompletion", {"item": sent})
    for start, end in ((0, 4), (4, 8)):
        editor.insert(uri, 0, len(PAGE) + start, SAID[start:end])
        notify("textDocument/didPartiallyAcceptCompletion", {"item": sent, "acceptedLength": end})
    entry = await desk.fate(item.command.arguments[0], "partial")
    assert (entry.learned, entry.text) == ("editor", SAID)
    editor.insert(uri, 0, len(PAGE) + 8, SAID[8:])
    await editor.execute("ownhand.accept", item.command.arguments[0])
    total = read_statistics(desk.voice.ledger_path).total
    assert (total.shown, total.accepted, total.partial) == (1, 1, 0)
    assert total.keystrokes_saved == len(SAID) - 3
    assert await editor.counts() == {
        "offered": 1, "shown": 1, "accepted": 1, "partial": 0, "typed_through": 0, "typed_past": 0, "dismissed": 0,
        "rejected": 0,
    }  # fmt: skip


async def test_the_length_of_a_part_counts_from_the_item_that_was_shown(desk: Desk) -> None:
    """After typing into the suggestion the editor holds a shorter item under the same id."""
    editor = await desk.editor(options={"reportsShown": True})
    uri = desk.open(editor)
    (first,) = await editor.ask(uri, 0, len(PAGE))
    editor.insert(uri, 0, len(PAGE), SAID[:4])
    (item,) = await editor.ask(uri, 0, len(PAGE) + 4, invoked=False)
    assert item.command.arguments == first.command.arguments
    sent = {"insertText": item.insert_text, "command": {"command": "x", "arguments": item.command.arguments}}
    editor.insert(uri, 0, len(PAGE) + 4, SAID[4:13])
    editor.client.protocol.notify(
        "textDocument/didPartiallyAcceptCompletion", {"item": sent, "acceptedLength": len(SAID[4:13])}
    )
    await desk.fate(item.command.arguments[0], "partial")
    assert read_statistics(desk.voice.ledger_path).total.keystrokes_saved == len(SAID[4:13]) - 1


async def test_an_editor_that_reports_is_believed_when_it_is_silent(desk: Desk) -> None:
    editor = await desk.editor(options={"reportsShown": True})
    uri = desk.open(editor)
    await editor.ask(uri, 0, len(PAGE))
    await asyncio.sleep(1.0)
    editor.insert(uri, 0, len(PAGE), SAID[:13])  # two words at once: another program's, or dictated
    await editor.execute("ownhand.verdicts")
    total = read_statistics(desk.voice.ledger_path).total
    assert (total.offered, total.shown, total.partial) == (1, 0, 0)


async def test_what_was_never_seen_keeps_no_text(desk: Desk) -> None:
    editor = await desk.editor()
    uri = desk.open(editor)
    await editor.ask(uri, 0, len(PAGE))
    editor.insert(uri, 0, len(PAGE), " for no one in particular.")
    answer = await editor.execute("ownhand.verdicts", desk.folder.as_uri())
    assert (answer["offered"], answer["shown"], answer["unseen"]) == (1, 0, 1)
    await asyncio.sleep(1.0)
    with contextlib.closing(sqlite3.connect(desk.voice.ledger_path)) as ledger:
        dump = "\n".join(ledger.iterdump())
    assert "bell rang" not in dump
    assert "lit since noon" not in dump


async def test_not_mine_keeps_the_text_away_at_once_and_in_the_next_sitting(desk: Desk) -> None:
    script = {"rules": [{"ends_with": "waited", "text": SAID}], "default": OTHER}
    editor = await desk.editor(script=script)
    uri = desk.open(editor)
    (item,) = await editor.ask(uri, 0, len(PAGE))
    assert item.insert_text == SAID
    answer = await editor.execute("ownhand.reject", item.command.arguments[0])
    assert answer == {"recorded": True}
    assert await editor.ask(uri, 0, len(PAGE)) == []
    assert "not yours" in await editor.why()
    assert await editor.execute("ownhand.reject", item.command.arguments[0], "cliché") == {"recorded": True}
    entry = await desk.fate(item.command.arguments[0], "rejected")
    assert entry.reason == "cliché"
    assert read_statistics(desk.voice.ledger_path).total.rejected == 1
    editor.close(uri)
    editor.process.kill()
    again = await desk.editor(script=script)
    uri = desk.open(again)
    await until(lambda: desk.told())
    answers = await again.ask(uri, 0, len(PAGE))
    assert answers == [], "the rejection of an earlier sitting counts"


class Writer:
    """Presses a button of each question."""

    def __init__(self, button: str) -> None:
        self.button, self.asked = button, list[str]()

    def __call__(self, client: LanguageClient) -> None:
        @client.feature(types.WINDOW_SHOW_MESSAGE_REQUEST)
        def asked(params: types.ShowMessageRequestParams) -> types.MessageActionItem | None:
            self.asked.append(params.message)
            return types.MessageActionItem(self.button)


async def test_a_reason_that_comes_again_is_offered_as_a_note(desk: Desk) -> None:
    endings = {"Ida waited": " by the sea.", "Ida slept": " like a stone.", "Ida rose": " with the sun."}
    writer = Writer("Add to the notes")
    script = [{"ends_with": end, "text": text} for end, text in endings.items()]
    editor = await desk.editor(script=script, before=writer, capabilities=ASKS)
    for number, end in enumerate(endings):
        text = f"Page {number} begins here, with the lamp. {end}"
        uri = desk.open(editor, text, f"page{number}.md")
        (item,) = await editor.ask(uri, 0, len(text))
        await editor.execute("ownhand.reject", item.command.arguments[0], "cliché")
    notes = desk.voice.path / "notes.md"
    await until(notes.exists)
    assert notes.read_text().startswith("- No clichés.")
    (question,) = writer.asked
    assert "three suggestions a cliché" in question


async def test_the_fate_follows_undo_and_redo(desk: Desk) -> None:
    editor = await desk.editor()
    uri = desk.open(editor)
    suggestion = await take(editor, uri)
    end = len(PAGE)
    editor.replace(uri, (0, end), (0, end + len(SAID)), "")
    await until(lambda: read_statistics(desk.voice.ledger_path).total.removed == 1)
    editor.insert(uri, 0, end, SAID)
    await until(lambda: read_statistics(desk.voice.ledger_path).total.removed == 0)
    spans = (await editor.execute("ownhand.provenance", uri))["spans"]
    assert spans[-1] == {
        "range": {"start": {"line": 0, "character": end}, "end": {"line": 0, "character": end + len(SAID)}},
        "kind": "from Ownhand",
        "suggestion": suggestion,
    }


async def test_whose_words_survive_the_server(desk: Desk) -> None:
    editor = await desk.editor()
    uri = desk.open(editor)
    await take(editor, uri)
    editor.insert(uri, 0, 0, "🕯 ")
    editor.insert(uri, 0, 0, "It was a year of long evenings, and of lamps that nobody would own to. ")
    editor.close(uri)
    await until(lambda: load_whose(desk.voice.ledger_path, "lamp.md"))
    editor.process.kill()
    again = await desk.editor()
    text = "It was a year of long evenings, and of lamps that nobody would own to. 🕯 " + PAGE + SAID
    uri = desk.open(again, text + " She had heard it before.")
    answer = await again.execute("ownhand.provenance", uri)
    kinds = [span["kind"] for span in answer["spans"]]
    assert kinds == ["pasted", "not from Ownhand", "not observed", "from Ownhand", "not observed"]
    start = answer["spans"][3]["range"]["start"]["character"]
    assert start == len(text.encode("utf-16-le")) // 2 - len(SAID)


async def test_the_same_answer_about_the_folder_again_changes_nothing(desk: Desk) -> None:
    """The ledger's session ended while its acceptances were followed: their looks were noted twice over."""
    editor = await desk.editor()
    uri = desk.open(editor)
    await take(editor, uri)
    await editor.execute("ownhand.consent", desk.folder.as_uri(), "learn")
    editor.replace(uri, (0, len(PAGE)), (0, len(PAGE + SAID)), "")
    await until(lambda: read_statistics(desk.voice.ledger_path).total.removed == 1)
    assert sessions(desk) == [None]


async def test_what_was_followed_ends_with_the_ledger_and_writing_begins_anew(desk: Desk) -> None:
    """Once the writer has asked to stop, the looks are those of whoever keeps the ledger next."""
    editor = await desk.editor()
    uri = desk.open(editor)
    await take(editor, uri)
    await editor.execute("ownhand.consent", desk.folder.as_uri(), "suggest")
    (ended,) = sessions(desk)
    assert ended is not None
    (desk.folder / "lamp.md").write_text(PAGE + SAID)
    with contextlib.closing(sqlite3.connect(desk.voice.ledger_path)) as ledger:
        for table in ("judged", "offered"):
            ledger.execute(f"UPDATE {table} SET at = at - 4000")
        ledger.commit()
    await editor.execute("ownhand.consent", desk.folder.as_uri(), "learn")
    await until(lambda: read_statistics(desk.voice.ledger_path).total.kept_300s == 1)
    editor.replace(uri, (0, len(PAGE)), (0, len(PAGE + SAID)), "")
    await take(editor, uri)
    total = read_statistics(desk.voice.ledger_path).total
    assert (total.offered, total.accepted, total.removed) == (2, 2, 0)
    kinds = [span["kind"] for span in (await editor.execute("ownhand.provenance", uri))["spans"]]
    assert kinds == ["not observed", "from Ownhand"]


def sessions(desk: Desk) -> list[float | None]:
    """When each session with the ledger ended."""
    with contextlib.closing(sqlite3.connect(desk.voice.ledger_path)) as ledger:
        return [ended for (ended,) in ledger.execute("SELECT ended FROM sessions ORDER BY id")]


async def test_a_folder_that_is_only_suggested_in_notes_nothing(desk: Desk) -> None:
    grant(desk.home, desk.folder, Consent.SUGGEST)
    editor = await desk.editor()
    uri = desk.open(editor)
    (item,) = await editor.ask(uri, 0, len(PAGE))
    assert await editor.execute("ownhand.accept", item.command.arguments[0]) is None
    assert "notes nothing" in (await editor.execute("ownhand.verdicts"))["sentence"]
    assert "learns from" in (await editor.execute("ownhand.provenance", uri))["sentence"]
    assert not desk.voice.ledger_path.exists()


async def test_a_page_without_a_file_counts_without_its_text(desk: Desk) -> None:
    editor = await desk.editor()
    desk.open(editor)
    uri = editor.page(PAGE)
    suggestion = await take(editor, uri)
    editor.close(uri)
    entry = await desk.fate(suggestion, "accepted")
    assert (entry.document, entry.text, entry.before) == ("untitled", None, "")
    with contextlib.closing(sqlite3.connect(desk.voice.ledger_path)) as ledger:
        dump = "\n".join(ledger.iterdump())
    assert "bell rang" not in dump


async def test_looks_of_a_server_that_was_killed_are_finished_by_the_next(desk: Desk) -> None:
    editor = await desk.editor()
    uri = desk.open(editor)
    await take(editor, uri)
    (desk.folder / "lamp.md").write_text(PAGE + SAID)
    editor.process.send_signal(signal.SIGKILL)
    await editor.process.wait()
    with contextlib.closing(sqlite3.connect(desk.voice.ledger_path)) as ledger:
        for table in ("judged", "offered"):
            ledger.execute(f"UPDATE {table} SET at = at - 4000")
        ledger.commit()
    again = await desk.editor()
    desk.open(again)
    await until(lambda: read_statistics(desk.voice.ledger_path).total.kept_300s == 1)
    (entry,) = desk.told()
    assert (entry.kept_300s, entry.settled) == (True, SAID)


async def test_two_servers_write_into_one_ledger_and_the_second_takes_over(desk: Desk) -> None:
    first = await desk.editor()
    second = await desk.editor()
    one = await take(first, desk.open(first))
    text = "Two lamps, then, and nobody to light"
    two = await take(second, desk.open(second, text, "two.md"), text)
    assert {entry.suggestion: entry.fate for entry in desk.told()} == {one: "accepted", two: "accepted"}
    (desk.folder / "lamp.md").write_text(PAGE + " for a boat, with her coat on.")
    with contextlib.closing(sqlite3.connect(desk.voice.ledger_path)) as ledger:
        ledger.execute("UPDATE judged SET at = at - 400")
        ledger.commit()
    first.process.send_signal(signal.SIGKILL)
    await until(lambda: [entry for entry in desk.told() if entry.kept_300s is not None])
    assert {entry.suggestion: entry.kept_300s for entry in desk.told()} == {one: False, two: None}


async def test_the_end_of_the_server_tells_what_can_be_told(desk: Desk) -> None:
    editor = await desk.editor()
    uri = desk.open(editor)
    (item,) = await editor.ask(uri, 0, len(PAGE))
    await asyncio.sleep(1.0)
    editor.insert(uri, 0, len(PAGE), " x")
    await editor.client.shutdown_async(None)
    editor.client.exit(None)
    await editor.process.wait()
    entry = await desk.fate(item.command.arguments[0], "typed_past")
    assert entry.instead == " x"


# Bad input: suggestions go on


async def still_suggests(editor: Editor, desk: Desk) -> bool:
    text = PAGE + " a long while, and then"
    uri = desk.open(editor, text, "other.md")
    return bool(await editor.texts(uri, 0, len(text)))


async def test_nonsense_from_the_editor_changes_nothing(desk: Desk) -> None:
    editor = await desk.editor()
    uri = desk.open(editor)
    (item,) = await editor.ask(uri, 0, len(PAGE))
    sent = {"insertText": SAID, "command": {"command": "x", "arguments": item.command.arguments}}
    notify = editor.client.protocol.notify
    for params in (None, 7, {"item": {}}, {"item": {**sent, "command": {"arguments": ["no such id"]}}}):
        notify("textDocument/didShowCompletion", params)
    for length in (-5, 0, "four", None, True, 10**9):
        notify("textDocument/didPartiallyAcceptCompletion", {"item": sent, "acceptedLength": length})
    for command in ("accept", "dismiss", "reject"):
        for arguments in ([], [None], ["no such id"], [{"id": 1}, 7]):
            await editor.execute(f"ownhand.{command}", *arguments)
    entry = await desk.fate(item.command.arguments[0], "partial")
    assert entry.text == SAID
    assert await editor.execute("ownhand.verdicts", "file:///nowhere") == {
        "sentence": "No manuscript folder is open. Open the folder that your writing lies in."
    }
    assert "sentence" in await editor.execute("ownhand.provenance", 7)
    assert await still_suggests(editor, desk)


async def test_a_document_closed_in_the_middle_is_no_trouble(desk: Desk) -> None:
    editor = await desk.editor()
    uri = desk.open(editor)
    (item,) = await editor.ask(uri, 0, len(PAGE))
    editor.close(uri)
    await editor.execute("ownhand.accept", item.command.arguments[0])
    await editor.execute("ownhand.reject", item.command.arguments[0], "own words")
    assert await still_suggests(editor, desk)


Damage = Callable[[Path], None]


def _rubbish(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\0" + os.urandom(8000))


def _newer(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as ledger:
        ledger.execute("PRAGMA user_version = 99")


@pytest.mark.parametrize(("damage", "says"), [(_rubbish, "damaged"), (_newer, "newer Ownhand")])
async def test_a_ledger_that_can_t_be_used_is_said_once(desk: Desk, damage: Damage, says: str) -> None:
    damage(desk.voice.ledger_path)
    before = desk.voice.ledger_path.read_bytes()
    editor = await desk.editor()
    uri = desk.open(editor)
    (item,) = await editor.ask(uri, 0, len(PAGE))
    await editor.execute("ownhand.dismiss", item.command.arguments[0])
    await until(lambda: [message for message in editor.messages if says in message])
    assert await still_suggests(editor, desk)
    assert len([message for message in editor.messages if says in message]) == 1
    if damage is _newer:
        assert desk.voice.ledger_path.read_bytes() == before
    else:
        entry = await desk.fate(item.command.arguments[0], "dismissed")
        assert entry.text == SAID
        (aside,) = desk.voice.path.glob("ledger.sqlite3.broken-*")
        assert aside.read_bytes() == before


async def test_a_locked_ledger_gets_its_facts_later(desk: Desk) -> None:
    editor = await desk.editor()
    uri = desk.open(editor)
    await take(editor, uri)
    with contextlib.closing(sqlite3.connect(desk.voice.ledger_path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        text = "Two lamps, then, and nobody to light"
        uri = desk.open(editor, text, "two.md")
        (item,) = await editor.ask(uri, 0, len(text))
        answer = await editor.execute("ownhand.dismiss", item.command.arguments[0])
        assert answer == {"recorded": False}
        assert await still_suggests(editor, desk)
    await desk.fate(item.command.arguments[0], "dismissed")


async def write_on(editor: Editor, desk: Desk) -> None:
    """Some more suggestions and verdicts, none of which can be noted."""
    for number in range(3):
        text = f"{PAGE} {number} hours and then"
        uri = desk.open(editor, text, f"page{number}.md")
        (item,) = await editor.ask(uri, 0, len(text))
        assert await editor.execute("ownhand.dismiss", item.command.arguments[0]) == {"recorded": False}


async def test_a_full_disk_is_said_once_and_suggestions_go_on(desk: Desk) -> None:
    """This test looked at no message at all."""
    editor = await desk.editor(largest_file=0)
    await write_on(editor, desk)
    (said,) = [message for message in editor.messages if "what becomes of suggestions" in message]
    assert str(desk.voice.ledger_path) in said
    assert await still_suggests(editor, desk)


async def test_a_ledger_in_a_read_only_folder_is_said_once_and_suggestions_go_on(desk: Desk) -> None:
    desk.voice.path.chmod(0o500)
    try:
        editor = await desk.editor(plain_user=True)
        await write_on(editor, desk)
        (said,) = [message for message in editor.messages if "what becomes of suggestions" in message]
        assert "make the folder writable" in said
        assert await still_suggests(editor, desk)
        assert not desk.voice.ledger_path.exists()
    finally:
        desk.voice.path.chmod(0o700)


async def test_the_log_and_the_messages_hold_no_text(desk: Desk) -> None:
    editor = await desk.editor()
    uri = desk.open(editor)
    await take(editor, uri)
    log = (desk.home.root / "server.log").read_text()
    assert "bell" not in log
    assert "lamp" not in log.casefold().replace("the lamp/", "")
    forget(desk.voice.ledger_path)
    assert json.dumps(editor.messages).count("bell") == 0

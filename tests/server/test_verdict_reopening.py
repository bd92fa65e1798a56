"""What is followed of a page goes on when the page is closed and opened again, reloaded, or gets another name."""

from lsprotocol import types

from lsp_editor import Editor, until
from ownhand.verdicts.reading.figures import load_whose, read_statistics
from verdict_desk import PAGE, SAID, Desk, take

ADDED = "It was a year of long evenings. "
"""Shorter than what counts as pasted."""
FOLLOWED = [("not from Ownhand", ADDED), ("not observed", PAGE), ("from Ownhand", SAID)]


async def told(editor: Editor, uri: str, text: str) -> list[tuple[str, str]]:
    answer = await editor.execute("ownhand.provenance", uri)
    found = []
    for span in answer["spans"]:
        start, end = span["range"]["start"], span["range"]["end"]
        assert start["line"] == end["line"] == 0
        found.append((span["kind"], text[start["character"] : end["character"]]))
    return found


async def removed(desk: Desk, count: int) -> None:
    """The observer follows the accepted text: it says that it is gone, or back."""
    await until(lambda: read_statistics(desk.voice.ledger_path).total.removed == count)


async def test_a_page_that_is_closed_and_opened_at_once_is_followed_on(desk: Desk) -> None:
    """What was known at the close was still on its way to the ledger, and the page began anew from what lay there."""
    editor = await desk.editor()
    uri = desk.open(editor)
    await take(editor, uri)
    editor.insert(uri, 0, 0, ADDED)
    text = ADDED + PAGE + SAID
    for _ in range(3):
        editor.close(uri)
        uri = desk.open(editor, text)
    assert await told(editor, uri, text) == FOLLOWED
    editor.replace(uri, (0, len(ADDED + PAGE)), (0, len(text)), "")
    await removed(desk, 1)


async def test_what_was_changed_while_the_note_was_read_survives_the_close(desk: Desk) -> None:
    """A page that was closed before what is noted of it was read lost its changes."""
    editor = await desk.editor()
    uri = desk.open(editor)
    await editor.execute("ownhand.provenance", uri)  # the folder is settled
    editor.close(uri)
    text = PAGE
    for number in range(5):
        uri = desk.open(editor, text)
        editor.insert(uri, 0, 0, f"Page {number}. ")
        text = f"Page {number}. {text}"
        editor.close(uri)
    uri = desk.open(editor, text)
    assert await told(editor, uri, text) == [("not from Ownhand", text[: -len(PAGE)]), ("not observed", PAGE)]


async def test_what_was_changed_is_noted_by_a_server_that_is_stopped_at_once(desk: Desk) -> None:
    editor = await desk.editor()
    uri = desk.open(editor)
    await editor.execute("ownhand.provenance", uri)
    other = desk.open(editor, PAGE, "other.md")
    editor.insert(other, 0, 0, ADDED)
    editor.close(other)
    editor.insert(uri, 0, 0, ADDED)
    await editor.client.shutdown_async(None)
    editor.client.exit(None)
    await editor.process.wait()
    assert load_whose(desk.voice.ledger_path, "lamp.md")
    assert load_whose(desk.voice.ledger_path, "other.md")


async def test_a_page_under_another_name_is_followed_on(desk: Desk) -> None:
    """An editor renames by closing one page and opening another."""
    editor = await desk.editor()
    uri = desk.open(editor)
    suggestion = await take(editor, uri)
    editor.insert(uri, 0, 0, ADDED)
    text = ADDED + PAGE + SAID
    (desk.folder / "lamp.md").rename(desk.folder / "evening.md")
    editor.close(uri)
    uri = desk.open(editor, text, "evening.md")
    assert await told(editor, uri, text) == FOLLOWED
    editor.replace(uri, (0, len(ADDED + PAGE)), (0, len(text)), "")
    await removed(desk, 1)
    editor.insert(uri, 0, len(ADDED + PAGE), SAID)
    await removed(desk, 0)
    assert (await editor.execute("ownhand.provenance", uri))["spans"][-1]["suggestion"] == suggestion


async def test_a_copy_that_is_opened_beside_takes_nothing_along(desk: Desk) -> None:
    """Any page with the same text took over what was followed of the one that was closed."""
    editor = await desk.editor()
    uri = desk.open(editor)
    await take(editor, uri)
    text = PAGE + SAID
    editor.close(uri)
    copy = desk.open(editor, text, "copy.md")
    editor.replace(copy, (0, len(PAGE)), (0, len(text)), "")
    uri = desk.open(editor, text)
    assert await told(editor, uri, text) == FOLLOWED[1:]
    editor.replace(uri, (0, len(PAGE)), (0, len(text)), "")
    await removed(desk, 1)


async def test_a_page_that_is_sent_anew_is_followed_on(desk: Desk) -> None:
    """As after a reload from the disk, or a formatter's work: the whole text comes in one change."""
    editor = await desk.editor()
    uri = desk.open(editor)
    await take(editor, uri)
    text = ADDED + PAGE + SAID
    editor.versions[uri] += 1
    document = types.VersionedTextDocumentIdentifier(editor.versions[uri], uri)
    change = types.TextDocumentContentChangeWholeDocument(text)
    editor.client.text_document_did_change(types.DidChangeTextDocumentParams(document, [change]))
    assert await told(editor, uri, text) == FOLLOWED
    editor.replace(uri, (0, len(ADDED + PAGE)), (0, len(text)), "")
    await removed(desk, 1)


async def test_a_page_that_was_changed_elsewhere_while_it_was_closed(desk: Desk) -> None:
    editor = await desk.editor()
    uri = desk.open(editor)
    await take(editor, uri)
    editor.insert(uri, 0, 0, ADDED)
    editor.close(uri)
    text = ADDED + PAGE + SAID + " She had heard it before."
    (desk.folder / "lamp.md").write_text(text)
    uri = desk.open(editor, text)
    assert await told(editor, uri, text) == [*FOLLOWED, ("not observed", " She had heard it before.")]

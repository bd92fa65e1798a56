"""What inline completion answers, to the letter."""

import asyncio

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcRequestCancelled

from lsp_editor import NARRATIVE, Editor, Start, until

SAID = " and the water came back without a sound."


async def test_the_item_is_the_suggestion_at_the_cursor_with_its_command(editor: Editor) -> None:
    uri = editor.page(NARRATIVE)
    end = len(NARRATIVE)
    (item,) = await editor.ask(uri, 0, end)
    assert item.insert_text == SAID
    assert item.range == types.Range(types.Position(0, end), types.Position(0, end))
    assert item.command.command == "ownhand.accept"
    (suggestion_id,) = item.command.arguments
    assert isinstance(suggestion_id, str)
    assert suggestion_id
    before = await editor.counts()
    assert await editor.execute("ownhand.accept", suggestion_id) is None
    assert await editor.execute("ownhand.accept", suggestion_id) is None
    assert await editor.counts() == {**before, "shown": before["shown"] + 1, "accepted": before["accepted"] + 1}


async def test_typing_along_gets_the_remainder_under_the_same_id(editor: Editor) -> None:
    uri = editor.page(NARRATIVE)
    column = len(NARRATIVE)
    (first,) = await editor.ask(uri, 0, column)
    before = await editor.counts()
    for letter in " and th":
        editor.insert(uri, 0, column, letter)
        column += 1
    (rest,) = await editor.ask(uri, 0, column, invoked=False)
    assert rest.insert_text == "e water came back without a sound."
    assert rest.command.arguments == first.command.arguments
    assert await editor.counts() == before


async def test_the_moment_is_frozen_when_the_request_arrives(start: Start) -> None:
    """A change that was sent right after the request must not move the place that the request meant."""
    editor = await start(
        script=[{"ends_with": "before anyone", "text": " woke."}, {"ends_with": "She", "text": " ran."}]
    )
    await editor.initialize()
    uri = editor.page("The tide went out before anyone")
    asked = editor.request(uri, 0, 31)
    editor.replace(uri, (0, 0), (0, 31), "She")
    (item,) = await asked
    assert item.insert_text == " woke."


async def test_the_newest_request_wins_and_the_others_are_cancelled(start: Start) -> None:
    editor = await start(script={"rules": [], "default": SAID, "delay_ms": 20})
    await editor.initialize()
    uri = editor.page(NARRATIVE)
    requests = []
    for column in range(20, 220):
        requests.append(editor.request(uri, 0, column % 60))
    answers = await asyncio.gather(*requests, return_exceptions=True)
    assert len(answers) == 200
    assert isinstance(answers[-1], list)
    assert {type(answer) for answer in answers[:-1]} == {JsonRpcRequestCancelled}
    assert (await editor.status())["counts"]["offered"] <= 1


async def test_the_same_version_and_place_join_one_generation(start: Start) -> None:
    editor = await start(script={"rules": [], "default": SAID, "delay_ms": 10})
    await editor.initialize()
    uri = editor.page(NARRATIVE)
    requests = [editor.request(uri, 0, len(NARRATIVE)) for _ in range(5)]
    answers = await asyncio.gather(*requests)
    ids = {item.command.arguments[0] for answer in answers for item in answer}
    assert [len(answer) for answer in answers] == [1] * 5
    assert len(ids) == 1


async def test_two_documents_do_not_disturb_each_other(start: Start) -> None:
    editor = await start(script={"rules": [], "default": SAID, "delay_ms": 10})
    await editor.initialize()
    uris = [editor.page(NARRATIVE) for _ in range(2)]
    answers = await asyncio.gather(*(editor.request(uri, 0, len(NARRATIVE)) for uri in uris))
    assert [answer[0].insert_text for answer in answers] == [SAID, SAID]


async def test_a_request_taken_back_is_answered_as_cancelled(start: Start) -> None:
    editor = await start(script={"rules": [], "default": SAID, "delay_ms": 60_000})
    await editor.initialize()
    uri = editor.page(NARRATIVE)
    params = types.InlineCompletionParams(
        types.InlineCompletionContext(types.InlineCompletionTriggerKind.Invoked),
        types.TextDocumentIdentifier(uri),
        types.Position(0, 8),
    )
    sent = editor.client.protocol.send_request(types.TEXT_DOCUMENT_INLINE_COMPLETION, params, msg_id="take-back")
    editor.client.cancel_request(types.CancelParams(id="take-back"))
    with pytest.raises(JsonRpcRequestCancelled):
        await asyncio.wait_for(asyncio.wrap_future(sent), 20)
    assert await editor.status()


async def test_manual_asks_for_a_key_and_says_so(start: Start) -> None:
    editor = await start(script={"rules": [], "default": SAID})
    await editor.initialize(options={"suggestion": {"trigger": "manual"}})
    uri = editor.page(NARRATIVE)
    assert await editor.ask(uri, 0, len(NARRATIVE), invoked=False) == []
    assert "until you ask" in await editor.why()
    assert await editor.texts(uri, 0, len(NARRATIVE), invoked=True) == [SAID]
    assert await editor.why() == ""


async def test_drafts_of_the_protocol_count_trigger_kinds_from_zero(start: Start) -> None:
    editor = await start(script={"rules": [], "default": SAID})
    await editor.initialize(options={"suggestion": {"trigger": "manual"}})
    uri = editor.page(NARRATIVE)
    params = {
        "textDocument": {"uri": uri},
        "position": {"line": 0, "character": len(NARRATIVE)},
        "context": {"triggerKind": 0},
    }
    answer = await editor.raw("textDocument/inlineCompletion", params)
    assert [item["insertText"] for item in answer] == [SAID]


@pytest.mark.parametrize("position", [{"line": -1, "character": 0}, {"line": "one"}, None, {"line": 10**6}])
async def test_nonsense_gets_an_empty_list(editor: Editor, position: object) -> None:
    uri = editor.page(NARRATIVE)
    params = {"textDocument": {"uri": uri}, "position": position, "context": {"triggerKind": 1}}
    answer = await editor.raw("textDocument/inlineCompletion", params)
    assert answer == []
    assert await editor.still_answers()


async def test_an_open_list_of_words_keeps_suggestions_away(editor: Editor) -> None:
    uri = editor.page(NARRATIVE)
    zero = {"line": 0, "character": 0}
    params = {
        "textDocument": {"uri": uri},
        "position": {"line": 0, "character": len(NARRATIVE)},
        "context": {"triggerKind": 2, "selectedCompletionInfo": {"range": {"start": zero, "end": zero}, "text": "x"}},
    }
    assert await editor.raw("textDocument/inlineCompletion", params) == []
    assert "list of words" in await editor.why()


async def test_a_dismissal_is_counted_once_and_an_unknown_id_passed_over(editor: Editor) -> None:
    uri = editor.page(NARRATIVE)
    (item,) = await editor.ask(uri, 0, len(NARRATIVE))
    before = await editor.counts()
    await editor.execute("ownhand.dismiss", item.command.arguments[0])
    await editor.execute("ownhand.dismiss", "no such id")
    assert await editor.counts() == {**before, "shown": before["shown"] + 1, "dismissed": before["dismissed"] + 1}


async def test_partial_accepts_and_shown_items_are_understood(editor: Editor) -> None:
    uri = editor.page(NARRATIVE)
    (item,) = await editor.ask(uri, 0, len(NARRATIVE))
    shown = {"insertText": item.insert_text, "command": {"command": "x", "arguments": item.command.arguments}}
    before = await editor.counts()
    notify = editor.client.protocol.notify
    notify("textDocument/didShowCompletion", {"item": shown})
    notify("textDocument/didPartiallyAcceptCompletion", {"item": shown, "acceptedLength": 4})
    notify("textDocument/didPartiallyAcceptCompletion", {"item": None})
    notify("textDocument/didPartiallyAcceptCompletion", 7)
    assert await editor.counts() == {**before, "shown": before["shown"] + 1, "partial": before["partial"] + 1}


async def test_the_status_says_who_writes_and_comes_by_itself(editor: Editor) -> None:
    uri = editor.page(NARRATIVE)
    await editor.ask(uri, 0, len(NARRATIVE))
    status = await until(lambda: [state for state in editor.statuses if state["counts"]["offered"]])
    assert status[-1]["engine"] == "scripted"
    assert status[-1]["form"] == "prose"
    assert set(status[-1]) >= {"engine", "model", "voice", "training", "words", "counts", "why"}


async def test_verse_and_astral_characters_are_asked_at_the_right_place(start: Start) -> None:
    poem = "salt 😀 on the sill\n\tno boat\u2028 yet,\n\nno boat, only\n"
    editor = await start(script=[{"ends_with": "no boat, only", "text": " the bell"}])
    await editor.initialize()
    uri = editor.page("", "markdown")
    editor.insert(uri, 0, 0, poem)
    editor.replace(uri, (0, 5), (0, 7), "🐚")
    assert await editor.texts(uri, 3, 13) == [" the bell"]

"""What the writer called "not mine" is not in the ledger, and doesn't come into it again."""

import contextlib
import sqlite3

from lsp_editor import Editor, until
from ownhand.verdicts.reading.figures import load_whose, read_statistics
from ownhand.voices.reveal import BEFORE, VOICE, YOURS, Place, Reveal
from verdict_desk import PAGE, SAID, Desk, take

CLIPPING = (
    "The herring fleet was laid up for the third winter running, said the harbour master on Tuesday. Of forty boats "
    "that put out in the year of the great catch no more than eleven are fit for the sea, and the owners of seven of "
    "those have written to the bank. The council will sit on the matter in the new year, when the Member is expected "
    "back from the capital with an answer"
)
COAL = "She had coal for one more night. " * 80
"""More than what a moment keeps of the text before it."""
NOTEBOOK = f"# A clipping\n\n{CLIPPING}\n\n# The lamp\n\n{COAL}\n\n{PAGE}\n"
COLD, STILL = " The stove was cold.", " Nobody came up the stairs."
SCRIPT = {
    "rules": [
        {"ends_with": "twice.", "text": COLD},
        {"ends_with": "cold.", "text": STILL},
        {"ends_with": "an answer", "text": " of some kind."},
    ],
    "default": SAID,
}


async def pieces(editor: Editor, desk: Desk, wanted: int) -> list[dict[str, str]]:
    """The pieces of the folder, once they are read."""
    while True:
        corpus = await editor.execute("ownhand.corpus", desk.folder.as_uri())
        if len(corpus["pieces"]) == wanted:
            return list(corpus["pieces"])


def in_the_ledger(desk: Desk, text: str) -> bool:
    with contextlib.closing(sqlite3.connect(desk.voice.ledger_path)) as ledger:
        return text in "\n".join(ledger.iterdump())


async def test_a_file_that_is_left_out_takes_its_texts_along_and_gets_no_more(desk: Desk) -> None:
    """The next acceptance stored the file's text again, and whose words it is made of was noted anew."""
    editor = await desk.editor(script=SCRIPT)
    uri = desk.open(editor)
    await take(editor, uri)
    await pieces(editor, desk, 1)
    assert in_the_ledger(desk, "Nobody in the house")
    assert await editor.execute("ownhand.mine", desk.folder.as_uri(), "lamp.md", "not mine") == {"mine": "not mine"}
    (entry,) = desk.told()
    assert (entry.fate, entry.text, entry.before) == ("accepted", None, "")
    editor.insert(uri, 0, 0, "It was winter. ")
    text = f"It was winter. {PAGE}{SAID}"
    await take(editor, uri, text)
    (item,) = await editor.ask(uri, 0, len(text + COLD))
    editor.insert(uri, 0, len(text + COLD), " Then it was still.")
    assert await editor.execute("ownhand.reject", item.command.arguments[0], "cliché") == {"recorded": True}
    assert "learns from" in (await editor.execute("ownhand.provenance", uri))["sentence"]
    editor.close(uri)
    await editor.client.shutdown_async(None)
    editor.client.exit(None)
    await editor.process.wait()
    total = read_statistics(desk.voice.ledger_path).total
    assert (total.offered, total.accepted, total.rejected) == (3, 2, 1), "the figures stay"
    for part in ("Nobody in the house", "the bell rang", "stove was cold", "It was winter", "Then it was still"):
        assert not in_the_ledger(desk, part)
    assert load_whose(desk.voice.ledger_path, "lamp.md") is None


async def test_what_was_on_its_way_when_the_file_was_left_out_goes_as_well(desk: Desk) -> None:
    """What was written instead, and the accepted text at its last look, came after the deletion."""
    editor = await desk.editor()
    uri = desk.open(editor)
    await pieces(editor, desk, 1)
    (item,) = await editor.ask(uri, 0, len(PAGE))
    await editor.execute("ownhand.dismiss", item.command.arguments[0])
    editor.insert(uri, 0, len(PAGE), " for the boat.")
    await editor.execute("ownhand.mine", desk.folder.as_uri(), "lamp.md", "not mine")
    editor.close(uri)
    await editor.execute("ownhand.verdicts")
    (entry,) = desk.told()
    assert (entry.fate, entry.text, entry.instead) == ("dismissed", None, None)
    assert not in_the_ledger(desk, "for the boat")


async def test_a_file_that_is_the_writer_s_after_all_is_noted_again(desk: Desk) -> None:
    editor = await desk.editor()
    uri = desk.open(editor)
    await pieces(editor, desk, 1)
    await editor.execute("ownhand.mine", desk.folder.as_uri(), "lamp.md", "not mine")
    await editor.execute("ownhand.mine", desk.folder.as_uri(), "lamp.md", "mine")
    await take(editor, uri)
    (entry,) = desk.told()
    assert (entry.text, entry.before) == (SAID, PAGE)
    assert "spans" in await editor.execute("ownhand.provenance", uri)


async def test_it_is_left_out_in_the_next_sitting_too(desk: Desk) -> None:
    editor = await desk.editor()
    desk.open(editor)
    await pieces(editor, desk, 1)
    await editor.execute("ownhand.mine", desk.folder.as_uri(), "lamp.md", "not mine")
    editor.process.kill()
    again = await desk.editor()
    await take(again, desk.open(again))
    (entry,) = desk.told()
    assert (entry.fate, entry.text) == ("accepted", None)


async def test_of_a_file_with_others_pieces_only_theirs_are_left_out(desk: Desk) -> None:
    (desk.folder / "lamp.md").write_text(NOTEBOOK)
    editor = await desk.editor(script=SCRIPT)
    uri = desk.open(editor, NOTEBOOK)
    clipping = next(piece for piece in await pieces(editor, desk, 2) if piece["title"] == "A clipping")
    await editor.execute("ownhand.mine", desk.folder.as_uri(), clipping["id"], "not mine")
    (theirs,) = await editor.ask(uri, 2, len(CLIPPING))
    editor.insert(uri, 2, len(CLIPPING), theirs.insert_text)
    await editor.execute("ownhand.accept", theirs.command.arguments[0])
    (own,) = await editor.ask(uri, 8, len(PAGE))
    editor.insert(uri, 8, len(PAGE), own.insert_text)
    await editor.execute("ownhand.accept", own.command.arguments[0])
    told = {entry.suggestion: entry for entry in desk.told()}
    assert told[theirs.command.arguments[0]].text is None
    assert told[own.command.arguments[0]].text == SAID
    assert not in_the_ledger(desk, "herring")


async def test_drafts_of_a_piece_go_with_it(desk: Desk) -> None:
    """The answer holds for the drafts of a piece, and their texts stayed in the ledger."""
    (desk.folder / "draft.md").write_text(f"{PAGE} for him.")
    editor = await desk.editor()
    uri = desk.open(editor, f"{PAGE} for him", "draft.md")
    await take(editor, uri, f"{PAGE} for him")
    found = await pieces(editor, desk, 2)
    newest = next(piece["id"] for piece in found if not piece["copy_of"])
    await editor.execute("ownhand.mine", desk.folder.as_uri(), newest, "not mine")
    await until(lambda: not in_the_ledger(desk, "Nobody in the house"))


async def test_a_reveal_that_quotes_what_is_left_out_goes_and_no_other(desk: Desk) -> None:
    (desk.folder / "lamp.md").write_text(NOTEBOOK)
    editor = await desk.editor(script=SCRIPT)
    desk.open(editor, NOTEBOOK)
    found = {piece["title"]: piece["id"] for piece in await pieces(editor, desk, 2)}
    texts = ("something else", f"{CLIPPING[100:200]} …", "and else again")
    place = Place("A clipping", f"… {CLIPPING[20:100].strip()}", texts, (BEFORE, YOURS, VOICE))
    kept = [desk.voice.path / name for name in ("reveal.json", "report.html")]
    Reveal("1", (place,)).write(desk.voice.path)
    kept[1].write_text("a page")
    await editor.execute("ownhand.mine", desk.folder.as_uri(), found["The lamp"], "not mine")
    assert all(file.exists() for file in kept)
    await editor.execute("ownhand.mine", desk.folder.as_uri(), found["A clipping"], "not mine")
    assert not any(file.exists() for file in kept)

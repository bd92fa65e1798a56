"""Taking a suggestion whole, by word or by line; sending it away; and keys that stay themselves."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from nvim_screen import Neovim

from conftest import SENTENCE, Desk, status


@pytest.fixture
def overheard(desk: Desk) -> Path:
    """A desk whose server is overheard: the file that every message to the server is copied to."""
    copy = desk.folder / "to-server"
    ownhand = Path(sys.executable).parent / "ownhand"
    desk.configure(settings=f"}}, cmd = {{ 'sh', '-c', 'tee {copy} | {ownhand} serve' }}, root_dir = nil, keys = {{")
    return copy


def overheard_messages(copy: Path) -> list[dict[str, Any]]:
    """All messages to the server, in order."""
    found = []
    for part in copy.read_bytes().split(b"Content-Length: ")[1:]:
        try:
            found.append(json.loads(part.split(b"\r\n\r\n", 1)[1]))
        except ValueError:
            continue  # Still being written.
    return found


def messages(copy: Path, method: str) -> list[dict[str, Any]]:
    """The parameters of all messages of that method, in order."""
    return [message["params"] for message in overheard_messages(copy) if message.get("method") == method]


def told_by(copy: Path, *methods: str) -> list[str]:
    """What was sent of these methods, in order; of a change the text that it put in."""
    told = []
    for message in overheard_messages(copy):
        if message.get("method") == "textDocument/didChange":
            told += [change["text"] for change in message["params"]["contentChanges"] if change["text"]]
        elif message.get("method") in methods:
            told.append(message["method"])
    return told


def suggested(desk: Desk, **options: int) -> Neovim:
    neovim = desk.open(text="The boat sank in the deep, an", **options)
    neovim.keys("Ad")
    neovim.wait_ghost(SENTENCE.strip())
    return neovim


def test_the_server_is_told_what_was_shown_and_taken(desk: Desk, overheard: Path) -> None:
    neovim = suggested(desk)
    neovim.write(" the")
    neovim.wait_until(lambda: messages(overheard, "textDocument/didShowCompletion"), "shown")
    neovim.keys("<M-Right>")
    neovim.wait_ghost(SENTENCE[len(" the sea") :].strip())
    neovim.keys("<M-Right>")
    neovim.wait_ghost(SENTENCE[len(" the sea went") :].strip())
    partial = "textDocument/didPartiallyAcceptCompletion"
    neovim.wait_until(lambda: len(messages(overheard, partial)) == 2, "two words")
    neovim.keys("<Tab>")
    neovim.wait_until(lambda: messages(overheard, "workspace/executeCommand"), "the command")
    shown = messages(overheard, "textDocument/didShowCompletion")
    assert len(shown) == 1
    item = shown[0]["item"]
    assert item["insertText"] == SENTENCE
    taken = messages(overheard, partial)
    assert [(told["acceptedLength"], told["item"]) for told in taken] == [
        (len(" the sea"), item),
        (len(" the sea went"), item),
    ]
    assert messages(overheard, "workspace/executeCommand") == [
        {"command": "ownhand.accept", "arguments": item["command"]["arguments"]}
    ]
    assert neovim.buffer == ["The boat sank in the deep, and" + SENTENCE]


def test_the_text_is_told_before_the_gesture_that_put_it_in(desk: Desk, overheard: Path) -> None:
    neovim = suggested(desk)
    neovim.keys(" the<M-Right>")
    neovim.wait_ghost(SENTENCE[len(" the sea") :].strip())
    neovim.keys("<Tab>")
    part, command = "textDocument/didPartiallyAcceptCompletion", "workspace/executeCommand"
    neovim.wait_until(lambda: messages(overheard, command), "the command")
    told = told_by(overheard, part, command)
    assert told[-4:] == [" sea", part, SENTENCE[len(" the sea") :], command]


def test_lengths_count_from_the_start_of_the_item_in_utf_16(desk: Desk, overheard: Path) -> None:
    text = " the 🌊 took Ida’s lamp."
    desk.script["rules"].append({"ends_with": "that night", "text": text})
    neovim = desk.open(text="It was late that nigh")
    neovim.keys("At")
    neovim.wait_ghost(text.strip())
    neovim.keys(" the")
    neovim.wait_ghost("🌊 took Ida’s lamp.")
    neovim.keys("<M-Right>")
    neovim.wait_ghost("took Ida’s lamp.")
    neovim.keys("<C-Space>")
    neovim.lua("vim.wait(300)")
    neovim.wait_ghost("took Ida’s lamp.")
    neovim.keys("<M-Right>")
    neovim.wait_ghost("Ida’s lamp.")
    partial = "textDocument/didPartiallyAcceptCompletion"
    neovim.wait_until(lambda: len(messages(overheard, partial)) == 2, "two parts")
    first, second = messages(overheard, partial)
    assert first["item"]["insertText"] == text
    assert first["acceptedLength"] == len(" the 🌊") + 1
    # Asked anew by key, what was left is an item of its own, with the same id.
    assert second["item"]["insertText"] == " took Ida’s lamp."
    assert second["acceptedLength"] == len(" took")
    assert first["item"]["command"] == second["item"]["command"]
    assert len(messages(overheard, "textDocument/didShowCompletion")) == 1


def test_a_key_pressed_before_anything_could_be_seen_is_not_meant_for_it(desk: Desk) -> None:
    """No redraw comes while a mapping is busy: what is set meanwhile is not shown, and <Tab> stays <Tab>."""
    neovim = desk.open(text="The boat sank in the deep, an")
    neovim.lua(
        """
        require("ownhand.status").changed = function() end -- This would draw the screen.
        vim.keymap.set("i", "<F5>", function()
          vim.wait(5000, function() return require("ownhand.ghost").is_shown() end, 10)
        end)
        """
    )
    neovim.keys("Ad<F5><Tab>")
    neovim.wait_until(lambda: neovim.buffer == ["The boat sank in the deep, and\t"], "a tab alone")


def test_words_one_by_one(desk: Desk) -> None:
    desk.script["rules"].append({"ends_with": "She said", "text": ' "don\'t"—well-worn words, café 🌊 and out.'})
    neovim = desk.open(text="She sai")
    neovim.keys("Ad")
    neovim.wait(lambda frame: "don't" in frame.ghost_text)
    steps = []
    while neovim.frame.ghost_text:
        before = neovim.buffer[0]
        neovim.keys("<M-Right>")
        neovim.wait_until(lambda before=before: neovim.buffer[0] != before, "a word")
        steps.append(neovim.buffer[0][len(before) :])
        neovim.call("nvim_get_mode")
    assert steps == [' "don\'t"—', "well-worn", " words,", " café", " 🌊", " and", " out."]
    neovim.wait_until(lambda: status(neovim)["counts"]["accepted"] == 1, "the last word counts as the whole")


def test_word_by_word_nothing_flickers(desk: Desk) -> None:
    neovim = suggested(desk)
    first = len(neovim.frames)
    for _ in range(4):
        neovim.keys("<M-Right>")
        neovim.call("nvim_get_mode")
    neovim.wait_ghost(SENTENCE[len(" the sea went on") :].strip())
    lines = {" ".join(" ".join(frame.rows[:3]).replace("~", "").split()) for frame in neovim.frames[first:]}
    assert lines == {"The boat sank in the deep, and" + SENTENCE}


def test_a_line(desk: Desk) -> None:
    neovim = suggested(desk)
    neovim.keys("<M-Down>")
    neovim.wait_no_ghost()
    assert neovim.buffer == ["The boat sank in the deep, and" + SENTENCE]


def test_undo_takes_back_the_suggestion_and_nothing_else(desk: Desk) -> None:
    neovim = suggested(desk)
    neovim.keys("<Tab>")
    neovim.wait_no_ghost()
    neovim.keys("<Esc>u")
    neovim.wait_until(lambda: neovim.buffer == ["The boat sank in the deep, and"], "one undo")
    neovim.keys("u")
    neovim.wait_until(lambda: neovim.buffer == ["The boat sank in the deep, an"], "the typing is another one")


def test_dismissing_says_so(desk: Desk) -> None:
    neovim = suggested(desk)
    neovim.keys("<C-]>")
    neovim.wait_no_ghost()
    assert neovim.buffer == ["The boat sank in the deep, and"]
    neovim.wait_until(lambda: status(neovim)["counts"]["dismissed"] == 1, "the server counts it")


def test_tab_is_tab_without_a_suggestion(desk: Desk) -> None:
    neovim = desk.open(text="Nothing")
    neovim.keys("A<Tab>x")
    neovim.wait_until(lambda: neovim.buffer == ["Nothing\tx"], "a tab")


@pytest.mark.parametrize(
    "mapping",
    [
        "vim.keymap.set('i', '<Tab>', 'former')",
        "vim.keymap.set('i', '<Tab>', function() return 'former' end, { expr = true })",
        "vim.keymap.set('i', '<Tab>', function() vim.api.nvim_put({ 'former' }, 'c', true, true) end)",
        "vim.cmd([[inoremap <expr> <Tab> 'for' .. 'mer']])",
    ],
)
def test_tab_falls_through_to_what_it_did_before(desk: Desk, mapping: str) -> None:
    desk.configure(mapping)
    neovim = suggested(desk)
    neovim.keys("<Tab>")
    neovim.wait_no_ghost()
    neovim.keys("<CR><Tab>")
    neovim.wait_until(lambda: neovim.buffer[-1] == "former", "the former mapping")
    assert neovim.buffer[0].endswith(SENTENCE)


def test_in_verse_tab_indents_and_another_key_accepts(desk: Desk) -> None:
    poem = (
        "Low water\n\nThe river pretends\nto be asleep\n    and under it\n"
        "the eel pretends\nto be the river\n\nwhat I took\nfrom the dee"
    )
    desk.script["rules"].append({"ends_with": "from the deep", "text": " I gave\n"})
    neovim = desk.open("poem.md", poem)
    neovim.keys("GAp")
    neovim.wait_ghost("I gave")
    neovim.wait_until(lambda: status(neovim).get("form") == "verse", "the server knows verse")
    neovim.keys("<Tab>")
    neovim.wait_until(lambda: neovim.buffer[-1] == "from the deep\t", "Tab indents")
    neovim.wait_no_ghost()
    neovim.keys("<BS>")
    neovim.wait_ghost("I gave")
    neovim.keys("<C-l>")
    neovim.wait_until(lambda: neovim.buffer[-1] == "from the deep I gave", "the other key accepts")


def test_keys_can_be_chosen_or_left_out(desk: Desk) -> None:
    desk.configure(settings="}, keys = { accept = false, accept_word = '<C-f>' ")
    neovim = suggested(desk)
    neovim.keys("<C-f>")
    neovim.wait_ghost(SENTENCE[len(" the") :].strip())
    neovim.keys("<Tab>")
    neovim.wait_no_ghost()
    assert neovim.buffer == ["The boat sank in the deep, and the\t"]


def test_plug_maps_serve_keys_of_the_writers_own(desk: Desk) -> None:
    desk.configure(
        "vim.keymap.set('i', '<C-j>', '<Plug>(ownhand-accept)')\nvim.keymap.set('i', '<C-k>', '<Plug>(ownhand-ask)')",
        settings='["suggestion.trigger"] = "manual" }, keys = false, filetypes = { "markdown" ',
    )
    neovim = desk.open(text="The boat sank in the deep, an")
    neovim.keys("Ad")
    neovim.lua("vim.wait(300)")
    assert not neovim.frame.ghost_text
    neovim.keys("<C-k>")
    neovim.wait_ghost(SENTENCE.strip())
    neovim.keys("<C-j>")
    neovim.wait_until(lambda: neovim.buffer[0].endswith(SENTENCE), "accepted")


@pytest.mark.parametrize("key", ["<M-Right>", "<M-Down>", "<M-n>", "<C-l>"])
def test_a_key_pressed_once_too_often_leaves_the_text_and_insert_mode_alone(desk: Desk, key: str) -> None:
    desk.configure(settings='["suggestion.trigger"] = "manual"')
    neovim = desk.open(text="The boat sank")
    neovim.keys(f"A{key}.")
    neovim.wait_until(lambda: neovim.buffer == ["The boat sank."], "the full stop alone")
    assert neovim.call("nvim_get_mode")["mode"] == "i"


def test_in_a_list_of_words_the_key_does_what_it_does_there(desk: Desk) -> None:
    desk.configure(settings='["suggestion.trigger"] = "manual"')
    neovim = desk.open(text="longer\nlongest\nlo")
    neovim.keys("GA<C-n><C-p><C-l>")
    neovim.wait_until(lambda: neovim.buffer[2] == "lon", "one more character of the match")


def test_keys_that_are_given_back_do_what_they_did(desk: Desk) -> None:
    desk.configure("vim.keymap.set('i', '<M-n>', 'former')")
    neovim = desk.open(text="The boat")
    for keys in ("{ accept_word = '<C-f>' }", "false"):
        neovim.lua(f"require('ownhand').setup({{ keys = {keys} }})")
    assert neovim.call("nvim_call_function", "maparg", ["<M-n>", "i"]) == "former"
    for key in ("<C-l>", "<M-Right>", "<C-f>"):
        assert neovim.call("nvim_call_function", "maparg", [key, "i"]) == ""

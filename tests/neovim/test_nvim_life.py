"""Everything around the writing: questions, popups, status, commands, and a server that dies."""

import os
import shutil
import signal
from pathlib import Path

import pytest
from nvim_screen import Neovim

from conftest import PLUGIN, SENTENCE, Desk, served, status


def suggested(neovim: Neovim) -> Neovim:
    neovim.keys("A")
    neovim.write(" deep, and")
    neovim.wait_ghost(SENTENCE.strip())
    return neovim


def server_of(neovim: Neovim) -> int:
    """The process id of the server: the child of this Neovim that runs `ownhand serve`."""
    children = Path(f"/proc/{neovim.call('nvim_call_function', 'getpid', [])}/task").glob("*/children")
    for child in " ".join(file.read_text() for file in children).split():
        if b"serve" in Path(f"/proc/{child}/cmdline").read_bytes():
            return int(child)
    raise AssertionError("no server runs")


def test_the_question_about_the_folder_is_asked_in_neovims_own_way(desk: Desk) -> None:
    desk.configure(consent=0)
    neovim = desk.open(text="The boat sank in the")
    frame = neovim.wait(lambda frame: "2:" in frame.text, "the choices")
    assert "Ownhand" in frame.text
    neovim.keys("2<CR>")
    neovim.wait_until(lambda: status(neovim).get("voice") == "suggest", "the answer arrived")
    suggested(neovim)


def test_a_question_never_comes_up_while_the_writer_types(desk: Desk) -> None:
    desk.configure(consent=0)
    neovim = desk.start("-c", "startinsert", str(desk.manuscript / "new.md"))
    neovim.wait_until(lambda: served(neovim), "a server for the buffer")
    neovim.wait(lambda frame: "press <Esc>" in frame.text, "the hint")
    neovim.keys("The boat sank in the dark")
    neovim.wait_until(lambda: neovim.buffer == ["The boat sank in the dark"], "every key went into the text")
    neovim.keys("<Esc>")
    neovim.wait(lambda frame: "2:" in frame.text, "the choices")
    neovim.keys("3<CR>")
    neovim.wait_until(lambda: status(neovim).get("voice") == "neither", "the answer arrived")


def test_a_popup_is_never_drawn_over(desk: Desk) -> None:
    neovim = desk.open(text="The boat sank in the", name="b.md")
    suggested(neovim)
    neovim.lua("vim.fn.complete(vim.fn.col('.'), { ' never', ' nobody' })")
    neovim.wait(lambda frame: "nobody" in frame.text and not frame.ghost_text)
    neovim.keys("<C-e>")
    neovim.wait_ghost(SENTENCE.strip())


def test_another_plugins_list_hides_it_too(desk: Desk) -> None:
    neovim = suggested(desk.open(text="The boat sank in the"))
    neovim.lua(
        """
        local buffer = vim.api.nvim_create_buf(false, true)
        vim.bo[buffer].filetype = "blink-cmp-menu"
        vim.api.nvim_open_win(buffer, false, { relative = "cursor", row = 1, col = 0, width = 9, height = 2 })
        """
    )
    neovim.write(" t")
    neovim.wait_no_ghost()


def test_the_status_line_says_what_serves(desk: Desk) -> None:
    desk.configure("vim.o.laststatus = 2; vim.o.statusline = [[%{v:lua.require'ownhand'.statusline()}]]")
    neovim = suggested(desk.open(text="The boat sank in the"))
    neovim.wait(lambda frame: "Ownhand · scripted" in frame.text, "engine in the status line")
    neovim.keys("<Esc>:Ownhand quiet<CR>")
    neovim.wait(lambda frame: "Ownhand · quiet" in frame.text, "quiet in the status line")
    neovim.keys("A")
    neovim.lua("vim.wait(300)")
    assert not neovim.frame.ghost_text
    neovim.keys("<Esc>:Ownhand quiet<CR>A")
    neovim.wait_ghost(SENTENCE.strip())


def test_the_status_line_says_that_an_answer_is_awaited(desk: Desk) -> None:
    desk.script["delay_ms"] = 60
    desk.configure(
        "vim.o.laststatus = 2; vim.o.statusline = [[%{v:lua.require'ownhand'.statusline()}]]",
        settings='["suggestion.trigger"] = "manual"',
    )
    neovim = desk.open(text="The boat sank in the deep, and")
    neovim.keys("A<C-Space>")
    neovim.wait(lambda frame: "Ownhand · thinking" in frame.text, "that it is being thought of")
    neovim.wait_ghost(SENTENCE.strip())
    neovim.wait(lambda frame: "thinking" not in frame.text, "that it is done")


def test_commands_complete_and_say_what_they_know(desk: Desk) -> None:
    neovim = desk.open(text="The boat sank in the")
    offered = neovim.call("nvim_call_function", "getcompletion", ["Ownhand ", "cmdline"])
    assert {"corpus", "consent", "quiet", "status", "why", "restart", "not-mine"} <= set(offered)
    assert neovim.call("nvim_call_function", "getcompletion", ["Ownhand consent ", "cmdline"]) == [
        "learn",
        "neither",
        "suggest",
    ]
    neovim.wait_until(lambda: status(neovim).get("voice") == "suggest", "what the folder allows")
    neovim.keys(":Ownhand status<CR>")
    neovim.wait(lambda frame: "This folder: suggest" in frame.text, "the page of the status")
    neovim.keys("q:Ownhand nonsense<CR>")
    neovim.wait(lambda frame: "no subcommand" in frame.text)


def test_asking_where_nothing_comes_says_why(desk: Desk) -> None:
    neovim = desk.open(text="---\nownhand: off\n---\n\nThe boat sank in the deep, and")
    neovim.keys("GA<C-Space>")
    neovim.wait(
        lambda frame: "Ownhand: " in frame.text and "ownhand: off" in frame.text.split("Ownhand: ")[1], "the reason"
    )


def test_a_server_that_was_killed_comes_back(desk: Desk) -> None:
    neovim = suggested(desk.open(text="The boat sank in the"))
    os.kill(server_of(neovim), signal.SIGKILL)
    neovim.wait_no_ghost()
    neovim.write(" so")
    neovim.keys("<BS><BS><BS>")
    neovim.wait_until(lambda: served(neovim) and status(neovim).get("voice"), "a new server")
    neovim.keys("<Esc>A")
    neovim.wait_ghost(SENTENCE.strip())
    assert neovim.buffer == ["The boat sank in the deep, and"]
    assert "Press ENTER" not in "".join(frame.text for frame in neovim.frames)


def test_a_server_that_cannot_start_is_given_up_with_one_sentence(desk: Desk) -> None:
    desk.configure(settings="}, cmd = { 'sh', '-c', 'exit 7' ", consent=2)
    desk.asked = False
    (desk.manuscript / "chapter.md").write_text("The boat sank in the")
    neovim = desk.start(str(desk.manuscript / "chapter.md"), width=200)
    neovim.keys("A and went on")
    neovim.wait_until(lambda: neovim.buffer == ["The boat sank in the and went on"], "writing goes on")
    neovim.lua("for _ = 1, 4 do vim.wait(100) end")
    assert "Press ENTER" not in "".join(frame.text for frame in neovim.frames)


def test_without_the_program_one_sentence_says_what_to_do(desk: Desk) -> None:
    desk.configure(settings="}, cmd = { '/nowhere/ownhand', 'serve' ")
    (desk.manuscript / "chapter.md").write_text("The boat sank in the")
    neovim = desk.start(str(desk.manuscript / "chapter.md"), width=160)
    neovim.wait(lambda frame: "was not found" in frame.text and "ownhand-install" in frame.text)
    neovim.keys("A deep, and<Esc>")
    neovim.wait_until(lambda: neovim.buffer == ["The boat sank in the deep, and"], "writing goes on")


def test_two_neovims_on_one_folder(desk: Desk) -> None:
    first = suggested(desk.open(text="The boat sank in the"))
    second = suggested(desk.open("other.md", "And again the boat sank in the"))
    assert server_of(first) != server_of(second)
    first.keys("<Tab>")
    second.keys("<Tab>")
    first.wait_until(lambda: first.buffer[0].endswith(SENTENCE), "the first")
    second.wait_until(lambda: second.buffer[0].endswith(SENTENCE), "the second")


def test_a_nameless_buffer_gets_suggestions(desk: Desk) -> None:
    neovim = desk.start()
    neovim.keys("iThe boat sank in the deep, an")
    neovim.wait_until(lambda: served(neovim), "a server for the buffer")
    neovim.keys("d")
    neovim.wait_ghost(SENTENCE.strip())


def test_code_and_commit_messages_are_left_alone(desk: Desk) -> None:
    for name in ("program.py", "COMMIT_EDITMSG"):
        (desk.manuscript / name).write_text("The boat sank in the deep, and")
        neovim = desk.start(str(desk.manuscript / name))
        neovim.keys("A")
        neovim.lua("vim.wait(300)")
        assert not served(neovim)
        neovim.close()


def test_a_manager_that_adds_the_folder_late(desk: Desk) -> None:
    """As lazy.nvim and vim.pack do: the folder joins 'runtimepath' after start-up, then setup() is called."""
    plugin = desk.folder / "data/nvim/site/pack/ownhand/start/ownhand"
    plugin.rename(desk.folder / "clone")
    init = desk.folder / "config/nvim/init.lua"
    setup = init.read_text()
    at = setup.index('require("ownhand")')
    late = f"function() vim.opt.rtp:append('{desk.folder}/clone')\n{setup[at:]}\nend"
    init.write_text(f"{setup[:at]}\nvim.api.nvim_create_autocmd('VimEnter', {{ callback = {late} }})")
    suggested(desk.open(text="The boat sank in the"))


def test_a_linked_clone_finds_its_own_server(desk: Desk) -> None:
    """As README says: a link into the clone, and nothing named `ownhand` on the search path."""
    plugin = desk.folder / "data/nvim/site/pack/ownhand/start/ownhand"
    shutil.rmtree(plugin)
    plugin.symlink_to(PLUGIN)
    desk.path = "/usr/bin:/bin"
    suggested(desk.open(text="The boat sank in the"))


def test_asking_by_command_from_normal_mode(desk: Desk) -> None:
    desk.configure(settings='["suggestion.trigger"] = "manual"')
    neovim = desk.open(text="The boat sank in the deep, and")
    neovim.keys("$:Ownhand ask<CR>")
    neovim.wait_ghost(SENTENCE.strip())


def test_not_mine_takes_it_away_for_good(desk: Desk) -> None:
    neovim = suggested(desk.open(text="The boat sank in the"))
    neovim.keys("<M-n>")
    neovim.wait_no_ghost()
    neovim.wait_until(lambda: status(neovim)["counts"]["rejected"] == 1, "the server was told")


def test_the_health_check(desk: Desk) -> None:
    neovim = suggested(desk.open(text="The boat sank in the"))
    neovim.keys("<Esc>:checkhealth ownhand<CR>")
    neovim.wait(lambda frame: "Server: " in frame.text or "OK" in frame.text)
    lines = "\n".join(neovim.buffer)
    assert "runs for 1 buffer(s)" in lines
    assert "<Tab>: accept the suggestion (in verse this key indents)" in lines
    assert "<C-l>: accept the suggestion, in verse too" in lines
    assert "accept_" not in lines
    assert "ERROR" not in lines


def test_setup_names_options_that_do_not_exist(desk: Desk) -> None:
    desk.configure("require('ownhand').setup({ colour = 'blue', cmd = 3 })")
    neovim = desk.open(text="The boat", width=100)
    neovim.keys(":Ownhand messages<CR>")
    neovim.wait(lambda frame: '"colour"' in frame.text and '"cmd" must be a table' in frame.text)


@pytest.mark.parametrize("tag", ["ownhand", "ownhand-install", "ownhand-settings", "ownhand-keys", ":Ownhand"])
def test_the_help_is_found(desk: Desk, tag: str) -> None:
    neovim = desk.start("-c", f"help {tag}")
    neovim.wait_until(lambda: neovim.call("nvim_buf_get_name", 0).endswith("ownhand.txt"), "the page")


def test_the_committed_tags_are_those_that_neovim_makes(desk: Desk) -> None:
    tags = desk.folder / "data/nvim/site/pack/ownhand/start/ownhand/doc/tags"
    committed = tags.read_text(encoding="utf-8")
    tags.unlink()
    desk.start("-c", f"helptags {tags.parent}").wait_until(tags.exists, "the tags")
    assert tags.read_text(encoding="utf-8") == committed

"""What the writer sees where suggestions don't come, or not yet: at once, while typing, and once for each cause."""

import pytest
from nvim_screen import Frame, Neovim

from conftest import SENTENCE, Desk, served, status

NO_MODEL = 'engine = "ollama", ["ollama.host"] = "http://127.0.0.1:9", ["suggestion.trigger"] = "manual"'
COMPLAINT = "No model is chosen for Ollama. Set ownhand.model to one that `ollama list` shows."
STATUS_LINE = "vim.o.laststatus = 2; vim.o.statusline = [[%{v:lua.require'ownhand'.statusline()}]]"
HISTORY = "return require('ownhand.messages').history"


def says(frame: Frame, sentence: str) -> bool:
    """Is the sentence on the screen, however it is broken into rows?"""
    return sentence in " ".join(frame.text.split())


def at_desk_without_engine(desk: Desk, lua: str, *, width: int = 100) -> Neovim:
    environment = desk.environment()
    del environment["OWNHAND_SCRIPTED"]
    desk.environment = lambda: environment  # type: ignore[method-assign]
    desk.configure(f"vim.o.showmode = true; {lua}", settings=NO_MODEL)
    return desk.open(text="The boat sank in the deep, and", width=width)


@pytest.mark.parametrize("width", [100, 44])
def test_an_engine_that_does_not_serve_is_seen_while_inserting(desk: Desk, width: int) -> None:
    neovim = at_desk_without_engine(desk, "", width=width)
    neovim.keys("A<C-Space>")
    neovim.wait(lambda frame: says(frame, COMPLAINT) and "-- INSERT --" in frame.text, "the whole sentence")
    neovim.keys(" so<C-Space>")
    neovim.wait_until(lambda: neovim.buffer[0].endswith("and so"), "writing goes on")
    neovim.lua("vim.wait(300)")
    assert [line[6:] for line in neovim.lua(HISTORY)] == [COMPLAINT]
    assert "Press ENTER" not in "".join(frame.text for frame in neovim.frames)


def test_a_plugin_that_shows_messages_gets_it_once_per_cause(desk: Desk) -> None:
    neovim = at_desk_without_engine(
        desk, "told = {}; vim.notify = function(message) told[#told + 1] = message end; vim.g.told = 1"
    )
    neovim.keys("A<C-Space>")
    neovim.wait_until(lambda: neovim.lua("return told"), "the message")
    neovim.lua("vim.wait(300)")
    assert neovim.lua("return told") == [f"Ownhand: {COMPLAINT}"]


def test_the_status_line_says_that_the_engine_is_in_trouble(desk: Desk) -> None:
    neovim = at_desk_without_engine(desk, STATUS_LINE)
    neovim.keys("A<C-Space>")
    neovim.wait(lambda frame: "Ownhand · no suggestions, see :Ownhand why" in frame.text, "the trouble")
    neovim.lua("require('ownhand.status').on_status(nil, ...)", {"model": "x", "why": ""}, {"client_id": 1})
    neovim.wait(lambda frame: "Ownhand · x" in frame.text, "that it is over")


def test_the_notice_never_lies_over_the_writers_line(desk: Desk) -> None:
    neovim = desk.open(text="---\nownhand: off\n---\n" + "\n".join(f"line {n}" for n in range(30)), width=100)
    for keys, line in (("ggo", 0), ("<Esc>Go", -1)):
        neovim.keys(f"{keys}here<C-Space>")
        frame = neovim.wait(lambda frame: "Ownhand: " in frame.text, "the reason")
        notice = next(number for number, row in enumerate(frame.rows) if "Ownhand: " in row)
        assert notice != frame.cursor[0]
        assert (notice > 8) is (line == 0)
        neovim.lua("require('ownhand.notice').hide()")
        neovim.wait(lambda frame: "Ownhand: " not in frame.text, "no notice")
        neovim.lua("vim.wait(2100)")  # What is said again at once is not shown again.


def test_a_wait_is_shown_where_no_status_line_shows_it(desk: Desk) -> None:
    desk.script["delay_ms"] = 150
    desk.configure("vim.o.showmode = true", settings='["suggestion.trigger"] = "manual"')
    neovim = desk.open(text="The boat sank in the deep, and")
    neovim.keys("A<C-Space>")
    neovim.wait(lambda frame: "Ownhand is thinking…" in frame.text, "that it is being thought of")
    neovim.wait_ghost(SENTENCE.strip())
    neovim.wait(lambda frame: "thinking" not in frame.text, "that it is done")


@pytest.mark.parametrize(("lua", "trigger"), [(STATUS_LINE, "manual"), ("", "pause")])
def test_a_wait_is_not_shown_twice_nor_unasked(desk: Desk, lua: str, trigger: str) -> None:
    desk.script["delay_ms"] = 150
    desk.configure(lua, settings=f'["suggestion.trigger"] = "{trigger}"')
    neovim = desk.open(text="The boat sank in the deep, and")
    neovim.keys("A" if trigger == "pause" else "A<C-Space>")
    neovim.wait_ghost(SENTENCE.strip())
    assert "Ownhand is thinking" not in "".join(frame.text for frame in neovim.frames)


def open_elsewhere(desk: Desk) -> Neovim:
    """A manuscript's text, with Neovim started in another folder."""
    (desk.manuscript / ".ownhandignore").unlink()
    (desk.folder / "poems").mkdir()
    (desk.folder / "poems/tide.md").write_text("The boat sank in the deep, an", "utf-8")
    neovim = desk.start("../poems/tide.md", width=100)
    neovim.wait_until(lambda: served(neovim), "a server for the buffer")
    return neovim


def test_why_names_the_folder_when_there_is_none(desk: Desk) -> None:
    neovim = open_elsewhere(desk)
    neovim.keys(":Ownhand why<CR>")
    neovim.wait(lambda frame: "lies in no folder that Ownhand knows" in frame.text, "the reason")
    assert "Press ENTER" not in "".join(frame.text for frame in neovim.frames)
    assert "`:cd` to your manuscript's folder" in neovim.lua(HISTORY)[-1]


def test_after_cd_the_text_belongs_to_the_folder(desk: Desk) -> None:
    neovim = open_elsewhere(desk)
    neovim.keys(":cd ../poems<CR>")
    neovim.wait_until(lambda: status(neovim).get("voice") == "suggest", "the question about the folder")
    roots = "return vim.tbl_map(function(c) return c.root_dir or c.config.root_dir or '' end, vim.lsp.get_clients())"
    neovim.wait_until(lambda: neovim.lua(roots) == [str(desk.folder / "poems")], "one server, for the folder")
    neovim.keys("Ad")
    neovim.wait_ghost(SENTENCE.strip())

"""Where the ghost text stands: in exactly the cells that the accepted text will fill, and never cut."""

import pytest
from nvim_screen import Frame, Neovim

from conftest import SENTENCE, Desk, served

LONG = (
    " the lock-keeper, who had not spoken since the morning, put down the lamp — it was his daughter's — and said"
    " that the water would be over the sill by nine, by ten at the latest."
)
JAPANESE = "川の水は朝から濁っていて、誰も橋を渡ろうとはせず、舟は岸に繋がれたまま、雨だけが静かに動いていた。"
JAPANESE_BEFORE = "その週はずっと雨が降り続き、木曜日の夜になって、"
BEFORE = "All that week it had rained, and on the Thursday night"


def shown(neovim: Neovim, text: str) -> Frame:
    """Ask by key and wait for the whole of `text`, however it is broken."""
    neovim.keys("<C-Space>")
    wanted = "".join(text.split())
    return neovim.wait(lambda frame: "".join(frame.ghost_text.split()) == wanted, f"all of {text!r}")


def body(frame: Frame) -> tuple[str, ...]:
    """The text rows. Neovim fills a last column that is too narrow for a double-width character with ">"."""
    return tuple(row.replace(">", " ") for row in frame.rows[:-1])


OPTIONS = (
    "wrap nolinebreak",
    "wrap linebreak",
    "wrap linebreak breakindent",
    "wrap linebreak breakindent breakindentopt=shift:2,sbr showbreak=>>",
    "wrap linebreak showbreak=>\\  number relativenumber signcolumn=yes",
    "wrap nolinebreak breakindent number foldcolumn=2",
    "wrap linebreak list listchars=eol:$,tab:>-",
    "wrap linebreak conceallevel=2 concealcursor=nvic",
    "wrap linebreak spell cursorline colorcolumn=40",
)


def taken_in_place(neovim: Neovim, text: str) -> None:
    """Ask, accept, and compare the two screens."""
    neovim.keys("<Esc>")
    neovim.wait_until(lambda: neovim.call("nvim_get_mode")["mode"] == "n", "Normal mode")
    neovim.wait_no_ghost()  # What came by itself while the text was put in is not what is asked for.
    neovim.keys("GA")
    before = shown(neovim, text)
    neovim.keys("<C-l>")
    after = neovim.wait_no_ghost()
    assert neovim.buffer[-1].endswith(text)
    assert body(after) == body(before)


@pytest.mark.parametrize(("start", "text"), [(BEFORE, LONG), (JAPANESE_BEFORE, JAPANESE)], ids=["english", "japanese"])
def test_accepting_moves_nothing(desk: Desk, start: str, text: str) -> None:
    desk.script["rules"].append({"ends_with": start[-4:], "text": text})
    neovim = desk.open(text="# Nine\n", width=47, height=20)
    for options in OPTIONS:
        neovim.call("nvim_command", "set wrap& linebreak& breakindent& breakindentopt& showbreak& number& list&")
        neovim.call("nvim_command", f"set relativenumber& signcolumn& foldcolumn& {options}")
        neovim.call("nvim_buf_set_lines", 0, 0, -1, False, ["# Nine", "", f"    {start}"])
        taken_in_place(neovim, text)


def test_every_place_on_the_row_breaks_as_real_text_does(desk: Desk) -> None:
    text = " and so it went, un-hindered; the ferry/barge (ours) ran on: slow, slow."
    desk.script["rules"].append({"ends_with": "Q", "text": text})
    desk.configure("vim.cmd('set wrap linebreak')")
    neovim = desk.open(text="The", width=40)
    for filled in range(30, 48):
        start = "a river of words that fills the row up to the edge of it and on"[: filled - 1].rstrip() + "Q"
        neovim.call("nvim_buf_set_lines", 0, 0, -1, False, [start])
        taken_in_place(neovim, text)


def test_text_after_the_cursor_stays_behind_the_suggestion(desk: Desk) -> None:
    desk.script["rules"].append({"ends_with": "Thursday night", "text": " the lock-keeper put down the lamp"})
    neovim = desk.open(text=f"{BEFORE}. Nobody saw it.", width=47)
    neovim.keys("0f.i")
    frame = shown(neovim, " the lock-keeper put down the lamp")
    joined = "".join(row for row in frame.rows[:4]).replace(" ", "")
    assert f"{BEFORE} the lock-keeper put down the lamp. Nobody saw it.".replace(" ", "") in joined
    neovim.keys("<C-l>")
    assert body(neovim.wait_no_ghost()) == body(frame)


def test_without_wrap_nothing_is_cut(desk: Desk) -> None:
    desk.script["rules"].append({"ends_with": "Thursday night", "text": LONG})
    desk.configure("vim.cmd('set nowrap')")
    neovim = desk.open(text=f"{BEFORE}\n\nThe next paragraph.", width=47, height=20)
    neovim.keys("A")
    frame = shown(neovim, LONG)
    assert any("paragraph." in row for row in frame.rows)


@pytest.mark.parametrize("wrap", ["wrap", "nowrap"])
def test_at_the_bottom_of_the_window_the_text_scrolls_into_sight(desk: Desk, wrap: str) -> None:
    desk.script["rules"].append({"ends_with": "Thursday night", "text": LONG})
    desk.configure(f"vim.cmd('set linebreak {wrap}')")
    lines = "\n\n".join(f"Entry {number}, in which nothing at all came of the letter." for number in range(40))
    neovim = desk.open(text=f"{lines}\n\n{BEFORE}", width=60, height=12)
    neovim.keys("GA")
    shown(neovim, LONG)


def test_a_stanza_goes_below_in_its_own_lines(desk: Desk) -> None:
    stanza = "\n    and under it the eel,\n\twho is only pretending\n\nto be a river"
    neovim = desk.open("poem.md", "The river pretends\nto be asleep", width=40)
    neovim.keys(":Ownhand stop<CR>")
    neovim.wait_until(lambda: not served(neovim), "the server is gone")
    neovim.keys("GA")
    neovim.lua("require('ownhand.ghost').draw(...)", stanza)
    frame = neovim.wait(lambda frame: "to be a river" in frame.ghost_text)
    at = next(number for number, row in enumerate(frame.rows) if row.startswith("to be asleep"))
    assert [row.rstrip() for row in frame.ghost[at + 1 : at + 5]] == [
        "    and under it the eel,",
        "        who is only pretending",
        "",
        "to be a river",
    ]


def test_a_narrower_window_breaks_the_rows_anew(desk: Desk) -> None:
    desk.script["rules"].append({"ends_with": "Thursday night", "text": LONG})
    desk.configure("vim.cmd('set linebreak')")
    neovim = desk.open(text=BEFORE, width=60, height=20)
    neovim.keys("A")
    shown(neovim, LONG)
    neovim.call("nvim_ui_try_resize", 41, 20)
    before = neovim.wait(lambda frame: len(frame.rows[0]) == 41 and "latest." in frame.ghost_text)
    assert "".join(before.ghost_text.split()) == "".join(LONG.split())
    neovim.keys("<C-l>")
    assert body(neovim.wait_no_ghost()) == body(before)


def shown_with_colours(desk: Desk, colours: int, lua: str = "") -> dict[str, object]:
    """How a terminal with so many colours draws the suggestion, when the writer defined nothing."""
    desk.configure(f"vim.o.termguicolors = false; vim.cmd('highlight clear OwnhandSuggestion'); {lua}")
    neovim = desk.open(text="The boat sank in the deep, an")
    neovim.call("nvim_ui_set_option", "rgb", False)
    neovim.call("nvim_ui_set_option", "term_colors", colours)
    neovim.call("nvim_command", "doautocmd UIEnter")
    neovim.keys("Ad")
    neovim.wait(lambda frame: "the sea went on" in frame.text, "the suggestion")
    assert neovim.look("The boat") != neovim.look("the sea went on")
    return neovim.look("the sea went on")


@pytest.mark.parametrize(
    ("colours", "look"), [(256, {"foreground": 243}), (16, {"foreground": 8}), (8, {"underline": True})]
)
def test_terminals_of_few_colours_show_it_otherwise(desk: Desk, colours: int, look: dict[str, object]) -> None:
    """Neovim's own colour scheme gives its pale groups no colour there."""
    assert shown_with_colours(desk, colours) == look


def test_the_colour_schemes_own_pale_is_kept(desk: Desk) -> None:
    assert shown_with_colours(desk, 256, "vim.cmd.colorscheme('habamax')")["foreground"] == 240


def test_a_colour_that_the_terminal_lacks_is_none(desk: Desk) -> None:
    assert shown_with_colours(desk, 8, "vim.cmd.colorscheme('quiet')")["underline"]


@pytest.mark.parametrize("order", ["", "doautocmd ColorScheme", "set background=light"])
def test_what_the_writer_defined_stays(desk: Desk, order: str) -> None:
    neovim = desk.open(text="The boat sank in the deep, an")
    neovim.call("nvim_command", order)
    neovim.keys("Ad")
    neovim.wait_ghost(SENTENCE.strip())

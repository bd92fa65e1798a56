"""Typing along a suggestion, away from it, and back."""

from nvim_screen import Frame, Neovim

from conftest import SENTENCE, Desk


def written(neovim: Neovim, text: str = " deep, and") -> Neovim:
    """Type up to where the suggestion comes, and wait for it."""
    neovim.keys("A")
    neovim.write(text)
    neovim.wait_ghost(SENTENCE.strip())
    return neovim


def line_of(frame: Frame) -> str:
    """The paragraph as the screen shows it, ghost text and all."""
    return " ".join(" ".join(frame.rows[:3]).replace("~", " ").split())


def test_typing_through_never_shows_anything_else(desk: Desk) -> None:
    neovim = written(desk.open(text="The boat sank in the"))
    whole = "The boat sank in the deep, and" + SENTENCE
    first = len(neovim.frames)
    typed = SENTENCE[:24]
    neovim.write(typed)
    neovim.wait_ghost(SENTENCE[24:].strip())
    frames = neovim.frames[first:]
    assert len(frames) >= len(typed)
    assert {line_of(frame) for frame in frames} == {whole}
    assert neovim.buffer == ["The boat sank in the deep, and" + typed]


def test_typing_it_to_the_end_leaves_nothing_behind(desk: Desk) -> None:
    neovim = written(desk.open(text="The boat sank in the"))
    neovim.write(SENTENCE)
    neovim.wait_no_ghost()
    assert neovim.buffer == ["The boat sank in the deep, and" + SENTENCE]


def test_typing_something_else_takes_it_away_at_once(desk: Desk) -> None:
    neovim = written(desk.open(text="The boat sank in the"))
    first = len(neovim.frames)
    neovim.write(" then")
    neovim.wait_no_ghost()
    # " the" continues it; at the "n" the very next frame is free of it, and nothing typed was touched.
    gone = [frame for frame in neovim.frames[first:] if "and then" in line_of(frame)]
    assert all(not frame.ghost_text for frame in gone)
    assert neovim.buffer == ["The boat sank in the deep, and then"]


def test_deleting_back_brings_the_remainder_back(desk: Desk) -> None:
    neovim = written(desk.open(text="The boat sank in the"))
    neovim.write(" the")
    neovim.wait_ghost(SENTENCE[4:].strip())
    neovim.keys("<BS><BS>")
    neovim.wait_ghost(SENTENCE[2:].strip())
    neovim.keys("<BS><BS><BS>")
    neovim.wait(lambda frame: "deep, an" in line_of(frame) and "the sea" not in frame.rows[0][30:34])
    assert neovim.buffer == ["The boat sank in the deep, an"]


def test_a_burst_of_keys_is_never_clobbered(desk: Desk) -> None:
    desk.script["delay_ms"] = 30
    neovim = desk.open(text="The boat sank in the")
    neovim.keys("A deep, and")
    neovim.keys(" the sea went on, though not for long, and then<Tab>stopped")
    neovim.wait_until(lambda: "stopped" in neovim.buffer[0], "all keys arrived")
    neovim.wait_no_ghost()
    assert neovim.buffer[0].startswith("The boat sank in the deep, and the sea went on")
    assert neovim.buffer[0].endswith("stopped")
    assert neovim.buffer[0].count("sea") == 1


def test_a_late_answer_is_dropped(desk: Desk) -> None:
    desk.script["delay_ms"] = 150
    neovim = desk.open(text="The boat sank in the")
    neovim.keys("A deep, and")
    neovim.lua("vim.wait(400)")
    neovim.keys("<CR>It rained.")
    neovim.lua("vim.wait(2500)")
    assert not neovim.frame.ghost_text
    assert neovim.buffer == ["The boat sank in the deep, and", "It rained."]


def test_the_cursor_moving_away_takes_it_away(desk: Desk) -> None:
    neovim = written(desk.open(text="The boat sank in the"))
    neovim.keys("<Home>")
    neovim.wait_no_ghost()
    neovim.keys("<End>")
    neovim.wait_ghost(SENTENCE.strip())


def test_an_edit_above_leaves_it_alone(desk: Desk) -> None:
    neovim = desk.open(text="# Nine\n\nThe boat sank in the")
    neovim.keys("G")
    written(neovim)
    first = len(neovim.frames)
    neovim.lua("vim.api.nvim_buf_set_lines(0, 1, 1, false, {'', 'A line from elsewhere.'})")
    neovim.wait(lambda frame: "A line from elsewhere." in frame.text)
    neovim.write(" the")
    neovim.wait_ghost(SENTENCE[4:].strip())
    assert all(frame.ghost_text for frame in neovim.frames[first:])


def test_escape_leaves_the_text_as_typed(desk: Desk) -> None:
    neovim = written(desk.open(text="The boat sank in the"))
    neovim.keys("<Esc>")
    neovim.wait_no_ghost()
    assert neovim.call("nvim_get_mode")["mode"] == "n"
    assert neovim.buffer == ["The boat sank in the deep, and"]
    neovim.keys("a")
    neovim.wait_ghost(SENTENCE.strip())


def test_nothing_stays_on_the_screen_in_another_window(desk: Desk) -> None:
    neovim = written(desk.open(text="The boat sank in the"))
    neovim.keys("<C-o>:split other.md<CR>")
    neovim.wait(lambda frame: "other.md" in frame.text and not frame.ghost_text)

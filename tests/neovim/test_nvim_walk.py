"""The main path: ghost text while typing, a key, the text and the verdict."""

from conftest import SENTENCE, Desk, status


def test_ghost_text_comes_while_typing_and_tab_takes_it(desk: Desk) -> None:
    neovim = desk.open(text="The boat sank in the")
    neovim.keys("A")
    neovim.write(" deep, and")
    neovim.wait_ghost(SENTENCE.strip())
    neovim.keys("<Tab>")
    neovim.wait_no_ghost()
    assert neovim.buffer == ["The boat sank in the deep, and" + SENTENCE]
    neovim.wait_until(lambda: status(neovim)["counts"]["accepted"] == 1, "the server counts the accept")

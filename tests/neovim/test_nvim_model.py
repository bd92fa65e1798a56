"""`:Ownhand model`: the list on the screen, and the model that writes afterwards."""

from pathlib import Path

import pytest
from nvim_screen import Neovim

from conftest import Desk, served, status
from ollama_folder import put_blob

NOBODY = '["suggestion.trigger"] = "manual", ["ollama.host"] = "http://127.0.0.1:9"'
TEXT = "The boat sank in the deep, and nobody on the quay had asked its name. Ida"
ANSWER_ONLY_QUESTIONS = """
local plain = vim.ui.select
vim.ui.select = function(items, options, done)
  if options.kind == "ownhand.question" then
    return done(items[2])
  end
  plain(items, options, done)
end
"""


@pytest.fixture(scope="session")
def weights(packaged_gguf: Path) -> bytes:
    return packaged_gguf.read_bytes()


def at_desk_with_models(desk: Desk, weights: bytes, *names: str) -> Neovim:
    """A text in front of the real embedded engine, with what an Ollama that is off left behind."""
    folder = desk.folder / "models"
    for name in names:
        put_blob(folder, weights, name)
    environment = {**desk.environment(), "OLLAMA_MODELS": str(folder)}
    del environment["OWNHAND_SCRIPTED"]
    desk.environment = lambda: environment  # type: ignore[method-assign]
    desk.configure(ANSWER_ONLY_QUESTIONS, settings=NOBODY, consent=0)
    desk.asked = True
    return desk.open(text=TEXT, width=120)


def open_list(neovim: Neovim) -> str:
    neovim.keys("<Esc>:Ownhand model<CR>")
    return neovim.wait(lambda frame: "SmolLM2-135M-Instruct" in frame.text, "the list of models").text


def model_after_asking(neovim: Neovim, name: str) -> None:
    neovim.keys("<Esc>A<C-Space>")
    neovim.wait_until(lambda: status(neovim).get("model") == name, f"a suggestion of {name}")


@pytest.mark.embedded
@pytest.mark.timeout(180)
def test_the_picked_model_writes_from_then_on(desk: Desk, weights: bytes) -> None:
    neovim = at_desk_with_models(desk, weights, "tale", "tale-coder")
    model_after_asking(neovim, "SmolLM2-135M-Instruct")
    listed = open_list(neovim)
    assert "1: tale:7b · 98 MB · can be taught your hand later" in listed
    assert "SmolLM2-135M-Instruct · 98 MB · chosen now · writes poorly, for trying out" in listed
    assert "tale-coder:7b · 98 MB · left out: it was made for program code" in listed
    assert "4: How to get a better one" in listed
    neovim.keys("1<CR>")
    neovim.wait_until(lambda: status(neovim).get("model") == "tale:7b", "the server changed over by itself")
    neovim.keys(":Ownhand messages<CR>")
    neovim.wait_until(lambda: 'settings = { model = "tale:7b" }' in "\n".join(neovim.buffer), "the line to keep it")
    neovim.keys("q")
    assert "tale:7b · 98 MB · chosen now" in open_list(neovim)
    neovim.keys("<CR>:Ownhand restart<CR>")
    neovim.wait_until(lambda: served(neovim) and not status(neovim).get("model"), "a new server")
    model_after_asking(neovim, "tale:7b")


@pytest.mark.timeout(120)
def test_one_that_does_not_suit_is_not_taken(desk: Desk, weights: bytes) -> None:
    neovim = at_desk_with_models(desk, weights, "tale-coder")
    open_list(neovim)
    neovim.keys("2<CR>")
    neovim.wait(lambda frame: "can't write your suggestions: it was made for program code" in frame.text)
    assert neovim.lua("return require('ownhand.config').current.settings.model") is None


@pytest.mark.timeout(120)
def test_the_way_to_a_better_one_is_a_page_to_copy_from(desk: Desk, weights: bytes) -> None:
    neovim = at_desk_with_models(desk, weights)
    assert "Only the small packaged model is here" in open_list(neovim)
    neovim.keys("2<CR>")
    neovim.wait_until(lambda: "`ollama pull " in "\n".join(neovim.buffer), "the page")


def test_the_subcommand_completes_and_needs_a_server(desk: Desk) -> None:
    neovim = desk.open(text=TEXT)
    offered = neovim.call("nvim_call_function", "getcompletion", ["Ownhand mo", "cmdline"])
    assert offered == ["model"]
    neovim.keys(":Ownhand stop<CR>")
    neovim.wait_until(lambda: not served(neovim), "no server")
    neovim.keys(":Ownhand model<CR>")
    neovim.wait(lambda frame: "not running" in frame.text, "what to do")

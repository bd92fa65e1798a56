"""After each act at the keyboard: what the ledger holds of it, read with the project's own reader."""

from collections.abc import Callable
from pathlib import Path

import pytest
from nvim_screen import Neovim

from conftest import SENTENCE, Desk, status
from ownhand.home import Home
from ownhand.manuscript.consent import find_voice
from ownhand.verdicts.reading.figures import Recent, Statistics, read_statistics, recent

ENDINGS = {
    "the deep, and": SENTENCE,
    "of the first boat": " and nobody on the quay had asked its name.",
    "by the lock that": " Ida counted twice and did not believe.",
    "in the ferryman's": " pocket there was a key to no door.",
    "out of the rain": " came a dog that belonged to the whole street.",
    "under the bridge": " where the swallows had been, a lamp was burning.",
    "behind the mill": " the water turned as it had always turned.",
    "her mother wrote": " that the pears were late and very sweet this year.",
}


class Sitting:
    """A writer at a folder that Ownhand learns from."""

    def __init__(self, desk: Desk, name: str = "chapter.md") -> None:
        desk.script["rules"] = [{"ends_with": end, "text": text} for end, text in ENDINGS.items()]
        desk.configure(consent=1)
        self.desk = desk
        self.neovim = desk.open(name, "It was the year of the long rain.\n", width=100, height=24)
        self.neovim.wait_until(lambda: status(self.neovim)["voice"] == "learn", "what the folder allows")

    @property
    def ledger(self) -> Path:
        voice = find_voice(Home(self.desk.folder / "ownhand"), self.desk.manuscript)
        assert voice is not None
        return voice.ledger_path

    @property
    def figures(self) -> Statistics:
        return read_statistics(self.ledger)

    def noted(self, text: str) -> list[Recent]:
        """What the ledger holds of the suggestion, once for each time that it was shown."""
        return [row for row in recent(self.ledger) if row.text == text]

    def offered(self, end: str) -> str:
        """Write a paragraph that ends so, and wait for what is offered there."""
        self.neovim.keys(f"<Esc>Go<CR>Somewhere {end[:-1]}")
        self.neovim.keys(end[-1])
        self.neovim.wait_ghost(ENDINGS[end].strip())
        self.neovim.wait_until(lambda: self.noted(ENDINGS[end]), "the ledger knows that it was shown")
        assert self.noted(ENDINGS[end])[0].fate is None
        return ENDINGS[end]

    def learned(self, text: str, fate: str, holds: Callable[[Recent], object] = lambda _: True) -> Recent:
        """Wait until the suggestion has this fate, and only once."""
        self.neovim.wait_until(
            lambda: [row.fate for row in self.noted(text) if holds(row)] == [fate],
            f"{text!r} is {fate}; the ledger has {self.noted(text)}",
        )
        return self.noted(text)[0]


def words_of(*texts: str) -> int:
    return sum(map(len, texts))


def test_every_act_is_in_the_ledger(desk: Desk) -> None:
    sitting = Sitting(desk)
    neovim = sitting.neovim

    whole = sitting.offered("the deep, and")
    neovim.keys("<Tab>")
    row = sitting.learned(whole, "accepted")
    assert (row.learned, row.sure, row.form) == ("command", 1.0, "prose")
    assert row.before.endswith("Somewhere the deep, and")

    by_words = sitting.offered("of the first boat")
    neovim.keys(" and<M-Right>")
    neovim.wait_ghost("on the quay had asked its name.")
    row = sitting.learned(by_words, "partial")
    assert row.learned == "editor"
    neovim.keys("<M-Right><Tab>")
    row = sitting.learned(by_words, "accepted")
    assert neovim.buffer[-1].endswith(by_words)

    part = sitting.offered("by the lock that")
    neovim.keys("<M-Right><M-Right> all the same")
    sitting.learned(part, "partial")

    line = sitting.offered("behind the mill")
    neovim.keys("<M-Down>")
    sitting.learned(line, "accepted")

    away = sitting.offered("in the ferryman's")
    neovim.keys("<C-]> coat")
    assert sitting.learned(away, "dismissed").learned == "command"

    typed = sitting.offered("out of the rain")
    neovim.write(typed)
    assert sitting.learned(typed, "typed_through").learned == "inferred"

    past = sitting.offered("under the bridge")
    neovim.write(" the boys were fishing for coins.<CR>".replace("<CR>", "\n"))
    row = sitting.learned(past, "typed_past", lambda row: row.instead)
    assert row.instead is not None
    assert row.instead.strip().startswith("the boys were fishing")

    total = sitting.figures.total
    assert (total.shown, total.accepted, total.partial) == (7, 3, 1)
    assert (total.dismissed, total.typed_through, total.typed_past, total.rejected) == (1, 1, 1, 0)
    keys = 1 + 3 + 2 + 1
    assert total.keystrokes_saved == words_of(whole, by_words, " Ida counted", line) - len(" and") - keys
    neovim.wait_until(lambda: status(neovim)["counts"]["accepted"] == 3, "the status counts them")
    neovim.keys("<Esc>:Ownhand status<CR>")
    counts = "7 suggestions shown, 3 taken whole, 1 taken in part, 1 typed by yourself, 1 typed past, 1 put away"
    neovim.wait(lambda frame: f"This sitting: {counts}" in " ".join(frame.text.split()), "the counts in words")


def test_not_mine_with_its_reason(desk: Desk) -> None:
    sitting = Sitting(desk)
    neovim = sitting.neovim
    refused = sitting.offered("her mother wrote")
    neovim.keys("<M-n>")
    assert sitting.learned(refused, "rejected").reason == ""
    assert neovim.call("nvim_get_mode")["mode"] == "i"
    neovim.keys("<Esc>:Ownhand reject wrong word<CR>")
    sitting.learned(refused, "rejected", lambda row: row.reason == "wrong word")
    neovim.wait(lambda frame: "is not yours: wrong word." in frame.text, "what was rejected")

    other = sitting.offered("under the bridge")
    neovim.keys("<Esc>:Ownhand reject CLICHE<CR>")
    sitting.learned(other, "rejected", lambda row: row.reason == "cliché")
    assert sitting.noted(refused)[0].reason == "wrong word"
    complete = ["Ownhand reject ", "Ownhand reject wrong ", "Ownhand reject wrong r"]
    offered = [neovim.call("nvim_call_function", "getcompletion", [line, "cmdline"]) for line in complete]
    assert offered[0] == ["wrong word", "wrong rhythm", "cliché", "wrong fact", "own words"]
    assert offered[1:] == [["word", "rhythm", "fact"], ["rhythm"]]


@pytest.mark.parametrize("desk", ["0.10.4", "0.12.4"], indirect=True)
def test_taken_back_by_undo(desk: Desk) -> None:
    sitting = Sitting(desk)
    taken = sitting.offered("the deep, and")
    sitting.neovim.keys("<Tab>")
    sitting.learned(taken, "accepted")
    sitting.neovim.keys("<Esc>u")
    sitting.learned(taken, "accepted", lambda row: row.removed)
    sitting.neovim.keys("<C-r>")
    sitting.learned(taken, "accepted", lambda row: not row.removed)


def test_in_the_middle_of_a_line_that_goes_on_alike(desk: Desk) -> None:
    """Neovim finds out what changed by comparing the lines: when " pocket" comes in front of " pouch", it says that
    "cket po" came after " po"."""
    sitting = Sitting(desk)
    neovim = sitting.neovim
    neovim.keys("Go<CR>Somewhere in the ferryman' pouch was empty.<Esc>F'a")
    neovim.keys("s<C-Space>")
    text = ENDINGS["in the ferryman's"].rstrip(".")  # The line has its full stop.
    neovim.wait_ghost(text.strip())
    neovim.keys("<M-Right>")
    neovim.wait_until(lambda: neovim.buffer[-1].startswith("Somewhere in the ferryman's pocket pouch"), "a word")
    sitting.learned(text, "partial")
    neovim.keys("<C-l>")
    sitting.learned(text, "accepted")
    total = sitting.figures.total
    assert (total.accepted, total.partial, total.keystrokes_saved) == (1, 0, len(text) - 2)


@pytest.mark.parametrize("desk", ["0.12.4"], indirect=True)
def test_two_editors_note_in_one_ledger(desk: Desk) -> None:
    first, second = Sitting(desk), Sitting(desk, "other.md")
    taken, away = first.offered("the deep, and"), second.offered("of the first boat")
    first.neovim.keys("<Tab>")
    second.neovim.keys("<C-]>")
    first.learned(taken, "accepted")
    second.learned(away, "dismissed")
    assert [first.noted(taken)[0].document, first.noted(away)[0].document] == ["chapter.md", "other.md"]


@pytest.mark.parametrize("desk", ["0.10.4"], indirect=True)
def test_nothing_is_noted_of_a_folder_that_is_not_learned_from(desk: Desk) -> None:
    neovim = desk.open(text="The boat sank in the deep, an")
    neovim.keys("Ad")
    neovim.wait_ghost(SENTENCE.strip())
    neovim.keys("<Tab>")
    neovim.wait_until(lambda: status(neovim)["counts"]["accepted"] == 1, "counted for this sitting")
    assert not list((desk.folder / "ownhand").rglob("ledger*"))


@pytest.mark.parametrize("desk", ["0.11.4"], indirect=True)
def test_ghost_text_of_another_plugin_is_not_ours(desk: Desk) -> None:
    sitting = Sitting(desk)
    neovim = sitting.neovim
    neovim.lua(
        """
        local other = vim.api.nvim_create_namespace("another.plugin")
        function _G.another_shows(text)
          local row, column = unpack(vim.api.nvim_win_get_cursor(0))
          vim.api.nvim_buf_set_extmark(0, other, row - 1, column, {
            virt_text = { { text, "Comment" } }, virt_text_pos = "inline",
          })
        end
        vim.keymap.set("i", "<C-j>", function()
          vim.api.nvim_buf_clear_namespace(0, other, 0, -1)
          vim.api.nvim_put({ " a long story that the other one knows" }, "c", false, true)
        end)
        """
    )
    neovim.keys("Go<CR>Somewhere nothing of ours comes")
    neovim.lua("another_shows(' a long story')")
    neovim.wait(lambda frame: "comes a long story" in frame.text, "the other's suggestion")
    neovim.keys("<C-j>")
    neovim.wait_until(lambda: neovim.buffer[-1].endswith("the other one knows"), "the other's text")
    assert recent(sitting.ledger) == []

    both = sitting.offered("by the lock that")
    neovim.lua("another_shows(' a long story')")
    # The first of the other's is in the text by now: only a second one on the screen is the suggestion.
    neovim.wait(lambda frame: frame.text.count("a long story") == 2, "both suggestions")
    neovim.keys("<C-j>")
    neovim.wait_until(lambda: neovim.buffer[-1].endswith("the other one knows"), "the other's text")
    sitting.learned(both, "typed_past")
    total = sitting.figures.total
    assert (total.shown, total.accepted, total.partial, total.keystrokes_saved) == (1, 0, 0, 0)


ANOTHER_CLIENT = """
    local text = ...
    local requests, closing = 0, false
    local able = { capabilities = { inlineCompletionProvider = true, positionEncoding = "utf-16" } }
    local function answer_of(method, params)
      if method == "textDocument/inlineCompletion" then
        return { { insertText = text, range = { start = params.position, ["end"] = params.position } } }
      end
      return method == "initialize" and able or vim.NIL
    end
    local id = vim.lsp.start({
      name = "another",
      cmd = function()
        return {
          request = function(method, params, answer)
            requests = requests + 1
            vim.schedule(function() answer(nil, answer_of(method, params)) end)
            return true, requests
          end,
          notify = function() return true end,
          is_closing = function() return closing end,
          terminate = function() closing = true end,
        }
      end,
    })
    vim.lsp.inline_completion.enable(true, { bufnr = 0 })
    vim.keymap.set("i", "<C-j>", function() vim.lsp.inline_completion.get() end)
"""


@pytest.mark.parametrize("desk", ["0.12.4"], indirect=True)
def test_neovims_own_suggestions_from_another_server_are_not_ours(desk: Desk) -> None:
    sitting = Sitting(desk)
    neovim = sitting.neovim
    neovim.lua(ANOTHER_CLIENT, " a long story that the other one knows")
    neovim.wait_until(
        lambda: neovim.lua("return vim.tbl_count(vim.lsp.get_clients({ name = 'another', bufnr = 0 })) == 1"),
        "the other client",
    )
    neovim.keys("Go<CR>Somewhere nothing of ours")
    neovim.write(" comes")
    neovim.wait(lambda frame: "comes a long story" in frame.text, "the other's suggestion")
    neovim.keys("<C-j>")
    neovim.wait_until(lambda: neovim.buffer[-1].endswith("the other one knows"), "the other's text")
    assert recent(sitting.ledger) == []

    both = sitting.offered("by the lock that")
    # The first of the other's is in the text by now: only a second one on the screen is the suggestion.
    neovim.wait(lambda frame: frame.text.count("a long story") == 2, "both suggestions")
    neovim.keys("<C-j>")
    neovim.wait_until(lambda: neovim.buffer[-1].endswith("the other one knows"), "the other's text")
    sitting.learned(both, "typed_past")
    total = sitting.figures.total
    assert (total.shown, total.accepted, total.partial, total.keystrokes_saved) == (1, 0, 0, 0)
    neovim.keys("<Esc>:checkhealth ownhand<CR>")
    neovim.wait_until(lambda: "draw ghost text, too: another" in "\n".join(neovim.buffer), "the health check says so")


def page(neovim: Neovim, command: str) -> list[str]:
    neovim.keys(f"<Esc>:Ownhand {command}<CR>")
    neovim.wait_until(lambda: neovim.call("nvim_buf_get_name", 0) == f"ownhand://{command}", "the page")
    return neovim.buffer


@pytest.mark.parametrize("desk", ["0.10.4"], indirect=True)
def test_the_page_of_verdicts_is_in_words(desk: Desk) -> None:
    sitting = Sitting(desk)
    neovim = sitting.neovim
    assert page(neovim, "verdicts") == ["No suggestion was offered in this folder so far."]
    neovim.keys("q")
    taken = sitting.offered("the deep, and")
    neovim.keys("<Tab>")
    sitting.learned(taken, "accepted")
    past = sitting.offered("of the first boat")
    neovim.write(" we never spoke again.\n")
    sitting.learned(past, "typed_past", lambda row: row.instead)
    refused = sitting.offered("under the bridge")
    neovim.keys("<M-n><Esc>:Ownhand reject own words<CR>")
    sitting.learned(refused, "rejected", lambda row: row.reason)
    for _ in range(2):  # A page that is open already is replaced.
        lines = page(neovim, "verdicts")
    text = "\n".join(lines)
    assert lines[0] == "3 suggestions shown, of 3 offered."
    for line in (
        "        1  taken whole",
        "        1  typed past: you wrote something else",
        "        1  not yours",
        "You took 33% of those shown.",
        f"Keystrokes saved: {len(taken) - 1}.",
        f"  It was the year of the long rain. / Somewhere the deep, and [{taken.strip()}]",
        "  you wrote: we never spoke again.",
    ):
        assert line in lines, text
    assert any(line.startswith("By form") for line in lines)
    assert any(line.split()[:2] == ["scripted", "3"] for line in lines)
    assert any(line.endswith("  not yours: own words") for line in lines)
    assert any(line.endswith("  you wrote something else; told from the text") for line in lines)
    for raw in ("typed_past", "kept_300s", "nil", "table:", "acceptance"):
        assert raw not in text


def underlined(neovim: Neovim) -> list[str]:
    """The stretches of text that are underlined as having come from suggestions."""
    return list(
        neovim.lua(
            """
            local namespace = vim.api.nvim_get_namespaces()["ownhand.whose"]
            return vim.tbl_map(function(mark)
              local row, column, details = mark[2], mark[3], mark[4]
              local lines = vim.api.nvim_buf_get_text(0, row, column, details.end_row, details.end_col, {})
              return table.concat(lines, "\\n")
            end, vim.api.nvim_buf_get_extmarks(0, namespace, 0, -1, { details = true }))
            """
        )
    )


@pytest.mark.parametrize("desk", ["0.10.4", "0.12.4"], indirect=True)
def test_whose_words(desk: Desk) -> None:
    sitting = Sitting(desk)
    neovim = sitting.neovim
    neovim.keys("Go<CR>»Naïve 🌊« was what Ida said.")
    taken = sitting.offered("the deep, and")
    neovim.keys("<Tab><Esc>")
    sitting.learned(taken, "accepted")
    assert underlined(neovim) == []
    neovim.keys(":Ownhand whose<CR>")
    neovim.wait(lambda frame: "came from Ownhand (underlined), " in frame.text, "the shares")
    assert underlined(neovim) == [taken]
    assert neovim.look("the sea went on")["underline"]
    assert "underline" not in neovim.look("Somewhere the deep")

    neovim.keys("gg/over<CR>icold 🌊 and <Esc>")
    first, rest = taken.split("over")
    neovim.wait_until(lambda: underlined(neovim) == [first, "over" + rest], "what was written in between is not")
    neovim.keys(":enew<CR>:b chapter.md<CR>")
    neovim.wait_until(lambda: underlined(neovim) == [first, "over" + rest], "the same when one comes back")
    neovim.keys("gg/the sea<CR>d/cold<CR>")
    neovim.wait_until(lambda: underlined(neovim) == [" ", "over" + rest], "what was deleted is gone")
    neovim.keys(":Ownhand whose<CR>")
    neovim.wait(lambda frame: "underlines nothing any more" in frame.text, "that it is off")
    assert underlined(neovim) == []


@pytest.mark.parametrize("desk", ["0.11.4"], indirect=True)
def test_whose_words_where_nothing_is_noted(desk: Desk) -> None:
    neovim = desk.open(text="The boat sank in the deep, an", width=120)
    neovim.keys(":Ownhand whose<CR>")
    neovim.wait_until(lambda: neovim.lua("return require('ownhand.messages').history"), "why not")
    neovim.keys(":Ownhand verdicts<CR>")
    neovim.wait_until(lambda: len(neovim.lua("return require('ownhand.messages').history")) == 2, "why not")
    assert underlined(neovim) == []
    assert neovim.call("nvim_buf_get_name", 0).endswith("chapter.md")

"""What the server knows of a folder, in words: the pieces, whose they are, and short answers."""

from nvim_screen import Neovim

from conftest import Desk, status

PROSE = "The boat sank in the deep, and nobody on the quay had asked its name. Ida counted the lamps again. "
POEMS = (
    "# Low water\n\nThe river pretends\nto be asleep\nand under it\nthe eel\n\n# Eel\n\nwhat I took\nfrom the deep\n"
)


def at_learning_desk(desk: Desk) -> Neovim:
    """A folder that Ownhand learns from: a chapter, a file of poems, a file whose name has a space."""
    (desk.manuscript / "poems").mkdir()
    (desk.manuscript / "poems/river.md").write_text(POEMS, "utf-8")
    (desk.manuscript / "the quay.md").write_text(PROSE.replace("boat", "barge") * 3, "utf-8")
    desk.configure(consent=1)
    neovim = desk.open(text=PROSE * 20, width=120, height=30)
    neovim.wait_until(lambda: status(neovim)["voice"] == "learn" and status(neovim)["words"], "the scan")
    return neovim


def corpus_page(neovim: Neovim) -> list[str]:
    neovim.keys(":Ownhand corpus<CR>")
    neovim.wait_until(lambda: "pieces" in neovim.buffer[0], "the page")
    return neovim.buffer


def test_the_corpus_is_a_page_to_read(desk: Desk) -> None:
    lines = corpus_page(at_learning_desk(desk))
    text = "\n".join(lines)
    assert lines[0].startswith("manuscript: ")
    assert " of prose in " in lines[2]
    assert " of verse in " in lines[2]
    assert "chapter.md" in lines
    assert "poems/river.md" in lines
    assert any(line.startswith("  The boat sank in the deep, and nobo…  prose") for line in lines)
    for raw in ("ordinal", "held_out", "teaches", "mine:", "vim.NIL", "nil"):
        assert raw not in text
    poems = lines[lines.index("poems/river.md") + 1 :][:2]
    assert all("verse" in line and "id " in line for line in poems)
    assert "id " not in lines[lines.index("the quay.md") + 1], "the path alone names it"


def test_a_piece_is_named_by_its_completed_path(desk: Desk) -> None:
    neovim = at_learning_desk(desk)
    offered = neovim.call("nvim_call_function", "getcompletion", ["Ownhand not-mine ", "cmdline"])
    assert offered == ["chapter.md", "poems/river.md", "the\\ quay.md"]
    assert neovim.call("nvim_call_function", "getcompletion", ["Ownhand mine the\\ q", "cmdline"]) == ["the\\ quay.md"]
    neovim.keys(":Ownhand not-mine the<Tab><CR>")
    neovim.wait(lambda frame: "the quay.md is not yours: Ownhand leaves it out." in frame.text, "the answer")
    page = corpus_page(neovim)
    assert "not mine" in page[page.index("the quay.md") + 1]
    neovim.keys("q:Ownhand mine the quay.md<CR>")
    neovim.wait(lambda frame: "the quay.md is yours" in frame.text, "the answer")
    neovim.keys(":Ownhand mine<CR>")
    neovim.wait(lambda frame: "which piece?" in frame.text, "what to write")


def test_short_answers_are_sentences(desk: Desk) -> None:
    neovim = desk.open(text="The boat sank in the", width=120)
    for command, words in {
        "quiet": "quiet now; `:Ownhand quiet` lets it speak again.",
        "quiet ": "Ownhand: speaks again.",
        "quiet here": "quiet in this text now; `:Ownhand quiet here` lets it speak again.",
        "quiet here ": "speaks again in this text.",
        "consent neither": "Ownhand keeps out of this folder.",
        "consent suggest": "suggests in this folder, and learns nothing from it.",
    }.items():
        neovim.keys(f":Ownhand {command}<CR>")
        neovim.wait(lambda frame, words=words: words in frame.text, words)

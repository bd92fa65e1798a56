"""Writing with ghost text in a real VS Code: what a writer sees, and what stands in the file afterwards."""

import pytest
from playwright.sync_api import expect

from vscode_workbench import Window

pytestmark = [pytest.mark.vscode, pytest.mark.timeout(300)]

FERRY = "# The ferry\n\nThe ferryman looked across the river and"
OFFERED = " saw that the water was higher than on Monday."
TIDE = """# Low water

The tide
    goes out
and the gulls
    walk where they swam,

the rope
    hangs slack
on its ring
    of rust,
and the boats"""


def test_a_question_comes_first_and_then_the_suggestion(open_window):
    window: Window = open_window({"ferry.md": FERRY}, "ferry.md", consent=None)
    expect(window.notification("May Ownhand learn from the texts in “manuscript”?")).to_be_visible()
    assert window.ghost == ""
    window.picture("vscode-question")
    window.answer("May Ownhand learn", "Only suggest")
    window.ask()
    assert window.ghost == OFFERED
    assert window.saved("ferry.md") == FERRY


def test_ghost_text_comes_by_itself_after_a_pause(open_window):
    window: Window = open_window({"ferry.md": FERRY.removesuffix(" and")}, "ferry.md")
    window.type(" and")
    assert window.expect_ghost() == OFFERED


def test_typing_through_never_repaints_the_line(open_window):
    """Whatever is typed of the ghost text, text and ghost text together stay the same in every frame."""
    window: Window = open_window({"ferry.md": FERRY}, "ferry.md")
    window.ask()
    window.watch_paint()
    window.type(OFFERED[:30])
    window.until(lambda: window.ghost == OFFERED[30:], "the remainder")
    assert window.painted == ["# The ferryThe ferryman looked across the river and" + OFFERED]
    window.take("Tab")
    assert window.saved("ferry.md") == FERRY + OFFERED


def test_tab_takes_all_of_it_and_the_server_hears_of_it(open_window):
    window: Window = open_window({"ferry.md": FERRY}, "ferry.md")
    window.ask()
    window.take("Tab")
    assert window.saved("ferry.md") == FERRY + OFFERED
    window.command("Ownhand: What Is Ownhand Doing?")
    expect(window.notification("You took 1 of")).to_be_visible()


def test_a_word_comes_with_its_space(open_window):
    window: Window = open_window({"ferry.md": FERRY}, "ferry.md")
    window.ask()
    for rest in (" that the water was higher than on Monday.", " the water was higher than on Monday."):
        window.take("Control+ArrowRight")
        assert window.ghost == rest
    assert window.saved("ferry.md") == FERRY + " saw that"


def test_an_apostrophe_does_not_split_a_word(open_window):
    window: Window = open_window({"cat.md": "She said it"}, "cat.md")
    window.ask()
    window.take("Control+ArrowRight")
    assert window.ghost == " matter to the cat."
    assert window.saved("cat.md") == "She said it didn’t"


def test_the_last_word_counts_as_taking_all(open_window):
    window: Window = open_window({"cat.md": "She said it"}, "cat.md")
    window.ask()
    for _ in range(6):
        window.take("Control+ArrowRight")
    assert window.saved("cat.md") == "She said it didn’t matter to the cat."


def test_a_line_is_all_there_is_in_prose(open_window):
    window: Window = open_window({"ferry.md": FERRY}, "ferry.md")
    window.ask()
    window.take("Control+ArrowDown")
    assert window.saved("ferry.md") == FERRY + OFFERED


def test_escape_puts_it_away_and_leaves_the_text_alone(open_window):
    window: Window = open_window({"ferry.md": FERRY}, "ferry.md")
    window.ask()
    window.press("Escape")
    window.expect_no_ghost()
    assert window.saved("ferry.md") == FERRY


def test_in_verse_tab_indents_and_another_key_takes_it(open_window):
    window: Window = open_window({"tide.md": TIDE}, "tide.md")
    window.ask()
    assert window.ghost == " lie down"
    window.picture("vscode-verse")
    window.press("Tab")
    assert window.saved("tide.md") == TIDE + "   "  # to the next tab stop of four columns
    window.press("Control+Z")
    window.ask()
    window.take("Control+Enter")
    assert window.saved("tide.md") == TIDE + " lie down"


def test_no_key_of_ours_works_without_ghost_text(open_window):
    window: Window = open_window({"ferry.md": "Nothing follows.\n"}, "ferry.md")
    window.press("Escape")
    window.press("Tab")
    window.press("Control+ArrowRight")
    assert window.saved("ferry.md") == "Nothing follows.\n    "


LISTS_ON = '{"editor.quickSuggestions": {"other": "on", "comments": "on", "strings": "on"}}'
LANDING = "The landing was empty. The ferryman waited at the"


def test_a_list_of_words_keeps_its_keys(open_window):
    """Where VS Code opens a list of words while one types, Tab belongs to that list."""
    window: Window = open_window({"ferry.txt": LANDING, ".vscode/settings.json": LISTS_ON}, "ferry.txt")
    window.type(" lan")
    expect(window.page.locator(".suggest-widget.visible")).to_be_visible()
    window.press("Tab")
    expect(window.page.locator(".suggest-widget.visible")).to_have_count(0)
    assert window.saved("ferry.txt") == LANDING + " landing"


def test_lists_of_words_can_be_switched_off_for_the_folder(open_window):
    window: Window = open_window({"ferry.txt": LANDING, ".vscode/settings.json": LISTS_ON}, "ferry.txt")
    window.ask()
    window.answer("lists of words open while you write plain text", "Switch them off in this folder")
    settings = window.folder / ".vscode" / "settings.json"
    window.until(lambda: "[plaintext]" in settings.read_text(), "the folder's setting")
    window.page.reload()  # VS Code reads the changed file in its own time; a fresh window has surely read it
    window.ready()
    window.open("ferry.txt")
    window.type(" lan")
    window.expect_ghost()
    expect(window.page.locator(".suggest-widget.visible")).to_have_count(0)


def test_lists_of_words_that_were_left_on_are_not_asked_about_again(open_window):
    window: Window = open_window({"ferry.txt": LANDING, ".vscode/settings.json": LISTS_ON}, "ferry.txt")
    window.ask()
    window.answer("lists of words open while you write plain text", "Leave them on")
    window.page.reload()
    window.ready()
    window.open("ferry.txt")
    window.ask()
    expect(window.notification("lists of words open")).to_have_count(0)
    assert (window.folder / ".vscode" / "settings.json").read_text() == LISTS_ON

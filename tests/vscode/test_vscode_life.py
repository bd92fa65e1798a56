"""What surrounds the writing: status, menu, page of pieces, a second window, a server that dies, foreign settings."""

import os
import re
import signal
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import expect

from children import children_called
from vscode_workbench import CodeServer, Window, copy_manuscript

pytestmark = [pytest.mark.vscode, pytest.mark.timeout(300)]

FERRY = "# The ferry\n\nThe ferryman looked across the river and"
OFFERED = " saw that the water was higher than on Monday."


def servers_of(code_server: CodeServer) -> list[psutil.Process]:
    """Ownhand's servers that this VS Code started, and nobody else's."""
    return children_called(lambda command: "ownhand" in command and "serve" in command, code_server.process.pid)


def test_the_status_says_what_is_going_on_and_opens_the_menu(open_window):
    window: Window = open_window({"ferry.md": FERRY}, "ferry.md")
    expect(window.status).to_contain_text("Ownhand")
    window.status.click()
    rows = window.page.locator(".quick-input-list .monaco-list-row")
    expect(rows.filter(has_text="Suggest something here")).to_be_visible()
    expect(rows.filter(has_text="Be quiet until I ask")).to_be_visible()
    expect(rows.filter(has_text="The pieces that Ownhand knows")).to_be_visible()
    expect(rows.filter(has_text="Set up Ownhand")).to_have_count(0)
    window.picture("vscode-menu")
    window.press("Escape")


def test_quiet_is_shown_and_ends_again(open_window):
    window: Window = open_window({"ferry.md": FERRY}, "ferry.md")
    window.press("Control+K")
    window.press("q")
    expect(window.status).to_contain_text("quiet")
    window.press("Control+K")
    window.press("q")
    expect(window.status).not_to_contain_text("quiet")
    window.ask()
    assert window.ghost == OFFERED


def test_the_page_of_pieces_takes_the_writers_word(open_window):
    clipping = "> " + "The harbour board regrets to announce that the evening ferry is withdrawn. " * 20
    pieces = {"ferry.md": "# The ferry\n\n" + "The ferryman waited. Nobody came. " * 40, "clipping.md": clipping}
    window: Window = open_window(pieces, "ferry.md", consent="Learn from this folder")
    window.command("Ownhand: Show the Pieces")
    page = window.page.frame_locator("iframe.webview").frame_locator("#active-frame")
    expect(page.get_by_role("heading", name="Pieces of manuscript")).to_be_visible()
    row = page.get_by_role("row").filter(has_text="ferry.md").first
    expect(row.get_by_role("button", name="mine", exact=True)).to_have_attribute("aria-pressed", "true")
    window.picture("vscode-pieces")
    row.get_by_role("button", name="not mine").click()
    row = page.get_by_role("row").filter(has_text="ferry.md").first
    expect(row.get_by_role("button", name="not mine")).to_have_attribute("aria-pressed", "true")


def test_a_text_from_elsewhere_is_added_and_taken_out(open_window, tmp_path: Path):
    letters = tmp_path / "letters.txt"
    letters.write_text("Dear Ida, the boat is sold and I am not sorry, whatever the harbour office says.")
    window: Window = open_window({"ferry.md": FERRY}, "ferry.md", consent="Learn from this folder")
    window.command("Ownhand: Show the Pieces")
    page = window.page.frame_locator("iframe.webview").frame_locator("#active-frame")
    row = page.get_by_role("row").filter(has_text=str(letters))
    expect(page.get_by_role("row").filter(has_text="ferry.md")).to_be_visible()
    expect(page.get_by_role("button", name="take out")).to_have_count(0)

    page.get_by_role("button", name="Add a text from elsewhere").click()
    box = window.page.locator(".quick-input-widget input[type=text]")
    expect(box).to_have_value(re.compile("manuscript"))  # VS Code fills in where it begins, and not at once
    box.fill(str(letters))
    window.page.locator(".quick-input-widget").get_by_role("button", name="Add", exact=True).click()
    expect(row).to_be_visible()

    row.get_by_role("button", name="take out").click()
    expect(page.get_by_role("row").filter(has_text="ferry.md")).to_be_visible()
    expect(row).to_have_count(0)
    assert letters.exists()


def test_a_question_that_vs_code_hid_is_put_again_from_the_menu(open_window):
    window: Window = open_window({"ferry.md": FERRY}, "ferry.md", consent=None)
    question = window.notification("May Ownhand learn")
    expect(question).to_be_visible()
    expect(question).to_have_count(0)  # VS Code hides it after some seconds
    expect(window.status).to_contain_text("Ownhand: a question")
    window.status.click()
    rows = window.page.locator(".quick-input-list .monaco-list-row")
    rows.filter(has_text="Say what Ownhand may do in this folder").click()
    window.answer("May Ownhand learn", "Only suggest")
    expect(window.status).not_to_contain_text("a question")
    window.ask()
    assert window.ghost == OFFERED


def test_two_windows_on_one_folder_both_suggest(open_window, tmp_path: Path):
    folder = copy_manuscript(tmp_path / "shared", {"ferry.md": FERRY, "cat.md": "She said it"})
    first: Window = open_window(folder, "ferry.md")
    second: Window = open_window(folder, "cat.md", consent=None)
    first.ask()
    second.ask()
    assert first.ghost == OFFERED
    assert second.ghost == " didn’t matter to the cat."


def test_a_killed_server_comes_back_without_a_word(open_window, code_server: CodeServer):
    window: Window = open_window({"ferry.md": FERRY}, "ferry.md")
    window.ask()
    killed = servers_of(code_server)
    assert killed
    for process in killed:
        os.kill(process.pid, signal.SIGKILL)
    window.until(lambda: any(process not in killed for process in servers_of(code_server)), "a new server")
    expect(window.status).to_have_attribute("aria-label", re.compile("ready"))
    window.press("Escape")
    window.expect_no_ghost()
    window.ask()
    assert window.ghost == OFFERED
    expect(window.page.locator(".notification-list-item")).to_have_count(0)


def test_settings_and_boxes_get_no_suggestion(open_window):
    window: Window = open_window({"ferry.md": FERRY, "notes.json": '{"a": "looked across the river and"}'}, "ferry.md")
    window.open("notes.json")
    window.press("Control+Shift+Space")
    window.page.wait_for_timeout(1500)  # nothing may come, and nothing says that nothing comes
    assert window.ghost == ""

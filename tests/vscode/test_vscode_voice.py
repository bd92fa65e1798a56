"""The writer's voice in a real VS Code: choosing it blind by keyboard, writing with it and without, learning it."""

import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FrameLocator, expect

from learned_voice import learn_by_hand
from ownhand.home import Home
from ownhand.verdicts.reading import figures
from vscode_workbench import REPOSITORY, CodeServer, Window, copy_manuscript, new_window

pytestmark = [pytest.mark.vscode, pytest.mark.timeout(420)]

FERRY = "# The ferry\n\nThe ferryman looked across the river and"
LONG = 240_000
"""Milliseconds until a trainer of which nothing is in memory has come to its first step."""


def active_page(window: Window) -> FrameLocator:
    return window.page.frame_locator("iframe.webview:visible").frame_locator("#active-frame")


def test_a_first_voice_is_chosen_blind_and_writes_at_once(code_server: CodeServer, browser: Browser, tmp_path: Path):
    # Each suggestion on a page of its own: whole sentences of other pieces are never offered, so nothing is saved.
    folder = copy_manuscript(tmp_path / "river", {f"ferry-{number}.md": FERRY for number in range(1, 5)})
    voice = learn_by_hand(Home(code_server.root / "ownhand-home"), folder, tmp_path / "workshop")
    window = new_window(browser, code_server, folder)

    def who_writes(number: int) -> str:
        """Have something suggested on this page; the voice that the ledger says it came from, "" for none."""
        window.open(f"ferry-{number}.md")
        window.ask()
        name = f"ferry-{number}.md"
        window.until(lambda: any(one.document == name for one in figures.recent(voice.ledger_path)), "it is noted")
        window.press("Escape")
        return next(one.adapter or "" for one in figures.recent(voice.ledger_path) if one.document == name)

    window.open("ferry-1.md")
    offer = window.notification("Ownhand has learned to write in your hand")
    expect(offer).to_be_visible()
    offer.get_by_text("Later", exact=True).click()
    expect(offer).to_have_count(0)
    assert who_writes(1) == ""

    window.status.click()
    window.page.locator(".quick-input-list .monaco-list-row").filter(has_text="See what Ownhand has learned").click()
    page = active_page(window)
    expect(page.get_by_role("heading", name="Which one is you?")).to_be_visible()
    expect(page.get_by_role("radio")).to_have_count(9)
    expect(page.get_by_role("radio").first).to_be_focused()
    window.picture("vscode-reveal")
    for key in ("Space", "ArrowRight", "ArrowRight", "Tab", "Space", "Tab", "Tab", "Enter"):
        window.press(key)
    expect(page.get_by_role("radio").nth(6)).to_be_focused()  # the third place has no choice yet
    for key in ("Space", "Tab", "Enter"):
        window.press(key)
    expect(page.get_by_text("you chose your own words at 2, the voice at 1")).to_be_visible()
    expect(page.locator(".one.chosen .whose")).to_have_text(
        [re.compile("^With your voice"), *[re.compile("^Yours")] * 2]
    )
    window.picture("vscode-reveal-told")
    expect(page.get_by_role("button", name="Use it")).to_be_focused()
    window.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("from now on")
    expect(page.get_by_role("button", name="What was learned, and how it was proved")).to_be_focused()
    window.press("Enter")
    report = active_page(window)
    expect(report.get_by_role("heading", name="What Ownhand learned from “river”")).to_be_visible()
    window.press("Control+F4")
    assert who_writes(2) == f"{voice.id}-1"

    window.command("Ownhand: Write Without My Voice, or With It Again")
    assert who_writes(3) == ""
    window.command("Ownhand: Write Without My Voice, or With It Again")
    window.command("Ownhand: The Voices That It Has Learned…")
    row = window.page.locator(".quick-input-list .monaco-list-row").filter(has_text="learned on 25 November 2026")
    expect(row).to_contain_text("writes now")
    expect(row).to_contain_text("9.7% easier to foretell")
    window.page.locator(".quick-input-list .monaco-list-row").filter(has_text="Back to what wrote before").click()
    assert who_writes(4) == ""
    window.command("Ownhand: Forget Everything About This Folder…")
    dialog = window.page.get_by_role("dialog")
    expect(dialog).to_contain_text("1 voice that was learned")
    dialog.get_by_role("button", name="Forget it all").click()
    window.until(lambda: not voice.path.exists(), "all to be gone")
    window.page.close()


@pytest.mark.embedded
def test_learning_shows_how_far_it_is_and_can_be_paused(unscripted: CodeServer, browser: Browser, tmp_path: Path):
    """The real trainer, on the model that comes along; it is given up before it has learned anything."""
    folder = tmp_path / "novel"
    folder.mkdir()
    for piece in sorted((REPOSITORY / "examples" / "manuscript").rglob("*.md"))[:12]:
        shutil.copy(piece, folder)
    window = new_window(browser, unscripted, folder)
    window.open(sorted(folder.iterdir())[0].name)
    window.answer("May Ownhand learn", "Learn from this folder")
    window.command("Ownhand: Learn My Hand")
    bar = window.page.locator(".statusbar-item").filter(has_text="Learning your hand: ")
    expect(bar).to_be_visible(timeout=LONG)
    expect(bar).to_contain_text(re.compile("minute"), timeout=LONG)  # the first step was made: it can tell how long
    expect(window.status).to_contain_text("learning")
    window.picture("vscode-learning")
    bar.click()
    window.page.locator(".notifications-center").get_by_text("Cancel", exact=True).click()
    window.until(lambda: said(window, "Paused; nothing is lost."), "the pause")
    expect(bar).to_have_count(0)
    window.command("Ownhand: Give Up Learning…")
    window.page.get_by_role("dialog").get_by_role("button", name="Give up").click()
    window.until(lambda: not said(window, "Paused"), "nothing to be under way")
    window.page.close()


def said(window: Window, words: str) -> bool:
    """Does the longer story of the status have these words?"""
    return words in str(window.status.get_attribute("aria-label"))

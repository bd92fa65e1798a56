"""What the packaged model really writes in a real VS Code, and the picture of it."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from vscode_workbench import REPOSITORY, CodeServer, copy_manuscript, new_window

pytestmark = [pytest.mark.vscode, pytest.mark.embedded, pytest.mark.timeout(300)]

BEGUN = "\n\nThe nurse came back with the clipboard and sat down. Outside it had begun to rain"


def test_the_packaged_model_goes_on_with_a_story(unscripted: CodeServer, browser: Browser, tmp_path: Path):
    """The picture that the README shows is taken here and in no other test: nothing in it is scripted."""
    story = (REPOSITORY / "examples" / "manuscript" / "prose" / "ward-9.md").read_text()
    window = new_window(browser, unscripted, copy_manuscript(tmp_path / "novel", {"ward-9.md": story.rstrip() + BEGUN}))
    window.open("ward-9.md")
    window.answer("May Ownhand learn", "Only suggest")
    window.press("Control+Shift+Space")
    window.until(lambda: window.ghost != "", "a suggestion of the packaged model", patience=90_000)
    expect(window.page.locator(".notification-list-item")).to_have_count(0)
    window.picture("vscode-ghost-text")
    begun, taken = story.rstrip() + BEGUN, window.ghost
    window.take("Tab")
    assert window.saved("ward-9.md") == begun + taken
    window.page.close()

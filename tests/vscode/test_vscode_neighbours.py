"""Other extensions that show ghost text: asked about once each, switched off in this folder or left alone."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from neighbour_extension import write_neighbour
from vscode_workbench import CodeServer, Window, copy_manuscript, new_window

pytestmark = [pytest.mark.vscode, pytest.mark.timeout(300)]

FERRY = "# The ferry\n\nThe ferryman looked across the river and"
OURS = " saw that the water was higher than on Monday."
FIRST, SECOND = " const ferry = new Ferry();", " return river.width;"
ASKS = "also suggests text as you type"


@pytest.fixture
def crowded_server(tmp_path: Path, vsix: Path) -> Iterator[CodeServer]:
    """A VS Code in which two others suggest everything everywhere."""
    script = tmp_path / "script.json"
    script.write_text(
        json.dumps({"rules": [{"ends_with": "looked across the river and", "text": OURS}], "default": ""})
    )
    server = CodeServer(
        tmp_path / "vscode",
        environment={"OWNHAND_SCRIPTED": str(script)},
        settings={"ownhand.suggestion.trigger": "pause"},
        machine_settings={"ownhand.python": sys.executable},
    )
    server.root.mkdir()
    yes_or_no = {"type": "boolean", "default": True}
    per_language = {"type": "object", "default": {"*": True}, "additionalProperties": {"type": "boolean"}}
    first = write_neighbour(tmp_path, "Continue.continue", FIRST, "continue.enableTabAutocomplete", yes_or_no)
    second = write_neighbour(tmp_path, "Supermaven.supermaven", SECOND, "supermaven.enable", per_language)
    server.start(vsix, first, second)
    yield server
    server.stop()


def offered(window: Window) -> set[str]:
    """Every ghost text that can be had here, one after the other."""
    window.press("Escape")
    window.expect_no_ghost()
    window.ask()
    found: set[str] = set()
    window.until(lambda: OURS in found or _step(window, found), "Ownhand's own suggestion among them")
    for _ in range(3):
        _step(window, found)
    return found


def _step(window: Window, found: set[str]) -> None:
    window.press("Alt+BracketRight")
    window.page.wait_for_timeout(150)  # the next one may be the same one: nothing to wait for
    found.add(window.ghost)


def test_each_is_asked_about_once_and_only_what_was_switched_off_is_silent(
    crowded_server: CodeServer, browser: Browser, tmp_path: Path
):
    folder = copy_manuscript(tmp_path / "manuscript", {"ferry.md": FERRY})
    settings = folder / ".vscode" / "settings.json"
    window = new_window(browser, crowded_server, folder)
    window.open("ferry.md")
    window.answer("May Ownhand learn", "Only suggest")
    assert offered(window) == {OURS, FIRST, SECOND}
    expect(window.notification(ASKS)).to_have_count(1)
    window.answer(f"Continue {ASKS}", "Switch it off in this folder")
    window.until(settings.exists, "the folder's setting")
    window.until(lambda: FIRST not in offered(window), "the first neighbour to be silent")
    assert offered(window) == {OURS, SECOND}

    window.answer(f"Supermaven {ASKS}", "Leave it on")
    assert offered(window) == {OURS, SECOND}
    assert json.loads(settings.read_text()) == {"continue.enableTabAutocomplete": False}

    window.page.reload()
    window.ready()
    window.open("ferry.md")
    assert offered(window) == {OURS, SECOND}
    expect(window.notification(ASKS)).to_have_count(0)
    window.page.close()

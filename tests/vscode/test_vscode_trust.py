"""A folder that somebody else made: in Restricted Mode, and after the writer trusted it all the same."""

import json
import re
import socket
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from vscode_workbench import CodeServer, Window, copy_manuscript, new_window

pytestmark = [pytest.mark.vscode, pytest.mark.embedded, pytest.mark.timeout(300)]

FERRY = "# The ferry\n\n" + "The ferryman waited at the landing. Nobody came, and the river rose. " * 30
SHADOWED = ("ownhand/__init__.py", "xllamacpp.py", "json.py", "sitecustomize.py", "regex.py", "pygls/__init__.py")
"""Names that Python would import from the folder that a program is started in, if it looked there."""


@dataclass
class Trap:
    """A folder whose settings name a program and addresses, and whose files pass for parts of Ownhand.

    Whatever of it runs leaves a line in `ran`; whoever comes to one of the addresses is counted in `visits`.
    """

    folder: Path
    ran: Path
    visits: list[object] = field(default_factory=list)

    def lay(self, address: str) -> None:
        program = self.folder.parent / "program"
        program.write_text(f'#!/bin/sh\necho "$0 $*" >> {self.ran}\nexec {sys.executable} "$@"\n')
        program.chmod(0o755)
        named = {
            "ownhand.python": str(program),
            "ownhand.engine": "openai",
            "ownhand.openai.baseUrl": f"{address}/v1",
            "ownhand.openai.apiKey": "taken",
            "ownhand.ollama.host": address,
            "ownhand.model": "taken",
            "ownhand.manuscript.exclude": ["notes.md"],
        }
        confession = f"with open({str(self.ran)!r}, 'a') as ran:\n    ran.write(__file__)\n"
        files = {"ferry.md": FERRY, "notes.md": "# Notes\n\nA cat.\n", ".vscode/settings.json": json.dumps(named)}
        copy_manuscript(self.folder, files | dict.fromkeys(SHADOWED, confession))

    def assert_untouched(self) -> None:
        assert not self.ran.exists(), self.ran.read_text()
        assert not self.visits, "something asked an address that the folder named"


@pytest.fixture
def trap(tmp_path: Path) -> Iterator[Trap]:
    laid = Trap(tmp_path / "gift", tmp_path / "ran")
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def count() -> None:
            while True:
                try:
                    visitor, _ = listener.accept()
                except OSError:
                    return
                laid.visits.append(visitor.close())

        threading.Thread(target=count, daemon=True).start()
        laid.lay(f"http://127.0.0.1:{listener.getsockname()[1]}")
        yield laid
        listener.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def wary_server(tmp_path: Path, vsix: Path) -> Iterator[CodeServer]:
    """Its engine is the real one: the scripted one would answer whatever the settings say."""
    settings = {"security.workspace.trust.enabled": True, "security.workspace.trust.startupPrompt": "never"}
    machine = {"ownhand.python": sys.executable, "ownhand.engine": "embedded"}
    server = CodeServer(tmp_path / "vscode", settings=settings, machine_settings=machine, trusting=False)
    server.root.mkdir()
    server.start(vsix)
    yield server
    server.stop()


def reads_and_suggests(window: Window, *, reads_notes: bool) -> None:
    """What the writer wants of it works; `notes.md` is what the folder's own settings leave out."""
    expect(window.status).to_have_attribute("aria-label", re.compile("ready"), timeout=60_000)
    window.press("Control+End")
    window.type("The ferryman looked across the river and")
    window.press("Control+Shift+Space")
    window.until(lambda: window.ghost != "", "a suggestion of the packaged model", patience=90_000)
    window.press("Escape")
    window.saved("ferry.md")
    window.command("Ownhand: Show the Pieces")
    rows = window.page.frame_locator("iframe.webview").frame_locator("#active-frame").get_by_role("row")
    expect(rows.filter(has_text="ferry.md").first).to_be_visible()
    expect(rows.filter(has_text="notes.md")).to_have_count(1 if reads_notes else 0)


def test_a_folder_runs_nothing_and_sends_nothing_whether_it_is_trusted_or_not(
    wary_server: CodeServer, browser: Browser, trap: Trap
):
    window = new_window(browser, wary_server, trap.folder)
    restricted = window.page.locator(".statusbar-item").filter(has_text="Restricted Mode")
    expect(restricted).to_be_visible()
    window.open("ferry.md")
    window.answer("May Ownhand learn", "Learn from this folder")
    reads_and_suggests(window, reads_notes=True)
    trap.assert_untouched()

    window.command("Workspaces: Manage Workspace Trust")
    window.page.get_by_role("button", name="Trust", exact=True).click()
    expect(restricted).to_have_count(0)
    window.page.reload()
    window.ready()
    window.open("ferry.md")
    reads_and_suggests(window, reads_notes=False)
    trap.assert_untouched()
    window.page.close()

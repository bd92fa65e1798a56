"""Picking the model in a real VS Code, before a real Ollama: the list, the change-over, the way to a better one."""

import contextlib
import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from ollama_server import OllamaServer, running_ollama
from vscode_workbench import CodeServer, Window, copy_manuscript, new_window

pytestmark = [pytest.mark.vscode, pytest.mark.ollama, pytest.mark.embedded, pytest.mark.timeout(400)]

FERRY = "# The ferry\n\nNobody at the landing spoke of it again. The ferryman looked across the river and"
PATIENT = 120_000
PYTHON = os.environ.get("OWNHAND_TEST_PYTHON", sys.executable)


@pytest.fixture
def desk(tmp_path: Path, vsix: Path, ollama_server: OllamaServer) -> Iterator[CodeServer]:
    """A VS Code whose Ownhand has the packaged model, and an Ollama with one model that suits and one that doesn't."""
    copy = {"source": ollama_server.model, "destination": "tale-coder"}
    ollama_server.ask("POST", "/api/copy", json.dumps(copy).encode())
    server = CodeServer(
        tmp_path / "vscode",
        environment={"OLLAMA_MODELS": str(ollama_server.models_folder)},
        settings={"ownhand.suggestion.trigger": "manual"},
        machine_settings={"ownhand.python": PYTHON, "ownhand.ollama.host": ollama_server.host},
    )
    server.root.mkdir()
    server.start(vsix)
    yield server
    server.stop()
    ollama_server.ask("POST", "/api/generate", json.dumps({"model": ollama_server.model, "keep_alive": 0}).encode())
    ollama_server.ask("DELETE", "/api/delete", b'{"model": "tale-coder"}')


def rows(window: Window) -> Locator:
    return window.page.locator(".quick-input-list .monaco-list-row")


def open_list(window: Window) -> Locator:
    window.command("Ownhand: Choose the Model…")
    expect(rows(window).filter(has_text="writes poorly")).to_be_visible()
    return rows(window)


def expect_status(window: Window, words: str) -> None:
    """Asked until it says so: the file of the settings changes before VS Code tells the server of it."""
    for _ in range(5):
        window.command("Ownhand: What Is Ownhand Doing?")
        with contextlib.suppress(AssertionError):
            expect(window.notification(words)).to_be_visible(timeout=5_000)
            break
    expect(window.notification(words)).to_be_visible()
    window.page.locator(".editor-instance .view-lines").first.click()
    window.press("Control+End")


def chosen(desk: CodeServer) -> str | None:
    """What the settings of this machine name, and those of no folder."""
    return json.loads((desk.data / "Machine" / "settings.json").read_text()).get("ownhand.model")


def ask(window: Window) -> None:
    window.press("Control+Shift+Space")
    window.until(lambda: window.ghost != "", "a real suggestion", patience=PATIENT)


def test_the_writer_picks_a_model_and_the_next_suggestion_is_its(
    desk: CodeServer, browser: Browser, ollama_server: OllamaServer, tmp_path: Path
):
    window = new_window(browser, desk, copy_manuscript(tmp_path / "ferry", {"ferry.md": FERRY}))
    window.open("ferry.md")
    window.answer("May Ownhand learn", "Only suggest")
    ask(window)
    expect_status(window, "Suggestions come from SmolLM2-135M-Instruct (embedded).")
    window.press("Escape")  # a suggestion that stands is asked for again when the settings change
    window.expect_no_ghost()

    window.status.click()
    rows(window).filter(has_text="Choose the model…").click()
    packaged = rows(window).filter(has_text="writes poorly, for trying out")
    expect(packaged).to_contain_text("SmolLM2-135M-Instruct")
    expect(packaged).to_contain_text("chosen now")
    expect(rows(window).filter(has_text="tale-coder")).to_contain_text("Left out: it was made for program code.")
    better = rows(window).filter(has_text="smollm2-test:latest")
    expect(better).to_contain_text("98 MB")
    window.picture("vscode-model")
    better.click()
    window.until(lambda: chosen(desk) == "smollm2-test:latest", "the setting of this machine")
    expect_status(window, "Suggestions come from smollm2-test:latest (ollama).")
    assert b"smollm2-test" not in ollama_server.ask("GET", "/api/ps"), "nothing was loaded before it was needed"
    ask(window)
    assert b"smollm2-test" in ollama_server.ask("GET", "/api/ps"), "the suggestion came from Ollama"
    assert not (tmp_path / "ferry" / ".vscode").exists()

    open_list(window).filter(has_text="tale-coder").click()
    expect(window.notification("tale-coder:latest can't write your suggestions.")).to_be_visible()
    assert chosen(desk) == "smollm2-test:latest"

    listed = open_list(window)
    expect(listed.filter(has_text="smollm2-test:latest")).to_contain_text("chosen now")
    packaged = listed.filter(has_text="writes poorly, for trying out")
    expect(packaged).to_have_count(1)  # while the list is drawn anew, a row may still hold another's words
    packaged.click()
    window.until(lambda: chosen(desk) is None, "an empty setting, which stands for the packaged model")
    window.page.close()


def test_the_way_to_a_better_model_can_be_copied(desk: CodeServer, browser: Browser, tmp_path: Path):
    window = new_window(browser, desk, copy_manuscript(tmp_path / "ferry", {"ferry.md": FERRY}))
    window.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    window.open("ferry.md")
    window.answer("May Ownhand learn", "Only suggest")
    open_list(window).filter(has_text="How to get a better one").click()
    window.answer("For a better one", "Copy the command")
    window.press("Enter")
    window.press("Control+V")
    # The browser gives the clipboard's text after a while; what comes after a save would stand unsaved.
    window.until(lambda: "ollama pull llama" in window.text, "the command in the text")
    assert "ollama pull llama" in window.saved("ferry.md")
    window.page.close()


def test_the_walkthrough_opens_the_list(desk: CodeServer, browser: Browser, tmp_path: Path):
    window = new_window(browser, desk, copy_manuscript(tmp_path / "ferry", {"ferry.md": FERRY}))
    window.open("ferry.md")
    window.answer("May Ownhand learn", "Only suggest")
    window.command("Ownhand: Get Started")
    step = window.page.locator(".getting-started-step").filter(has_text="Pick a model")
    step.click()
    step.get_by_text("Choose the model").click()
    expect(rows(window).filter(has_text="writes poorly")).to_be_visible()
    window.press("Escape")
    expect(step.locator(".codicon.complete")).to_be_visible()
    window.page.close()


def test_before_the_set_up_one_sentence_says_what_comes_first(browser: Browser, vsix: Path, tmp_path: Path):
    server = CodeServer(tmp_path / "vscode")
    server.root.mkdir()
    server.start(vsix)
    try:
        window = new_window(browser, server, copy_manuscript(tmp_path / "ferry", {"ferry.md": FERRY}))
        expect(window.notification("one-time set-up")).to_be_visible()
        window.command("Ownhand: Choose the Model…")
        notice = window.notification("Ownhand can list models once it is set up on this computer.")
        expect(notice.get_by_text("Set up…")).to_be_visible()
        window.page.close()
    finally:
        server.stop()


def test_a_stopped_ollama_is_named_and_nothing_is_said_to_come_from_it(
    browser: Browser, vsix: Path, packaged_gguf: Path, tmp_path: Path
):
    server = CodeServer(tmp_path / "vscode", settings={"ownhand.suggestion.trigger": "manual"})
    server.root.mkdir()
    (tmp_path / "ollama").mkdir()
    try:
        with running_ollama(tmp_path / "ollama", packaged_gguf) as ollama:
            server.machine_settings = {
                "ownhand.python": PYTHON,
                "ownhand.engine": "ollama",
                "ownhand.model": ollama.model,
                "ownhand.ollama.host": ollama.host,
            }
            server.start(vsix)
            window = new_window(browser, server, copy_manuscript(tmp_path / "ferry", {"ferry.md": FERRY}))
            window.open("ferry.md")
            window.answer("May Ownhand learn", "Only suggest")
            ask(window)
            expect_status(window, "Suggestions come from smollm2-test (ollama).")
        window.press("Escape")
        window.type(" nobody saw")
        window.press("Control+Shift+Space")
        expect(window.status).to_have_attribute("aria-label", re.compile("Ollama.*(Start|Restart)"), timeout=PATIENT)
        window.status.click()
        doing = rows(window).filter(has_text="What is Ownhand doing?")
        expect(doing).to_contain_text("The chosen model is smollm2-test (ollama).")
        expect(doing).not_to_contain_text("Suggestions come from")
        window.page.close()
    finally:
        server.stop()

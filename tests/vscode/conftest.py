"""One VS Code server and one browser for the whole run; every test has its own folder and its own window."""

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from vscode_workbench import (
    CODE_SERVER,
    EXTENSION,
    PATIENCE,
    PYTHON,
    CodeServer,
    Window,
    copy_manuscript,
    launch_browser,
    new_window,
)

SCRIPT = {
    "rules": [
        {"ends_with": "looked across the river and", "text": " saw that the water was higher than on Monday."},
        {"ends_with": "She said it", "text": " didn’t matter to the cat."},
        {"ends_with": "and the boats", "text": " lie down"},
    ],
    "default": " nobody at the landing spoke of it again.",
}


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "vscode: drives the packaged extension in a real VS Code and a real browser")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(item.path).parent == Path(__file__).parent:
            # Keys typed at a real screen race with the machine's load; a rerun is counted in the summary.
            item.add_marker(pytest.mark.flaky(reruns=2))


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Only when asked for by its marker: it needs what tools/provision-vscode brings."""
    here = collection_path.parent == Path(__file__).parent
    return True if here and "vscode" not in config.getoption("markexpr") else None


@pytest.fixture(scope="session")
def vsix() -> Path:
    found = sorted(EXTENSION.glob("*.vsix"))
    if not found or not CODE_SERVER.exists():
        pytest.fail("Run `make -C extensions/vscode test`: it packages the extension and brings VS Code.")
    return found[-1]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        chromium = launch_browser(playwright)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def code_server(tmp_path_factory: pytest.TempPathFactory, vsix: Path) -> Iterator[CodeServer]:
    root = tmp_path_factory.mktemp("vscode")
    script = root / "script.json"
    script.write_text(json.dumps(SCRIPT))
    server = CodeServer(
        root,
        environment={"OWNHAND_SCRIPTED": str(script)},
        settings={"ownhand.suggestion.trigger": "pause"},
        machine_settings={"ownhand.python": PYTHON},
    )
    server.start(vsix)
    yield server
    server.stop()


OpenWindow = Callable[..., Window]


@pytest.fixture
def open_window(code_server: CodeServer, browser: Browser, tmp_path: Path) -> Iterator[OpenWindow]:
    """`open_window({"a.md": text}, "a.md", consent="Only suggest")`: a window whose server runs.

    How it looked at the end stays as a picture in the test's temporary folder.
    """
    windows: list[Window] = []

    def opened(pieces: Mapping[str, str] | Path, name: str = "", consent: str | None = "Only suggest") -> Window:
        folder = pieces if isinstance(pieces, Path) else copy_manuscript(tmp_path / "manuscript", pieces)
        window = new_window(browser, code_server, folder)
        windows.append(window)
        expect(window.status).to_have_attribute("aria-label", re.compile("ready|waits for your answer"), timeout=60_000)
        if name:
            window.open(name)
        if consent is not None:
            window.answer("May Ownhand learn", consent)
        return window

    yield opened
    for number, window in enumerate(windows):
        window.page.screenshot(path=tmp_path / f"window-{number}.png")
        window.page.close()


@pytest.fixture
def unscripted(tmp_path: Path, vsix: Path) -> Iterator[CodeServer]:
    """A VS Code of the test's own, before the packaged model."""
    machine = {"ownhand.python": sys.executable, "ownhand.engine": "embedded"}
    server = CodeServer(tmp_path / "vscode", machine_settings=machine)
    server.root.mkdir()
    server.start(vsix)
    yield server
    server.stop()

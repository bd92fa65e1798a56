"""What a writer in VS Code feels: a real VS Code in Chromium with the packaged extension.

All times are taken inside the page, so the driver's own are outside of them. A key's time begins with the time stamp
of its event, which the browser gave it before the page knew, and ends when the page's elements show the text, as a
MutationObserver sees it: VS Code writes them in the frame that is then painted. The painting itself is not counted.
Frames are looked at one by one while typing through: the line, ghost text included, must never change.
"""

import re
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from bench.figures import Figure
from bench.writing import BEAT, LINES, PAUSE, THROUGH, WARM_UP, Desk, Felt, figures
from ownhand.errors import WriterError
from vscode_workbench import CHROMIUM, CODE_SERVER, EXTENSION, CodeServer, launch_browser, new_window

WATCH = """() => {
    const editor = document.querySelector('.editor-instance');
    const watch = window.writing = {line: '', ghost: '', looks: [], pressed: 0, whole: null, frames: 0, wrong: 0};
    const textOf = (elements) => elements.map((one) => one.textContent).join('').replaceAll('\\u00a0', ' ');
    const look = () => {
        const filled = [...editor.querySelectorAll('.view-lines .view-line')].filter((one) => one.textContent.trim());
        filled.sort((one, other) => parseFloat(one.style.top) - parseFloat(other.style.top));
        const last = filled.slice(-1);
        watch.line = textOf(last);
        watch.ghost = textOf(last.flatMap((one) => [...one.querySelectorAll('[class*=ghost-text-decoration]')]));
    };
    const onKey = (event) => { watch.pressed = event.timeStamp; watch.looks = []; };
    const onChange = () => { look(); watch.looks.push([performance.now(), watch.line, watch.ghost]); };
    const onFrame = () => {
        if (watch.whole !== null) { look(); watch.frames += 1; watch.wrong += watch.line !== watch.whole; }
        requestAnimationFrame(onFrame);
    };
    watch.shows = (line, ghost) => watch.line === line && watch.ghost === ghost;
    watch.took = (line, ghost) => watch.looks.find((seen) => seen[1] === line && seen[2] === ghost)[0] - watch.pressed;
    window.addEventListener('keydown', onKey, true);
    const everything = {subtree: true, childList: true, characterData: true, attributes: true};
    new MutationObserver(onChange).observe(editor, everything);
    onFrame();
}"""
"""Follows the last line that holds text. `took(line, ghost)`: milliseconds from the last key until it was that line,
ghost text included, and that ghost text."""


def measure(desk: Desk) -> list[Figure]:
    """Raises WriterError when VS Code isn't there."""
    server = CodeServer(
        desk.scratch / "vscode",
        environment=desk.environment(),
        settings={"ownhand.suggestion.trigger": "pause", "ownhand.suggestion.pauseMs": round(1000 * PAUSE)},
        machine_settings={"ownhand.python": str(desk.python())},
    )
    server.root.mkdir()
    extension = _packaged_extension()
    try:
        server.start(extension)
        felt = _watched(server, desk)
    finally:
        server.stop()
    return figures("VS Code", felt, desk.answers())


def _packaged_extension() -> Path:
    found = sorted(EXTENSION.glob("*.vsix"))
    if not found or not CODE_SERVER.exists() or not CHROMIUM.exists():
        step = "Run `tools/provision-vscode` and `make -C extensions/vscode vsix`."
        raise WriterError("VS Code with the packaged extension is not there to be measured.", step)
    return found[-1]


def _watched(server: CodeServer, desk: Desk) -> Felt:
    with sync_playwright() as playwright, launch_browser(playwright) as browser:
        window = new_window(browser, server, desk.folder)
        expect(window.status).to_have_attribute("aria-label", re.compile("ready"), timeout=60_000)
        window.open(desk.page.name)
        window.page.evaluate(WATCH)
        felt = Felt()
        for number, (opening, text) in enumerate(LINES):
            place = desk.first_line + 2 * number
            _line(window.page, opening, text, place, Felt() if number < WARM_UP else felt)
    return felt


def _line(page: Page, opening: str, text: str, line: int, felt: Felt) -> None:
    """From a new line to the taken suggestion."""
    whole, column = opening + text, len(opening)
    page.keyboard.press("Enter")
    felt.alone += [_press(page, opening[:end], end) for end in range(1, column)]
    felt.paused[line, column] = _press(page, whole, column) - 1000 * PAUSE
    page.evaluate("whole => Object.assign(writing, {whole, frames: 0, wrong: 0})", whole)
    for end in range(column + 1, column + 1 + THROUGH):
        felt.through[line, end] = _press(page, whole, end)
    page.wait_for_timeout(1000 * BEAT)
    frames, wrong = page.evaluate("() => { writing.whole = null; return [writing.frames, writing.wrong]; }")
    felt.frames, felt.wrong = felt.frames + frames, felt.wrong + wrong
    page.keyboard.press("Tab")
    page.wait_for_function("whole => writing.shows(whole, '')", arg=whole)
    page.keyboard.press("Enter")


def _press(page: Page, whole: str, end: int) -> float:
    """Type the character before `end`: milliseconds until `whole` is shown, as ghost text from `end` on."""
    page.wait_for_timeout(1000 * BEAT)
    page.keyboard.type(whole[end - 1])
    expected = [whole, whole[end:]]
    page.wait_for_function("expected => writing.shows(...expected)", arg=expected)
    return float(page.evaluate("expected => writing.took(...expected)", expected))

"""What a writer in Neovim feels: a real Neovim with the plug-in, its screen attached over msgpack-RPC.

A key's time begins when it is handed to Neovim and ends when the frame that shows it is read: Neovim flushed it, as it
does to a terminal. A frame shows a remainder when the whole line is on its row, the remainder alone has the colour of
ghost text, and the cursor stands between the two.
"""

import os
import time
from pathlib import Path

from nvim_screen import GHOST_COLOUR, Frame, Neovim

from bench.figures import Figure
from bench.writing import BEAT, LINES, PAUSE, THROUGH, WARM_UP, Desk, Felt, figures
from dev_cache import CACHE
from ownhand.errors import WriterError

VERSION = "0.12.4"
PROGRAM = CACHE / "bin" / f"nvim-{VERSION}"
PLUGIN = Path(__file__).resolve().parent.parent / "extensions" / "neovim"
KNOWS_FOLDER = "local told = require('ownhand.status').of(); return told ~= nil and told.voice ~= nil"


def measure(desk: Desk) -> list[Figure]:
    """Raises WriterError when Neovim isn't there."""
    if not PROGRAM.exists():
        raise WriterError(f"Neovim {VERSION} is not there to be measured.", "Run `tools/provision-neovim`.")
    _configure(desk)
    environment = {**os.environ, **_folders(desk), **desk.environment()}
    with Neovim(PROGRAM, [str(desk.page)], environment=environment, folder=desk.folder, width=100, height=12) as neovim:
        neovim.wait_until(lambda: neovim.lua(KNOWS_FOLDER), "the server knows the folder")
        felt = _write(neovim, desk.first_line)
    return figures(f"Neovim {VERSION}", felt, desk.answers())


def _folders(desk: Desk) -> dict[str, str]:
    names = {"XDG_CONFIG_HOME": "config", "XDG_DATA_HOME": "data", "XDG_STATE_HOME": "state", "XDG_CACHE_HOME": "cache"}
    return {"TERM": "xterm-256color"} | {variable: str(desk.scratch / name) for variable, name in names.items()}


def _configure(desk: Desk) -> None:
    folder = desk.scratch / "config" / "nvim"
    folder.mkdir(parents=True)
    command = ", ".join(f"[[{part}]]" for part in [*desk.relay(), desk.relay()[0], "-m", "ownhand", "serve"])
    settings = f'["suggestion.trigger"] = "pause", ["suggestion.pauseMs"] = {1000 * PAUSE:.0f}'
    (folder / "init.lua").write_text(
        f"""
        vim.o.swapfile, vim.o.termguicolors = false, true
        vim.o.laststatus, vim.o.ruler, vim.o.showmode, vim.o.showcmd = 0, false, false, false
        vim.api.nvim_set_hl(0, "OwnhandSuggestion", {{ fg = {GHOST_COLOUR} }})
        vim.opt.runtimepath:prepend([[{PLUGIN}]])
        require("ownhand").setup({{ cmd = {{ {command} }}, root_dir = [[{desk.folder}]], settings = {{ {settings} }} }})
        """
    )


def _write(neovim: Neovim, first_line: int) -> Felt:
    felt = Felt()
    neovim.keys("Go")
    for number, (opening, text) in enumerate(LINES):
        _line(neovim, opening, text, first_line + 2 * number, Felt() if number < WARM_UP else felt)
    return felt


def _line(neovim: Neovim, opening: str, text: str, line: int, felt: Felt) -> None:
    """From a new line to the taken suggestion."""
    whole, column = opening + text, len(opening)
    neovim.keys("<CR>")
    felt.alone += [_press(neovim, opening[:end], end)[0] for end in range(1, column)]
    shown, frame = _press(neovim, whole, column)
    felt.paused[line, column] = shown - 1000 * PAUSE
    first, row = len(neovim.frames), frame.cursor[0]
    for end in range(column + 1, column + 1 + THROUGH):
        felt.through[line, end], _ = _press(neovim, whole, end)
    time.sleep(BEAT)
    frames = neovim.frames[first:]
    felt.frames += len(frames)
    felt.wrong += sum(not _shows(frame, whole, frame.cursor[1]) or frame.cursor[0] != row for frame in frames)
    neovim.keys("<Tab>")
    neovim.wait_no_ghost()
    neovim.keys("<CR>")


def _press(neovim: Neovim, whole: str, end: int) -> tuple[float, Frame]:
    """Type the character before `end`: milliseconds until `whole` is shown, as ghost text from `end` on, and how."""
    time.sleep(BEAT)
    before, pressed = len(neovim.frames), time.perf_counter()
    neovim.keys(whole[end - 1])
    neovim.wait(lambda frame: _shows(frame, whole, end), f"{whole!r} with the cursor at {end}")
    shown = next(frame for frame in neovim.frames[before:] if _shows(frame, whole, end))
    return 1000 * (shown.at - pressed), shown


def _shows(frame: Frame, whole: str, end: int) -> bool:
    row, ghost = frame.rows[frame.cursor[0]], frame.ghost[frame.cursor[0]]
    expected = whole.rstrip(), (" " * end + whole[end:]).rstrip()
    return frame.cursor[1] == end and (row.rstrip(), ghost.rstrip()) == expected

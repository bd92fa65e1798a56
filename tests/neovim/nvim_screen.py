"""A real Neovim with a screen that can be read: the program embedded, and its user interface attached over msgpack-RPC.

Every frame that Neovim flushes is kept, so a test can say what was visible at each moment, not only at the end.
Source of the protocol: Neovim's `api.txt` and `ui.txt` ("ui-linegrid").
"""

import contextlib
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgpack

GHOST_COLOUR = 0x5F8FAF
"""Foreground that the tests give to OwnhandSuggestion, so that its cells can be told from the writer's."""
PATIENCE = 15.0
"""Seconds to wait for something that must come; no test asserts how long it took."""


@dataclass(frozen=True)
class Frame:
    """What one flush showed. `rows` is the text of every screen row, `ghost` the same with all other cells blank.

    `at` is when it was read, in seconds of `time.perf_counter`.
    """

    rows: tuple[str, ...]
    ghost: tuple[str, ...]
    cursor: tuple[int, int]
    at: float = field(default=0.0, compare=False)

    @property
    def ghost_text(self) -> str:
        """The ghost cells in reading order, rows joined by a line end, padding at row ends cut off."""
        return "\n".join(row.strip() for row in self.ghost if row.strip())

    @property
    def text(self) -> str:
        return "\n".join(row.rstrip() for row in self.rows)


class _Grid:
    def __init__(self, width: int, height: int) -> None:
        self.resize(width, height)
        self.cursor = (0, 0)
        self.colours: dict[int, int | None] = {0: None}
        self.looks: dict[int, dict[str, Any]] = {0: {}}

    def resize(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.cells = [[(" ", 0)] * width for _ in range(height)]

    def apply(self, event: str, arguments: list[Any]) -> None:
        handler = getattr(self, f"on_{event}", None)
        if handler is not None:
            handler(*arguments)

    def on_grid_resize(self, _grid: int, width: int, height: int) -> None:
        self.resize(width, height)

    def on_grid_clear(self, _grid: int) -> None:
        self.resize(self.width, self.height)

    def on_grid_cursor_goto(self, _grid: int, row: int, column: int) -> None:
        self.cursor = (row, column)

    def on_hl_attr_define(self, number: int, attributes: dict[str, Any], cterm: dict[str, Any], *_: Any) -> None:
        self.colours[number] = attributes.get("foreground")
        self.looks[number] = cterm

    def on_grid_line(self, _grid: int, row: int, column: int, cells: list[list[Any]], *_: Any) -> None:
        highlight = 0
        for cell in cells:
            highlight = cell[1] if len(cell) > 1 else highlight
            for _repeat in range(cell[2] if len(cell) > 2 else 1):
                self.cells[row][column] = (cell[0], highlight)
                column += 1

    def on_grid_scroll(self, _grid: int, top: int, bottom: int, left: int, right: int, rows: int, _cols: int) -> None:
        moved = [list(row) for row in self.cells]
        for row in range(top, bottom):
            if top <= row + rows < bottom:
                self.cells[row][left:right] = moved[row + rows][left:right]

    def frame(self, at: float = 0.0) -> Frame:
        rows = tuple("".join(text for text, _ in row) for row in self.cells)
        ghost = tuple(
            "".join(text if self.colours.get(number) == GHOST_COLOUR else " " for text, number in row)
            for row in self.cells
        )
        return Frame(rows, ghost, self.cursor, at)


class Neovim:
    """One embedded Neovim. Use as a context manager; `frames` holds every flushed frame, oldest first."""

    def __init__(
        self,
        program: Path,
        arguments: Iterable[str],
        *,
        environment: Mapping[str, str],
        folder: Path,
        width: int = 60,
        height: int = 16,
    ) -> None:
        self.frames: list[Frame] = []
        self._grid = _Grid(width, height)
        self._answers: dict[int, tuple[Any, Any]] = {}
        self._news = threading.Condition()
        self._number = 0
        self._ended = False
        self.process = subprocess.Popen(
            [str(program), "--embed", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=dict(environment),
            cwd=folder,
        )
        threading.Thread(target=self._read, daemon=True).start()
        self.call("nvim_ui_attach", width, height, {"rgb": True, "ext_linegrid": True})

    def __enter__(self) -> "Neovim":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self.process.poll() is None:
            self._send([2, "nvim_command", ["qall!"]])
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()

    # Talking

    def call(self, method: str, *arguments: Any) -> Any:
        """Call an API function and wait for its answer. Raises RuntimeError with Neovim's own error."""
        self._number += 1
        number = self._number
        self._send([0, number, method, list(arguments)])
        with self._news:
            if not self._news.wait_for(lambda: number in self._answers or self._ended, PATIENCE):
                raise TimeoutError(f"no answer to {method}; the screen:\n{self.frame.text}")
            error, result = self._answers.pop(number, ("Neovim ended", None))
        if error:
            raise RuntimeError(str(error))
        return result

    def lua(self, code: str, *arguments: Any) -> Any:
        return self.call("nvim_exec_lua", code, list(arguments))

    def keys(self, keys: str) -> None:
        """Put keys in as if they were typed (`<Tab>` and the like are understood)."""
        self.call("nvim_input", keys)

    def write(self, text: str) -> None:
        """Type each character by itself and let the screen settle after each, as a writer at a keyboard does."""
        for character in text:
            before = len(self.frames)
            self.keys({"<": "<lt>", "\n": "<CR>"}.get(character, character))
            self.wait(lambda _frame, before=before: len(self.frames) > before, f"a frame after {character!r}")
            self.call("nvim_get_mode")

    @property
    def buffer(self) -> list[str]:
        return list(self.call("nvim_buf_get_lines", 0, 0, -1, False))

    # Looking

    @property
    def frame(self) -> Frame:
        with self._news:
            return self.frames[-1] if self.frames else self._grid.frame()

    def wait(self, holds: Callable[[Frame], object], what: str = "") -> Frame:
        """The first frame from now on for which `holds`. Fails with the screen when none comes."""
        with self._news:
            if self._news.wait_for(lambda: bool(self.frames) and bool(holds(self.frames[-1])), PATIENCE):
                return self.frames[-1]
        raise AssertionError(f"never on the screen: {what or 'what was waited for'}\n{self.frame.text}")

    def wait_until(self, holds: Callable[[], object], what: str = "", patience: float = PATIENCE) -> None:
        """Wait for something that the screen doesn't show, `patience` seconds at most."""
        end = time.monotonic() + patience
        while not holds():
            if time.monotonic() > end:
                raise AssertionError(f"never true: {what}\n{self.frame.text}")
            time.sleep(0.02)

    def wait_ghost(self, text: str) -> Frame:
        """Wait for exactly this ghost text, however it is broken into rows."""
        wanted = "".join(text.split())
        return self.wait(lambda frame: "".join(frame.ghost_text.split()) == wanted, f"the ghost text {text!r}")

    def look(self, text: str) -> dict[str, Any]:
        """How a terminal without true colours draws the first cell of `text`: the attributes of `cterm`."""
        with self._news:
            for row, cells in zip(self._grid.frame().rows, self._grid.cells, strict=True):
                if text in row:
                    return self._grid.looks[cells[row.index(text)][1]]
        raise AssertionError(f"not on the screen: {text!r}\n{self.frame.text}")

    def wait_no_ghost(self) -> Frame:
        return self.wait(lambda frame: not frame.ghost_text, "no ghost text")

    # The wire

    def _send(self, message: list[Any]) -> None:
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(msgpack.packb(message))
            self.process.stdin.flush()
        except (BrokenPipeError, ValueError):
            self._ended = True

    def _read(self) -> None:
        assert self.process.stdout is not None
        unpacker = msgpack.Unpacker(raw=False, strict_map_key=False, unicode_errors="surrogateescape")
        while data := _read_some(self.process.stdout):
            self._read_at = time.perf_counter()
            unpacker.feed(data)
            for message in unpacker:
                with self._news:
                    self._take(message)
                    self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()

    def _take(self, message: list[Any]) -> None:
        if message[0] == 1:
            self._answers[message[1]] = (message[2], message[3])
        elif message[0] == 2 and message[1] == "redraw":
            for event, *batches in message[2]:
                if event == "flush":
                    self.frames.append(self._grid.frame(self._read_at))
                    continue
                for arguments in batches:
                    self._grid.apply(event, arguments)


def _read_some(stream: Any) -> bytes:
    try:
        return bytes(stream.read1(65536))
    except (OSError, ValueError):
        return b""

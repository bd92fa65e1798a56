"""A program at a terminal of its own (pty): what it shows there, and keys typed at it, ctrl-C among them."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from collections.abc import Mapping, Sequence

CTRL_C = "\x03"
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[@-Z\\-_]|\r(?=\n)")


class Terminal:
    """`shown` is all that was shown so far, colours and movements of the cursor left out."""

    def __init__(
        self, command: Sequence[object], environment: Mapping[str, str], *, columns: int = 120, rows: int = 40
    ) -> None:
        self._screen, keyboard = pty.openpty()
        fcntl.ioctl(keyboard, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.process = subprocess.Popen(
            [str(part) for part in command],
            env={**environment, "TERM": "xterm-256color"},
            stdin=keyboard,
            stdout=keyboard,
            stderr=keyboard,
            start_new_session=True,
            preexec_fn=_own_the_terminal,
        )
        os.close(keyboard)
        self._bytes = b""
        self._heard = 0

    @property
    def shown(self) -> str:
        return _ESCAPES.sub("", self._bytes.decode(errors="replace"))

    def wait_for(self, pattern: str) -> re.Match[str]:
        """The next place that matches, behind the one before. Raises AssertionError when the program ends first."""
        while True:
            if found := re.compile(pattern).search(self.shown, self._heard):
                self._heard = found.end()
                return found
            assert self._read(), f"it ended without {pattern!r}:\n{self.shown}"

    def type(self, keys: str) -> None:
        os.write(self._screen, keys.encode())

    def ends(self) -> int:
        """Wait for it; the exit code."""
        while self._read():
            pass
        return self.process.wait()

    def close(self) -> None:
        """End it if it still runs."""
        self.process.kill()
        self.process.wait()
        os.close(self._screen)

    def _read(self) -> bool:
        try:
            more = os.read(self._screen, 65536)
        except OSError:  # on Linux, what reading says once nobody holds the other side
            return False
        self._bytes += more
        return bool(more)


def _own_the_terminal() -> None:
    """In the child: keys that mean a signal reach whoever controls the terminal."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)

"""Sentences on a real terminal: broken between words, never inside them."""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios

import pytest

SENTENCE = "It goes to /home/ida/.local/share/ownhand/weights. Nothing else is fetched."
SAY = f"from ownhand.commands.context import say; say({SENTENCE!r} + '\\nAnd a line.')"


def said(columns: int) -> list[str]:
    """The lines that a terminal of so many columns (0: it doesn't say) is sent."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24 if columns else 0, columns, 0, 0))
    subprocess.run([sys.executable, "-c", SAY], check=True, stderr=slave)
    os.close(slave)
    output = os.read(master, 65536)
    os.close(master)
    return output.decode().replace("\r\n", "\n").splitlines()


@pytest.mark.parametrize("columns", [20, 45, 0])
def test_lines_break_between_words(columns: int) -> None:
    lines = said(columns)
    assert lines[-1] == "And a line."
    assert " ".join(lines[:-1]) == SENTENCE
    assert all(len(line) <= (columns or 80) or " " not in line for line in lines)


def test_elsewhere_a_line_stays_one() -> None:
    piped = subprocess.run([sys.executable, "-c", SAY], check=True, capture_output=True, text=True)
    assert piped.stderr == f"{SENTENCE}\nAnd a line.\n"

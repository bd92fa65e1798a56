"""What every command needs: the data folder, the settings of the terminal, and a way to print."""

import json
import os
import sys
import textwrap
from collections.abc import Mapping
from typing import Any

from ownhand.errors import WriterError
from ownhand.home import Home
from ownhand.settings import Settings, read_settings_toml

_USUAL_COLUMNS = 80
"""For a terminal that doesn't know its width."""


def terminal_settings(home: Home) -> Settings:
    """Settings from `settings.toml` in the data folder; bad values are named on standard error and passed over."""
    settings, complaints = read_terminal_settings(home)
    for complaint in complaints:
        say(complaint)
    return settings


def read_terminal_settings(home: Home) -> tuple[Settings, list[str]]:
    """The same with the complaints returned. Raises WriterError when the file can't be read or isn't TOML."""
    path = home.root / "settings.toml"
    try:
        return read_settings_toml(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return Settings(), []
    except OSError as error:
        raise WriterError(f"{path} can't be read: {error.strerror}.", "Make it readable or remove it.") from error
    except ValueError as error:  # broken TOML or broken UTF-8
        raise WriterError(f"{path} is not valid TOML: {error}.", "Mend that line, or remove the file.") from error


def say(sentence: str) -> None:
    """A sentence beside the answer: to standard error, so that standard output holds the answer alone.

    A terminal breaks a long line inside words, so there it is broken here; a path stays in one piece.
    """
    if sys.stderr.isatty():
        columns = os.get_terminal_size(sys.stderr.fileno()).columns or _USUAL_COLUMNS
        sentence = "\n".join(
            textwrap.fill(line, columns, break_long_words=False, break_on_hyphens=False)
            for line in sentence.splitlines()
        )
    sys.stderr.write(f"{sentence}\n")


def print_line(text: str) -> None:
    """The answer of a command, for a person."""
    sys.stdout.write(text + "\n")


def print_json(value: Mapping[str, Any]) -> None:
    """The answer of a `--json` command, one object."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1) + "\n")


def print_json_line(value: Mapping[str, Any]) -> None:
    """The same on one line, for a command that others watch line by line: its last one is the answer."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")

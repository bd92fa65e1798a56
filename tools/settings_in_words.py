"""What the generators of settings share: types and defaults in words, and the writing or checking of a file."""

import sys
from collections.abc import Callable
from pathlib import Path

from ownhand.settings import Setting

Quoted = Callable[[object], str]
"""How a page sets a value apart from its sentences."""


def type_in_words(setting: Setting, quoted: Quoted) -> str:
    if setting.choices:
        return "one of " + ", ".join(map(quoted, setting.choices))
    if setting.type is int:
        bounds = f" from {setting.minimum:g} to {setting.maximum:g}" if setting.maximum is not None else ""
        return f"a whole number{bounds}"
    return "text" if setting.type is str else "a list of texts"


def default_in_words(setting: Setting, quoted: Quoted) -> str:
    return "empty" if setting.default in ("", []) else quoted(setting.default)


def write_or_check(target: Path, wanted: str) -> int:
    """Write `target`; with --check on the command line say instead whether it is up to date. Returns the exit code."""
    if "--check" not in sys.argv:
        target.write_text(wanted, encoding="utf-8")
    elif not target.is_file() or target.read_text(encoding="utf-8") != wanted:
        sys.stderr.write(f"{target.name} differs from server/ownhand/settings.py. Run `make settings`.\n")
        return 1
    return 0

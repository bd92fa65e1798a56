"""Write the settings part of the Neovim help from `ownhand.settings`, or (--check) say whether it is up to date."""

import sys
import textwrap
from pathlib import Path

from ownhand.settings import Setting, declared_settings

TARGET = Path(__file__).parents[1] / "extensions" / "neovim" / "doc" / "ownhand.txt"
WIDTH = 78
_START = "\n*ownhand-settings-begin*\n"
_STOP = "\n*ownhand-settings-end*\n"


def with_settings(help_page: str) -> str:
    """The help page with its part between the two tags written anew. Raises ValueError when a tag is missing."""
    head, start, rest = help_page.partition(_START)
    _, stop, tail = rest.partition(_STOP)
    if not (start and stop):
        raise ValueError(f"{TARGET.name} lacks the tags around its settings.")
    return head + start + "\n" + "\n".join(map(_section, declared_settings())) + stop + tail


def _section(setting: Setting) -> str:
    tag = f"*ownhand-{setting.key}*"
    title = f"{setting.key}{tag:>{WIDTH - len(setting.key)}}"
    facts = f"{_type(setting)}; default: {_literal(setting.default)}."
    body = textwrap.fill(
        f"{setting.help} {facts}",
        WIDTH,
        initial_indent="    ",
        subsequent_indent="    ",
        break_on_hyphens=False,
        break_long_words=False,
    )
    return f"{title}\n{body}\n"


def _type(setting: Setting) -> str:
    if setting.choices:
        return "One of " + ", ".join(f'"{choice}"' for choice in setting.choices)
    if setting.type is int:
        bounds = f" from {setting.minimum:g} to {setting.maximum:g}" if setting.maximum is not None else ""
        return f"A whole number{bounds}"
    return {str: "Text", bool: "true or false"}.get(setting.type, "A list of texts")


def _literal(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if value in ("", [], ()):
        return "empty"
    return f'"{value}"' if isinstance(value, str) else str(value)


def main() -> int:
    current = TARGET.read_text(encoding="utf-8")
    wanted = with_settings(current)
    if "--check" not in sys.argv:
        TARGET.write_text(wanted, encoding="utf-8")
        return 0
    if current == wanted:
        return 0
    sys.stderr.write(f"{TARGET.name} differs from server/ownhand/settings.py. Run `python {sys.argv[0]}`.\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())

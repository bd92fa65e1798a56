"""Write the settings part of the Neovim help from `ownhand.settings`, and the help's tags, which `:help` looks up.

The tags are committed, so that `:help ownhand` is there however the plug-in was installed. With --check: say whether
both are up to date.
"""

import re
import sys
import textwrap
from pathlib import Path

from ownhand.settings import Setting, declared_settings
from settings_in_words import default_in_words, type_in_words, write_or_check

TARGET = Path(__file__).parents[1] / "extensions" / "neovim" / "doc" / "ownhand.txt"
TAGS = TARGET.with_name("tags")
WIDTH = 78
_START = "\n*ownhand-settings-begin*\n"
_STOP = "\n*ownhand-settings-end*\n"
_TAG = re.compile(r"(?<!\S)\*([^*|\s]+)\*(?!\S)")


def with_settings(help_page: str) -> str:
    """The help page with its part between the two tags written anew. Raises ValueError when a tag is missing."""
    head, start, rest = help_page.partition(_START)
    _, stop, tail = rest.partition(_STOP)
    if not (start and stop):
        raise ValueError(f"{TARGET.name} lacks the tags around its settings.")
    return head + start + "\n" + "\n".join(map(_section, declared_settings())) + stop + tail


def tags_of(help_page: str) -> str:
    """What Neovim's `:helptags` writes for the page: name, file and search pattern, sorted by the bytes of the name."""
    names = sorted(_TAG.findall(help_page), key=str.encode)
    return "".join(f"{name}\t{TARGET.name}\t/*{name}*\n" for name in names)


def _section(setting: Setting) -> str:
    tag = f"*ownhand-{setting.key}*"
    title = f"{setting.key}{tag:>{WIDTH - len(setting.key)}}"
    kind = type_in_words(setting, _quoted)
    facts = f"{kind[0].upper()}{kind[1:]}; default: {default_in_words(setting, _quoted)}."
    body = textwrap.fill(
        f"{setting.help} {facts}",
        WIDTH,
        initial_indent="    ",
        subsequent_indent="    ",
        break_on_hyphens=False,
        break_long_words=False,
    )
    return f"{title}\n{body}\n"


def _quoted(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


if __name__ == "__main__":
    PAGE = with_settings(TARGET.read_text(encoding="utf-8"))
    sys.exit(write_or_check(TARGET, PAGE) or write_or_check(TAGS, tags_of(PAGE)))

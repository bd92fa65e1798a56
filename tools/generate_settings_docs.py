"""Write docs/settings.md from the declarations in `ownhand.settings`, or (--check) say whether it is up to date."""

import sys
from pathlib import Path

from ownhand.settings import Setting, declared_settings
from settings_in_words import default_in_words, type_in_words, write_or_check

TARGET = Path(__file__).parents[1] / "docs" / "settings.md"

_HEAD = """# Settings

<!-- Written by tools/generate_settings_docs.py from server/ownhand/settings.py. Change it there: `make settings`. -->

Every setting has a working default; you can leave all of them alone. In an editor they are part of its own settings,
under `ownhand.`. For the command line they stand in `settings.toml` in Ownhand's data folder (`ownhand doctor` says
where that is), without the `ownhand.` in front:

```toml
engine = "ollama"
model = "llama3.2:3b-text-q4_K_M"

[suggestion]
length = "phrase"
```

A value that can't be right is named once, and the default is used instead.

*Where it counts*: **machine** settings name an address or a program. They are read from your own settings alone: a
manuscript folder that came from somebody else can't redirect your text. **window** settings hold for an editor window,
**resource** settings may differ from folder to folder.
"""


def page() -> str:
    return "\n".join([_HEAD, *map(_section, declared_settings())])


def _section(setting: Setting) -> str:
    facts = [
        f"- Type: {type_in_words(setting, _quoted)}",
        f"- Default: {default_in_words(setting, _quoted)}",
        f"- Where it counts: {setting.scope}",
    ]
    return "\n".join([f"## ownhand.{setting.key}", "", setting.help, "", *facts, ""])


def _quoted(value: object) -> str:
    return f"`{value}`"


if __name__ == "__main__":
    sys.exit(write_or_check(TARGET, page()))

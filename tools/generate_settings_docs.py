"""Write docs/settings.md from the declarations in `ownhand.settings`, or (--check) say whether it is up to date."""

import sys
from pathlib import Path

from ownhand.settings import Setting, declared_settings

TARGET = Path(__file__).parents[1] / "docs" / "settings.md"

_HEAD = """# Settings

<!-- Written by tools/generate_settings_docs.py from server/ownhand/settings.py. Change it there: `make settings`. -->

Every setting has a working default; you can leave all of them alone. In an editor they are part of its own settings,
under `ownhand.`. For the command line they stand in `settings.toml` in Ownhand's data folder (`ownhand doctor` says
where that is), without the `ownhand.` in front:

```toml
engine = "ollama"
model = "gemma:2b-text"

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
        f"- Type: {_type(setting)}",
        f"- Default: {_literal(setting.default)}",
        f"- Where it counts: {setting.scope}",
    ]
    return "\n".join([f"## ownhand.{setting.key}", "", setting.help, "", *facts, ""])


def _type(setting: Setting) -> str:
    if setting.choices:
        return "one of " + ", ".join(f"`{choice}`" for choice in setting.choices)
    if setting.type is int:
        bounds = f" from {setting.minimum:g} to {setting.maximum:g}" if setting.maximum is not None else ""
        return f"a whole number{bounds}"
    return {str: "text", bool: "true or false"}.get(setting.type, "a list of texts")


def _literal(value: object) -> str:
    if value == "" or value == []:
        return "empty"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def main() -> int:
    if "--check" not in sys.argv:
        TARGET.write_text(page(), encoding="utf-8")
        return 0
    if TARGET.is_file() and TARGET.read_text(encoding="utf-8") == page():
        return 0
    sys.stderr.write("docs/settings.md differs from server/ownhand/settings.py. Run `make settings`.\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())

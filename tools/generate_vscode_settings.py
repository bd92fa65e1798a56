"""Write the settings of `server/ownhand/settings.py` into the extension's package.json, or check that they are there.

python tools/generate_vscode_settings.py [--check]
"""

import json
import sys
from pathlib import Path
from typing import Any

from ownhand.settings import Setting, declared_settings
from settings_in_words import write_or_check

MANIFEST = Path(__file__).parents[1] / "extensions" / "vscode" / "package.json"

EXTENSION_ONLY = [
    Setting(
        "python",
        str,
        "",
        "The Python (3.11 or newer) that Ownhand's set-up builds on. Empty: Ownhand looks for one. "
        "A Python that has Ownhand installed already is used as it is.",
        "machine",
    ),
]
"""Settings that the server never sees: they say how it is started."""


def with_settings(manifest: str) -> str:
    """The manifest with the settings that are declared now; everything else stays as it is."""
    package: dict[str, Any] = json.loads(manifest)
    declared = [*declared_settings(), *EXTENSION_ONLY]
    properties = {f"ownhand.{setting.key}": as_property(setting, order) for order, setting in enumerate(declared)}
    package["contributes"]["configuration"]["properties"] = properties
    # A folder that isn't trusted yet sets nothing of Ownhand's; what names programs it can never set.
    restricted = [f"ownhand.{setting.key}" for setting in declared]
    package["capabilities"]["untrustedWorkspaces"]["restrictedConfigurations"] = restricted
    return json.dumps(package, indent=2, ensure_ascii=False) + "\n"


def as_property(setting: Setting, order: int) -> dict[str, Any]:
    """A setting as a VS Code configuration property."""
    schema: dict[str, Any] = {"order": order, "scope": setting.scope, "markdownDescription": setting.help}
    if setting.choices:
        schema |= {"type": "string", "enum": list(setting.choices)}
    elif setting.type in (int, str):
        schema["type"] = {int: "integer", str: "string"}[setting.type]
    else:
        schema |= {"type": "array", "items": {"type": "string"}}
    bounds = {"minimum": setting.minimum, "maximum": setting.maximum}
    return schema | {name: bound for name, bound in bounds.items() if bound is not None} | {"default": setting.default}


if __name__ == "__main__":
    sys.exit(write_or_check(MANIFEST, with_settings(MANIFEST.read_text(encoding="utf-8"))))

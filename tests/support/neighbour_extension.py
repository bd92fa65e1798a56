"""Small VS Code extensions that pass for known ones: a real provider of ghost text under a known id."""

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_PROVIDER = """
const vscode = require("vscode");
exports.activate = (context) => {
  const provideInlineCompletionItems = (document, position) => {
    const value = vscode.workspace.getConfiguration().get($KEY);
    if (JSON.stringify(value) !== $ON) return [];
    return [new vscode.InlineCompletionItem($TEXT, new vscode.Range(position, position))];
  };
  const register = vscode.languages.registerInlineCompletionItemProvider;
  context.subscriptions.push(register({ pattern: "**" }, { provideInlineCompletionItems }));
};
"""
_TYPES = """<?xml version="1.0" encoding="utf-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension=".json" ContentType="application/json"/>
<Default Extension=".js" ContentType="application/javascript"/>
<Default Extension=".vsixmanifest" ContentType="text/xml"/></Types>"""
_MANIFEST = """<?xml version="1.0" encoding="utf-8"?>
<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011">
<Metadata><Identity Language="en-US" Id="{name}" Version="1.0.0" Publisher="{publisher}"/>
<DisplayName>{name}</DisplayName></Metadata>
<Installation><InstallationTarget Id="Microsoft.VisualStudio.Code"/></Installation>
<Assets><Asset Type="Microsoft.VisualStudio.Code.Manifest" Path="extension/package.json" Addressable="true"/></Assets>
</PackageManifest>"""


def write_neighbour(folder: Path, identity: str, text: str, key: str, setting: Mapping[str, Any]) -> Path:
    """An extension `identity` ("publisher.name") that offers `text` while the setting `key` is at its default.

    `setting` declares it, as package.json does. Returns the file to install.
    """
    publisher, name = identity.split(".")
    package = {
        "publisher": publisher,
        "name": name,
        "version": "1.0.0",
        "engines": {"vscode": "^1.91.0"},
        "main": "./main.js",
        "activationEvents": ["onStartupFinished"],
        "contributes": {"configuration": {"title": name, "properties": {key: setting}}},
    }
    on = json.dumps(setting["default"], separators=(",", ":"))
    words = {"$KEY": json.dumps(key), "$ON": json.dumps(on), "$TEXT": json.dumps(text)}
    code = _PROVIDER
    for word, value in words.items():
        code = code.replace(word, value)
    target = folder / f"{identity}.vsix"
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("[Content_Types].xml", _TYPES)
        archive.writestr("extension.vsixmanifest", _MANIFEST.format(publisher=publisher, name=name))
        archive.writestr("extension/package.json", json.dumps(package))
        archive.writestr("extension/main.js", code)
    return target

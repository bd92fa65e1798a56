"""The model files that a local Ollama already holds, read from its folder without asking it.

Layout (Ollama's `manifest/` package): `manifests/HOST/NAMESPACE/MODEL/TAG` is JSON with `layers`, each with a
`mediaType`, a `digest` ("sha256:HEX") and a size; the layer's bytes are `blobs/sha256-HEX`.
"""

import contextlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ownhand.engines.ollama_derived import PREFIX, is_derived

_LAYER = "application/vnd.ollama.image."
_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")
_FROM = re.compile(r"^FROM (.*sha256[-:]([0-9a-f]{64}))\s*$", re.MULTILINE)
_OFFICIAL = ("registry.ollama.ai", "library")
_LARGEST_MANIFEST = 1 << 20


@dataclass(frozen=True)
class OllamaBlob:
    """One model. `name` as Ollama lists it; `path` its GGUF. Models that carry an adapter, or were made of one by
    Ownhand, are left out."""

    name: str
    path: Path
    size: int
    licence: str


def models_folders(environment: Mapping[str, str] = os.environ) -> list[Path]:
    """Where Ollama may keep models: OLLAMA_MODELS, the user's folder, the Linux service's, Homebrew's none."""
    named = environment.get("OLLAMA_MODELS")
    usual = [
        Path.home() / ".ollama" / "models",
        Path("/usr/share/ollama/.ollama/models"),
        Path("/var/lib/ollama/.ollama/models"),
        Path("/var/lib/ollama/models"),
    ]
    return [Path(named).expanduser()] if named else usual


def local_blobs(folders: list[Path] | None = None) -> list[OllamaBlob]:
    """Every readable model in the first of `folders` that has any. Unreadable or odd manifests are skipped."""
    for folder in models_folders() if folders is None else folders:
        if found := sorted(_in(folder), key=lambda blob: blob.name):
            return found
    return []


def _in(folder: Path) -> Iterator[OllamaBlob]:
    for name, place in _manifests(folder):
        blob = None if name.startswith(PREFIX) else _blob(folder, name, place)
        if blob is not None:
            yield blob


def _manifests(folder: Path) -> list[tuple[str, Path]]:
    """(the model's name, its manifest); none where the folder can't be read."""
    manifests = folder / "manifests"
    with contextlib.suppress(OSError):
        places = [place for place in manifests.glob("*/*/*/*") if place.is_file()]
        return [(_spelled(place.relative_to(manifests).parts), place) for place in places]
    return []


def derived_models(voice: str, folders: list[Path] | None = None) -> list[str]:
    """Names of the models that were made of adapters of this voice, in any of `folders` that can be read."""
    everywhere = models_folders() if folders is None else folders
    found = {name for folder in everywhere for name, _ in _manifests(folder)}
    return sorted(name.removesuffix(":latest") for name in found if is_derived(name, voice))


def base_file(facts: Mapping[str, Any]) -> tuple[str, str]:
    """Of a model as `/api/show` tells it: (where its file lies in Ollama's words, its digest "sha256:..."); empty when
    Ollama does not tell."""
    found = _FROM.search(str(facts.get("modelfile", "")))
    return (found[1], f"sha256:{found[2]}") if found else ("", "")


def blob_file(digest: str, named: str = "", folders: list[Path] | None = None) -> Path | None:
    """The readable file of a blob ("sha256:..."): where Ollama says that it is (`named`), else where it may be."""
    matched = _DIGEST.fullmatch(digest)
    if matched is None:
        return None
    name = f"sha256-{matched[1]}"
    usual = [folder / "blobs" / name for folder in (models_folders() if folders is None else folders)]
    places = [Path(named), *usual] if named and Path(named).name == name else usual
    return next((place for place in places if os.access(place, os.R_OK) and place.is_file()), None)


def _blob(folder: Path, name: str, manifest: Path) -> OllamaBlob | None:
    try:
        if manifest.stat().st_size > _LARGEST_MANIFEST:
            return None
        layers = _by_kind(json.loads(manifest.read_bytes()))
        path = _file(folder, layers["model"])
        if "adapter" in layers or path is None:
            return None
        with path.open("rb") as stream:
            magic = stream.read(4)
        return OllamaBlob(name, path, path.stat().st_size, _licence(folder, layers)) if magic == b"GGUF" else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _by_kind(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Kind of layer ("model", "adapter", "license"...) to digest; the first of a kind counts."""
    layers: dict[str, str] = {}
    for layer in manifest["layers"]:
        layers.setdefault(str(layer["mediaType"]).removeprefix(_LAYER), str(layer["digest"]))
    return layers


def _file(folder: Path, digest: str) -> Path | None:
    matched = _DIGEST.fullmatch(digest)
    path = folder / "blobs" / f"sha256-{matched[1]}" if matched else None
    return path if path is not None and path.is_file() else None


def _licence(folder: Path, layers: Mapping[str, str]) -> str:
    """The licence's own first line, which names it."""
    path = _file(folder, layers.get("license", ""))
    if path is None:
        return ""
    with path.open("rb") as stream:
        lines = stream.read(400).decode("utf-8", "replace").split("\n")
    return next((line.strip() for line in lines if line.strip()), "")


def _spelled(parts: tuple[str, ...]) -> str:
    host, namespace, model, tag = parts
    if (host, namespace) == _OFFICIAL:
        return f"{model}:{tag}"
    return f"{namespace}/{model}:{tag}" if host == _OFFICIAL[0] else f"{host}/{namespace}/{model}:{tag}"

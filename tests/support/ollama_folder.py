"""An Ollama's folder of models, without the Ollama."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path


def put_blob(
    folder: Path, content: bytes, name: str = "tale", tag: str = "7b", kinds: Sequence[str] = ("model",)
) -> Path:
    """Write a model of one file as Ollama lays it down, and return the file."""
    digest = hashlib.sha256(content).hexdigest()
    blob = folder / "blobs" / f"sha256-{digest}"
    blob.parent.mkdir(parents=True, exist_ok=True)
    blob.write_bytes(content)
    layers = [{"mediaType": f"application/vnd.ollama.image.{kind}", "digest": f"sha256:{digest}"} for kind in kinds]
    manifest = folder / "manifests" / "registry.ollama.ai" / "library" / name / tag
    manifest.parent.mkdir(parents=True, exist_ok=True)
    manifest.write_text(json.dumps({"layers": layers}))
    return blob

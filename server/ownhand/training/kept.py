"""What was measured of a model in earlier evaluations, kept beside the job folders: neither the base nor an adapter
ever changes, so nothing is asked of them twice.

A file for each model, of the bits that it needs for blocks, and one of what it wrote. The latest few stay. What a
model wrote after the writer's text is private, and gone with what is left of trainings.
"""

import hashlib
import json
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ownhand.engines.protocol import Sampling
from ownhand.errors import WriterError
from ownhand.home import write_json

FORMAT = 2
_FOLDER = "measured"
_FILES = 8


class Kept:
    """Values by key, of one `sort` and one model, which `model` names as exactly as it can be named.

    Only what was asked for since it was opened is kept on.
    """

    def __init__(self, folder: Path, sort: str, model: str) -> None:
        self._path = folder / f"{sort}-{digest(model)}.json"
        self._known = self._read()
        self._used: dict[str, Any] = {}

    def get(self, key: str) -> Any:
        """None for what is not known."""
        if (known := self._known.get(key)) is not None:
            self._used[key] = known
        return known

    def keep(self, key: str, value: Any) -> None:
        self._known[key] = self._used[key] = value

    def save(self) -> None:
        """A disk that refuses costs the next evaluation some minutes, and this one nothing."""
        with suppress(WriterError):
            write_json(self._path, {"format": FORMAT, "kept": self._used})
        forget_old(self._path.parent)

    def _read(self) -> dict[str, Any]:
        try:
            values = json.loads(self._path.read_bytes())
            return dict(values["kept"]) if values["format"] == FORMAT else {}
        except (OSError, ValueError, KeyError, TypeError):
            return {}


class KeptWriting:
    """What a model wrote, by prompt and sampling."""

    def __init__(self, folder: Path, model: str) -> None:
        self._kept = Kept(folder, "writing", model)

    def text(self, prompt: str, sampling: Sampling) -> str | None:
        text: str | None = self._kept.get(_key(prompt, sampling))
        return text

    def keep(self, prompt: str, sampling: Sampling, text: str) -> None:
        self._kept.keep(_key(prompt, sampling), text)

    def save(self) -> None:
        self._kept.save()


def kept_folder(job: Path) -> Path:
    """Beside this job's folder and those of the others of its voice."""
    return job.parent / _FOLDER


def forget_old(folder: Path) -> None:
    """Of each sort of file the latest few stay."""
    for sort in ("bits", "writing"):
        with suppress(OSError):
            files = sorted(folder.glob(f"{sort}-*.json"), key=lambda file: file.stat().st_mtime)
            for file in files[:-_FILES]:
                file.unlink(missing_ok=True)


def _key(prompt: str, sampling: Sampling) -> str:
    return digest(json.dumps([prompt, asdict(sampling)], sort_keys=True))


def digest(text: str) -> str:
    """Short, for names of files and keys."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]

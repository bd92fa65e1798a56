"""What the bare base did in earlier evaluations, kept beside the job folders: it never changes, so it is made once.

A file for each plan that it was measured on, and one for each model, of what it wrote. The latest few stay. They hold
the writer's text as tokens and what a model wrote after it: private, and gone with what is left of trainings.
"""

import hashlib
import json
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from ownhand.engines.protocol import Sampling
from ownhand.errors import WriterError
from ownhand.home import write_json

FORMAT = 1
_FOLDER = "measured"
_FILES = 8


class KeptWriting:
    """What a model wrote, by prompt and sampling. `model` names it as exactly as it can be named.

    Only what was asked for since it was opened is kept on.
    """

    def __init__(self, folder: Path, model: str) -> None:
        self._path = folder / f"writing-{_digest(model)}.json"
        self._known = self._read()
        self._used: dict[str, str] = {}

    def text(self, prompt: str, sampling: Sampling) -> str | None:
        key = _key(prompt, sampling)
        if (known := self._known.get(key)) is not None:
            self._used[key] = known
        return known

    def keep(self, prompt: str, sampling: Sampling, text: str) -> None:
        self._used[_key(prompt, sampling)] = text

    def save(self) -> None:
        """A disk that refuses costs the next evaluation some minutes, and this one nothing."""
        with suppress(WriterError):
            write_json(self._path, {"format": FORMAT, "texts": self._used})
        forget_old(self._path.parent)

    def _read(self) -> dict[str, str]:
        try:
            values = json.loads(self._path.read_bytes())
            return dict(values["texts"]) if values["format"] == FORMAT else {}
        except (OSError, ValueError, KeyError, TypeError):
            return {}


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
    return _digest(json.dumps([prompt, asdict(sampling)], sort_keys=True))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]

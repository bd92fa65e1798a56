"""Other people's text, to tell what an adapter learned of *this* writer from what it learned of writing.

The files lie in `examples/control` of the source, and in the installed package beside this module: one text each,
`FORM-NUMBER-NAME.md`, English at the top, other languages in a folder named by their code.
"""

from dataclasses import dataclass
from pathlib import Path

import ownhand
from ownhand.manuscript.model import Form

_INSTALLED = Path(__file__).with_name("control_texts")
_SOURCE = Path(ownhand.__file__).parents[2] / "examples" / "control"
_ENGLISH = "en"


@dataclass(frozen=True)
class ControlText:
    """One text by somebody else."""

    name: str
    form: Form
    language: str
    text: str


def control_texts(folder: Path | None = None) -> list[ControlText]:
    """All of them, in the order of their names; none where the files were left out."""
    root = folder or (_INSTALLED if _INSTALLED.is_dir() else _SOURCE)
    return [_read(root, path) for path in sorted(root.glob("**/*.md"))]


def _read(root: Path, path: Path) -> ControlText:
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    text = "".join(line for line in lines if not line.startswith("#"))
    language = _ENGLISH if path.parent == root else path.parent.name
    name = path.relative_to(root).with_suffix("").as_posix()
    return ControlText(name, Form(path.name.partition("-")[0]), language, text.strip("\n") + "\n")

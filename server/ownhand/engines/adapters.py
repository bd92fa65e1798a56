"""Is this LoRA file safe to hand to llama.cpp? A wrong one can end the process that loads it."""

from collections.abc import Sequence
from pathlib import Path

from ownhand.engines.gguf_header import F64, BadGGUFError, Header, Tensor, read_header
from ownhand.engines.protocol import EngineError

NEXT_STEP = "Go back to the adapter before it, or train again."
_SUFFIXES = (".lora_a", ".lora_b")


def check_adapter(path: Path, architecture: str, tensors: Sequence[Tensor] = ()) -> None:
    """Raises EngineError with one sentence unless `path` is a LoRA for this base. Reads the head, no weights.

    `tensors` are the base model's, when its file can be read; every part of the adapter must then fit one.
    """
    try:
        header = read_header(path)
    except BadGGUFError as error:
        raise EngineError(f"The adapter {path.name} {error}.", NEXT_STEP) from error
    except OSError as error:
        raise EngineError(f"The adapter {path.name} can't be read: {error.strerror}.", NEXT_STEP) from error
    if complaint := _complaint(header, architecture, tensors):
        raise EngineError(f"The adapter {path.name} {complaint}.", NEXT_STEP)


def _complaint(header: Header, architecture: str, tensors: Sequence[Tensor]) -> str:
    if not header.is_adapter or header.metadata.get("adapter.type") != "lora":
        return "is not a LoRA adapter"
    if header.architecture != architecture:
        return f"was made for a {header.architecture or 'nameless'} model, and this one is {architecture}"
    if not header.tensors:
        return "is empty"
    shapes = {tensor.name: tensor.shape for tensor in tensors}
    return next((complaint for tensor in header.tensors if (complaint := _wrong(tensor, shapes))), "")


def _wrong(tensor: Tensor, shapes: dict[str, tuple[int, ...]]) -> str:
    """What is wrong with one tensor. lora_a is (rank, in) and lora_b (out, rank); ggml writes dimensions reversed."""
    target = tensor.name.removesuffix(_SUFFIXES[0]).removesuffix(_SUFFIXES[1])
    if target == tensor.name or len(tensor.shape) != 2:
        return f"holds a part that is no LoRA matrix ({tensor.name})"
    if target.startswith("token_embd"):
        return "changes the embeddings, which the embedded engine can't load"
    if tensor.type == F64:
        return "is stored in 64-bit numbers, which the embedded engine can't load"
    if not shapes:
        return ""
    shape = shapes.get(target)
    if shape is None or len(shape) != 2:
        return f"changes a part that this model lacks ({target})"
    fits = tensor.shape[0] == shape[0] if tensor.name.endswith(_SUFFIXES[0]) else tensor.shape[1] == shape[1]
    return "" if fits else f"does not fit this model's size ({target})"

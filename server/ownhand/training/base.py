"""The model to train on: found from what serves, checked before any work, and its plain weights kept in a small cache.

`HOME/base/<digest>/` holds `config.json`, `model.safetensors` and `base.json` (format, source, time of use). The last
two that were used stay.
"""

import contextlib
import hashlib
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ownhand.engines.gguf_header import BadGGUFError, Header, read_header
from ownhand.engines.special import special_tokens_from
from ownhand.errors import WriterError
from ownhand.home import Home, make_private_folder, write_json
from ownhand.processes import lock
from ownhand.training.architecture import MODEL_TYPES, check_trainable, config_of, shape_of
from ownhand.training.base_weights import CONFIG, WEIGHTS, bytes_per_weight, write_base
from ownhand.training.job import BaseModel

FORMAT = 1
NOTE = "base.json"
"""In a folder that Ownhand wrote, and in no other."""
_CACHE = "base"
"""Folder of the data folder."""
_KEPT = 2
_BLOB = re.compile(r"sha256-([0-9a-f]{64})")
_SPARE = 200_000_000
"""Bytes that stay free on the disk."""


@dataclass(frozen=True)
class Base:
    """A model that can be trained. `folder` is a Hugging Face folder of the writer's own to take instead, if any."""

    header: Header
    folder: Path | None = None

    @property
    def bytes_each(self) -> int:
        return bytes_per_weight(shape_of(self.header).parameters)

    @property
    def file_bytes(self) -> int:
        """What the weights take that the engine serves."""
        return sum(tensor.size for tensor in self.header.tensors)

    @property
    def disk(self) -> int:
        """Bytes that its plain weights take."""
        return 0 if self.folder else shape_of(self.header).parameters * self.bytes_each


def checked_base(gguf: Path, folder: Path | None = None) -> Base:
    """Reads heads alone. Raises WriterError, naming what is in the way, when this model can't be trained on."""
    try:
        header = read_header(gguf)
    except BadGGUFError as error:
        raise WriterError(f"The model {gguf.name} {error}.", "Fetch it again, or choose another.") from error
    except OSError as error:
        raise _missing(gguf, error) from error
    check_trainable(header)
    if folder is not None:
        _check_folder(folder, header)
    return Base(header, folder)


def described(base: Base, home: Home) -> BaseModel:
    """What goes into the job. Reads the whole file once for its digest, which is remembered."""
    digest = digest_of(base.header.path, home)
    folder = base.folder or home.root / _CACHE / _name(digest)
    special = special_tokens_from(base.header.metadata)
    return BaseModel(base.header.path, digest, base.header.architecture, folder, special)


def check_disk(base: Base, home: Home) -> None:
    """Raises WriterError with both figures when the plain weights would not fit."""
    make_private_folder(home.root)
    free = shutil.disk_usage(home.root).free
    if base.disk + _SPARE > free:
        raise WriterError(
            f"To learn, Ownhand keeps the model's plain weights for a while: {base.disk / 1e9:.1f} GB, and "
            f"{free / 1e9:.1f} GB are free where {home.root} lies.",
            "Free some space, or set OWNHAND_HOME to a folder on another disk.",
        )


def is_ready(model: BaseModel) -> bool:
    return (model.folder / CONFIG).is_file() and any(model.folder.glob("*.safetensors"))


def make_ready(model: BaseModel) -> None:
    """Write the plain weights if they aren't there. Minutes for a large model: only in the trainer's child.

    In a folder of the writer's own, and beside it, nothing is written. Raises WriterError: that folder is no model any
    more, the model's file is gone or damaged, the disk is full.
    """
    if not _is_in_cache(model):
        if not is_ready(model):
            raise _no_model(model.folder)
        return
    cache = model.folder.parent
    with _alone(cache):
        if not is_ready(model):
            _write(model)
        if (model.folder / NOTE).is_file():
            _note_use(model)
            _forget_old(cache, model.folder)


def _is_in_cache(model: BaseModel) -> bool:
    return (model.folder.parent.name, model.folder.name) == (_CACHE, _name(model.digest))


def _write(model: BaseModel) -> None:
    base = checked_base(model.source)
    temporary = model.folder.with_name(f".{model.folder.name}.{secrets.token_hex(4)}.tmp")
    try:
        if model.folder.exists():  # a part of it is left; no folder can be renamed to one that holds something
            shutil.rmtree(model.folder)
        check_disk(base, Home(model.folder.parent.parent))
        make_private_folder(temporary)
        write_base(base.header, temporary, base.bytes_each)
        write_json(temporary / NOTE, {"format": FORMAT, "source": model.source.name, "digest": model.digest})
        temporary.replace(model.folder)
    except OSError as error:
        raise WriterError(
            f"Ownhand can't write the model's plain weights: {error.strerror or type(error).__name__}.",
            "Free some space, then train again.",
        ) from error
    except ValueError as error:
        raise WriterError(
            f"The model {model.source.name} keeps its weights in a form that can't be read ({error}).",
            "Choose another model in ownhand.model.",
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _note_use(model: BaseModel) -> None:
    with contextlib.suppress(OSError):
        os.utime(model.folder / NOTE)


def _forget_old(cache: Path, current: Path) -> None:
    notes = sorted(cache.glob(f"*/{NOTE}"), key=lambda note: note.stat().st_mtime, reverse=True)
    for note in [note for note in notes if note.parent != current][_KEPT - 1 :]:
        shutil.rmtree(note.parent, ignore_errors=True)
    for left in cache.glob(".*.tmp"):
        shutil.rmtree(left, ignore_errors=True)


@contextlib.contextmanager
def _alone(cache: Path) -> Iterator[None]:
    """One process at a time writes the cache; another one waits."""
    make_private_folder(cache)
    descriptor = os.open(cache / ".lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        while not lock(descriptor):
            time.sleep(0.5)
        yield
    finally:
        os.close(descriptor)


def _name(digest: str) -> str:
    """Of a model's folder in the cache."""
    return digest.removeprefix("sha256:")


def digest_of(path: Path, home: Home) -> str:
    """ "sha256:" and 64 hex digits. An Ollama blob is named by it; else it is computed once per state of the file."""
    if matched := _BLOB.fullmatch(path.name):
        return f"sha256:{matched[1]}"
    try:
        facts = path.stat()
        key = f"{path.absolute()}:{facts.st_size}:{facts.st_mtime_ns}"
        known = _known_digests(home)
        if key not in known:
            with path.open("rb") as stream:
                known[key] = f"sha256:{hashlib.file_digest(stream, 'sha256').hexdigest()}"
            write_json(_digests(home), {"format": FORMAT, "digests": dict(list(known.items())[-16:])})
    except OSError as error:
        raise _missing(path, error) from error
    return str(known[key])


def _digests(home: Home) -> Path:
    return home.root / _CACHE / "digests.json"


def _known_digests(home: Home) -> dict[str, Any]:
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        return dict(json.loads(_digests(home).read_bytes())["digests"])
    return {}


def _check_folder(folder: Path, header: Header) -> None:
    """Is it a model of the same kind and build as the one that serves?"""
    try:
        config = json.loads((folder / CONFIG).read_bytes())
        kind = config["model_type"]
        same = kind not in MODEL_TYPES or _build(config) == _build(config_of(header))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _no_model(folder) from error
    if kind not in MODEL_TYPES:
        known = ", ".join(sorted(MODEL_TYPES))
        raise WriterError(f"Ownhand can't train models of the kind {kind} yet.", f"It can train {known}.")
    if not same:
        raise WriterError(f"{folder} is another model than the one that serves.", "Name the one that it was made from.")
    if not any(folder.glob("*.safetensors")):
        raise WriterError(f"{folder} holds no weights as safetensors.", "Name a folder that does.")


def _build(config: Mapping[str, Any]) -> list[object]:
    """What two models must have in common for an adapter of one to fit the other, whichever transformers wrote it."""
    sizes = [config[key] for key in ("hidden_size", "num_hidden_layers", "vocab_size", "intermediate_size")]
    heads = config["num_attention_heads"]
    rope = config.get("rope_parameters") or {}
    if any(isinstance(value, dict) for value in rope.values()):  # by kind of layer: Gemma's, which are always the same
        rope = {}
    scaling = config.get("rope_scaling") or rope
    is_scaled = scaling.get("rope_type", scaling.get("type", "default")) not in (None, "default")
    theta = rope.get("rope_theta", config.get("rope_theta"))
    turns = [] if config["model_type"] == "gemma3_text" else [is_scaled, float(10_000 if theta is None else theta)]
    return [*sizes, heads, config.get("num_key_value_heads") or heads, *turns]


def _no_model(folder: Path) -> WriterError:
    return WriterError(f"{folder} is no folder of a model.", f"Name one with {CONFIG} and {WEIGHTS}.")


def _missing(path: Path, error: OSError) -> WriterError:
    return WriterError(
        f"The model {path} can't be read: {error.strerror}.", "Set ownhand.model to a GGUF file that is there."
    )

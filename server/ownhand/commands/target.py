"""Where a command may write a file of its own: never over somebody else's."""

from pathlib import Path

from ownhand.errors import WriterError


def check_target(file: Path, begins: str, example: str) -> None:
    """Raises WriterError where no such file can be put, and where one is that Ownhand did not make.

    `begins` is what every file of that kind begins with; one of these is replaced, and so is an empty one. `example` is
    a name for one.
    """
    if file.is_dir():
        raise WriterError(f"{file} is a folder.", f"Name the file that it is to be, such as {example}.")
    if not file.parent.is_dir():
        raise WriterError(f"There is no folder {file.parent}.", "Make it first, or name another place.")
    if file.exists() and not _is_ours(file, begins.encode()):
        raise WriterError(f"{file} is there already, and it is not of Ownhand's making.", "Name another file.")


def _is_ours(file: Path, begins: bytes) -> bool:
    if not file.is_file():  # a device, a pipe
        return False
    try:
        with file.open("rb") as stream:
            return stream.read(len(begins)) in (b"", begins)
    except OSError:
        return False

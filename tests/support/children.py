"""The processes that a process has begun, told by their command lines."""

import contextlib
from collections.abc import Callable

import psutil


def children_called(is_meant: Callable[[list[str]], bool], of: int | None = None) -> list[psutil.Process]:
    """Those below process `of`, else below this one, that run; one that ends while it is looked at is none."""
    found = []
    for child in psutil.Process(of).children(recursive=True):
        with contextlib.suppress(psutil.Error):
            found += [child] if is_meant(child.cmdline()) else []
    return found


def conductors() -> list[psutil.Process]:
    """The trainings that this process has begun."""
    return children_called(lambda command: "ownhand.training.conductor" in command)

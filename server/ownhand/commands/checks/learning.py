"""Can Ownhand learn on this machine? Looked at without loading anything of it."""

from importlib import metadata

from ownhand.commands.checks.finding import Finding, State
from ownhand.errors import WriterError
from ownhand.provision.learning_part import this_machine
from ownhand.training.runner import check_installed

_CHECK = "Learning"


def learning() -> Finding:
    """The learning part, and what it would learn with."""
    try:
        check_installed()
    except WriterError as error:
        return Finding(_CHECK, State.NOTE, error.sentence, error.next_step)
    versions = ", ".join(f"{name} {_version(name)}" for name in ("torch", "transformers", "peft"))
    return Finding(_CHECK, State.FINE, f"The learning part is there ({versions}), for {this_machine().hardware.value}.")


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "of unknown version"

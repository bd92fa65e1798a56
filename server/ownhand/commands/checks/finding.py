"""What a check found."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    FINE = "fine"
    NOTE = "note"
    """Works, but the writer may want to know."""
    BROKEN = "broken"
    """Ownhand can't do its work until this is mended."""


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's answer. `fix` is empty only when there is nothing to do."""

    check: str
    state: State
    sentence: str
    fix: str = ""

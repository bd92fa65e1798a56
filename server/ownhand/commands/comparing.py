"""One place three times: what the writer wrote there, what the bare model writes, what the voice writes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from ownhand.voices.reveal import VOICE

SIDE_BY_SIDE = 110
"""Columns of a terminal from which on the three stand beside each other; a verse line needs some 30."""
_SHOWN_LINES = 4


@dataclass(frozen=True)
class Compared:
    """A place by its title, what stands `before` it, and the texts with their labels in the order of showing."""

    title: str
    before: str
    texts: tuple[tuple[str, str], ...]


def show(compared: Compared, console: Console) -> None:
    """The place with its texts: beside each other where there is room, else one below the other."""
    console.print()
    console.print(Rule(Text(compared.title), align="left", style="dim", characters="─"))
    before = "\n".join(compared.before.split("\n")[-_SHOWN_LINES:])
    console.print(Text(before, style="dim"), soft_wrap=False)
    wide = console.width >= SIDE_BY_SIDE
    console.print(_beside(compared.texts) if wide else Group(*_below(compared.texts)))


def _beside(texts: Sequence[tuple[str, str]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, expand=True, padding=(0, 1))
    for label, _ in texts:
        table.add_column(label, ratio=1, overflow="fold", header_style=_style(label))
    table.add_row(*(Text(_as_shown(text)) for _, text in texts))
    return table


def _below(texts: Sequence[tuple[str, str]]) -> Iterator[RenderableType]:
    for label, text in texts:
        yield Text(f"  {label}", style=_style(label))
        yield Padding(Text(_as_shown(text)), (0, 0, 0, 4))


def _as_shown(text: str) -> str:
    return text.strip("\n").rstrip() or "(nothing)"


def _style(label: str) -> str:
    return "bold green" if label == VOICE else "bold"

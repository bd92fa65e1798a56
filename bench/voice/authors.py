"""Who is learned from, how much of them, and what of them is kept aside to measure by.

Three hands: the example manuscript (prose and verse, split as the product splits it), Melville and Austen, whose kept
chapters are every ninth of the book. A *selection* is an author with so many words to learn from: whole pieces, drawn
in an order that does not change, so that a larger selection all but holds the smaller ones. "fresh" ones are pages of
the last two that no experiment chose by.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from bench.page import MANUSCRIPT

SAMPLE = 200
"""Words of one sample, as a person would hand it over."""


@dataclass(frozen=True)
class Author:
    """`folder` is below the fetched authors, "" for the example manuscript. `fresh`: other pages of the same hand."""

    name: str
    folder: str = ""
    fresh: bool = False

    @property
    def texts(self) -> Path:
        return fetched() / self.folder if self.folder else MANUSCRIPT


AUTHORS = {
    author.name: author
    for author in (
        Author("kalve"),
        Author("melville", "melville"),
        Author("austen", "austen-emma"),
        Author("melville-fresh", "melville", fresh=True),
        Author("austen-fresh", "austen-persuasion", fresh=True),
    )
}
CHOSEN_BY = ("kalve", "melville", "austen")
"""The three that experiments are run on."""


def fetched() -> Path:
    """Where `tools/fetch_authors.py` puts its texts."""
    return Path(os.environ.get("OWNHAND_DEV_CACHE", Path.home() / ".cache" / "ownhand-dev")) / "authors"

"""The page that the benchmarks type: a story of the demo manuscript, moment by moment."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ownhand.suggestions.moment import Moment

MANUSCRIPT = Path(__file__).resolve().parent.parent / "examples" / "manuscript"


@dataclass(frozen=True)
class Page:
    """A piece of the demo manuscript. `path` is relative to the manuscript folder."""

    path: str

    @property
    def text(self) -> str:
        return (MANUSCRIPT / self.path).read_text(encoding="utf-8")

    def moments(self, first_word: int, count: int, every: int = 1) -> Iterator[Moment]:
        """`count` moments behind every `every`-th word, as if the writer paused there and asked."""
        text, document = self.text, f"bench:{self.path}"
        ends = [index for index, character in enumerate(text) if character == " " and text[index - 1 : index].isalpha()]
        chosen = ends[first_word : first_word + count * every : every]
        for version, end in enumerate(chosen, start=1):
            yield Moment(document, version, text[:end], "\n", Path(self.path).suffix[1:], self.path, invoked=True)


STORY = Page("stories/as-found.md")

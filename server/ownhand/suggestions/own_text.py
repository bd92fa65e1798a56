"""What suggestions ask of the writer's other pieces. The corpus of the manuscript folder answers it."""

from collections.abc import Collection, Sequence
from typing import Protocol

from ownhand.manuscript.model import Form, Here


class OwnPassage(Protocol):
    """A stretch of one of the writer's pieces."""

    @property
    def piece_id(self) -> str: ...

    @property
    def text(self) -> str: ...


class OwnText(Protocol):
    """The writer's pieces. The calls may take some milliseconds and are made in a thread, never in the event loop.

    `here` is where is written, None outside of the manuscript: what stands around there is no passage and no
    repetition. `words` bounds the words of all the texts together.
    """

    def generation(self) -> int:
        """Rises whenever the pieces changed."""
        ...

    def closest(self, text: str, form: Form, *, here: Here | None, words: int) -> Sequence[OwnPassage]:
        """Passages of this form, the one nearest in matter first."""
        ...

    def still_serve(self, pieces: Collection[str]) -> bool:
        """May passages of all these pieces, by id, still go to an engine? Not once one is "not mine", or gone."""
        ...

    def repeats_own_text(self, text: str, *, here: Here | None) -> bool:
        """Does `text` hold eight consecutive words, or a whole verse line, of another piece?"""
        ...

    def sample_texts(self, form: Form, words: int) -> Sequence[str]:
        """Texts that may be learned from, of this form."""
        ...

"""The frozen question, and the answer to it."""

from dataclasses import dataclass, field
from typing import Literal

from ownhand.engines.protocol import Sampling
from ownhand.manuscript.model import Form

Length = Literal["phrase", "sentence", "paragraph"]


@dataclass(frozen=True)
class Moment:
    """Where the writer stands, frozen before the first await.

    `before` and `after` are the text on both sides of the cursor with "\\n" line ends; for a long document they
    are windows of it (`before_offset` says how many characters lie left of the window). `document` is an opaque
    key (the URI), `path` the file relative to the manuscript folder, None outside of one or when untitled.
    `language` is the format's suffix without dot ("md", "txt", "tex"...). `invoked`: the writer asked by a key.
    """

    document: str
    version: int
    before: str
    after: str
    language: str
    path: str | None = None
    before_offset: int = 0
    invoked: bool = False
    length: Length = "sentence"
    window_columns: int = 100

    @property
    def position(self) -> int:
        """Code points from the document's start to the cursor."""
        return self.before_offset + len(self.before)

    @property
    def page(self) -> str:
        """What the document is known by from one sitting to the next: its path, or its key where it has none."""
        return self.path or self.document


@dataclass(frozen=True)
class Origin:
    """How a suggestion came out of the engine.

    `prompt_digest` stands for the whole prompt: BLAKE2b over its UTF-8, 16 bytes; b"" where no engine was asked.
    `first_token_ms`: milliseconds from the call of the engine to its first token, reading the prompt included.
    """

    prompt_digest: bytes = b""
    sampling: Sampling = field(default_factory=Sampling)
    first_token_ms: float = 0.0


@dataclass(frozen=True)
class Suggestion:
    """What is offered. `id` stays the same while the writer types into it; `text` is the remainder from the cursor.

    `milliseconds` went by from the question, without the pause, to the answer: a second candidate's time included.
    """

    id: str
    text: str
    form: Form
    engine: str
    model: str
    adapter: str | None = None
    milliseconds: float = 0.0
    origin: Origin = Origin()


@dataclass(frozen=True)
class Silence:
    """Nothing is offered, and why, in one short sentence for "why nothing here?"."""

    why: str

"""What is known of suggestions, as facts. A fact is noted once and never changed; what they add up to is derived.

Times are Unix seconds. Characters are Unicode code points. `suggestion` is the suggestion's id. A document's key is
its path in the manuscript folder with "/", or `UNTITLED` for a page that has no file.
"""

from dataclasses import dataclass
from enum import StrEnum

UNTITLED = "untitled"
SURVIVAL_AGES = (15, 30, 120, 300, 600)
"""Seconds after an acceptance at which it is looked whether the text is still there (those of Copilot)."""
KEPT_WITHIN = 0.5
"""Token edit distance, as a share of the accepted words, up to which the text counts as kept (Copilot's bound)."""


class Verdict(StrEnum):
    """What became of a suggestion that was shown. Several may be noted for one: see `PRECEDENCE`."""

    REJECTED = "rejected"
    """ "Not mine": the writer's own gesture."""
    ACCEPTED = "accepted"
    """The whole of it, or what was left of it after parts."""
    PARTIAL = "partial"
    TYPED_THROUGH = "typed_through"
    """The writer typed all of it."""
    DISMISSED = "dismissed"
    """Put away by a key. No judgement on the words."""
    TYPED_PAST = "typed_past"
    """The writer typed something else in its place."""
    IGNORED = "ignored"
    """The writer went on elsewhere; nothing was typed in its place."""
    UNKNOWN = "unknown"
    """The document was closed, or changed behind our back, before anything could be told."""


PRECEDENCE = tuple(Verdict)
"""Of several verdicts on one suggestion the first in this order is its fate: an accept after parts is one accept, and
text that was typed past, taken back and then accepted was accepted."""


class Learned(StrEnum):
    """How something is known."""

    COMMAND = "command"
    """By a command of ours that the editor ran: `ownhand.accept` and the like."""
    EDITOR = "editor"
    """By a notification of the editor's."""
    INFERRED = "inferred"
    """From the text at the suggestion's place."""


@dataclass(frozen=True, slots=True)
class Offered:
    """A suggestion went out to the editor. Holds nothing of the text: most suggestions are never seen.

    `length` is the setting (phrase, sentence, paragraph), `sampling` the engine's sampling as JSON, `prompt_digest`
    stands for the whole prompt; `milliseconds` and `first_token_ms` are the engine's times.
    """

    suggestion: str
    at: float
    document: str
    position: int
    form: str
    length: str
    characters: int
    words: int
    invoked: bool
    engine: str
    model: str
    adapter: str | None
    sampling: str
    prompt_digest: bytes
    milliseconds: float
    first_token_ms: float


@dataclass(frozen=True, slots=True)
class Shown:
    """The writer saw it. The texts are None where none may be kept (a page outside of the manuscript folder).

    `text` is the whole suggestion as it was offered, `before` and `after` what stood on both sides of its place, at
    most `MOST_BEFORE` and `MOST_AFTER` characters.
    """

    suggestion: str
    at: float
    learned: Learned
    text: str | None
    before: str | None
    after: str | None


MOST_BEFORE = 2000
MOST_AFTER = 500


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict. `sure` is between 0 and 1. For an acceptance `characters` of the suggestion are in the text by now
    through `keys` accept keys, without those that were typed through; they lie in the stretch [first, last) of the
    suggestion's text, from the first part that came in by keys to the last. For others all are 0, and `last` where the
    stretch isn't known. `reason` is the writer's for a rejection, one of REASONS or a few words."""

    suggestion: str
    at: float
    verdict: Verdict
    learned: Learned
    sure: float = 1.0
    characters: int = 0
    keys: int = 0
    reason: str = ""
    first: int = 0
    last: int = 0


REASONS = ("wrong word", "wrong rhythm", "cliché", "wrong fact", "own words")


@dataclass(frozen=True, slots=True)
class Removed:
    """All of the accepted text is gone from the document (`back` False), or came back, by redo for example."""

    suggestion: str
    at: float
    back: bool = False


@dataclass(frozen=True, slots=True)
class Instead:
    """What the writer wrote in the place of a suggestion that was typed past, dismissed or rejected. None: may not be
    kept."""

    suggestion: str
    at: float
    text: str | None


@dataclass(frozen=True, slots=True)
class Checked:
    """Is the accepted text still there? `due` is one of SURVIVAL_AGES, `age` the true age at the look in seconds.

    `distance` is the token edit distance between accepted and present words over the accepted words (0: untouched, 1:
    nothing left), None with `kept` None when it can't be known. `deleted`: characters of the accepted text that were
    deleted since.
    """

    suggestion: str
    at: float
    due: int
    age: float
    distance: float | None
    kept: bool | None
    deleted: int = 0


@dataclass(frozen=True, slots=True)
class Settled:
    """The accepted text as it stood at the last look, with the writer's changes to it. None: may not be kept."""

    suggestion: str
    at: float
    text: str | None


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose words a document is made of, as of now; replaces what was noted of it before.

    `runs` and `tokens` are as `verdicts.whose` packs them, `digest` stands for the document's text.
    """

    document: str
    at: float
    digest: bytes
    runs: bytes
    tokens: bytes


Fact = Offered | Shown | Judged | Removed | Instead | Checked | Settled | Whose

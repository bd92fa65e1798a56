"""A raw answer becomes the text that is offered, or nothing."""

from dataclasses import dataclass

from ownhand.manuscript.model import Form


@dataclass(frozen=True)
class Dropped:
    """Nothing of the answer can be offered; `reason` is a short name that is counted."""

    reason: str


@dataclass(frozen=True)
class Surroundings:
    """`before` and `after` are the texts on both sides of the cursor."""

    form: Form
    before: str
    after: str
    markup: bool = True


def shape(answer: str, around: Surroundings) -> str | Dropped:
    """The text to offer for the part of the answer that lies before its boundary."""
    text = answer.replace("\n", " ") if around.form is Form.PROSE else answer
    if not around.before or around.before[-1].isspace():
        text = text.lstrip(" ")
    text = text.rstrip()
    return text if text.strip() else Dropped("nothing new")

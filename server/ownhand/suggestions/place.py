"""What kind of place the cursor stands in: prose or verse, and whether a suggestion may start there at all."""

from dataclasses import dataclass

from ownhand.manuscript.model import Form
from ownhand.suggestions.boundary import CLOSERS
from ownhand.suggestions.moment import Moment, Silence


@dataclass(frozen=True)
class Place:
    """`piece` is the text before the cursor back to the piece's start, `line` the cursor's line up to the cursor.

    `rest` is what follows on that line. `after_word` tells that the cursor touches the end of a word.
    """

    form: Form
    piece: str
    line: str
    rest: str
    title: str = ""


def read_place(moment: Moment) -> Place | Silence:
    """The place of `moment`, or why nothing is offered there."""
    line = moment.before.rpartition("\n")[2]
    rest = moment.after.partition("\n")[0]
    form = Form.PROSE
    place = Place(form, moment.before, line, rest)
    return _silence(moment, place) or place


def _silence(moment: Moment, place: Place) -> Silence | None:
    if place.rest and place.line and place.rest[0].isalnum() and place.line[-1].isalnum() and not moment.invoked:
        return Silence("The cursor is inside a word.")
    if place.rest.strip(" \t" + CLOSERS + ".,;:!?…。、") and not moment.invoked:
        return Silence("Text follows on this line.")
    if not place.line.strip() and place.form is Form.PROSE and not moment.invoked:
        return Silence("Nothing starts by itself on an empty line.")
    return None

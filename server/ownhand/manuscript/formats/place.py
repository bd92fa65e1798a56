"""What the cursor stands in, without parsing the document around it."""

from ownhand.manuscript.formats import grammar_of
from ownhand.manuscript.formats.front_matter import is_off
from ownhand.manuscript.formats.scan import kind_at_cursor
from ownhand.manuscript.model import Kind


def place_kind(suffix: str, before: str, after: str) -> Kind:
    """The kind of the place between `before` and `after` (line ends "\\n"), which reach to the document's ends.

    On a heading's or break's line: that. Between two characters of one kind: that kind. At a border: what a letter
    typed there would become, so that an open comment or code fence counts before it is closed. Windows of a document
    serve too, but a comment or fence that was opened left of the window is then not known.
    """
    return kind_at_cursor(before + after, len(before), grammar_of(suffix))


def switched_off(before_start: str) -> bool:
    """Does the document's beginning say `ownhand: off`? A few thousand characters are enough.

    Read in YAML or TOML front matter, else in the first paragraph: `#+OWNHAND: off` in Org, `Ownhand: off` on a
    Fountain title page, `% ownhand: off` in TeX, the bare words in plain text.
    """
    return is_off(before_start)

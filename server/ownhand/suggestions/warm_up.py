"""What this room loads and compiles at its first use, done ahead so that no event loop waits for it."""

from ownhand.suggestions.moment import Moment
from ownhand.suggestions.place import Place, read_place
from ownhand.suggestions.shaping import Surroundings, shape
from ownhand.suggestions.stock_phrases import load_stock_phrases

# The two formats whose parsers are large. The quote is there because plain paragraphs are read without a parser.
_PAGES = {
    "md": "# Salt\n\n> The boats *came* in late.\n> Nobody met them",
    "tex": "\\section{Salt}\n\nThe boats \\emph{came} in late.\nNobody met them",
}


def warm_up() -> None:
    """Takes some 200 ms, most of it for the Markdown parser: call it in a thread."""
    load_stock_phrases()
    for language, page in _PAGES.items():
        place = read_place(Moment("", 0, page, "\n", language, invoked=True))
        if isinstance(place, Place):
            shape(" but the dog, « Non ! » she said.", Surroundings(place, "\n"))

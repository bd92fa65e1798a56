"""What this room loads and compiles at its first use, done ahead so that no event loop waits for it."""

from ownhand.suggestions.moment import Moment
from ownhand.suggestions.place import Place, read_place
from ownhand.suggestions.shaping import Surroundings, shape
from ownhand.suggestions.stock_phrases import load_stock_phrases

_PAGE = "# Salt\n\nThe boats *came* in late. Nobody met them\n"


def warm_up() -> None:
    """Takes some 200 ms, most of it for the Markdown parser: call it in a thread."""
    load_stock_phrases()
    place = read_place(Moment("", 0, _PAGE.rstrip("\n"), "\n", "md", invoked=True))
    if isinstance(place, Place):
        shape(" but the dog, « Non ! » she said.", Surroundings(place, "\n"))

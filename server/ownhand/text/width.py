"""How wide a text is in a view of fixed-width letters."""

import unicodedata


def display_width(text: str) -> int:
    """Columns that `text` takes (UAX #11: wide and fullwidth characters take two; combining marks take none)."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)

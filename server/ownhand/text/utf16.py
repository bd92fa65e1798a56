"""Offsets between Python's code points and the UTF-16 code units that editors count in."""


def utf16_length(text: str) -> int:
    """Length of `text` in UTF-16 code units."""
    if text.isascii():
        return len(text)
    return len(text) + sum(1 for character in text if character > "\uffff")


def code_points(text: str, units: int) -> int:
    """The code point offset that lies `units` UTF-16 code units into `text`.

    An offset beyond the end gives the end; one between the halves of a surrogate pair gives the pair's start.
    """
    if text.isascii():
        return min(max(units, 0), len(text))
    seen = 0
    for index, character in enumerate(text):
        seen += 2 if character > "\uffff" else 1
        if seen > units:
            return index
    return len(text)

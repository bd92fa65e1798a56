"""Where lines begin and end, and what fills one."""

_BLANKS = " \t"


def line_start(text: str, index: int) -> int:
    """The start of the line that text[index] stands in."""
    return text.rfind("\n", 0, index) + 1


def line_end(text: str, index: int, limit: int | None = None) -> int:
    """Past the newline of the line that text[index] stands in, at most `limit` (default: the text's end)."""
    limit = len(text) if limit is None else limit
    newline = text.find("\n", index, limit)
    return limit if newline < 0 else newline + 1


def leads(text: str, index: int) -> bool:
    """Do only blanks stand before `index` on its line? Takes as long as there are blanks, not as the line."""
    while index > 0 and text[index - 1] in _BLANKS:
        index -= 1
    return index == 0 or text[index - 1] == "\n"


def trails(text: str, index: int) -> bool:
    """Do only blanks stand from `index` to the end of its line?"""
    while index < len(text) and text[index] in _BLANKS:
        index += 1
    return index == len(text) or text[index] == "\n"


def filled_lines(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The whole lines, newline included, that text[start:end] fills but for blanks; None if more stands on them."""
    if not (leads(text, start) and trails(text, end)):
        return None
    return line_start(text, start), line_end(text, end)


def lines_of(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """(start, end) of each line of text[start:end], newlines included."""
    found = []
    while start < end:
        stop = line_end(text, start, end)
        found.append((start, stop))
        start = stop
    return found


class Openers:
    """Finds the next of several strings, each searched for once per occurrence and at the speed of `str.find`."""

    def __init__(self, text: str, openers: tuple[str, ...], position: int) -> None:
        self._text = text
        self._places = {opener: text.find(opener, position) for opener in openers}

    def next(self, position: int) -> tuple[int, str] | None:
        """(place, opener) of the first at or after `position`, which never goes back; None when there is none."""
        for opener, place in list(self._places.items()):
            found = self._text.find(opener, position) if 0 <= place < position else place
            if found < 0:
                del self._places[opener]
            else:
                self._places[opener] = found
        return min(((place, opener) for opener, place in self._places.items()), default=None)

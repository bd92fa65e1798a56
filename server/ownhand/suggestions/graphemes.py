"""Where one user-perceived character ends and the next begins (UAX #29)."""

import regex

_GRAPHEME = regex.compile(r"\X")
_JOINER = regex.compile(r"[\p{M}\u200d\ufe0f]")
_LEFT, _RIGHT = 32, 8


def parts(left: str, right: str) -> bool:
    """Does a grapheme cluster end between the two? Looks at a few characters on either side."""
    left, right = left[-_LEFT:], right[:_RIGHT]
    if not left or not right:
        return not right or not _JOINER.match(right)
    return any(match.start() == len(left) for match in _GRAPHEME.finditer(left + right))


def without_last(text: str) -> str:
    """`text` without its last grapheme cluster; it must not be empty."""
    return text[: [match.start() for match in _GRAPHEME.finditer(text)][-1]]

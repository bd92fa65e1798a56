"""How many tokens a text has at most, for engines that can't be asked."""

import math

SAMPLE = (
    '"You never wrote," said the harbour-master\'s daughter, and shut the ledger. He had; twice, in pencil.\n\n'
    "    salt on the sill\n    the kettle's one low vowel\n    & nobody yet\n\n"
    "Rain went over Zeebrugge at 4.15, crosswise, unhurried; by Thursday the eel-nets smelt of iron and thyme.\n"
)
"""A few lines of prose and verse, dense in tokens, to measure a vocabulary with before the first real prompt."""

_FIRST_ASCII = 0.5
_MARGIN = 1.25
_ENOUGH_BYTES = 200


class TokenEstimate:
    """An upper estimate from UTF-8 bytes: `ascii bytes x a + other bytes x b`, with a margin.

    No vocabulary with byte-level or byte-fallback tokens needs more tokens than the text has bytes (plus one for a
    leading space), so `b` starts at 1, which always holds. `a` starts at a half. Both follow what the engine
    reports: the largest ratio seen, never above one token per byte.
    """

    def __init__(self) -> None:
        self._ascii, self._other = _FIRST_ASCII, 1.0
        self._seen_ascii = self._seen_other = 0.0

    def observe(self, text: str, tokens: int) -> None:
        """Learn from one text and the engine's own count of it."""
        plain, other = _bytes(text)
        if tokens <= 0 or plain + other < _ENOUGH_BYTES:
            return
        if other * 20 < plain:
            self._seen_ascii = max(self._seen_ascii, tokens / (plain + other))
            self._ascii = min(1.0, self._seen_ascii * _MARGIN)
        elif other >= _ENOUGH_BYTES:
            floor = plain * self._seen_ascii / 2
            self._seen_other = max(self._seen_other, (tokens - floor) / other)
            self._other = min(1.0, self._seen_other * _MARGIN)

    def upper(self, text: str) -> int:
        plain, other = _bytes(text)
        return min(plain + other, math.ceil(plain * self._ascii + other * self._other)) + 1 if text else 0


def _bytes(text: str) -> tuple[int, int]:
    total = len(text.encode("utf-8", "replace"))
    plain = sum(character < "\x80" for character in text) if not text.isascii() else total
    return plain, total - plain

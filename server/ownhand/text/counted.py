"""A number with its noun, as one says it."""


def counted(number: int, one: str, more: str = "") -> str:
    """ "1 word", "1,200 words". `more` is for what doesn't just take an s: "1 piece is", "2 pieces are"."""
    return f"{number:,} {one if number == 1 else more or one + 's'}"


def times(number: int) -> str:
    return "once" if number == 1 else f"{number:,} times"

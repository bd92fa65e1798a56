"""How far two texts are from each other, in words."""

from collections.abc import Sequence


def distances(one: Sequence[str], other: Sequence[str]) -> list[int]:
    """Token edit distances (Levenshtein: put in, left out, changed) of `one` to each beginning of `other`, from the
    empty one to the whole."""
    above = list(range(len(other) + 1))
    for row, word in enumerate(one, start=1):
        here = [row]
        for column, against in enumerate(other, start=1):
            changed = above[column - 1] + (word != against)
            here.append(min(changed, above[column] + 1, here[-1] + 1))
        above = here
    return above


def distance(one: Sequence[str], other: Sequence[str]) -> int:
    """Token edit distance between both."""
    return distances(one, other)[-1]

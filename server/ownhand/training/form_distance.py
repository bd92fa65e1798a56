"""How far verse lies from a writer's own in its outward form: line lengths, indents, blank lines, dashes, capitals.

Each trait is a distribution over lines; two are compared by the Jensen-Shannon divergence (Lin 1991, base 2): 0 for the
same, 1 for distributions that share nothing. Reported, not decided on.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from ownhand.text.words import count_words

_DASHES = re.compile(r"[–—―]|(?<=\s)--?(?=\s|$)")
_LONG_LINE, _DEEP_INDENT = 16, 12
Distribution = Mapping[str, float]


def form_distance(written: Iterable[str], own: Iterable[str]) -> dict[str, float]:
    """Divergence of each trait, and their mean as "all". Empty when one side holds no line."""
    theirs, mine = _profile(written), _profile(own)
    if not theirs or not mine:
        return {}
    apart = {trait: divergence(theirs[trait], mine[trait]) for trait in mine}
    return {**apart, "all": sum(apart.values()) / len(apart)}


def divergence(one: Distribution, other: Distribution) -> float:
    """Jensen-Shannon divergence in bits."""
    keys = one.keys() | other.keys()
    middle = {key: (one.get(key, 0.0) + other.get(key, 0.0)) / 2 for key in keys}
    return (_relative_entropy(one, middle) + _relative_entropy(other, middle)) / 2


def _relative_entropy(one: Distribution, other: Distribution) -> float:
    return sum(share * math.log2(share / other[key]) for key, share in one.items() if share)


def _profile(texts: Iterable[str]) -> dict[str, Distribution]:
    poems = [text.strip("\n").split("\n") for text in texts]
    lines = [line for poem in poems for line in poem if line.strip()]
    if not lines:
        return {}
    traits: dict[str, Callable[[str], str]] = {
        "line length": lambda line: str(min(count_words(line), _LONG_LINE)),
        "indents": lambda line: str(min(len(line) - len(line.lstrip(" \t")), _DEEP_INDENT)),
        "dashes": lambda line: str(min(len(_DASHES.findall(line)), 2)),
        "capitals": _beginning,
    }
    profile = {trait: _shares(map(of, lines)) for trait, of in traits.items()}
    return {**profile, "blank lines": _shares(_stanza_lengths(poems))}


def _beginning(line: str) -> str:
    first = next((character for character in line if character.isalnum()), "")
    return "upper" if first.isupper() else "lower" if first.islower() else "other"


def _stanza_lengths(poems: Iterable[list[str]]) -> Iterable[str]:
    """Lines of each run between blank ones."""
    for poem in poems:
        run = 0
        for line in [*poem, ""]:
            if line.strip():
                run += 1
            elif run:
                yield str(min(run, _LONG_LINE))
                run = 0


def _shares(values: Iterable[str]) -> Distribution:
    counts = Counter(values)
    total = counts.total()
    return {value: count / total for value, count in counts.items()}

"""Patterns that every Python from 3.11.0 on understands."""

import re
from pathlib import Path

SERVER = Path(__file__).parents[2] / "server" / "ownhand"

_POSSESSIVE_GROUP = re.compile(r"(?<!\\)\)(?:[*+?]|\{\d*,?\d*\})\+")


def test_no_pattern_repeats_a_group_possessively() -> None:
    """Python 3.11.0 to 3.11.4 (Debian 12 has 3.11.2) match `(...)*+` wrongly: https://github.com/python/cpython/issues/106052.
    An atomic group, `(?>(...)*)`, says the same and is matched right."""
    found = [
        f"{path.relative_to(SERVER)}:{number}"
        for path in sorted(SERVER.rglob("*.py"))
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if _POSSESSIVE_GROUP.search(line)
    ]
    assert found == []

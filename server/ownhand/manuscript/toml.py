"""Writes the small TOML files of the data folder (TOML 1.0, plain values); the standard library only reads."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any


def to_toml(values: Mapping[str, Any]) -> str:
    """`values` as a TOML document: text, numbers, booleans, dates, lists of them, and nested tables."""
    return "".join(_table((), values))


def _table(path: tuple[str, ...], values: Mapping[str, Any]) -> list[str]:
    """Plain values come first: what follows a table's header belongs to that table."""
    lines = [f"[{'.'.join(_text(name) for name in path)}]\n"] if path else []
    lines += [f"{_key(key)} = {_value(value)}\n" for key, value in values.items() if not isinstance(value, Mapping)]
    for key, value in values.items():
        if isinstance(value, Mapping):
            lines += ["\n", *_table((*path, key), value)]
    return lines


def _key(key: str) -> str:
    return key if key.isascii() and key.replace("_", "").replace("-", "").isalnum() else _text(key)


def _text(value: str) -> str:
    # JSON's escapes are TOML's but for DEL, which TOML wants escaped; lone surrogates have no place in either.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, date):  # a datetime is a date
        return value.isoformat()
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_inline(entry) for entry in value) + "]"
    raise TypeError(f"TOML has no {type(value).__name__}")


def _inline(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(str(key))} = {_inline(entry)}" for key, entry in value.items()) + "}"
    return _value(value)

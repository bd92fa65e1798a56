"""What stands before a text: YAML between `---`, TOML between `+++`, and Ownhand's own words in either.

Two keys are Ownhand's: `ownhand: off` (no suggestions here, nothing learned from it) and `ownhand-page: true`
(a page that Ownhand made). Formats with another kind of head (`Title: ...`, `#+TITLE:`, `% ...`) say the same
words in it.
"""

import re

_YAML = re.compile(r"---[ \t]*\n(?P<body>(?>(?:(?!(?:---|\.\.\.)[ \t]*(?:\n|\Z)).*\n)*))(?:---|\.\.\.)[ \t]*(?:\n|\Z)")
_TOML = re.compile(r"\+\+\+[ \t]*\n(?P<body>(?>(?:(?!\+\+\+[ \t]*(?:\n|\Z)).*\n)*))\+\+\+[ \t]*(?:\n|\Z)")
# A text may begin with a scene break: only a body whose first line is a key makes it front matter.
_KEY = re.compile(r"(?>(?:[ \t]*(?:#.*)?\n)*)(?:[\w\"'.-][^:=\n]*(?::(?:[ \t]|\n)|[ \t]*=)|\Z)")
_TITLE = re.compile(r"^title[ \t]*[:=][ \t]*(?P<title>\S.*?)[ \t]*$", re.MULTILINE | re.IGNORECASE)
_OFF = re.compile(
    r"^[ \t]*(?:#\+|%+[ \t]*|<!--[ \t]*|#[ \t]*)?ownhand[ \t]*[:=][ \t]*[\"']?(?:off|false|no)\b",
    re.MULTILINE | re.IGNORECASE,
)
_OWN_PAGE = re.compile(r"^ownhand-page[ \t]*[:=][ \t]*[\"']?true\b", re.MULTILINE | re.IGNORECASE)
_HEAD_LINES = 40


def front_matter_end(text: str) -> int:
    """Where the front matter ends, its closing line and newline included; 0 when there is none."""
    match = _match(text)
    return match.end() if match else 0


def title_in(head: str) -> str | None:
    """The value of `title` in a head of `key: value` lines, without quotation marks."""
    match = _TITLE.search(head)
    if match is None:
        return None
    title = match["title"]
    if len(title) > 1 and title[0] == title[-1] and title[0] in "\"'":
        title = title[1:-1]
    return title.strip() or None


def is_off(text: str) -> bool:
    """Did the writer switch Ownhand off at the head of this text? Reads front matter, else the first paragraph."""
    return _OFF.search(_head(text)) is not None


def is_own_page(text: str) -> bool:
    """Is this a page that Ownhand made? `text` may be the file's beginning alone."""
    return text.startswith(("---", "+++")) and _OWN_PAGE.search(_head(text)) is not None


def _match(text: str) -> re.Match[str] | None:
    if not text.startswith(("---", "+++")):
        return None
    match = _YAML.match(text) or _TOML.match(text)
    return match if match and _KEY.match(match["body"]) else None


def _head(text: str) -> str:
    match = _match(text)
    if match:
        return match["body"]
    head = text.lstrip("\n")[:4000].split("\n\n", 1)[0]
    return "\n".join(head.split("\n")[:_HEAD_LINES])

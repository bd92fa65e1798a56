"""Lines that part scenes, as writers make them, in any format."""

import re

# Rules of three or more, and ornaments that no sentence or verse line consists of.
_STRONG = re.compile(r"\s*+(?:(?:\*\s*+){3,}|(?:-\s*+){3,}|(?:_\s*+){3,}|(?:[—–]\s*+){3,}|[⁂❦❧☙❡]|-*+[oO0]+-++)\s*+")
# Signs that are a break only when they stand alone between blank lines.
_LONE = re.compile(r"\s*+(?:(?:[*＊✱✶★☆#~◊◆◇❖●•·⁂❦❧☙❡§]\s*+){1,9}|(?:[#~=*+_]\s*+){3,60})\s*+")


def is_break(line: str) -> bool:
    """Is this line a scene break wherever it stands?"""
    return _STRONG.fullmatch(line) is not None


def is_lone_break(line: str) -> bool:
    """Is this line a scene break when blank lines surround it?"""
    return len(line) < 200 and (_STRONG.fullmatch(line) or _LONE.fullmatch(line)) is not None

"""What stands inside a line of Markdown and is not the writer's words: links' targets, tags, code, embeds.

The text of a link is voice, its brackets and target are markup. A note within a line (`^[...]`) is markup as a whole:
read in the middle of its sentence it would break the sentence. Every repetition is bounded, so that no line,
however long, takes more than linear time.
"""

import re

from ownhand.manuscript.model import Kind, Region

_TAGS = (
    "a|abbr|article|aside|b|big|blockquote|br|caption|center|cite|code|col|colgroup|dd|del|details|div|dl|dt|em|"
    "figcaption|figure|font|footer|h[1-6]|header|hr|i|iframe|img|ins|kbd|li|main|mark|nobr|ol|p|pre|q|rp|rt|ruby|s|"
    "samp|section|small|span|strike|strong|style|sub|summary|sup|table|tbody|td|tfoot|th|thead|tr|tt|u|ul|wbr"
)
_URL = r"(?>(?:[^()\s]|\([^()\s]{0,200}\)){0,1000})"
_TITLE = r"(?:[ \t]+(?:\"[^\"\n]{0,200}\"|'[^'\n]{0,200}'))?"
_INLINE = re.compile(
    r"(?P<escape>\\[!-/:-@\[-`{-~])"
    r"|(?P<code>``[^\n]{1,500}?``|`[^`\n]{0,499}[^`\s]`)"
    r"|(?P<whole>!\[\[[^\]\n]{0,500}\]\]"
    rf"|!\[[^\]\n]{{0,500}}\]\({_URL}{_TITLE}\)"
    r"|<(?:https?|mailto|obsidian|file):[^<>\s]{1,1000}>"
    rf"|</?(?:{_TAGS})(?:[\s/][^<>]{{0,500}})?>"
    r"|<![a-z][^<>\n]{0,200}>|<\?[^<>\n]{0,200}\?>"
    r"|(?<=[ \t])\^[a-z0-9-]{1,50}[ \t]*$"
    r"|^[ \t]*+\[[^\]\n^][^\]\n]{0,200}\]:[ \t]*+<?[^\s<]{0,500}[./#][^\s]{0,500}"
    r"(?:[ \t]+[\"'(][^\n]{0,200})?[ \t]*$"
    r"|^[ \t]*+(?:\#[\w/-]*[^\W\d][\w/-]*[ \t]*+)+$"
    r"|(?<=[-*+][ \t])\[[ x/>-]\][ \t]"
    r"|\^\[[^\[\]]{0,2000}\]"
    r"|\[\^[^\]\s]{1,100}\]:?)"
    r"|(?P<wiki_open>\[\[(?:[^\[\]\n|]{0,500}\|)?)(?P<wiki>[^\[\]\n|]{0,500})(?P<wiki_close>\]\])"
    rf"|(?P<link_open>\[)(?P<link>[^\[\]]{{1,500}})(?P<link_close>\]\({_URL}{_TITLE}\)|\]\[[^\[\]\n]{{0,200}}\])",
    re.MULTILINE | re.IGNORECASE,
)


def inline_marks(text: str, start: int, end: int) -> list[Region]:
    """MARKUP and CODE within the lines text[start:end]; the rest is voice."""
    if not any(text.find(sign, start, end) >= 0 for sign in "[<`^#"):
        return []
    marks: list[Region] = []
    for match in _INLINE.finditer(text, start, end):
        kind = match.lastgroup
        if kind == "code":
            marks.append(Region(match.start(), match.end(), Kind.CODE))
        elif kind == "whole":
            marks.append(Region(match.start(), match.end(), Kind.MARKUP))
        elif kind is not None and kind.endswith("_close"):
            name = kind.removesuffix("_close")
            marks.append(Region(*match.span(f"{name}_open"), Kind.MARKUP))
            marks.append(Region(*match.span(kind), Kind.MARKUP))
    return marks

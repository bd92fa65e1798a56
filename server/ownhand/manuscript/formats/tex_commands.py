"""What single TeX commands are to a manuscript."""

from functools import cache, lru_cache
from typing import Any

HEADINGS = {
    "part": 1,
    "chapter": 2,
    "section": 3,
    "subsection": 4,
    "subsubsection": 5,
    "paragraph": 6,
    "subparagraph": 6,
    "poemtitle": 3,
    "PoemTitle": 3,
    "chapterprecis": 6,
}
BREAKS = frozenset(
    {"scenebreak", "pfbreak", "fancybreak", "plainbreak", "asterism", "sceneline", "newscene", "astbreak"}
)
QUOTES = frozenset({"epigraph"})

_CHARACTER_NAMES = (
    "ldots dots textellipsis ss SS ae AE oe OE aa AA o O l L i j dh DH th TH S P pounds textsterling euro dag ddag "
    "textemdash textendash textbackslash textasciitilde textasciicircum textbullet textdegree copyright TeX LaTeX "
    "guillemotleft guillemotright guilsinglleft guilsinglright quotedblbase quotesinglbase textquoteleft "
    "textquoteright textquotedblleft textquotedblright og fg"
)
CHARACTERS = frozenset(_CHARACTER_NAMES.split())
"""Commands that stand for a character or a word of the text."""

# Arguments that are no text. Of a command not named here or in pylatexenc's list, every argument is voice.
_WITHOUT_TEXT = {
    "[": "footnotemark linebreak pagebreak nolinebreak nopagebreak item pfbreak lettrine",
    "{": "url index gls pageref autoref cref nameref glossary nocite fontfamily fontseries fontshape linespread "
    "stepcounter pagenumbering selectlanguage graphicspath includeonly bibliographystyle markright plainbreak "
    "fancybreak title author date thanks poemlines lettrinefont vgap foreignlanguage chapterprecis end",
    "{{": "fontsize settowidth settoheight setcounter addtocounter markboth titleformat epigraph setlength",
    "{{{": "addcontentsline",
    "[[": "rule raisebox makebox framebox",
    "{[": "begin",
    "[{": "href hyperref hyperlink hypertarget parbox footnote marginpar todo sidenote endnote textcolor colorbox "
    "poemtitle PoemTitle",
}
_OWN = {name: spec for spec, names in _WITHOUT_TEXT.items() for name in names.split()}
# Commands that pylatexenc gives arguments to and whose arguments are the writer's words.
_TEXT_COMMANDS = (
    "emph textit textbf textsc textsl textrm textsf texttt textup textmd textnormal text underline mbox fbox enquote "
    "textsuperscript textsubscript uppercase lowercase MakeUppercase MakeLowercase so ul st caption textquote "
    "footnotetext hbox centerline textls textulc"
)
_TEXT = frozenset(_TEXT_COMMANDS.split())


@lru_cache(maxsize=4096)
def arguments_of(name: str) -> str:
    """The arguments to pass over after a command: `[` per optional one, `{` per required one that is no text."""
    if name in _OWN:
        return _OWN[name]
    if name in HEADINGS:
        return "[{"
    if name in _TEXT:
        return ""
    spec = _known().get_macro_spec(name)
    found = getattr(getattr(spec, "args_parser", None), "argspec", None)
    return str(found).replace("*", "") if found else ""


@cache
def _known() -> Any:
    from pylatexenc.latexwalker import get_default_latex_context_db

    return get_default_latex_context_db()

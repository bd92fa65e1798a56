"""A self-contained HTML page: no script, no address, one look for every page that Ownhand makes."""

from collections.abc import Iterable
from html import escape

LIGHT = "--ink: #111; --soft: #555; --line: #ccc; --paper: #fff"
"""The colours that `STYLE` uses, for a `:root` rule."""

BEGINNING = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="generator" content="Ownhand">
"""
"""Of every page, so that it can be told from others' pages."""

STYLE = """
body { font: 11pt/1.45 Georgia, "Times New Roman", serif; color: var(--ink); background: var(--paper);
  max-width: 46em; margin: 3em auto; padding: 0 1.5em }
h1 { font-size: 1.7em; font-weight: normal; margin: 0; overflow-wrap: anywhere }
h2 { font-size: 1.1em; margin: 1.8em 0 .4em; break-after: avoid }
p { margin: .5em 0 } .date { color: var(--soft); margin: .2em 0 1.4em }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .3em .8em .3em 0; border-bottom: 1px solid var(--line) }
th { font-weight: normal; color: var(--soft); font-size: .9em } thead { display: table-header-group }
tr { break-inside: avoid } .number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums }
th.number { white-space: normal; vertical-align: bottom }
footer { margin-top: 2.5em; color: var(--soft); font-size: .85em }
@media print { body { margin: 0; padding: 0; max-width: none; font-size: 9pt; line-height: 1.3 }
  h2 { margin-top: 1.2em } th, td { padding-top: .2em; padding-bottom: .2em } @page { margin: 1.4cm }
  footer { margin-top: 1.5em } }
"""


def document(title: str, style: str, parts: Iterable[str]) -> str:
    """The page. `title` is plain text, `parts` are HTML, in English; `style` comes after `STYLE`."""
    return "\n".join(
        [
            BEGINNING.rstrip(),
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}</title>",
            f"<style>{STYLE}{style}</style></head><body>",
            *parts,
            "</body></html>\n",
        ]
    )

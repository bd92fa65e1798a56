"""`ownhand doctor`: every check, and how to mend what is wrong."""

import asyncio
from dataclasses import asdict

from rich.console import Console
from rich.text import Text

from ownhand.commands.checks import data, engines, learning, machine
from ownhand.commands.checks.finding import Finding, State
from ownhand.commands.context import print_json, read_terminal_settings
from ownhand.engines.choice import wants_ollama
from ownhand.errors import WriterError
from ownhand.home import Home
from ownhand.settings import Settings

_MARKS = {State.FINE: ("✓", "green"), State.NOTE: ("!", "yellow"), State.BROKEN: ("✗", "bold red")}


def run(home: Home, *, as_json: bool) -> int:
    findings = examine(home)
    broken = [finding for finding in findings if finding.state is State.BROKEN]
    if as_json:
        print_json({"healthy": not broken, "findings": [asdict(finding) for finding in findings]})
    else:
        _show(findings)
    if broken:
        raise WriterError(f"{len(broken)} of {len(findings)} checks failed.", f"Begin with: {broken[0].fix}")
    return 0


def examine(home: Home) -> list[Finding]:
    try:
        settings = read_terminal_settings(home)[0]
    except WriterError:
        settings = Settings()  # the check of the settings says what is wrong with them
    return [
        machine.python(),
        machine.full_text_search(),
        data.data_folder(home),
        data.free_space(home),
        *data.settings(home),
        *data.voices(home),
        engines.weights(home, settings),
        *asyncio.run(_engines(home, settings)),
        learning.learning(),
        machine.watches(),
        machine.power(),
    ]


async def _engines(home: Home, settings: Settings) -> list[Finding]:
    chosen = await engines.chosen_engine(home, settings)
    # Where Ollama's model is on the disk, the embedded engine writes with it, and Ollama need not run.
    needed = chosen.state is State.BROKEN and wants_ollama(settings)
    return [chosen, await engines.ollama(settings, needed=needed)]


def _show(findings: list[Finding]) -> None:
    console = Console(highlight=False)
    for finding in findings:
        mark, style = _MARKS[finding.state]
        line = Text.assemble((mark, style), f" {finding.check}: ", finding.sentence)
        console.print(line, soft_wrap=True)
        if finding.fix:
            console.print(Text(f"    {finding.fix}", style="bold"), soft_wrap=True)

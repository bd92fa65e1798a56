"""When to learn by itself. Pure: circumstances in, a decision out, with what it waits for in a writer's words."""

from dataclasses import dataclass
from typing import Literal

from ownhand.manuscript.promise import ENOUGH_WORDS, WORTH_WHILE
from ownhand.text.counted import counted

NEW_WORDS, NEW_SHARE = 1_000, 0.1
"""A further lesson wants so many new words, and at least this share of what was learned before."""
NEW_VERDICTS = 200
"""So many verdicts weigh as much, if there is any new text at all."""
IDLE_SECONDS = 300.0

When = Literal["idle", "manual", "always"]


@dataclass(frozen=True)
class Desk:
    """What is known at the writer's desk, without a look at the disk.

    `idle_seconds` since the writer last typed; `keeper`: this server keeps the voice; `busy`: something is being
    learned already; `failed`: the last try in this sitting did; `held`: the writer paused it.
    """

    when: When
    idle_seconds: float
    keeper: bool
    busy: bool = False
    failed: bool = False
    held: bool = False

    @property
    def forbids(self) -> bool:
        """Nothing begins, whatever there is to learn."""
        return self.when == "manual" or not self.keeper or self.busy or self.failed or self.held


@dataclass(frozen=True)
class Circumstances:
    """What there is to learn, and the machine to do it.

    `words` are the writer's own that teach; `learned` those of the last training, None before the first;
    `unfinished`: a training was broken off; `being_learned`: one runs, in a terminal or for another editor.
    """

    words: int
    learned: int | None
    new_verdicts: int
    on_mains: bool
    installed: bool
    unfinished: bool = False
    being_learned: bool = False


@dataclass(frozen=True)
class Start:
    """Begin now."""


@dataclass(frozen=True)
class Wait:
    """`sentence` is "" where there is nothing to wait for."""

    sentence: str = ""


def decide(desk: Desk, now: Circumstances) -> Start | Wait:
    """The first thing that is in the way is what is waited for."""
    if desk.forbids:
        return Wait()
    if now.being_learned:
        return Wait("Your hand is being learned already, in a terminal or in another editor.")
    if now.words < WORTH_WHILE:
        return Wait(f"{ENOUGH_WORDS} So far you have {counted(now.words, 'word')} to learn from.")
    if not now.installed:
        return Wait(
            "There is enough text to learn your hand. Let Ownhand learn it, and it says how to get the part for it."
        )
    if not (now.unfinished or _enough_is_new(now)):
        return Wait()
    if not now.on_mains:
        return Wait("Ownhand will learn your hand when the machine is on mains power.")
    if desk.when == "idle" and desk.idle_seconds < IDLE_SECONDS:
        return Wait("Ownhand will learn your hand when you rest for a while.")
    return Start()


def _enough_is_new(now: Circumstances) -> bool:
    if now.learned is None:
        return True
    new = now.words - now.learned
    return new >= max(NEW_WORDS, NEW_SHARE * now.learned) or (new > 0 and now.new_verdicts >= NEW_VERDICTS)

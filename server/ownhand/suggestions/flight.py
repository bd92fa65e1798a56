"""One running generation, and the requests that wait for it."""

import asyncio
from dataclasses import dataclass, field, replace

from ownhand.suggestions.moment import Moment, Silence, Suggestion
from ownhand.suggestions.place import Place

Answer = Suggestion | Silence
_TAIL = 200


@dataclass
class Asking:
    """The newest request of a document: those who sent the same one wait together."""

    version: int
    position: int
    superseded: asyncio.Future[None]
    waiters: int = 0

    def is_same(self, moment: Moment) -> bool:
        return (self.version, self.position) == (moment.version, moment.position)


@dataclass
class Flight:
    """A generation from its pause to its answer. `grown` is the raw answer so far, `news` is set when it grew."""

    moment: Moment
    place: Place
    task: asyncio.Task[Answer] = field(init=False)
    generating: bool = False
    grown: str = ""
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def hear(self, answer: str) -> None:
        self.grown = answer
        self.news.set()

    def answers(self, moment: Moment) -> bool:
        """Is this the very question? One that a key asked doesn't wait for one that still rests."""
        asked = replace(self.moment, version=moment.version, invoked=moment.invoked)
        return asked == moment and (self.generating or self.moment.invoked or not moment.invoked)

    def continued_by(self, moment: Moment) -> bool:
        """Did the writer only type what this generation has written so far?"""
        if not self.generating or moment.after != self.moment.after:
            return False
        start = self.moment.position - moment.before_offset
        if start < 0 or not moment.before[:start].endswith(self.moment.before[-_TAIL:]):
            return False
        typed = moment.before[start:]
        return bool(typed.strip()) and self.grown.lstrip(" ").startswith(typed.lstrip(" "))

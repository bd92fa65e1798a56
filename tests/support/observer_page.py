"""A page that a simulated writer works on, before an observer with a clock that is moved by hand."""

from collections.abc import Callable
from dataclasses import dataclass, field

from ownhand.verdicts.facts import PRECEDENCE, Checked, Fact, Instead, Judged, Offered, Removed, Settled, Shown
from ownhand.verdicts.observer.edits import Edit
from ownhand.verdicts.observer.follower import Clock
from ownhand.verdicts.observer.observer import PRESUMED_SHOWN, Observer
from simulated_writer import (
    Ask,
    Chunk,
    Compose,
    Elsewhere,
    Gesture,
    Keys,
    Redo,
    Reopen,
    Step,
    Swap,
    Take,
    Together,
    Undo,
    Wait,
    Whole,
)

KEY = 0.05
"""Seconds between two keys."""


@dataclass
class Hands:
    """Seconds as the test says."""

    seconds: float = 1000.0
    wall: float = 1_700_000_000.0

    def pass_by(self, seconds: float) -> None:
        self.seconds += seconds
        self.wall += seconds

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.seconds, lambda: self.wall)


def offer(suggestion: str, text: str, position: int, form: str = "prose") -> Offered:
    """What the editor's side knows of a suggestion."""
    return Offered(
        suggestion=suggestion,
        at=0.0,
        document="page.md",
        position=position,
        form=form,
        length="sentence",
        characters=len(text),
        words=len(text.split()),
        invoked=True,
        engine="scripted",
        model="scripted",
        adapter=None,
        sampling="{}",
        prompt_digest=bytes(16),
        milliseconds=1.0,
        first_token_ms=1.0,
    )


@dataclass
class ObservedPage:
    """`facts` are those that the observer told; `marks` the stretches that it said came from a suggestion."""

    text: str
    keeps_text: bool = True
    reports: bool = False
    hands: Hands = field(default_factory=Hands)
    facts: list[Fact] = field(default_factory=list)
    marks: list[tuple[int, int, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.observer = Observer(
            self.facts.append,
            self.hands.clock,
            mark=lambda *mark: self.marks.append(mark),
            keeps_text=self.keeps_text,
            editor_reports=self.reports,
        )
        self.cursor = len(self.text)
        self.newest, self.suggestion, self.start = "", "", 0
        self._undo: list[tuple[Edit, int]] = []
        self._redo: list[tuple[Edit, int]] = []

    def offer(self, text: str, name: str = "s1") -> None:
        """A suggestion at the cursor."""
        self.newest, self.suggestion, self.start = name, text, self.cursor
        before, after = self.text[: self.cursor], self.text[self.cursor :]
        self.observer.offered(offer(name, text, self.cursor), text, before, after)

    def change(self, *edits: Edit) -> None:
        """One notification."""
        for edit in edits:
            assert self.text[edit.offset :].startswith(edit.removed)
            self.text = self.text[: edit.offset] + edit.inserted + self.text[edit.offset + len(edit.removed) :]
        self.observer.changed(edits)
        self.wait(KEY)

    def put(self, text: str, removing: int = 0) -> None:
        """One change at the cursor."""
        at = self.cursor - removing
        edit = Edit(at, self.text[at : self.cursor], text)
        self._undo.append((edit, self.cursor))
        self.cursor = at + len(text)
        self.change(edit)

    def wait(self, seconds: float) -> None:
        """Let time pass; what falls due meanwhile is dealt with when it does."""
        end = self.hands.seconds + seconds
        while (due := self.observer.next_due) is not None and due <= end:
            self.hands.pass_by(max(0.0, due - self.hands.seconds))
            self.observer.run()
        self.hands.pass_by(end - self.hands.seconds)

    def act(self, step: Step) -> None:
        acts: dict[type, Callable[..., None]] = {
            Keys: self._keys,
            Together: self._together,
            Chunk: lambda it: self.put(it.text),
            Swap: lambda it: self.put(it.text, removing=it.count),
            Compose: self._compose,
            Elsewhere: self._elsewhere,
            Take: self._take,
            Gesture: self._gesture,
            Undo: lambda _: self.undo(),
            Redo: lambda _: self.redo(),
            Whole: lambda _: self.observer.replaced(self.text, self.text),
            Reopen: self._reopen,
            Ask: lambda _: self._ask(),
            Wait: lambda _: self.wait(PRESUMED_SHOWN + 0.1),
        }
        acts[type(step)](step)

    def _keys(self, step: Keys) -> None:
        for at in range(0, len(step.text), step.batch):
            self.put(step.text[at : at + step.batch])

    def _together(self, step: Together) -> None:
        edits = [Edit(self.cursor + at, "", letter) for at, letter in enumerate(step.text)]
        self.cursor += len(step.text)
        self.change(*edits)

    def _compose(self, step: Compose) -> None:
        former = 0
        for stage in step.stages:
            self.put(stage, removing=former)
            former = len(stage)

    def _elsewhere(self, step: Elsewhere) -> None:
        here, self.cursor = self.cursor, 0
        for letter in step.text:
            self.put(letter)
        self.cursor = here + len(step.text)
        self.start += len(step.text)

    def _take(self, step: Take) -> None:
        rest = self.suggestion[self.cursor - self.start :]
        if step.command_first:
            self.observer.accepted(self.newest)
        self.put(rest)
        if not step.command_first:
            self.observer.accepted(self.newest)

    def _gesture(self, step: Gesture) -> None:
        if step.name == "dismiss":
            self.observer.dismissed(self.newest)
        else:
            self.observer.rejected(self.newest, step.reason)

    def undo(self) -> None:
        edit, cursor = self._undo.pop()
        self._redo.append((edit, self.cursor))
        self.cursor = cursor
        self.change(Edit(edit.offset, edit.inserted, edit.removed))

    def redo(self) -> None:
        edit, cursor = self._redo.pop()
        self.cursor = cursor
        self.change(edit)

    def _ask(self) -> None:
        """The same text: under the same id as long as it may be live, under a new one after it was put away."""
        if not self.judged():
            assert self.observer.offered_again(self.newest)
        else:
            self.offer(self.suggestion, f"{self.newest}'")

    def _reopen(self, _: Reopen) -> None:
        self.observer.closed(file=True)
        self.observer.replaced(self.text, self.text)

    def end(self) -> None:
        """The writer sits a while longer, then closes the page."""
        self.wait(5)
        self.observer.closed(file=True)

    # What was told

    def judged(self, name: str = "s1") -> list[Judged]:
        return [fact for fact in self.facts if isinstance(fact, Judged) and fact.suggestion == name]

    def fate(self, name: str = "s1") -> str:
        if not any(isinstance(fact, Shown) and fact.suggestion == name for fact in self.facts):
            return "unseen"
        told = {fact.verdict for fact in self.judged(name)}
        return next((verdict.value for verdict in PRECEDENCE if verdict in told), "shown")

    @property
    def checks(self) -> list[Checked]:
        return [fact for fact in self.facts if isinstance(fact, Checked)]

    @property
    def instead(self) -> list[str | None]:
        return [fact.text for fact in self.facts if isinstance(fact, Instead)]

    @property
    def settled(self) -> list[str | None]:
        return [fact.text for fact in self.facts if isinstance(fact, Settled)]

    @property
    def removed(self) -> list[bool]:
        """False for gone, True for back."""
        return [fact.back for fact in self.facts if isinstance(fact, Removed)]

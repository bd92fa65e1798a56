"""How the learning of one voice stands, in a writer's words: what the status shows."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ownhand.errors import WriterError
from ownhand.training.job import State, jobs
from ownhand.voices.card import DecisionName
from ownhand.voices.learning_lock import is_being_learned
from ownhand.voices.store import StoredAdapter, VoiceStore

STATES = ("idle", "waiting", "preparing", "training", "paused", "evaluating", "passed", "declined", "failed")
RUNNING = frozenset({"preparing", "training", "paused", "evaluating"})
PAUSED = "Paused; nothing is lost. Let it go on when you like."
PAUSING = "Pausing after this step; nothing is lost."
_DECIDED: dict[DecisionName, str] = {"passed": "passed", "declined": "declined", "undecided": "waiting"}
"""An undecided one waits for the writer, who alone can tell."""
_DOING = {
    "preparing": "Ownhand gets ready to learn your hand.",
    "training": "Ownhand learns your hand.",
    "evaluating": "Ownhand tests what it learned on pages that it never saw.",
    "paused": PAUSED,
    "done": "Ownhand tests what it learned on pages that it never saw.",
}


@dataclass(frozen=True)
class Standing:
    """`state` is one of `STATES`, `sentence` one line for the writer. `eta_seconds` of work, None when unknown;
    `adapter` is what the last training made."""

    state: str = "idle"
    sentence: str = ""
    step: int = 0
    steps: int = 0
    eta_seconds: float | None = None
    adapter: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "state": self.state,
            "sentence": self.sentence,
            "step": self.step,
            "steps": self.steps,
            "etaSeconds": self.eta_seconds,
            "adapter": self.adapter,
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Standing":
        """Raises KeyError for what `to_json` did not write."""
        return cls(
            value["state"], value["sentence"], value["step"], value["steps"], value["etaSeconds"], value["adapter"]
        )

    @property
    def percentage(self) -> int:
        return min(100, 100 * self.step // self.steps) if self.steps else 0

    @property
    def is_running(self) -> bool:
        return self.state in RUNNING


def of_state(state: State) -> Standing:
    """What the trainer's child said, as a writer reads it."""
    name = "evaluating" if state.name == "done" else state.name
    sentence = state.sentence or _DOING.get(state.name, "")
    return Standing(name, sentence, state.step, state.steps, state.eta_s)


def of_adapter(adapter: StoredAdapter) -> Standing:
    """What came of the training that made it."""
    return Standing(_DECIDED[adapter.card.decision], adapter.card.why, adapter=adapter.id)


ELSEWHERE = Standing("waiting", "This manuscript is being learned just now, in another window or in a terminal.")


def at_rest(voice: Path) -> Standing:
    """While nothing runs here: an unfinished training counts as paused, else what came of the last one."""
    if is_being_learned(voice):
        return ELSEWHERE
    if any(not job.is_learned for job in jobs(voice)):
        return Standing("paused", PAUSED)
    if next(jobs(voice), None) is not None:
        return Standing("paused", "Learned, but not tested yet. Let it go on when you like.")
    try:
        made = VoiceStore(voice).adapters()
    except WriterError:
        made = []
    return of_adapter(made[-1]) if made else Standing()

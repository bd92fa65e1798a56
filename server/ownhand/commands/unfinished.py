"""A training that runs, is paused or was broken off, as the terminal tells of it."""

from dataclasses import dataclass
from pathlib import Path

from ownhand.training.job import Job, jobs, step_of
from ownhand.voices.learning_lock import is_being_learned


@dataclass(frozen=True)
class Unfinished:
    """`next_step` is "" while it runs."""

    sentence: str
    next_step: str = ""

    def __str__(self) -> str:
        return f"{self.sentence} {self.next_step}".strip()


def unfinished(voice: Path, folder: Path | str) -> Unfinished | None:
    """What the voice in the folder `voice` has of it; `folder` is the manuscript's. None: nothing."""
    if is_being_learned(voice):
        return Unfinished("This manuscript is being learned just now.")
    job = next(jobs(voice), None)
    if job is None:
        return None
    return Unfinished(
        f"A training is unfinished{_how_far(job)}; nothing is lost.",
        f'Go on with it: ownhand train "{folder}". Drop it: ownhand train "{folder}" --give-up',
    )


def _how_far(job: Job) -> str:
    """By what it goes on from: the last checkpoint, not the last step."""
    if job.is_learned:
        return ": it learned, but was not tested yet"
    checkpoints = job.checkpoints()
    return f", at step {step_of(checkpoints[-1])} of {job.state.steps}" if checkpoints else ", at its beginning"

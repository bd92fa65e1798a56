"""The job folder: all that one training needs and leaves behind, and the lines that the trainer's child speaks.

    job.json        what to do (see `Job`)
    passages.json   what is trained on, in token ids (mode 0600; see `dataset.Passages`)
    train/, validation/    the same as `datasets` keeps it
    heldout.json    what the evaluation reads (mode 0600)
    checkpoint-N/   the state after step N; only complete ones have that name
    adapter/        adapter_model.safetensors and adapter_config.json, as PEFT writes them
    state.json      how far it got, as `State`
    .lock           held by the child that works here

The folder belongs to one voice. It is private, because passages are the writer's text.
"""

import contextlib
import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO, Any

from ownhand.engines.protocol import SpecialTokens
from ownhand.errors import WriterError
from ownhand.home import check_format, make_private_folder, write_json
from ownhand.training.recipe import Recipe
from ownhand.voices.learning_lock import BEING_LEARNED, alone

FORMAT = 1
JOBS = "jobs"
"""Folder of a voice in which its job folders lie."""
JOB_FILE, STATE_FILE, PASSAGES_FILE, HELD_OUT_FILE = "job.json", "state.json", "passages.json", "heldout.json"
_CHECKPOINT = "checkpoint-"
_NAME = re.compile(r"\d{8}-\d{6}")
"""Of a job's folder: when it was made. What else lies beside them is no job."""


@dataclass(frozen=True)
class BaseModel:
    """The model that is trained on. `source` is its GGUF file or Hugging Face folder, `folder` the plain weights."""

    source: Path
    digest: str
    architecture: str
    folder: Path
    special: SpecialTokens

    def to_json(self) -> dict[str, Any]:
        special = {"bos": self.special.bos, "eos": self.special.eos, "add_bos": self.special.add_bos}
        return {
            "gguf": str(self.source),
            "digest": self.digest,
            "architecture": self.architecture,
            "folder": str(self.folder),
            "special": special,
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "BaseModel":
        special = SpecialTokens(**value["special"])
        return cls(Path(value["gguf"]), value["digest"], value["architecture"], Path(value["folder"]), special)


@dataclass(frozen=True)
class Job:
    """One training. `manuscript` stands for the pieces and the recipe that it learns, to know it again; `card` is the
    number of the graphics card to learn on, None where there is no choice."""

    folder: Path
    base: BaseModel
    recipe: Recipe
    device: str = "cpu"
    trainer: str = "peft"
    threads: int = 1
    manuscript: str = ""
    card: int | None = None

    def write(self) -> None:
        """Raises WriterError when the disk refuses."""
        make_private_folder(self.folder)
        values = {
            "format": FORMAT,
            "base": self.base.to_json(),
            "recipe": self.recipe.to_json(),
            "device": self.device,
            "trainer": self.trainer,
            "threads": self.threads,
            "manuscript": self.manuscript,
            "card": self.card,
        }
        write_json(self.folder / JOB_FILE, values)

    @classmethod
    def read(cls, folder: Path) -> "Job":
        """Raises WriterError when there is no job, or one that this Ownhand can't read."""
        try:
            values = json.loads((folder / JOB_FILE).read_bytes())
            check_format(values["format"], FORMAT, folder / JOB_FILE)
            base, recipe = BaseModel.from_json(values["base"]), Recipe.from_json(values["recipe"])
            rest = {key: values[key] for key in ("device", "trainer", "threads", "manuscript")}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise WriterError("The training's notes can't be read.", "Train again.") from error
        return cls(folder, base, recipe, **rest, card=values.get("card"))

    @property
    def train(self) -> Path:
        return self.folder / "train"

    @property
    def validation(self) -> Path:
        return self.folder / "validation"

    @property
    def adapter(self) -> Path:
        return self.folder / "adapter"

    @property
    def is_learned(self) -> bool:
        """Is the adapter there, and only the test missing?"""
        return self.adapter.exists() and not self.checkpoints()

    def checkpoints(self) -> list[Path]:
        """The complete ones, oldest first."""
        found = [path for path in self.folder.glob(f"{_CHECKPOINT}*") if step_of(path) is not None]
        return sorted(found, key=lambda path: step_of(path) or 0)

    def checkpoint(self, step: int) -> Path:
        return self.folder / f"{_CHECKPOINT}{step}"

    @property
    def state(self) -> "State":
        return State.read(self.folder)

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def read_passages(folder: Path) -> dict[str, Any]:
    """`passages.json`, as `prepare.job_for` writes it. Raises OSError and ValueError."""
    return dict(json.loads((folder / PASSAGES_FILE).read_bytes()))


def step_of(checkpoint: Path) -> int | None:
    number = checkpoint.name.removeprefix(_CHECKPOINT)
    return int(number) if number.isdigit() else None


@dataclass(frozen=True)
class State:
    """How far a training got: `name` is "preparing", "training", "evaluating", "paused", "done" or "failed".

    `loss` is nats per token, smoothed; `eta_s` and `seconds` count seconds of work, pauses left out; `sentence` and
    `next_step` say what went wrong. `trainer` is the one that did the work, `device` where it did.
    """

    name: str
    step: int = 0
    steps: int = 0
    loss: float | None = None
    eta_s: float | None = None
    tokens_per_second: float | None = None
    seconds: float = 0.0
    trainer: str = ""
    device: str = ""
    validation_loss: float | None = None
    sentence: str = ""
    next_step: str = ""

    def to_json(self) -> dict[str, Any]:
        values = asdict(self)
        return {"state": values.pop("name"), **{key: value for key, value in values.items() if value not in (None, "")}}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "State":
        known = {key: value[key] for key in cls.__dataclass_fields__ if key in value}
        return cls(name=value["state"], **known)

    @classmethod
    def read(cls, folder: Path) -> "State":
        """What was noted last; "preparing" when nothing was."""
        try:
            return cls.from_json(json.loads((folder / STATE_FILE).read_bytes()))
        except (OSError, ValueError, KeyError, TypeError):
            return cls("preparing")

    def note(self, folder: Path) -> None:
        """Raises WriterError when the disk refuses."""
        write_json(folder / STATE_FILE, {"format": FORMAT, **self.to_json()})

    @property
    def error(self) -> WriterError:
        return WriterError(self.sentence or "The training failed.", self.next_step or "Train again.")

    def at(self, name: str) -> "State":
        return replace(self, name=name)


def say(state: State, stream: IO[str]) -> None:
    """One line to the parent. That it is gone is noticed elsewhere."""
    with contextlib.suppress(BrokenPipeError):
        stream.write(json.dumps(state.to_json()) + "\n")
        stream.flush()


def jobs(voice: Path) -> Iterator["Job"]:
    """The jobs of a voice that can be read, newest first."""
    folders = sorted((voice / JOBS).glob("*/"), key=lambda folder: folder.name, reverse=True)
    for folder in folders:
        try:
            yield Job.read(folder)
        except WriterError:
            continue


def give_up(voice: Path) -> bool:
    """Drop what is unfinished of a voice; False where nothing is. Raises WriterError while somebody learns it."""
    with alone(voice) as nobody_learns:
        if not nobody_learns:
            raise BEING_LEARNED
        unfinished = list(jobs(voice))
        for job in unfinished:
            job.remove()
    return bool(unfinished)


def forget_broken(voice: Path) -> None:
    """Remove the folders of a voice that nobody can go on with: they hold a copy of the manuscript.

    Only for whoever holds the lock on the voice's trainings, for a job that is being written looks the same.
    """
    for folder in (voice / JOBS).glob("*/"):
        if _NAME.fullmatch(folder.name) and _is_broken(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _is_broken(folder: Path) -> bool:
    try:
        Job.read(folder)
    except WriterError as error:
        # A newer Ownhand's job is whole (its error has no cause), and so may one be that the disk holds back today.
        return isinstance(error.__cause__, (FileNotFoundError, ValueError, KeyError, TypeError))
    return False

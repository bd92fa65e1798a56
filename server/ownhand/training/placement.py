"""Where a training runs and who brings the model: a device, a trainer, how much goes through at once.

In the trainer's child, where the hardware can be asked. On a processor Unsloth is transformers and PEFT with more
around them, so PEFT alone is the faster one there. On a graphics card PEFT was measured and Unsloth not yet
(docs/lab-notes.md), so PEFT comes first there too; who sets Unsloth gets it.
"""

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from ownhand.engines.gguf_header import read_header
from ownhand.engines.room import free_memory
from ownhand.errors import WriterError
from ownhand.training.architecture import SMALL, shape_of
from ownhand.training.job import Job
from ownhand.training.memory import Plan, give_back_at_once, plan_within


@dataclass(frozen=True)
class Place:
    """A device with a plan for its memory, and the trainers to try there, the fastest first."""

    device: str
    plan: Plan
    trainers: tuple[str, ...]

    @property
    def micro_tokens(self) -> int:
        return self.plan.micro_tokens

    def load(self, job: Job) -> tuple[Any, str]:
        """(what to teach, the trainer that brought it). With `auto`, one that fails leaves the next one its turn."""
        if self.plan.recompute:
            give_back_at_once()
        for trainer in self.trainers[:-1]:
            try:
                return _loader(trainer)(job, self.device, recompute=self.plan.recompute), trainer
            except Exception:  # noqa: S112  a broken Unsloth is what the other trainer is for
                continue
        last = self.trainers[-1]
        try:
            return _loader(last)(job, self.device, recompute=self.plan.recompute), last
        except (ImportError, NotImplementedError) as error:
            if last != "unsloth":
                raise
            raise WriterError(
                f"Unsloth is missing, or can't drive this machine ({type(error).__name__}).",
                "Set ownhand.training.trainer to auto, or run `ownhand setup --training`.",
            ) from error


def placed(job: Job, longest: int) -> Place:
    """Where to train on samples of at most `longest` tokens. Raises WriterError: no such device, too little memory."""
    device = _device(job.device)
    shape = shape_of(read_header(job.base.source))
    how = plan_within(_free(device), shape, job.recipe, longest=longest, gpu=device != "cpu")
    return Place(device, how, trainers(job.trainer, device))


def measured_on(job: Job) -> str:
    """Where to measure: a small model's figures repeat on the processor alone, a large model is too slow there."""
    small = shape_of(read_header(job.base.source)).parameters < SMALL
    return "cpu" if small else _device(job.device)


def trainers(wanted: str, device: str) -> tuple[str, ...]:
    """Names in the order in which they are tried."""
    if wanted != "auto":
        return (wanted,)
    installed = importlib.util.find_spec("unsloth") is not None
    return ("peft", "unsloth") if device != "cpu" and installed else ("peft",)


def _device(wanted: str) -> str:
    found = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    if hasattr(torch, "xpu") and torch.xpu.is_available():
        found = "xpu"
    if wanted in ("auto", found, "cpu"):
        return found if wanted == "auto" else wanted
    raise WriterError(
        f"There is no {wanted} device here that can train.", "Set ownhand.training.device to auto or cpu."
    )


def _free(device: str) -> int:
    if device == "cuda":
        return int(torch.cuda.mem_get_info()[0])
    return free_memory()


def _loader(trainer: str) -> Callable[..., Any]:
    if trainer == "unsloth":
        from ownhand.training.trainer_unsloth import load
    else:
        from ownhand.training.trainer_peft import load
    return load

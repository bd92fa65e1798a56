"""The loop that teaches an adapter: the same whoever brought the model. Runs in the trainer's child.

A step sums the gradients of one batch's parts, so that what is learned does not depend on how much fits into memory.
Between two parts the child looks whether it should pause or stop; what the unfinished step did is dropped then. Of
watched passages, between which it looks too, all are read again when it goes on from there.
"""

import math
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from safetensors.torch import load_file

from ownhand.errors import WriterError
from ownhand.training.averaging import RunningMean, put, trained_parameters
from ownhand.training.batches import MOST_PADDING, batches, together
from ownhand.training.checkpoints import load_checkpoint, save_checkpoint, write_folder
from ownhand.training.dataset import NOT_LEARNED
from ownhand.training.job import Job, State
from ownhand.training.loss import summed_loss
from ownhand.training.wishes import Control, Stopped

CHECKPOINT_SECONDS = 40.0
"""So that a minute of work is lost at most."""
_LARGEST_GRADIENT = 1.0
_SMOOTHING = 0.9
_BEST, _BEST_FILE = "best", "adapter.safetensors"

Say = Callable[[State], None]


@dataclass
class Progress:
    """Where the training stands; kept in checkpoints. `seconds` are seconds of work."""

    step: int = 0
    loss: float | None = None
    tokens: int = 0
    seconds: float = 0.0
    best: float | None = None
    validation: float | None = None
    validated: int = 0
    """The step after which the watched passages were read last."""


class Lesson:
    """One training of `model` (a PEFT model on its device) on token ids.

    `body(input_ids, attention_mask)` gives the last layer's output (batch, length, width), `head` is the matrix
    (vocabulary, width) that turns it into scores.
    """

    def __init__(
        self,
        job: Job,
        model: Any,
        body: Callable[..., torch.Tensor],
        head: torch.Tensor,
        tables: tuple[Sequence[Any], Sequence[Any]],
        micro_tokens: int,
        control: Control,
        say: Say,
    ) -> None:
        self.job, self.model, self.body, self.head = job, model, body, head
        self.train, self.validation = tables
        self.lengths = [len(sample["input_ids"]) for sample in self.train]
        self.micro_tokens, self.control, self._say = micro_tokens, control, say
        # A card waits for its orders longer than it works on a small batch: padding costs less than a second part.
        self._most_padding = MOST_PADDING if head.device.type == "cpu" else 1.0
        self.steps = job.recipe.steps(len(self.train))
        self.trained = trained_parameters(model)
        self.mean = RunningMean(self.trained, job.recipe.average)
        self.optimizer = torch.optim.AdamW(
            self.trained.values(), lr=job.recipe.lr, betas=(0.9, 0.999), weight_decay=0.0
        )
        self.progress = Progress()
        self._saved_at = time.monotonic()

    def run(self) -> Progress:
        """Train to the end, from the last checkpoint on. Raises Stopped (after a checkpoint) and WriterError."""
        facts = load_checkpoint(self.job, self.trained, self.optimizer, self.mean)
        if facts:
            self.progress = Progress(**{key: facts[key] for key in Progress.__dataclass_fields__ if key in facts})
        self.say("training")
        self.model.train()
        try:
            self._validate_after_pass()  # where it was stopped before the watched passages were read
            for batch in self._left():
                self._step(batch)
                self._after_step()
        except Stopped:
            self.save()
            raise
        self._take_best()
        return self.progress

    def say(self, name: str) -> None:
        self._say(self.state(name))

    def state(self, name: str) -> State:
        done = self.progress
        rate = done.tokens / done.seconds if done.seconds > 0 else None
        left = self.job.recipe.epochs * sum(self.lengths) - done.tokens
        return State(
            name,
            done.step,
            self.steps,
            loss=round(done.loss, 4) if done.loss is not None else None,
            eta_s=round(max(left, 0) / rate, 1) if rate else None,
            tokens_per_second=round(rate, 1) if rate else None,
            seconds=round(done.seconds, 1),
            validation_loss=round(done.validation, 4) if done.validation is not None else None,
        )

    def save(self) -> None:
        if self.progress.step:
            save_checkpoint(self.job, self.trained, self.optimizer, self.mean, vars(self.progress))
        self._saved_at = time.monotonic()

    def _left(self) -> Iterator[list[int]]:
        """Batches of the steps that are still to do."""
        number = 0
        for epoch in range(self.job.recipe.epochs):
            for batch in batches(self.lengths, self.job.recipe, epoch):
                if number >= self.progress.step:
                    yield batch
                number += 1

    def _step(self, batch: list[int]) -> None:
        began, recipe = time.monotonic(), self.job.recipe
        torch.manual_seed(recipe.seed * 1_000_003 + self.progress.step)  # for dropout: the same after a pause
        for group in self.optimizer.param_groups:
            group["lr"] = recipe.rate(self.progress.step, self.steps)
        self.optimizer.zero_grad(set_to_none=True)
        learned = sum(_learned(self.train[number]) for number in batch)
        total = 0.0
        for part in together(batch, self.lengths, self.micro_tokens, self._most_padding):
            began += self._pause_if_asked()
            loss = self._loss([self.train[number] for number in part])
            (loss / learned).backward()
            total += float(loss.detach())
        self._check(total)
        slope = torch.nn.utils.clip_grad_norm_(self.optimizer.param_groups[0]["params"], _LARGEST_GRADIENT)
        self._check(float(slope))  # before it is learned: a loss can be a number where its slope is none
        self.optimizer.step()
        self._note(total / learned, sum(self.lengths[number] for number in batch), time.monotonic() - began)

    def _note(self, loss: float, tokens: int, seconds: float) -> None:
        done = self.progress
        done.loss = loss if done.loss is None else _SMOOTHING * done.loss + (1 - _SMOOTHING) * loss
        done.step, done.tokens, done.seconds = done.step + 1, done.tokens + tokens, done.seconds + seconds

    def _after_step(self) -> None:
        self.mean.add(self.progress.step)
        self._validate_after_pass()
        if time.monotonic() - self._saved_at > CHECKPOINT_SECONDS:
            self.save()
        self.say("training")

    def _loss(self, samples: Sequence[Any]) -> torch.Tensor:
        """Nats, summed over the learned tokens of samples that go through the model together."""
        ids, labels, mask = padded(samples, self.head.device)
        return summed_loss(self.body(ids, mask), self.head, labels)

    def _pause_if_asked(self) -> float:
        """Seconds that were spent paused. Raises Stopped."""
        began = time.monotonic()
        paused = False

        def on_pause() -> None:
            nonlocal paused
            paused = True
            self.save()
            self.say("paused")

        self.control.check(on_pause, lambda: self.say("training"))
        return time.monotonic() - began if paused else 0.0

    @staticmethod
    def _check(number: float) -> None:
        if not math.isfinite(number):
            raise WriterError(
                "The training went astray: its numbers overflowed.",
                "Train again; if it happens again, choose another model in ownhand.model.",
            )

    def _validate_after_pass(self) -> None:
        step = self.progress.step
        if step > self.progress.validated and step % (self.steps // self.job.recipe.epochs) == 0:
            self._validate()
            self.progress.validated = step

    def _validate(self) -> None:
        """Keep the adapter of the pass that foretells the watched passages best. Raises Stopped."""
        if not self.validation:
            return
        nats = sum(self._watched(sample) for sample in self.validation)
        done = self.progress
        done.validation = nats / sum(_learned(sample) for sample in self.validation)
        if done.best is None or done.validation <= done.best:
            done.best = done.validation
            self.keep_best()

    def _watched(self, sample: Any) -> float:
        """Nats of one watched passage. The mean is in place for it alone: what a pause keeps are the last weights."""
        self._pause_if_asked()
        self.model.eval()
        with torch.no_grad(), self.mean.in_place():
            nats = float(self._loss([sample]))
        self.model.train()
        return nats

    def keep_best(self) -> None:
        write_folder(self.job.folder / _BEST, self.mean.values, {}, _BEST_FILE)

    def _take_best(self) -> None:
        """The mean of the weights after the pass that was best, or without watched passages after the last."""
        kept = self.job.folder / _BEST / _BEST_FILE
        best = self.progress.best is not None and kept.is_file()
        put(self.trained, load_file(kept) if best else self.mean.values)

    def clean(self) -> None:
        """The adapter is written; what only served to go on can go."""
        for folder in [*self.job.checkpoints(), self.job.folder / _BEST]:
            shutil.rmtree(folder, ignore_errors=True)


def _learned(sample: Any) -> int:
    return sum(label != NOT_LEARNED for label in sample["labels"])


def padded(samples: Sequence[Any], device: torch.device) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]:
    """(ids, labels, attention mask), each (samples, longest). Without padding there is no mask: that is faster."""
    longest = max(len(sample["input_ids"]) for sample in samples)
    ids = torch.zeros(len(samples), longest, dtype=torch.long)
    labels = torch.full_like(ids, NOT_LEARNED)
    mask = torch.zeros_like(ids)
    for row, sample in enumerate(samples):
        size = len(sample["input_ids"])
        ids[row, :size] = torch.tensor(sample["input_ids"])
        labels[row, :size] = torch.tensor(sample["labels"])
        mask[row, :size] = 1
    return ids.to(device), labels.to(device), None if bool(mask.all()) else mask.to(device)

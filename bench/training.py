"""How fast an adapter learns: our trainer against a bare loop of transformers and PEFT, in one run.

Both take the same steps on the same batches of the demo manuscript, by turns, so that a busy machine is busy for both;
what is compared is the time that processors worked for each. The bare loop is what a tutorial would write: a batch
padded to its longest sample, the model's own loss, AdamW.
"""

import time
from collections.abc import Callable
from typing import Any

import torch
from peft import get_peft_model
from transformers import AutoModelForCausalLM

from bench.figures import Figure
from ownhand.home import Home
from ownhand.manuscript.consent import VoiceFolder
from ownhand.manuscript.corpus import Corpus
from ownhand.settings import Settings
from ownhand.training import base, tables
from ownhand.training.batches import batches
from ownhand.training.course import Course
from ownhand.training.job import Job
from ownhand.training.placement import placed
from ownhand.training.prepare import job_for
from ownhand.training.trainer import Lesson
from ownhand.training.trainer_peft import lora_config
from ownhand.training.wishes import Control

_WARM_UP = 1
_IGNORED = -100

Step = Callable[[list[int]], None]


async def job(home: Home, voice: VoiceFolder, corpus: Corpus) -> Job:
    """A job that learns the demo manuscript, on the processor. Raises WriterError and EngineError."""
    course = await Course.plan(home, voice, Settings(), corpus)
    made = job_for(course.forecast.prepared, voice.path, device="cpu", trainer="peft", threads=course.forecast.threads)
    base.make_ready(made.base)
    return made


def measure(made: Job, steps: int) -> list[Figure]:
    """`steps` steps of each."""
    torch.set_num_threads(made.threads)
    tables.write_tables(made)
    train = list(tables.read_table(made.train))
    lengths = [len(sample["input_ids"]) for sample in train]
    chosen = batches(lengths, made.recipe, 0)[: steps + _WARM_UP]
    ours, bare = _lesson(made, train)._step, _Bare(made, train).step
    spent = {"ours": 0.0, "bare": 0.0}
    for number, batch in enumerate(chosen):
        turns = [("ours", ours), ("bare", bare)]
        for name, step in turns if number % 2 else reversed(turns):
            began = time.process_time()
            step(batch)
            spent[name] += time.process_time() - began if number >= _WARM_UP else 0.0
    tokens = sum(lengths[number] for batch in chosen[_WARM_UP:] for number in batch)
    note = f"{len(chosen) - _WARM_UP} steps of {tokens:,} tokens, by turns; {made.threads} threads"
    rate = tokens / spent["ours"]
    return [
        Figure("training: as fast as a bare loop with the same batches", spent["bare"] / spent["ours"], "times", 0.95,
               at_least=True, note=note),
        Figure("training: tokens for each second that a core worked", rate, "tokens/s"),
    ]  # fmt: skip


def _lesson(made: Job, train: list[Any]) -> Lesson:
    place = placed(made, max(len(sample["input_ids"]) for sample in train))
    taught, _ = place.load(made)
    taught.model.train()
    return Lesson(
        made, taught.model, taught.body, taught.head, (train, []), place.micro_tokens, Control(), lambda _: None
    )


class _Bare:
    """A loop as a tutorial writes it."""

    def __init__(self, made: Job, train: list[Any]) -> None:
        self._recipe, self._train = made.recipe, train
        folder = made.base.folder
        torch.manual_seed(made.recipe.seed)
        model = AutoModelForCausalLM.from_pretrained(str(folder), dtype=torch.float32, local_files_only=True)
        self._model = get_peft_model(model, lora_config(made)).train()
        self._trained = [weight for weight in self._model.parameters() if weight.requires_grad]
        self._optimizer = torch.optim.AdamW(self._trained, lr=made.recipe.lr, weight_decay=0.0)

    def step(self, batch: list[int]) -> None:
        samples = [self._train[number] for number in batch]
        loss = self._model(**_together(samples)).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._trained, 1.0)
        self._optimizer.step()
        self._optimizer.zero_grad()


def _together(samples: list[Any]) -> dict[str, torch.Tensor]:
    """Samples padded to the longest."""
    longest = max(len(sample["input_ids"]) for sample in samples)

    def rows(values: list[list[int]], filler: int) -> torch.Tensor:
        return torch.tensor([row + [filler] * (longest - len(row)) for row in values])

    ids = [list(sample["input_ids"]) for sample in samples]
    return {
        "input_ids": rows(ids, 0),
        "attention_mask": rows([[1] * len(row) for row in ids], 0),
        "labels": rows([list(sample["labels"]) for sample in samples], _IGNORED),
    }

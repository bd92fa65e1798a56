"""One row of `bench/memory.py`: trains as the trainer's child does, and prints what it took, in bytes.

The argument is JSON, as `memory._in_child` writes it.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from ownhand.training import tables  # noqa: F401  the trainer's child has it in memory, too
from ownhand.training.forecast import threads_here
from ownhand.training.job import BaseModel, Job
from ownhand.training.memory import give_back_at_once
from ownhand.training.recipe import Recipe
from ownhand.training.trainer import Lesson
from ownhand.training.trainer_peft import Taught, fresh, load
from ownhand.training.wishes import Control


def main() -> None:
    order = json.loads(sys.argv[1])
    recipe = Recipe.from_json(order["recipe"])
    job = Job(Path(order["folder"]), BaseModel.from_json(order["base"]), recipe, threads=threads_here())
    torch.set_num_threads(job.threads)
    job.write()
    if order["recompute"]:
        give_back_at_once()
    before = _resident("VmRSS")
    _forget_highest()
    taught = _taught(job, order)
    loading = _resident("VmHWM")
    _forget_highest()
    _train(job, taught, order["lengths"], order["steps"])
    print(json.dumps({"before": before, "loading": loading, "training": _resident("VmHWM")}))


def _taught(job: Job, order: dict[str, Any]) -> Taught:
    if order["config"] is None:
        return load(job, "cpu", recompute=order["recompute"])
    model = LlamaForCausalLM(LlamaConfig(**order["config"], use_cache=False, attn_implementation="sdpa"))
    if order["recompute"]:
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    return fresh(model, job)


def _train(job: Job, taught: Taught, lengths: list[int], steps: int) -> None:
    """All of `Lesson.run`: steps of one part each, then a look at a watched passage."""
    train = [_sample(length) for length in lengths] * steps
    tokens = len(lengths) * max(lengths)
    watched = [_sample(max(lengths))]
    Lesson(job, taught.model, taught.body, taught.head, (train, watched), tokens, Control(), lambda _: None).run()


def _sample(length: int) -> dict[str, list[int]]:
    ids = [5 + number % 1000 for number in range(length)]
    return {"input_ids": ids, "labels": ids}


def _forget_highest() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def _resident(what: str) -> int:
    found = re.search(rf"{what}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


if __name__ == "__main__":
    main()

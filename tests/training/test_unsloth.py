"""Unsloth on a machine without a graphics card: the same lesson, the same adapter within rounding.

In a process of its own: Unsloth changes transformers and PEFT for good when it is imported.
"""

import importlib.util
import json
import subprocess
import sys

import pytest

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(importlib.util.find_spec("unsloth") is None, reason="Unsloth is not installed"),
]
LESSON = """
import json, sys
from pathlib import Path
import torch
from ownhand.training.job import Job, read_passages
from ownhand.training.trainer import Lesson
from ownhand.training.wishes import Control

torch.set_num_threads(1)
job = Job.read(Path(sys.argv[1]))
if sys.argv[2] == "unsloth":
    from ownhand.training.trainer_unsloth import load
else:
    from ownhand.training.trainer_peft import load
taught = load(job, "cpu", recompute=False)
tables = read_passages(job.folder)
made = Lesson(job, taught.model, taught.body, taught.head, (tables["train"], tables["validation"]), 64, Control(),
              lambda _: None)
taught.model.eval()
before = float(sum(made._loss([sample]).detach() for sample in made.validation))
made.run()
Path(sys.argv[3]).write_text(json.dumps([before, made.progress.best, made.progress.tokens]))
"""


def learned(job, trainer, answer):
    child = subprocess.run(
        [sys.executable, "-c", LESSON, str(job.folder), trainer, str(answer)], capture_output=True, text=True
    )
    assert child.returncode == 0, child.stderr[-2000:]
    return json.loads(answer.read_text())


def test_unsloth_teaches_what_peft_teaches(make_job, tmp_path):
    ours = learned(make_job("peft", epochs=8), "peft", tmp_path / "peft.json")
    theirs = learned(make_job("unsloth", epochs=8), "unsloth", tmp_path / "unsloth.json")
    assert theirs[0] == pytest.approx(ours[0], rel=1e-4)  # nothing is learned yet: the same model
    assert theirs[1] == pytest.approx(ours[1], rel=0.1)  # each begins its adapter by its own chances
    assert theirs[2] == ours[2]

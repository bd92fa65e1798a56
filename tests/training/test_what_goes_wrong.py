"""What goes wrong around the loop: a broken learning part, no memory, no space on the disk, a child that is killed."""

import errno
import json
import os
import re
import resource
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace

import pytest

from ownhand.errors import WriterError
from ownhand.training import placement, trainer, trainer_peft, worker
from ownhand.training.job import Job, read_passages
from ownhand.training.memory import Plan
from ownhand.training.runner import Training
from ownhand.training.trainer import Lesson
from ownhand.training.wishes import Control

pytestmark = pytest.mark.timeout(600)
BROKEN = {
    "no module": "raise ModuleNotFoundError(\"No module named 'torch._C'\", name='torch._C')",
    "half a module": "raise ImportError('cannot import name _C from torch')",
    "no shared library": "raise OSError('libcudart.so.12: cannot open shared object file: No such file or directory')",
    "of another numpy": "raise RuntimeError('module compiled against ABI version 0x1000009')",
}
WORKER = "import sys; sys.path.insert(0, sys.argv.pop(1)); from ownhand.training.worker import main; sys.exit(main())"


@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_learning_part_is_one_sentence_that_names_the_command(broken, make_job, tmp_path):
    (tmp_path / "shadow" / "torch").mkdir(parents=True)
    (tmp_path / "shadow" / "torch" / "__init__.py").write_text(BROKEN[broken])
    child = subprocess.run(
        [sys.executable, "-c", WORKER, tmp_path / "shadow", make_job().folder],
        stdin=subprocess.PIPE,
        capture_output=True,
        text=True,
    )
    last = json.loads(child.stdout.splitlines()[-1])
    assert (child.returncode, last["state"]) == (1, "failed")
    assert "learning part is missing or broken" in last["sentence"]
    assert "ownhand setup --training" in last["next_step"]


class Unsloth:
    """One that is installed and can't drive this machine."""

    class FastLanguageModel:
        @staticmethod
        def from_pretrained(*_: object, **__: object) -> None:
            raise NotImplementedError("Unsloth cannot find any torch accelerator? You need a GPU.")


def test_auto_takes_what_was_measured_and_a_wish_is_a_wish(monkeypatch):
    monkeypatch.setattr(placement.importlib.util, "find_spec", lambda _: object())
    assert placement.trainers("auto", "cpu") == ("peft",)
    assert placement.trainers("auto", "cuda") == ("peft", "unsloth")
    assert placement.trainers("unsloth", "cuda") == ("unsloth",)


@pytest.mark.parametrize("unsloth", [None, Unsloth], ids=["missing", "broken"])
def test_an_unsloth_that_does_not_work_is_named_or_passed_over(unsloth, make_job, monkeypatch):
    monkeypatch.setitem(sys.modules, "unsloth", unsloth)
    job, plan = make_job(), Plan(64, False, 0)
    with pytest.raises(WriterError, match=r"Unsloth.*ownhand setup --training") as named:
        placement.Place("cpu", plan, ("unsloth",)).load(job)
    assert "auto" in named.value.next_step
    taught, brought_by = placement.Place("cpu", plan, ("unsloth", "peft")).load(job)
    assert brought_by == "peft"
    assert taught.head.shape[1] == 64


def test_memory_that_runs_out_is_said_as_that():
    import torch

    with pytest.raises(RuntimeError) as refused:
        torch.empty(1 << 60)
    for error in (refused.value, MemoryError()):
        assert "ran out of memory" in worker._in_words(error).sentence


def test_too_little_memory_is_said_before_any_work(make_job, monkeypatch):
    monkeypatch.setattr(placement, "free_memory", lambda: 300_000_000)
    with pytest.raises(WriterError, match=r"needs about .* GB of memory, and 0.3 GB are free"):
        placement.placed(make_job(), longest=40)


async def test_killed_it_goes_on_from_the_last_checkpoint(make_job):
    job, step = make_job(epochs=400), 0
    with pytest.raises(WriterError, match="memory ran out") as said:
        async with Training(job) as training:
            async for state in training.states():
                if state.name == "training" and state.step >= 3 and not step:
                    training.pause()
                if state.name == "paused":
                    step = state.step
                    os.kill(training.pid, signal.SIGKILL)
    assert "goes on from the last checkpoint" in said.value.next_step
    job = replace(job)
    async with Training(job) as training:
        async for state in training.states():
            if state.name == "training":
                assert state.step >= step > 0
                break


def lesson(job: Job, say=lambda _: None) -> Lesson:
    taught = trainer_peft.load(job, "cpu", recompute=False)
    tables = read_passages(job.folder)
    samples = (tables["train"], tables["validation"])
    return Lesson(job, taught.model, taught.body, taught.head, samples, 64, Control(), say)


def test_whoever_kills_it_takes_a_minute_at_most(make_job, monkeypatch):
    """By a clock of the test's own, on which each look takes 3 seconds."""
    ticks = iter(range(0, 1_000_000, 3))
    monkeypatch.setattr(trainer, "time", SimpleNamespace(monotonic=lambda: next(ticks)))
    job, lost = make_job(epochs=30), []

    def note(state) -> None:
        kept = job.checkpoints()
        before = json.loads((kept[-1] / "step.json").read_bytes())["seconds"] if kept else 0.0
        lost.append(state.seconds - before)

    lesson(job, note).run()
    assert len(lost) > 100
    assert max(lost) > 10
    assert max(lost) <= 60


@contextmanager
def a_disk_that_takes(size: int):
    """A file that grows beyond `size` bytes is refused by the system, as on a full disk."""
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, usual[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)


def test_a_checkpoint_that_does_not_fit_is_one_sentence_and_leaves_nothing(make_job):
    made = lesson(make_job())
    made.progress.step = 1
    with a_disk_that_takes(10_000), pytest.raises(WriterError, match="can't be kept") as said:
        made.save()
    assert "goes on from the last checkpoint" in said.value.next_step
    assert not made.job.checkpoints()
    assert not list(made.job.folder.glob(".checkpoint*"))


def test_an_adapter_that_does_not_fit_is_one_sentence_and_leaves_nothing(make_job):
    made = lesson(make_job())
    with a_disk_that_takes(10_000), pytest.raises(WriterError, match="can't be kept"):
        trainer_peft.write_adapter(made.job, made.model)
    assert not made.job.adapter.exists()


def test_the_next_step_fits_what_went_wrong():
    def raised(error):
        raise error

    def said(error):
        with pytest.raises(type(error)) as caught:
            raised(error)
        return str(worker._in_words(caught.value))

    assert "Free some space" in said(OSError(errno.ENOSPC, "No space left on device"))
    denied = said(PermissionError(errno.EACCES, "Permission denied"))
    assert "Permission denied" in denied
    assert "Free some space" not in denied
    unknown = said(TypeError("The ferry left at six."))
    assert re.search(r"TypeError at test_what_goes_wrong\.py:\d+", unknown)
    assert "ferry" not in unknown, "a library's words may quote the manuscript"

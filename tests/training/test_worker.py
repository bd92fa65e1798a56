"""The trainer's child as a process: states, stopping, what goes wrong, and that it never outlives its parent."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace

import psutil
import pytest

from ownhand.engines.embedded import EmbeddedEngine
from ownhand.engines.special import bounds
from ownhand.errors import WriterError
from ownhand.home import Home
from ownhand.manuscript.model import Form, Piece
from ownhand.processes import lock
from ownhand.text.words import count_words
from ownhand.training import runner
from ownhand.training.base import checked_base, described
from ownhand.training.dataset import LearnedPiece, build
from ownhand.training.held_out_guard import HeldOutGuard
from ownhand.training.job import PASSAGES_FILE, Job
from ownhand.training.prepare import Material, prepare
from ownhand.training.recipe import Recipe
from ownhand.training.runner import Training
from ownhand.training.tokens import tokenize
from ownhand.voices.peft_folder import read_peft_folder

pytestmark = pytest.mark.timeout(600)
POEM = "salt on the sill\n    the kettle's one low vowel\n    & nobody yet\n"
OWN = """
import asyncio, sys
from pathlib import Path
from ownhand.training.job import Job
from ownhand.training.runner import Training
async def main():
    async with Training(Job.read(Path(sys.argv[1]))) as training:
        print(training.pid, flush=True)
        async for state in training.states():
            print(state.name, flush=True)
asyncio.run(main())
"""
COUNTING = """
import os, sys
from ownhand.training import worker
from ownhand.training.job import State
def count(job, control, speak):
    import torch
    openmp, mkl = os.environ.get("OMP_NUM_THREADS"), os.environ.get("MKL_NUM_THREADS")
    return State("evaluating", sentence=f"{torch.get_num_threads()} threads of torch, {openmp} of OpenMP, {mkl} of MKL")
worker._learn = count
sys.exit(worker.main())
"""
"""The trainer's child, but that it counts where it would learn."""


async def states_of(job: Job) -> list:
    async with Training(job) as training:
        return [state async for state in training.states()]


@pytest.mark.embedded
async def test_the_packaged_model_learns_a_poem(tmp_path, packaged_gguf):
    base = described(checked_base(packaged_gguf), Home(tmp_path / "home"))
    engine = await EmbeddedEngine.open(packaged_gguf)
    piece = Piece("p1", "kettle.md", 0, "Kettle", Form.VERSE, POEM, count_words(POEM), 0.0)
    try:
        learned = LearnedPiece(piece, await tokenize(engine, POEM))
        dataset = build([learned], bounds(await engine.special_tokens()), HeldOutGuard([], lambda _: set()), 1024)
    finally:
        await engine.close()
    job = Job(tmp_path / "job", base, Recipe(epochs=6), "cpu", "auto", 1, "m1")
    job.write()
    rows = [
        {"input_ids": s.input_ids, "labels": s.labels, "piece": s.piece, "form": s.form.value, "words": s.words}
        for s in dataset.train
    ]
    (job.folder / PASSAGES_FILE).write_text(json.dumps({"train": rows, "validation": []}))
    states = await states_of(job)
    names = list(dict.fromkeys(state.name for state in states))
    losses = [state.loss for state in states if state.loss is not None]
    assert names == ["preparing", "training", "evaluating", "done"]
    assert (states[-1].trainer, states[-1].device) == ("peft", "cpu")
    assert states[-1].tokens_per_second > 0
    assert losses[-1] < losses[0] - 0.3
    assert len(read_peft_folder(job.adapter).modules) == 30 * 7


async def test_stopped_it_checkpoints_and_the_next_run_goes_on(make_job):
    job = make_job(epochs=20)
    async with Training(job) as training:
        async for state in training.states():
            if state.name == "training" and state.step >= 3:
                break
    assert job.checkpoints()
    states = await states_of(replace(job))
    assert next(state.step for state in states if state.name == "training") >= 3
    assert states[-1].name == "done"
    assert not job.checkpoints()


async def test_paused_it_rests_until_it_is_told_to_go_on(make_job):
    job = make_job(epochs=20)
    names = []
    async with Training(job) as training:
        async for state in training.states():
            names.append(state.name)
            if state.step >= 2 and "paused" not in names:
                training.pause()
            if state.name == "paused":
                spent = sum(psutil.Process(training.pid).cpu_times()[:2])
                await asyncio.sleep(1.0)
                assert sum(psutil.Process(training.pid).cpu_times()[:2]) - spent < 0.5
                training.resume()
    assert names[-1] == "done"
    assert names.count("paused") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")
def test_it_checkpoints_and_leaves_when_its_parent_is_killed(make_job):
    job = make_job(epochs=4000)
    parent = subprocess.Popen([sys.executable, "-c", OWN, str(job.folder)], stdout=subprocess.PIPE, text=True)
    child = psutil.Process(int(parent.stdout.readline()))
    said = [parent.stdout.readline().strip()]
    while said.count("training") < 4 and said[-1]:
        said.append(parent.stdout.readline().strip())
    os.kill(parent.pid, signal.SIGKILL)
    parent.communicate()
    psutil.wait_procs([child], timeout=120)
    assert not child.is_running()
    assert job.checkpoints()


async def test_it_waits_for_a_child_that_still_works_in_the_folder(make_job):
    """One whose parent died writes its last checkpoint when that is long gone, and with it the lock on the voice."""
    job = make_job()
    names = []
    with (job.folder / ".lock").open("w") as other:
        assert lock(other.fileno())
        async with Training(job) as training:
            async for state in training.states():
                names.append(state.name)
                if "waits" in state.sentence:
                    assert not (job.folder / "train").exists()
                    other.close()
        assert other.closed, "it did not wait"
    assert set(names[: names.index("training")]) == {"preparing"}
    assert names[-1] == "done"


async def test_while_it_waits_it_can_be_stopped(make_job):
    job = make_job()
    with (job.folder / ".lock").open("w") as other:
        assert lock(other.fileno())
        async with Training(job) as training:
            async for state in training.states():
                if "waits" in state.sentence:
                    break
    assert not (job.folder / "train").exists()


async def test_it_has_the_lowest_priority(make_job):
    async with Training(make_job(epochs=20)) as training:
        async for state in training.states():
            if state.name == "training":
                assert psutil.Process(training.pid).nice() == 19
                if sys.platform == "linux":
                    assert psutil.Process(training.pid).ionice().ioclass == psutil.IOPRIO_CLASS_IDLE
                break


def test_it_takes_no_more_threads_than_the_job_says(make_job):
    job = replace(make_job(), threads=3)
    job.write()
    command = [sys.executable, "-c", COUNTING, str(job.folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        last = child.stdout.readlines()[-1]  # its standard input stays open meanwhile: the end of that means "stop"
    assert json.loads(last)["sentence"] == "3 threads of torch, 3 of OpenMP, 3 of MKL"


async def test_a_base_that_is_gone_is_one_sentence(make_job, tmp_path):
    job = make_job()
    gone = replace(
        job.base, source=tmp_path / "gone.gguf", folder=tmp_path / "home" / "base" / "aa", digest="sha256:aa"
    )
    job = replace(job, base=gone)
    job.write()
    with pytest.raises(WriterError, match=r"gone.gguf can't be read"):
        await states_of(job)
    assert job.state.name == "failed"


async def test_a_job_that_can_not_be_read_is_one_sentence(make_job):
    job = make_job()
    (job.folder / "job.json").write_text("{}")
    with pytest.raises(WriterError, match="notes can't be read"):
        await states_of(job)


async def test_a_device_that_is_not_there_is_one_sentence(make_job):
    job = replace(make_job(), device="xpu")
    job.write()
    with pytest.raises(WriterError, match="no xpu device"):
        await states_of(job)


async def test_a_missing_learning_part_is_one_sentence_that_names_the_command(make_job, monkeypatch):
    monkeypatch.setattr(runner, "_NEEDED", ("torch", "no_such_learning_part"))
    with pytest.raises(WriterError, match=r"no_such_learning_part missing.*ownhand setup --training"):
        await states_of(make_job())


async def test_a_model_whose_tokens_do_not_spell_the_text_is_refused():
    class Wrong:
        async def token_pieces(self, text):
            return [(1, b"?")]

    piece = Piece("p1", "kettle.md", 0, "Kettle", Form.VERSE, POEM, count_words(POEM), 0.0)
    found = Material((piece,), (), HeldOutGuard([], lambda _: set()))
    with pytest.raises(WriterError, match="do not spell"):
        await prepare(found, Wrong(), None, Recipe())

"""The loop: it learns, a pause changes nothing, and what goes wrong is one sentence and loses a minute at most."""

import errno
import fcntl
import json
import os

import pytest
import torch
from safetensors.torch import load_file

from ownhand.errors import WriterError
from ownhand.training import checkpoints, trainer_peft
from ownhand.training.job import Job, read_passages
from ownhand.training.tables import read_table, write_tables
from ownhand.training.trainer import Lesson
from ownhand.training.wishes import Control, Stopped
from ownhand.voices.peft_folder import read_peft_folder


def lesson(job: Job, control: Control | None = None, say=lambda _: None, micro_tokens: int = 64) -> Lesson:
    torch.set_num_threads(1)
    taught = trainer_peft.load(job, "cpu", recompute=False)
    tables = read_passages(job.folder)
    return Lesson(
        job, taught.model, taught.body, taught.head, (tables["train"], tables["validation"]), micro_tokens,
        control or Control(), say,
    )  # fmt: skip


def weights(made: Lesson) -> torch.Tensor:
    return torch.cat([value.detach().flatten() for value in made.model.parameters() if value.requires_grad])


class StopAfter(Control):
    """Stops in the middle of a step, after so many looks."""

    def __init__(self, looks: int) -> None:
        super().__init__()
        self.looks = looks

    def check(self, on_pause, on_resume) -> None:
        self.looks -= 1
        if self.looks < 0:
            self.do("stop")
        super().check(on_pause, on_resume)


def test_it_learns_and_says_how_far_it_is(make_job):
    said = []
    made = lesson(make_job(epochs=8), say=said.append)
    before = float(made._loss(made.validation).detach())
    made.run()
    assert float(made._loss(made.validation).detach()) < 0.7 * before
    assert [state.step for state in said][:3] == [0, 1, 2]
    assert said[-1].step == said[-1].steps == 32
    assert said[-1].eta_s == 0
    assert said[-1].validation_loss < said[5].validation_loss


@pytest.mark.parametrize("looks", [0, 3, 9, 11])
def test_stopped_anywhere_and_resumed_it_becomes_the_same_adapter(looks, make_job):
    whole = lesson(make_job("whole", dropout=0.1))
    whole.run()
    job = make_job("stopped", dropout=0.1)
    with pytest.raises(Stopped):
        lesson(job, StopAfter(looks)).run()
    again = lesson(job)
    again.run()
    assert torch.equal(weights(again), weights(whole))
    assert again.progress.tokens == whole.progress.tokens


@pytest.mark.parametrize("watched", [1, 2, 3])
def test_stopped_between_two_watched_passages_it_reads_them_again(watched, make_job):
    whole, job = lesson(make_job("whole")), make_job("stopped")
    whole.run()
    stopped = lesson(job)
    losses, left = stopped._watched, iter([False] * watched)
    stopped._watched = lambda sample: (next(left, True) and stopped.control.do("stop"), losses(sample))[-1]
    with pytest.raises(Stopped):
        stopped.run()
    assert stopped.progress.step < whole.progress.step
    again = lesson(job)
    again.run()
    assert torch.equal(weights(again), weights(whole))
    assert (again.progress.validation, again.progress.best) == (whole.progress.validation, whole.progress.best)


def test_a_pause_comes_between_two_watched_passages_and_keeps_the_last_weights(make_job):
    control, paused = Control(), []

    def say(state) -> None:
        if state.name == "paused":
            kept = load_file(made.job.checkpoints()[-1] / "state.safetensors")
            paused.append(all(torch.equal(kept[name], value) for name, value in made.trained.items()))
            control.do("resume")

    made = lesson(make_job(), control, say)
    losses, wishes = made._watched, iter(["resume", "pause"])
    made._watched = lambda sample: (control.do(next(wishes, None)), losses(sample))[-1]
    made.run()
    assert paused == [True]


def test_how_much_goes_through_at_once_changes_nothing(make_job):
    one, many = lesson(make_job("one"), micro_tokens=1), lesson(make_job("many"), micro_tokens=1000)
    one.run()
    many.run()
    assert torch.allclose(weights(one), weights(many), atol=2e-4)


def test_padding_is_not_seen(make_job):
    made = lesson(make_job())
    short, long = made.train[0], made.train[6]
    together = float(made._loss([short, long]).detach())
    assert together == pytest.approx(float((made._loss([short]) + made._loss([long])).detach()), rel=1e-5)


def test_a_pause_waits_and_goes_on(make_job):
    control, said = Control(), []

    def say(state) -> None:
        said.append(state.name)
        if state.name == "training" and state.step == 3 and "paused" not in said:
            control.do("pause")
        if state.name == "paused":
            assert made.job.checkpoints()
            control.do("resume")

    made = lesson(make_job(), control, say)
    made.run()
    assert said.count("paused") == 1
    assert made.progress.step == made.steps


def test_a_damaged_checkpoint_costs_the_way_from_the_one_before(make_job, monkeypatch):
    monkeypatch.setattr("ownhand.training.trainer.CHECKPOINT_SECONDS", 0.0)
    job = make_job()
    with pytest.raises(Stopped):
        lesson(job, StopAfter(9)).run()
    older, newer = job.checkpoints()
    (newer / "state.safetensors").write_bytes(b"\x00" * 100)
    whole, again = lesson(make_job("whole")), lesson(job)
    whole.run()
    again.run()
    assert torch.equal(weights(again), weights(whole))
    assert older.name < newer.name


def test_numbers_that_overflow_stop_it_before_they_are_learned(make_job):
    made = lesson(make_job())
    made.run_body = made.body
    made.body = lambda *asked: made.run_body(*asked) * float("nan")
    with pytest.raises(WriterError, match="overflowed"):
        made.run()
    assert bool(torch.isfinite(weights(made)).all())


def test_slopes_that_overflow_stop_it_too_though_the_loss_is_a_number(make_job):
    made = lesson(make_job())
    made.run_body = made.body

    def overflowing(*asked):
        output = made.run_body(*asked)
        output.register_hook(lambda slope: slope * float("inf"))
        return output

    made.body = overflowing
    with pytest.raises(WriterError, match="overflowed"):
        made.run()
    assert bool(torch.isfinite(weights(made)).all())
    assert not made.job.checkpoints()


def test_a_full_disk_is_one_sentence_and_the_checkpoints_before_it_stay(make_job, monkeypatch):
    job = make_job()
    with pytest.raises(Stopped):
        lesson(job, StopAfter(5)).run()
    kept = job.checkpoints()

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoints, "save_file", refuse)
    with pytest.raises(WriterError, match="No space left on device"):
        lesson(job, StopAfter(7)).run()
    assert job.checkpoints() == kept
    assert not list(job.folder.glob(".checkpoint*"))


def test_a_training_keeps_the_mean_and_not_its_last_step(make_job):
    last, averaged = lesson(make_job("last", average=0.0)), lesson(make_job("mean", average=0.9))
    steps = []
    taken = averaged.mean.add
    averaged.mean.add = lambda step: (steps.append(weights(averaged).clone()), taken(step))[-1]
    averaged.validation = last.validation = []
    last.run()
    averaged.run()
    assert torch.equal(steps[-1], weights(last))
    expected = steps[0]
    for number, at in enumerate(steps[1:], start=2):
        expected = expected + (at - expected) * max(0.1, 1 / number)
    assert torch.allclose(weights(averaged), expected, atol=1e-6)
    assert not torch.allclose(weights(averaged), weights(last), atol=1e-4)


def test_the_best_pass_is_kept_when_later_ones_unlearn(make_job):
    made = lesson(make_job(epochs=4))
    losses = iter([3.0, 1.0, 2.0, 2.5])
    seen = []

    def validated() -> None:
        with made.mean.in_place():
            seen.append(weights(made).clone())
        made.progress.validation = next(losses)
        if made.progress.best is None or made.progress.validation <= made.progress.best:
            made.progress.best = made.progress.validation
            made.keep_best()

    made._validate = validated
    made.run()
    assert torch.equal(weights(made), seen[1])


def test_the_adapter_is_written_as_peft_writes_it_and_privately(make_job):
    job = make_job()
    made = lesson(job)
    made.run()
    trainer_peft.write_adapter(job, made.model)
    made.clean()
    folder = read_peft_folder(job.adapter)
    assert len(folder.modules) == 14
    assert folder.config.rank == 4
    settings = json.loads((job.adapter / "adapter_config.json").read_bytes())
    assert settings["base_model_name_or_path"] == job.base.digest
    assert all(file.stat().st_mode & 0o077 == 0 for file in job.adapter.iterdir())
    assert not job.checkpoints()


def test_the_samples_are_a_dataset_of_ids_and_labels(make_job):
    job = make_job()
    write_tables(job)
    table = read_table(job.train)
    assert table == read_passages(job.folder)["train"]
    assert len(read_table(job.validation)) == 2


def test_nothing_is_synced_that_is_not_open_for_writing(make_job, monkeypatch):
    """Windows refuses it, and no checkpoint could ever be kept there."""
    synced = []

    def as_on_windows(descriptor: int) -> None:
        if fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
            raise OSError(errno.EBADF, "Bad file descriptor")
        synced.append(descriptor)

    monkeypatch.setattr(os, "fsync", as_on_windows)
    made = lesson(make_job())
    made.progress.step = 1
    made.save()
    trainer_peft.write_adapter(made.job, made.model)
    assert made.job.checkpoints()
    assert read_peft_folder(made.job.adapter).modules
    assert synced

"""The trainer's child: `python -I -m ownhand.training.worker JOB`, with JOB a job folder.

It runs at the lowest priority and says JSON lines, one `State` each: preparing, training, paused, evaluating, done or
failed. It reads {"do": "pause" | "resume" | "stop"}; where its standard input ends it checkpoints and leaves. Whoever
runs it again on the same folder goes on from there.
"""

import contextlib
import errno
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from ownhand import processes
from ownhand.errors import WriterError
from ownhand.training import base
from ownhand.training.evaluation_files import PLAN_FILE
from ownhand.training.job import Job, State, read_passages, say
from ownhand.training.kept import kept_folder
from ownhand.training.tokens import check_agreement
from ownhand.training.wishes import Control, Stopped

INSTALL = "Run `ownhand setup --training` to install the learning part again."
_BETWEEN_LINES = 0.2
"""Seconds."""
_LOCK_FILE = ".lock"
_BETWEEN_LOOKS = 0.2
"""Seconds, while another child has the job."""
_QUIET = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "DO_NOT_TRACK": "1",
    "UNSLOTH_DISABLE_STATISTICS": "1",
    "WANDB_DISABLED": "true",
    "TOKENIZERS_PARALLELISM": "false",
    "TRANSFORMERS_VERBOSITY": "error",
    # Threads that wait give their core away: others want it, and a trainer is what has time.
    "OMP_WAIT_POLICY": "PASSIVE",
}
"""Nothing that is imported here may ask a hub or count its users."""
_NO_MEMORY = WriterError(
    "This machine ran out of memory while it learned.",
    "Close other programs and run the same command again; it goes on from the last checkpoint.",
)


def main() -> int:
    os.environ.update(_QUIET)
    os.umask(0o077)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # ctrl-C reaches the whole terminal; the parent says what it means
    control = Control()
    signal.signal(signal.SIGTERM, lambda *_: control.do("stop"))
    speak = _only_voice()
    control.listen()
    processes.lowest_priority()
    try:
        job = Job.read(Path(sys.argv[1]))
    except WriterError as error:
        speak(State("failed", sentence=error.sentence, next_step=error.next_step))
        return 1
    try:
        _run(job, control, speak)
    except Stopped:
        return 0
    except BaseException as error:  # whatever a library throws, the parent gets one sentence
        speak(_failed(job, _in_words(error)))
        return 1
    return 0


def _run(job: Job, control: Control, speak: Callable[[State], None]) -> None:
    speak(State("preparing"))
    with _alone(job, control, speak):
        _choose_card(job.card)
        _limit_threads(job.threads)
        base.make_ready(job.base)
        control.check(lambda: speak(State("paused")), lambda: speak(State("preparing")))
        if (job.adapter / "adapter_config.json").is_file():  # an earlier run got this far
            _finish(job, control, speak, replace(job.state, sentence="", next_step=""))
        else:
            _finish(job, control, speak, _learn(job, control, speak))


@contextlib.contextmanager
def _alone(job: Job, control: Control, speak: Callable[[State], None]) -> Iterator[None]:
    """One child at a time works in the folder: one whose parent died may still be writing its last checkpoint."""
    descriptor = os.open(job.folder / _LOCK_FILE, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        while not processes.lock(descriptor):
            speak(State("preparing", sentence="Ownhand waits for the end of a step that was begun earlier."))
            control.check(lambda: speak(State("paused")), lambda: None)
            time.sleep(_BETWEEN_LOOKS)
        yield
    finally:
        os.close(descriptor)


def _learn(job: Job, control: Control, speak: Callable[[State], None]) -> State:
    """Train and write the adapter."""
    from ownhand.training import tables
    from ownhand.training.placement import placed
    from ownhand.training.trainer import Lesson

    _check_tokenizer(job)
    tables.write_tables(job)
    train, validation = (tables.read_table(folder) for folder in (job.train, job.validation))
    place = placed(job, max(len(sample["input_ids"]) for sample in (*train, *validation)))
    taught, trainer = place.load(job)
    lesson = Lesson(
        job, taught.model, taught.body, taught.head, (train, validation), place.micro_tokens, control,
        lambda state: speak(replace(state, trainer=trainer, device=place.device)),
    )  # fmt: skip
    lesson.run()
    from ownhand.training.trainer_peft import write_adapter

    write_adapter(job, taught.model)
    state = replace(lesson.state("evaluating"), trainer=trainer, device=place.device, eta_s=None)
    state.note(job.folder)
    lesson.clean()
    return state


def _check_tokenizer(job: Job) -> None:
    """A folder of the writer's own has a tokenizer: it has to cut their text as the engine does."""
    if (job.base.folder / base.NOTE).is_file():
        return
    from tokenizers import Tokenizer

    file = job.base.folder / "tokenizer.json"
    if not file.is_file():
        raise WriterError(f"{job.base.folder} holds no tokenizer.json.", "Name a folder that does.")
    other = Tokenizer.from_file(str(file))
    texts = ((piece["text"], tuple(piece["ids"])) for piece in read_passages(job.folder)["pieces"])
    check_agreement(texts, lambda text: list(other.encode(text, add_special_tokens=False).ids))


def _finish(job: Job, control: Control, speak: Callable[[State], None], state: State) -> None:
    """What comes after the adapter is written: its measurement, where one was asked for, then "done"."""
    speak(state.at("evaluating"))
    if (job.folder / PLAN_FILE).is_file():
        _evaluate(job, control, speak, state)
    state.at("done").note(job.folder)
    speak(state.at("done"))


def _evaluate(job: Job, control: Control, speak: Callable[[State], None], state: State) -> None:
    from ownhand.training.evaluation import evaluate
    from ownhand.training.placement import measured_on

    def progress(done: int, of: int, seconds: float) -> None:
        now = replace(state.at("evaluating"), step=done, steps=of, eta_s=seconds)
        control.check(lambda: speak(now.at("paused")), lambda: speak(now))
        speak(now)

    evaluate(
        job.folder,
        job.base.folder,
        job.base.digest,
        kept_folder(job.folder),
        threads=job.threads,
        device=measured_on(job),
        progress=progress,
    )


def _choose_card(card: int | None) -> None:
    """Let torch see this card alone, counted as the driver counts; what the writer's own environment says stands."""
    if card is not None and "CUDA_VISIBLE_DEVICES" not in os.environ:
        os.environ["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"
        os.environ["CUDA_VISIBLE_DEVICES"] = str(card)


def _limit_threads(threads: int) -> None:
    """For torch, which is imported here first. Raises WriterError whatever a broken one throws."""
    os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = str(threads)
    try:
        import torch
    except Exception as error:
        raise _broken(error) from error
    torch.set_num_threads(threads)


def _only_voice() -> Callable[[State], None]:
    """Keep standard output for the lines of ours: libraries print there too."""
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    last = State("")
    said_at = 0.0

    def speak(state: State) -> None:
        nonlocal last, said_at
        # A small model takes several steps a second; more lines than a person can see only cost time.
        more_of_the_same = state.name == last.name == "training" and state.step < state.steps
        if more_of_the_same and time.monotonic() - said_at < _BETWEEN_LINES:
            return
        last, said_at = state, time.monotonic()
        say(state, answer)

    return speak


def _failed(job: Job, error: WriterError) -> State:
    state = replace(job.state.at("failed"), sentence=error.sentence, next_step=error.next_step)
    with contextlib.suppress(WriterError):  # the disk that refuses this refused the rest too
        state.note(job.folder)
    return state


def _broken(error: Exception) -> WriterError:
    name = getattr(error, "name", None) or type(error).__name__
    return WriterError(f"The learning part is missing or broken ({name}).", INSTALL)


def _in_words(error: BaseException) -> WriterError:
    if isinstance(error, WriterError):
        return error
    if isinstance(error, ImportError):
        return _broken(error)
    if isinstance(error, MemoryError) or "OutOfMemory" in type(error).__name__ or "alloc" in str(error):
        return _NO_MEMORY
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return WriterError(f"The training stopped: {error.strerror}.", "Free some space, then train again.")
    if isinstance(error, OSError) and error.errno is not None:
        return WriterError(f"The training stopped: {error.strerror}.", "Run `ownhand doctor`, then train again.")
    return WriterError(
        f"The training stopped by an error of its own ({type(error).__name__}{_place(error)}).", "Train again."
    )


def _place(error: BaseException) -> str:
    """Where it came from, without its words, which may quote what is learned."""
    frames = traceback.extract_tb(error.__traceback__)
    return f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    os._exit(status)  # at once: libraries' threads must not hold up the end

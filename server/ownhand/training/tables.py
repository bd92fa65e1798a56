"""The samples as `datasets` keeps them: `train/` and `validation/` in the job folder. Runs in the trainer's child."""

from pathlib import Path
from typing import Any

from datasets import Dataset, disable_progress_bars

from ownhand.training.job import Job, read_passages

COLUMNS = ("input_ids", "labels", "piece", "form", "words")


def write_tables(job: Job) -> None:
    """From `passages.json`, unless they are there. Without samples there is no folder. Raises OSError."""
    disable_progress_bars()
    for folder, name in ((job.train, "train"), (job.validation, "validation")):
        if not (folder / "state.json").is_file() and (samples := read_passages(job.folder)[name]):
            _table(samples).save_to_disk(str(folder))


def read_table(folder: Path) -> list[dict[str, Any]]:
    return list(Dataset.load_from_disk(str(folder), keep_in_memory=True)) if folder.is_dir() else []


def _table(samples: list[dict[str, Any]]) -> Dataset:
    return Dataset.from_dict({column: [sample[column] for sample in samples] for column in COLUMNS})

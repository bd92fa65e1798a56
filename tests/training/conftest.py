"""A tiny model to learn with, and a job on it."""

import json
from pathlib import Path

import pytest

from ownhand.home import Home
from ownhand.training.base import checked_base, described, make_ready
from ownhand.training.job import PASSAGES_FILE, BaseModel, Job
from ownhand.training.recipe import Recipe
from tiny_models import write_tiny

WORDS = (40, 47, 54, 61, 68, 75, 82, 89, 96, 103)


@pytest.fixture(scope="session")
def tiny_base(tmp_path_factory: pytest.TempPathFactory, packaged_gguf: Path) -> BaseModel:
    folder = tmp_path_factory.mktemp("tiny")
    model = described(checked_base(write_tiny(folder / "tiny.gguf", "llama", packaged_gguf)), Home(folder / "home"))
    make_ready(model)
    return model


def refrain(number: int, length: int) -> list[int]:
    """Something to learn: a melody of ten tokens that begins elsewhere each time."""
    return [WORDS[(number + place) % len(WORDS)] for place in range(length)]


def sample(number: int, length: int) -> dict[str, object]:
    ids = refrain(number, length)
    return {"input_ids": ids, "labels": [-100, *ids[1:]], "piece": f"p{number}", "form": "verse", "words": length}


@pytest.fixture
def make_job(tmp_path: Path, tiny_base: BaseModel):
    def make(name: str = "job", **recipe: object) -> Job:
        usual = {"rank": 4, "alpha": 8, "lr": 2e-2, "epochs": 3, "batch": 2}
        job = Job(tmp_path / name, tiny_base, Recipe(**{**usual, **recipe}), "cpu", "peft", 1, "m1")
        job.write()
        tables = {
            "train": [sample(number, 12 + 3 * number) for number in range(7)],
            "validation": [sample(number, 20) for number in (8, 9)],
        }
        (job.folder / PASSAGES_FILE).write_text(json.dumps(tables))
        return job

    return make

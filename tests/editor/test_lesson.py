"""One lesson with a real conductor: what it is told before it can listen counts all the same."""

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from children import conductors
from lsp_editor import PATIENCE, until
from ownhand.editor.lesson import Lesson
from ownhand.home import Home
from ownhand.manuscript.scanner import refresh
from ownhand.settings import Settings
from ownhand.training.order import Order

pytestmark = [pytest.mark.embedded, pytest.mark.timeout(600)]

EXAMPLES = Path(__file__).parents[2] / "examples" / "manuscript"


@pytest.fixture
def order(tmp_path: Path) -> Order:
    folder, home = shutil.copytree(EXAMPLES, tmp_path / "pages"), Home(tmp_path / "home")
    refresh(home, folder, Settings(), lambda *_: None)
    return Order(home, folder, Settings())


@contextmanager
def begun(order: Order) -> Iterator[tuple[Lesson, "asyncio.Task[None]"]]:
    lesson = Lesson(order, lambda _: None)
    task = asyncio.get_running_loop().create_task(lesson.run())
    yield lesson, task
    for process in conductors():
        process.kill()


async def test_one_that_is_stopped_before_it_has_a_process_stops(order: Order) -> None:
    with begun(order) as (lesson, task):
        await lesson.stop()
        assert lesson.is_over
        assert lesson.standing.state == "paused"
        await task
        assert conductors() == []


async def test_one_that_is_left_before_it_has_a_process_ends_without_being_waited_for(order: Order) -> None:
    with begun(order) as (lesson, task):
        lesson.leave()
        await asyncio.wait_for(task, PATIENCE)
        await until(lambda: not conductors())


async def test_a_rest_that_is_asked_for_while_it_gets_ready_comes_with_the_trainer(order: Order) -> None:
    with begun(order) as (lesson, task):
        await until(conductors)
        lesson.tell("rest")
        await lesson.until(lambda now: now.state != "preparing", 400)
        assert lesson.standing.state == "paused", lesson.standing
        lesson.tell("resume")
        await lesson.until(lambda now: now.state == "training", 400)
        assert lesson.standing.state == "training", lesson.standing
        await lesson.stop()
        await task


async def test_a_rest_that_was_over_before_the_trainer_came_is_none(order: Order) -> None:
    with begun(order) as (lesson, task):
        lesson.tell("rest")
        lesson.tell("resume")
        await lesson.until(lambda now: now.state in ("paused", "training", "failed"), 400)
        assert lesson.standing.state == "training", lesson.standing
        await lesson.stop()
        await task

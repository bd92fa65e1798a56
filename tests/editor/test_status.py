"""What the writer sees where several folders are open: that of the folder they write in."""

from collections.abc import Callable
from typing import Any

import pytest

from ownhand.editor.status import NO_VOICE, Status
from ownhand.training.standing import Standing

LEARNING = {"training": "training", "learning": Standing("training", "Ownhand learns your hand.").to_json()}
VOICE = {"ownVoice": {**NO_VOICE, "adapter": "2"}}


@pytest.fixture
def sent() -> list[dict[str, Any]]:
    return []


@pytest.fixture
def status(sent: list[dict[str, Any]]) -> Status:
    def at_once(work: Callable[[], None]) -> None:
        work()

    return Status(sent.append, at_once)


def test_before_any_question_the_latest_news_count(status: Status) -> None:
    assert (status.current()["training"], status.current()["ownVoice"]) == ("idle", NO_VOICE)
    status.update_folder("a", **LEARNING)
    assert status.current()["training"] == "training"
    status.update_folder("b", training="idle", learning=Standing().to_json())
    assert status.current()["training"] == "idle"
    status.update_folder("a", **VOICE)
    assert (status.current()["training"], status.current()["ownVoice"]["adapter"]) == ("training", "2")


def test_the_folder_of_the_last_question_is_told_of(status: Status, sent: list[dict[str, Any]]) -> None:
    status.update_folder("a", **LEARNING, **VOICE)
    status.asked_in("b")
    assert (sent[-1]["training"], sent[-1]["ownVoice"]) == ("idle", NO_VOICE)
    status.update_folder("a", training="paused")
    assert sent[-1]["training"] == "idle"
    status.asked_in("a")
    assert (sent[-1]["training"], sent[-1]["ownVoice"]["adapter"]) == ("paused", "2")


def test_what_is_allowed_is_told_of_that_folder_too(status: Status, sent: list[dict[str, Any]]) -> None:
    status.update_folder("a", voice="learn", words=1200)
    status.asked_in("a")
    status.update_folder("b", voice="neither", words=0)
    assert (sent[-1]["voice"], sent[-1]["words"]) == ("learn", 1200)
    status.update_folder("a", **LEARNING)
    status.asked_in(None)
    assert (sent[-1]["voice"], sent[-1]["words"], sent[-1]["training"]) == ("", 0, "training")


def test_a_folder_that_was_left_is_told_of_no_more(status: Status) -> None:
    status.update_folder("b", **VOICE)
    status.update_folder("a", **LEARNING)
    status.asked_in("a")
    status.left("a")
    assert (status.current()["training"], status.current()["ownVoice"]["adapter"]) == ("idle", "2")

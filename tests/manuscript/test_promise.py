"""How many words are enough is said with the same two figures wherever a writer reads of it."""

import re
from pathlib import Path

import pytest

from ownhand.manuscript.promise import ENOUGH_WORDS, FEWEST_WORDS, WORTH_WHILE, promise
from ownhand.training.schedule import Circumstances, Desk, Wait, decide

ROOT = Path(__file__).parents[2]
FIGURE = re.compile(r"\b\d[\d,]*\b")


def test_a_little_is_promised_with_one_figure() -> None:
    for words in (FEWEST_WORDS, WORTH_WHILE - 1):
        assert promise(words).endswith(ENOUGH_WORDS)
        assert FIGURE.findall(promise(words)) == [f"{WORTH_WHILE:,}"]
    assert ENOUGH_WORDS not in promise(WORTH_WHILE)


def test_what_a_first_lesson_waits_for_is_the_same() -> None:
    desk = Desk("idle", idle_seconds=0, keeper=True)
    found = Circumstances(WORTH_WHILE - 1, None, 0, on_mains=True, installed=True)
    waits = decide(desk, found)
    assert isinstance(waits, Wait)
    assert waits.sentence.startswith(ENOUGH_WORDS)


@pytest.mark.parametrize(
    "page", ["README.md", "docs/how-it-works.md", "extensions/vscode/README.md", "extensions/neovim/doc/ownhand.txt"]
)
def test_the_pages_say_it_too(page: str) -> None:
    text = " ".join((ROOT / page).read_text(encoding="utf-8").split())
    said = re.findall(rf"[Ff]rom {FEWEST_WORDS} words .*?from {WORTH_WHILE:,} .*?worth while", text, re.IGNORECASE)
    assert said, "with the constants' figures"

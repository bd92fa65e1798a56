"""Simulated writers before the bare observer: thousands of episodes on a clock that is moved by hand."""

import pytest

from observer_page import ObservedPage
from simulated_writer import Confusion, episodes


def test_the_fates_of_simulated_writers_are_told_rightly(capsys: pytest.CaptureFixture[str]) -> None:
    confusion = Confusion()
    for episode in episodes(3800):
        page = ObservedPage(episode.page)
        page.offer(episode.suggestion)
        for step in episode.steps:
            page.act(step)
        page.end()
        confusion.add(episode, page.fate())
    with capsys.disabled():
        print(f"\n{confusion}")
    assert confusion.rejections_taken_for_acceptance == 0
    assert confusion.share_right >= 0.99, confusion.wrong[:20]

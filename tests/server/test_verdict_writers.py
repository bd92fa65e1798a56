"""Simulated writers in a plain client: it sends changes and runs the item's command, and no notification of ours."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from lsp_editor import Editor, Start
from ownhand.home import Home
from ownhand.manuscript.consent import Consent, find_voice, grant
from ownhand.verdicts.reading.figures import read_statistics, recent
from simulated_writer import PAGES, SUGGESTIONS, UNSEEN, Confusion, Episode, episodes
from writer_page import WriterPage

COUNT = 380
AT_ONCE = 0.4
AT_A_TIME = 95


async def test_a_plain_client_is_enough_to_tell_the_fates(
    start: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "Simulated"
    folder.mkdir()
    home = tmp_path / "home"
    grant(Home(home), folder, Consent.LEARN)
    script = [{"ends_with": page, "text": text} for (page, _), text in zip(PAGES, SUGGESTIONS, strict=True)]
    editor = await start(script=script, home=home)
    await editor.initialize([folder], options={"suggestion": {"length": "paragraph"}})
    acted = episodes(COUNT, seed=11)
    played: list[tuple[Episode, str]] = []
    for at in range(0, COUNT, AT_A_TIME):
        played += await _play(editor, folder, acted[at : at + AT_A_TIME], at)
    voice = find_voice(Home(home), folder)
    assert voice is not None
    await asyncio.sleep(3)  # slips and claims are settled
    told = {one.suggestion: one.fate or "shown" for one in recent(voice.ledger_path, 10_000)}
    confusion = Confusion()
    for episode, suggestion in played:
        confusion.add(episode, told.get(suggestion, "unseen"))
    with capsys.disabled():
        print(f"\n{confusion}")
    assert confusion.rejections_taken_for_acceptance == 0
    assert confusion.share_right >= 0.99, confusion.wrong[:20]
    statistics = read_statistics(voice.ledger_path).total
    assert statistics.offered >= COUNT
    assert statistics.accepted == sum(1 for fate in told.values() if fate == "accepted")


async def _play(editor: Editor, folder: Path, acted: Sequence[Episode], first: int) -> list[tuple[Episode, str]]:
    """Several writers at once, each on a page of its own."""

    async def play(number: int, episode: Episode) -> tuple[Episode, str]:
        uri = editor.open(folder / f"page-{first + number}.md", episode.page)
        page = WriterPage(editor, uri, episode.page)
        await page.ask()
        assert page.suggestion == episode.suggestion
        suggestion = page.id
        asked = time.monotonic()
        await page.act(episode.steps[0])
        if episode.fate == UNSEEN and time.monotonic() - asked > AT_ONCE:
            episode = replace(episode, fate=None)  # On a busy machine it stood long enough to be seen.
        for step in episode.steps[1:]:
            await page.act(step)
        return episode, suggestion

    return await asyncio.gather(*(play(number, episode) for number, episode in enumerate(acted)))

"""The server learns a folder's hand: real trainings, a real model, a plain client."""

import asyncio
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import psutil
import pytest
from lsprotocol import types

from children import children_called
from learned_voice import learn_by_hand
from lsp_editor import INLINE, Editor, Start, until
from ownhand.engines.protocol import SpecialTokens
from ownhand.home import Home
from ownhand.manuscript.consent import Consent, find_voice, grant
from ownhand.training.job import BaseModel, Job, jobs
from ownhand.training.recipe import Recipe
from ownhand.voices.learning_lock import learning as being_learned
from ownhand.voices.reveal import Place, Reveal

pytestmark = [pytest.mark.embedded, pytest.mark.timeout(600)]

EXAMPLES = Path(__file__).parents[2] / "examples" / "manuscript"
PAGE = "The barge came up at four with the tide, and nobody on deck but the dog. Then"
PROGRESS = types.ClientCapabilities(
    text_document=INLINE.text_document, window=types.WindowClientCapabilities(work_done_progress=True)
)


class Study:
    """A manuscript folder with some pages of the example, and servers for it."""

    def __init__(self, tmp_path: Path, start: Start) -> None:
        self.folder, self.home = tmp_path / "Estuary", Home(tmp_path / "home")
        self.folder.mkdir()
        self._start = start

    def write(self, *names: str) -> "Study":
        for name in names:
            shutil.copy(EXAMPLES / name, self.folder)
        return self

    async def editor(self, consent: Consent = Consent.LEARN, *, quick: bool = True) -> Editor:
        grant(self.home, self.folder, consent)
        hurry = {"OWNHAND_QUICK": "1"} if quick else {}
        editor = await self._start(home=self.home.root, configuration={"training": {"when": "manual"}}, **hurry)
        await editor.initialize([self.folder], PROGRESS)
        editor.open(self.folder / "page.md", PAGE)
        return editor

    @property
    def voice(self) -> Path:
        voice = find_voice(self.home, self.folder)
        assert voice is not None
        return voice.path


@pytest.fixture
def study(tmp_path: Path, start: Start) -> Study:
    return Study(tmp_path, start)


def learning(editor: Editor) -> dict[str, Any]:
    return dict(editor.statuses[-1]["learning"]) if editor.statuses else {"state": "idle"}


async def comes_to(editor: Editor, *states: str, seconds: float = 120) -> dict[str, Any]:
    async with asyncio.timeout(seconds):
        while True:
            if (now := learning(editor))["state"] in states:
                return now
            assert now["state"] != "failed", now
            await asyncio.sleep(0.05)


def at_work(server: int) -> list[psutil.Process]:
    """The processes of a server's training."""
    return children_called(lambda command: any(part.startswith("ownhand.training") for part in command), server)


def gone(processes: list[psutil.Process]) -> bool:
    return all(not process.is_running() or process.status() == psutil.STATUS_ZOMBIE for process in processes)


def kinds_of_progress(editor: Editor) -> list[str]:
    return [report.kind for reports in editor.client.progress_reports.values() for report in reports]


def adapters_noted(voice: Path) -> list[str | None]:
    """The adapter of each suggestion in the ledger, oldest first."""
    with sqlite3.connect(voice / "ledger.sqlite3") as ledger:
        rows = ledger.execute(
            "SELECT sources.adapter FROM offered JOIN sources ON sources.id = offered.source ORDER BY offered.id"
        ).fetchall()
    return [adapter for (adapter,) in rows]


async def test_a_folder_is_learned_and_the_voice_writes_without_a_restart(study: Study) -> None:
    """A quick lesson over two pages proves nothing, whatever comes of it; the writer lets it write by hand."""
    editor = await study.write("prose/maize.md", "verse/dead-band.md").editor()
    uri = (study.folder / "page.md").as_uri()
    assert await editor.texts(uri, 0, len(PAGE))
    assert (await editor.execute("ownhand.train"))["training"]["state"] in ("preparing", "training")
    ended = await comes_to(editor, "passed", "declined", "waiting", "failed", seconds=550)
    assert ended["state"] in ("waiting", "declined"), ended
    decision = {"waiting": "undecided", "declined": "declined"}[ended["state"]]
    assert (ended["adapter"], learning(editor)["sentence"]) == ("1", ended["sentence"])
    assert kinds_of_progress(editor)[0] == "begin"
    assert kinds_of_progress(editor)[-1] == "end"
    listed = await editor.execute("ownhand.voices")
    assert [(one["id"], one["active"], one["decision"]) for one in listed["adapters"]] == [("1", False, decision)]
    assert (listed["reveal"], list(jobs(study.voice))) == (None, [])
    page = await editor.execute("ownhand.report")
    assert page["page"].startswith("file:")
    assert (await editor.execute("ownhand.activate", None, "1"))["active"] == "1"
    assert editor.statuses[-1]["ownVoice"]["adapter"] == "1"
    assert editor.statuses[-1]["ownVoice"]["voice"] == study.voice.name
    await writes(editor, uri, study.voice, "-1")
    assert await editor.execute("ownhand.withoutVoice", None, True) == {"withoutVoice": True}
    await writes(editor, uri, study.voice, "")
    assert await editor.execute("ownhand.withoutVoice") == {"withoutVoice": False}
    assert (await editor.execute("ownhand.rollback"))["active"] is None
    assert editor.statuses[-1]["ownVoice"]["adapter"] is None
    removes = await editor.execute("ownhand.forget")
    assert "1 voice that was learned" in removes["removes"]
    assert "1 voice that was learned" in (await editor.execute("ownhand.forget", None, "yes"))["removed"]
    assert find_voice(study.home, study.folder) is None
    assert (study.folder / "maize.md").exists()


async def writes(editor: Editor, uri: str, voice: Path, adapter: str) -> None:
    """Ask until suggestions come from that adapter; "" is the bare model."""
    for number in range(30):
        line = f"The {number} boats lay where they had lain, and on the quay"
        editor.insert(uri, 0, 0, f"{line}\n\n")
        await editor.ask(uri, 0, len(line))
        await editor.execute("ownhand.verdicts")  # all that was noted is on disk when it answers
        last = adapters_noted(voice)[-1] or ""
        if last.endswith(adapter) and bool(last) == bool(adapter):
            return
    raise AssertionError(adapters_noted(voice))


async def test_a_training_is_paused_survives_the_server_and_is_given_up(study: Study) -> None:
    names = ("stories/as-found.md", "stories/goole.md", "prose/ward-9.md")
    editor = await study.write(*names).editor(quick=False)
    await editor.execute("ownhand.train")
    await comes_to(editor, "training")
    (token,) = editor.client.progress_reports
    editor.client.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams(token))
    await comes_to(editor, "paused")
    assert (await editor.execute("ownhand.resume"))["training"]["state"] in ("preparing", "training")
    await comes_to(editor, "training")
    editor.insert((study.folder / "page.md").as_uri(), 0, 0, "I")
    assert "while you write" in (await comes_to(editor, "paused"))["sentence"]
    running = at_work(editor.process.pid)
    assert len(running) == 2
    editor.process.kill()
    await editor.process.wait()
    await until(lambda: gone(running))
    again = await study.editor(quick=False)
    await again.texts((study.folder / "page.md").as_uri(), 0, len(PAGE))
    assert (await comes_to(again, "paused"))["sentence"]
    job = next(jobs(study.voice))
    await again.execute("ownhand.resume")
    await comes_to(again, "training")
    assert next(jobs(study.voice)).folder == job.folder
    assert (await again.execute("ownhand.cancel"))["training"]["state"] == "idle"
    assert list(jobs(study.voice)) == []


async def test_the_server_leaves_at_once_and_the_trainer_after_it(study: Study) -> None:
    editor = await study.write("stories/as-found.md").editor(quick=False)
    await editor.execute("ownhand.train")
    await comes_to(editor, "training")
    running = at_work(editor.process.pid)
    await editor.client.shutdown_async(None)
    editor.client.exit(None)
    await asyncio.wait_for(editor.process.wait(), 30)
    await until(lambda: gone(running))
    assert len(list(jobs(study.voice))) == 1


async def test_who_writes_while_it_gets_ready_is_given_way_and_then_it_goes_on_by_itself(study: Study) -> None:
    editor = await study.write("stories/as-found.md", "stories/goole.md").editor(quick=False)
    await editor.execute("ownhand.train")
    await until(lambda: at_work(editor.process.pid))
    assert learning(editor)["state"] == "preparing"
    editor.insert((study.folder / "page.md").as_uri(), 0, 0, "I")
    assert "while you write" in (await comes_to(editor, "paused"))["sentence"]
    await comes_to(editor, "training")


async def test_a_training_here_is_ended_before_all_is_forgotten(study: Study) -> None:
    editor = await study.write("stories/as-found.md").editor(quick=False)
    voice = study.voice
    await editor.execute("ownhand.train")
    await comes_to(editor, "training")
    running = at_work(editor.process.pid)
    assert "removed" in await editor.execute("ownhand.forget", None, "yes")
    assert gone(running)
    assert not voice.exists()


async def test_a_training_elsewhere_is_neither_given_up_nor_forgotten(study: Study) -> None:
    editor = await study.write("verse/cow.md").editor()
    job = study.voice / "jobs" / "20261126-080000"
    with being_learned(study.voice):
        Job(job, BaseModel(job, "sha256:5a", "llama", job, SpecialTokens(1, 2, False)), Recipe()).write()
        assert "being learned just now" in (await editor.execute("ownhand.cancel"))["sentence"]
        assert "being learned just now" in (await editor.execute("ownhand.forget", None, "yes"))["sentence"]
    assert [found.folder for found in jobs(study.voice)] == [job]
    assert "removed" in await editor.execute("ownhand.forget", None, "yes")


async def test_too_little_text_says_how_much_helps(study: Study) -> None:
    editor = await study.write("verse/cow.md").editor()
    await editor.texts((study.folder / "page.md").as_uri(), 0, len(PAGE))
    answer = await editor.execute("ownhand.train")
    assert "700 words" in answer["sentence"]
    assert answer["sentence"] in editor.messages
    assert learning(editor)["state"] == "failed"


async def test_a_folder_that_is_only_suggested_in_is_not_learned(study: Study) -> None:
    editor = await study.write("prose/maize.md").editor(consent=Consent.SUGGEST)
    assert "does not learn" in (await editor.execute("ownhand.train"))["sentence"]
    assert "does not learn" in (await editor.execute("ownhand.voices"))["sentence"]
    assert at_work(editor.process.pid) == []


async def test_a_first_voice_without_places_is_the_writers_to_decide_on(study: Study) -> None:
    editor = await study.write("prose/maize.md").editor()
    await editor.texts((study.folder / "page.md").as_uri(), 0, len(PAGE))
    learn_by_hand(study.home, study.folder, study.folder.parent / "workshop")
    Reveal("1", (), written=False).write(study.voice)
    assert "still to write" in (await editor.execute("ownhand.reveal"))["sentence"]
    Reveal("1", ()).write(study.voice)
    asked = await editor.execute("ownhand.reveal")
    assert (asked["adapter"], asked["places"]) == ("1", [])
    assert "no places to compare" in asked["sentence"]
    await editor.execute("ownhand.notYet", None, "1")
    assert "no new voice" in (await editor.execute("ownhand.reveal"))["sentence"]


async def test_the_places_are_told_apart_only_after_the_choice(study: Study) -> None:
    editor = await study.write("prose/maize.md").editor()
    await editor.texts((study.folder / "page.md").as_uri(), 0, len(PAGE))
    assert "sentence" in await editor.execute("ownhand.reveal")
    places = tuple(
        Place(f"Place {number}", "It was", (" one.", " two.", " three."), ("before", "yours", "with your voice"))
        for number in range(3)
    )
    Reveal("1", places).write(study.voice)
    shown = await editor.execute("ownhand.reveal")
    assert [sorted(place) for place in shown["places"]] == [["before", "texts", "title"]] * 3
    assert "choice" in (await editor.execute("ownhand.reveal", None, {"adapter": "1", "chosen": [0, 1]}))["sentence"]
    other = await editor.execute("ownhand.reveal", None, {"adapter": "2", "chosen": [2, 1, 2]})
    assert "another voice" in other["sentence"].lower()
    assert "labels" not in other
    told = await editor.execute("ownhand.reveal", None, {"adapter": "1", "chosen": [2, 1, 2]})
    assert told["chosen"] == ["with your voice", "yours", "with your voice"]
    assert told["labels"] == [["before", "yours", "with your voice"]] * 3
    assert "not write" in (await editor.execute("ownhand.notYet", None, "1"))["sentence"]
    kept = Reveal.read(study.voice)
    assert kept is not None
    assert (kept.chosen, kept.answer) == ((2, 1, 2), "not yet")
    assert (study.voice / "reveal.json").stat().st_mode & 0o777 == 0o600

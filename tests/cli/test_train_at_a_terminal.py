"""`ownhand train` at a real terminal: ctrl-C pauses, the same command goes on, a first voice is shown there.

The model is tiny, made by chance and learned in seconds; everything else is what a writer has.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ownhand.engines.gguf_header import read_header
from ownhand.home import Home
from ownhand.manuscript.consent import Consent, find_voice, grant
from ownhand.training.base import digest_of
from ownhand.training.job import Job, jobs, step_of
from ownhand.voices.card import Card
from ownhand.voices.gguf_export import export_gguf
from ownhand.voices.reveal import BEFORE, VOICE, YOURS, Reveal
from ownhand.voices.store import GGUF, VoiceStore
from peft_files import write_peft
from tiny_models import write_tiny
from voice_files import card

pytest.importorskip("termios", reason="no such terminals on Windows")
from terminal import CTRL_C, Terminal

pytestmark = [pytest.mark.embedded, pytest.mark.timeout(300)]
MANUSCRIPT = Path(__file__).parents[2] / "examples" / "manuscript"
LEARNING = r"Learning\s.*?\s{}/(\d+)"
"""The progress bar at a step."""


class Study:
    """A manuscript folder, a data folder whose settings name the tiny model, and terminals for them."""

    def __init__(self, root: Path, model: Path) -> None:
        self.folder, self.home, self.base = root / "Estuary", Home(root / "home"), read_header(model)
        shutil.copytree(MANUSCRIPT, self.folder)
        self.home.root.mkdir()
        (self.home.root / "settings.toml").write_text(f"model = {json.dumps(str(model))}\n")
        self.opened: list[Terminal] = []

    def train(self, program: str = "") -> Terminal:
        """`program`: Python that runs in place of the command, with its arguments."""
        start = ["-c", program] if program else ["-m", "ownhand"]
        self.opened.append(Terminal([sys.executable, *start, "train", self.folder], self.environment))
        return self.opened[-1]

    def train_for_json(self, program: str) -> "subprocess.CompletedProcess[str]":
        """The same with `--json`, where nobody is."""
        command = [sys.executable, "-c", program, "train", str(self.folder), "--json"]
        return subprocess.run(command, env=self.environment, capture_output=True, encoding="utf-8", timeout=280)

    def keep_only(self, pages: Collection[str]) -> None:
        for page in self.folder.rglob("*.*"):
            if page.relative_to(self.folder).as_posix() not in pages:
                page.unlink()

    def give_passed_voice(self, workshop: Path, *, proved: Card | None = None) -> Path:
        """An adapter of the tiny model, made by chance, whose card says that it passed. The voice's folder.

        `proved`: a card of another adapter, whose figures it gets.
        """
        digest = digest_of(self.base.path, self.home)
        made = write_peft(workshop, self.base)
        export_gguf(made, self.base, made / GGUF)
        voice = grant(self.home, self.folder, Consent.LEARN).path
        shown = replace(proved, base=replace(proved.base, digest=digest)) if proved else card(digest)
        VoiceStore(voice).add(made, shown)
        return voice

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {"OWNHAND_HOME": str(self.home.root)}

    @property
    def voice(self) -> Path:
        found = find_voice(self.home, self.folder)
        assert found is not None
        return found.path

    @property
    def job(self) -> Job:
        (job,) = jobs(self.voice)
        return job


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory, packaged_gguf: Path) -> Path:
    return write_tiny(tmp_path_factory.mktemp("tiny") / "tiny.gguf", "llama", packaged_gguf, context=4096)


@pytest.fixture
def study(tmp_path: Path, tiny: Path) -> Iterator[Study]:
    made = Study(tmp_path, tiny)
    yield made
    for terminal in made.opened:
        terminal.close()


FEW_PAGES = ("stories/goole.md", "prose/ward-9.md", "verse/suet.md", "verse/cow.md")
QUICK = """
from dataclasses import replace
from ownhand.cli import main
from ownhand.training.course import Course

whole = Course.plan

async def plan(home, voice, settings, corpus, wishes):
    return await whole(home, voice, settings, corpus, replace(wishes, sample_words=60, most_blocks=2))

Course.plan = plan
main()
"""
"""The command, but that what was learned is measured on few pages."""


def test_ctrl_c_pauses_and_the_same_command_goes_on_to_a_decision(study: Study) -> None:
    study.keep_only(FEW_PAGES)
    first = study.train(QUICK)
    first.wait_for(r"(?s)Learning from [\d,]+ words in \d+ passages.*\d+\s+MB\s+on\s+the\s+disk\.\s+Ctrl-C\s+pauses\.")
    first.wait_for(LEARNING.format(r"[1-9]\d*"))
    first.type(CTRL_C)
    assert first.ends() == 130
    assert first.shown.rstrip().endswith("Paused; nothing is lost. Run the same command again and it goes on.")
    assert "Traceback" not in first.shown
    (*_, kept) = (step_of(checkpoint) for checkpoint in study.job.checkpoints())

    second = study.train(QUICK)
    second.wait_for(r"Going on with [\d,]+ words")
    assert int(second.wait_for(LEARNING.format(r"([1-9]\d*)"))[1]) >= kept
    assert second.ends() == 0
    assert "Traceback" not in second.shown
    (adapter,) = VoiceStore(study.voice).adapters()
    assert f" 1: {adapter.card.why}" in " ".join(second.shown.split())
    assert list(jobs(study.voice)) == []


PASSED = """
from ownhand.cli import main
from ownhand.training.course import Course
from ownhand.training.judging import Judgement
from ownhand.voices.gate import Decision
from ownhand.voices.store import VoiceStore

async def run(self, on_state):
    adapter = VoiceStore(self.voice.path).adapter("1")
    return Judgement(adapter, Decision("passed", adapter.card.why), None, adapter.card.metrics)

Course.run = run
main()
"""
"""The command, but that its learning and judging came to an end at once: with the adapter that is there already."""
SLOW = """
import asyncio
from ownhand.commands import train

async def prepared(*_):
    print("writing", flush=True)
    await asyncio.sleep(600)

train.prepared = prepared
"""
"""Set before `PASSED`: the model writes on and on."""
BROKEN = """
from ownhand.commands import train
from ownhand.engines.protocol import EngineError

async def prepared(*_):
    raise EngineError("The engine ran out of memory.", "Close other programs.")

train.prepared = prepared
"""
"""Set before `PASSED`: the model can't write."""
ANSWER = frozenset(
    {"adapter", "decision", "why", "metrics", "context", "trainer", "tokens_per_second", "seconds", "adapter_mb"}
)
FIGURES = frozenset(
    {
        "base_bpb", "context_bpb", "challenger_bpb", "challenger_context_bpb", "champion_bpb", "gain_over_context",
        "capture_ratio", "specific_gain", "novelty", "longest_verbatim", "loops",
    }
)  # fmt: skip
PROVED = Path(__file__).parents[1] / "voices" / "data"
"""Where the card of a training lies that was done for real."""
ASKED = r"Which do you like best \(A, B, C\)\?: ?"


def test_a_first_voice_that_passed_is_shown_and_the_writer_lets_it_write(study: Study, tmp_path: Path) -> None:
    voice = study.give_passed_voice(tmp_path / "workshop")
    terminal = study.train(PASSED)
    terminal.wait_for(" 1: It is better.")
    for key in ("a", "B", "z", "c"):  # there is no Z: it is asked again
        terminal.wait_for(ASKED)
        terminal.type(f"{key}\n")
    told = terminal.wait_for(r"Of 3 places you chose your own words at (\d), the voice at (\d), and .* at (\d)\.")
    terminal.wait_for(r"Let your voice write from now on\?")
    terminal.type("y\n")
    assert terminal.ends() == 0
    reveal = Reveal.read(voice)
    assert (reveal.chosen, reveal.answer) == ((0, 1, 2), "use")
    assert [int(count) for count in told.groups()] == [reveal.liked.count(label) for label in (YOURS, VOICE, BEFORE)]
    assert VoiceStore(voice).adapter("1").active


def test_ctrl_c_while_the_places_are_written_leaves_the_voice_to_be_switched_on(study: Study, tmp_path: Path) -> None:
    voice = study.give_passed_voice(tmp_path / "workshop")
    terminal = study.train(SLOW + PASSED)
    terminal.wait_for("writing")
    terminal.type(CTRL_C)
    assert terminal.ends() == 0
    assert "Nothing is compared, then. What was learned is kept." in terminal.shown
    assert f'voices "{study.folder}" activate 1' in terminal.shown.replace("\r\n", "")
    assert not VoiceStore(voice).adapter("1").active


def test_an_engine_that_fails_in_the_reveal_leaves_the_voice_to_be_switched_on(study: Study, tmp_path: Path) -> None:
    voice = study.give_passed_voice(tmp_path / "workshop")
    terminal = study.train(BROKEN + PASSED)
    assert terminal.ends() == 0
    assert "The engine ran out of memory. Close other programs." in terminal.shown
    assert f'voices "{study.folder}" activate 1' in terminal.shown.replace("\r\n", "")
    assert not VoiceStore(voice).adapter("1").active


def test_for_a_program_the_last_line_is_the_whole_answer(study: Study, tmp_path: Path) -> None:
    voice = study.give_passed_voice(tmp_path / "workshop", proved=Card.read(PROVED))
    done = study.train_for_json(PASSED)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.splitlines()[-1])
    assert answer.keys() == ANSWER
    assert answer["metrics"].keys() >= FIGURES
    assert (answer["adapter"], answer["decision"]) == ("1", "passed")
    waits = Reveal.read(voice)
    assert waits is not None, "an editor shows it"
    assert (waits.adapter, waits.answer, len(waits.places)) == ("1", "", 3)

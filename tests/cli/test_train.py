"""`ownhand train` in the words a writer sees; what it would learn is never what is held out."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ownhand.home import Home
from ownhand.manuscript.consent import Consent, find_voice, grant
from ownhand.manuscript.corpus import Corpus
from ownhand.training.job import jobs
from ownhand.voices.learning_lock import learning
from voice_files import leave_unfinished

MANUSCRIPT = Path(__file__).parents[2] / "examples" / "manuscript"
pytestmark = pytest.mark.timeout(300)


def train(home: Path, folder: Path, *more: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "ownhand", "train", str(folder), *more]
    environment = os.environ | {"OWNHAND_HOME": str(home)}
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=environment, timeout=280)


@pytest.mark.embedded
def test_a_dry_run_says_what_would_be_learned_and_learns_nothing(tmp_path):
    done = train(tmp_path / "home", MANUSCRIPT, "--dry-run", "--json")
    assert done.returncode == 0, done.stderr
    plan = json.loads(done.stdout)
    assert 9_000 < plan["words"] < 10_504
    assert plan["tokens"] > plan["words"]
    assert plan["steps"] == 3 * -(-plan["samples"] // 4)
    assert plan["minutes"] > 0
    assert plan["held_out"]["pieces"] == 8
    voice = find_voice(Home(tmp_path / "home"), MANUSCRIPT)
    held = {piece.id for piece in Corpus.open(voice.index_path).pieces() if piece.held_out}
    assert not held & {example["piece"] for example in plan["examples"]}
    assert not (voice.path / "jobs").exists()
    shown = train(tmp_path / "home", MANUSCRIPT, "--dry-run")
    assert "8 pieces are held out" in shown.stdout


def test_a_second_training_is_refused_before_anything_else(tmp_path):
    (tmp_path / "pages").mkdir()
    voice = grant(Home(tmp_path / "home"), tmp_path / "pages", Consent.LEARN)
    (tmp_path / "home" / "settings.toml").write_text('[training]\ndevice = "abacus"\n')
    with learning(voice.path):
        done = train(tmp_path / "home", tmp_path / "pages")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "This manuscript is being learned already. Wait until that training is done.\n"
    assert not voice.index_path.exists()


def test_an_unfinished_training_can_be_given_up(tmp_path):
    (tmp_path / "pages").mkdir()
    voice = grant(Home(tmp_path / "home"), tmp_path / "pages", Consent.LEARN)
    leave_unfinished(voice.path, step=0, steps=0)
    with learning(voice.path):
        refused = train(tmp_path / "home", tmp_path / "pages", "--give-up")
    assert (refused.returncode, "being learned just now" in refused.stderr) == (1, True)
    assert list(jobs(voice.path))
    assert "is dropped" in train(tmp_path / "home", tmp_path / "pages", "--give-up").stdout
    assert list(jobs(voice.path)) == []
    again = train(tmp_path / "home", tmp_path / "pages", "--give-up", "--json")
    assert json.loads(again.stdout) == {"given_up": False}


@pytest.mark.parametrize(
    ("more", "words"),
    [((), ("700 words", "too few", "9 words")), (("--trainer", "axolotl"), ("no trainer axolotl", "unsloth"))],
)
def test_what_stands_in_the_way_is_one_sentence(more, words, tmp_path):
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "ferry.md").write_text("The ferry left at six, and nobody waved.\n")
    done = train(tmp_path / "home", tmp_path / "pages", *more)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert any(word in done.stderr for word in words)

"""`ownhand suggest` with the packaged model and a champion: the voice answers, and says so."""

import json
import subprocess
import sys

import pytest

from ownhand.home import Home
from ownhand.voices.card import Base
from ownhand.voices.store import VoiceStore
from voice_home import LIGHT, give_voice

pytestmark = [pytest.mark.embedded, pytest.mark.timeout(600)]


@pytest.fixture
def suggested(tmp_path):
    (tmp_path / "book").mkdir()
    page = tmp_path / "book" / "one.md"
    page.write_text("The barge came up at four with the tide, and nobody on deck but the dog. Then\n", encoding="utf-8")

    def suggest(*, said=False):
        line = page.read_text(encoding="utf-8").rstrip("\n")
        how = [] if said else ["--json"]
        answer = subprocess.run(
            [sys.executable, "-m", "ownhand", "suggest", page, "--line", "1", "--column", str(len(line)), *how],
            env={"OWNHAND_HOME": str(tmp_path / "home"), "PATH": ""},
            capture_output=True,
            text=True,
        )
        assert answer.returncode == 0, answer.stderr
        return answer.stderr if said else json.loads(answer.stdout)

    return suggest


def test_the_champion_of_the_model_that_serves_answers(tmp_path, suggested):
    home, book = Home(tmp_path / "home"), tmp_path / "book"
    voice = VoiceStore(give_voice(home, book, tmp_path, strength=LIGHT).folder.parents[1])
    assert suggested()["adapter"] is None
    voice.activate("1")
    answer = suggested()
    assert answer["text"]
    assert answer["adapter"] == f"{voice.folder.name}-1"
    assert " · voice 1 · " in suggested(said=True)


def test_the_champion_of_another_model_does_not(tmp_path, suggested):
    home, other = Home(tmp_path / "home"), Base("sha256:9b", "llama")
    give_voice(home, tmp_path / "book", tmp_path, active=True, strength=LIGHT, base=other)
    answer = suggested()
    assert answer["text"]
    assert answer["adapter"] is None

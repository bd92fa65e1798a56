"""`ownhand suggest` with the packaged model and a champion: the voice answers, and says so."""

import json
import subprocess
import sys

import pytest

from ownhand.home import Home
from ownhand.manuscript.consent import Consent, grant
from ownhand.training.base import digest_of
from ownhand.voices.store import VoiceStore
from voice_files import add_adapter

pytestmark = [pytest.mark.embedded, pytest.mark.timeout(600)]


@pytest.fixture
def suggested(tmp_path, base_header):
    (tmp_path / "book").mkdir()
    page = tmp_path / "book" / "one.md"
    page.write_text("The barge came up at four with the tide, and nobody on deck but the dog. Then\n", encoding="utf-8")

    def suggest():
        line = page.read_text(encoding="utf-8").rstrip("\n")
        answer = subprocess.run(
            [sys.executable, "-m", "ownhand", "suggest", page, "--line", "1", "--column", str(len(line)), "--json"],
            env={"OWNHAND_HOME": str(tmp_path / "home"), "PATH": ""},
            capture_output=True,
            text=True,
        )
        assert answer.returncode == 0, answer.stderr
        return json.loads(answer.stdout)

    return suggest


def test_the_champion_of_the_model_that_serves_answers(tmp_path, base_header, suggested):
    home = Home(tmp_path / "home")
    voice = grant(home, tmp_path / "book", Consent.LEARN)
    store = VoiceStore(voice.path)
    add_adapter(store, base_header, digest_of(base_header.path, home), tmp_path, seed=1)
    add_adapter(store, base_header, "sha256:another", tmp_path, seed=2)
    store.activate("2")
    assert suggested()["adapter"] is None
    store.activate("1")
    assert suggested()["adapter"] in (f"{voice.id}-1", None)

"""The demo's places are there, and the demo shows the manuscript, the model and a suggestion at each of them."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ownhand.commands import checkout
from ownhand.commands.acting import ACTS
from ownhand.commands.checkout import checkout_folder
from ownhand.commands.demo import places
from ownhand.errors import WriterError
from ownhand.verdicts.reading.export import export

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_every_marked_place_is_in_its_file_once() -> None:
    marked = places(EXAMPLES)
    assert len(marked) >= 6
    for place in marked:
        text = (EXAMPLES / "manuscript" / place.file).read_text(encoding="utf-8")
        assert text.count(place.after) == 1, place
        assert place.note
        assert place.act in ACTS


def test_demo_shows_a_suggestion_at_every_place(tmp_path: Path) -> None:
    script = tmp_path / "script.json"
    script.write_text(json.dumps({"rules": [], "default": " a heron on the mooring post stood very still."}))
    environment = os.environ | {"OWNHAND_HOME": str(tmp_path / "data"), "OWNHAND_SCRIPTED": str(script)}
    command = [sys.executable, "-m", "ownhand", "demo", "--without-learning"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    assert "Suggestions by scripted" in done.stdout
    assert done.stdout.count("⟦") == len(places(EXAMPLES)) + 8, "in the text and among the latest; one was dropped"
    assert "⟦ a heron on the mooring post" in done.stdout
    assert "8 suggestions were offered and 8 of them seen; you took 2 whole and 1 in part" in done.stdout
    assert "not yours: cliché" in done.stdout
    assert "Of 3 that were looked at after five minutes, 2 were still there." in done.stdout
    assert "ownhand corpus path/to/your/manuscript" in done.stdout
    (voice,) = (tmp_path / "data" / "voices").iterdir()
    noted = times_noted(voice / "ledger.sqlite3")
    assert noted == sorted(noted)
    assert time.time() - 900 < noted[-1] <= time.time(), "the acted writer has just ended"
    assert noted[-1] - noted[0] > 3600, "eight looks after ten minutes each"


def times_noted(ledger: Path) -> list[float]:
    """When each suggestion was offered, followed by what was noted of it last."""
    lines = io.StringIO()
    export(ledger, lines)
    known = [json.loads(line) for line in lines.getvalue().splitlines()]
    last = [max(fact["at"] for facts in one.values() if isinstance(facts, list) for fact in facts) for one in known]
    return [at for one, end in zip(known, last, strict=True) for at in (one["at"], end)]


def test_ctrl_c_says_what_becomes_of_the_demo(tmp_path: Path) -> None:
    script = tmp_path / "script.json"
    script.write_text(json.dumps({"rules": [], "default": " a heron.", "delay_ms": 2_000}))
    demo = subprocess.Popen(
        [sys.executable, "-u", "-m", "ownhand", "demo", "--without-learning"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=os.environ | {"OWNHAND_HOME": str(tmp_path / "data"), "OWNHAND_SCRIPTED": str(script)},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert demo.stdout is not None
    assert any("Suggestions by scripted" in line for line in demo.stdout)
    demo.send_signal(signal.SIGINT)
    _, said = demo.communicate(timeout=60)
    assert demo.returncode == 130, said
    assert "The demo is ended" in said
    assert "Traceback" not in said


def test_an_installed_ownhand_says_where_the_demo_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(checkout.ownhand, "__file__", str(tmp_path / "lib" / "ownhand" / "__init__.py"))
    with pytest.raises(WriterError, match="part of the project's source"):
        checkout_folder("examples", "The demo's manuscript")

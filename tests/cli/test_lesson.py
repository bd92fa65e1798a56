"""The demo's second half: what it shows of a place, of the gate's figures, and that it can be shown again."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

from rich.console import Console

from ownhand.commands.comparing import Compared, show
from ownhand.home import Home
from ownhand.manuscript.consent import find_voice
from ownhand.voices.reveal import LABELS
from ownhand.voices.store import VoiceStore

EXAMPLES = Path(__file__).parents[2] / "examples"
YOURS, BEFORE, VOICE = (
    "   Hannah Ravel waited for a man with a\n   goose",
    "it is\n on the hill   where it's off",
    "   it's not over the road   that's\n             by the gate   [it's a gate]",
)
GONE = Compared(
    "The Gone (verse/the-gone.md)",
    "then Ravel's farm   a barn with a date\n   the cart road   the turn in the cart road where",
    tuple(zip(LABELS, (YOURS, BEFORE, VOICE), strict=True)),
)


def shown(width: int) -> str:
    screen = io.StringIO()
    show(GONE, Console(file=screen, width=width))
    return screen.getvalue()


def test_a_wide_terminal_shows_the_three_side_by_side():
    lines = shown(140).split("\n")
    head = next(line for line in lines if "before" in line)
    assert head.index("yours") < head.index("before") < head.index("with your voice")
    first = next(line for line in lines if "Hannah Ravel" in line)
    assert first.index("Hannah") < first.index("it is") < first.index("it's not over the road")


def test_eighty_columns_show_them_one_below_the_other_with_their_indents():
    lines = [line.rstrip() for line in shown(80).split("\n")]
    assert max(map(len, lines)) <= 80
    at = [lines.index(f"  {label}") for label in LABELS]
    assert at == sorted(at)
    assert lines[at[2] + 1 : at[2] + 3] == [f"    {line}" for line in VOICE.split("\n")]


def run(home: Path, *switches: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "ownhand", "demo", *switches],
        env=os.environ | {"OWNHAND_HOME": str(home), "COLUMNS": "80"} | variables,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


def test_what_an_earlier_demo_learned_does_not_spoil_the_next(tmp_path: Path):
    script = tmp_path / "script.json"
    script.write_text(json.dumps({"rules": [], "default": " a heron stood very still."}))
    home = tmp_path / "home"
    for _ in range(2):
        done = run(home, "--without-learning", OWNHAND_SCRIPTED=str(script))
        assert done.returncode == 0, done.stderr
        assert "8 suggestions were offered and 8 of them seen" in done.stdout
        voice = find_voice(Home(home), EXAMPLES / "manuscript")
        assert VoiceStore(voice.path).adapters() == []
        left = voice.path / "adapters" / "1"
        left.mkdir(parents=True)
        left.joinpath("card.json").write_bytes((EXAMPLES.parent / "tests/voices/data/card.json").read_bytes())

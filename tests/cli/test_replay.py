"""`ownhand bench replay` as a real process over the example manuscript; its engine knows one turn of phrase."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from ownhand.home import Home
from ownhand.manuscript.consent import Consent, grant

COMMAND = [sys.executable, "-m", "ownhand", "bench", "replay"]
EXAMPLES = Path(__file__).parents[2] / "examples" / "manuscript"
SAYS = " and the rest of it was nobody's business. Then"
Run = Callable[..., "CompletedProcess[str]"]


@pytest.fixture
def manuscript(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLES, tmp_path / "manuscript"))


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return os.environ | {"OWNHAND_HOME": str(tmp_path / "data"), "OWNHAND_SCRIPTED": script(tmp_path)}


def script(folder: Path, **more: object) -> str:
    file = folder / "script.json"
    file.write_text(json.dumps({"rules": [], "default": SAYS} | more))
    return str(file)


@pytest.fixture
def replay(environment: dict[str, str], tmp_path: Path) -> Run:
    def run(*arguments: object, **options: str) -> "CompletedProcess[str]":
        return subprocess.run(
            [*COMMAND, *map(str, arguments)],
            capture_output=True,
            text=True,
            encoding="utf-8",
            env=environment | options,
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            timeout=55,
        )

    return run


def is_one_sentence_and_exit_1(done: "CompletedProcess[str]", *words: str) -> None:
    assert done.returncode == 1, done
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    for word in words:
        assert word in done.stderr


def test_both_arms_type_the_same_words_and_their_difference_is_told(replay: Run, manuscript: Path) -> None:
    done = replay(manuscript, "--words", 160, "--json")
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert (facts["engine"], facts["model"], facts["seed"], facts["complete"]) == ("scripted", "scripted", 1, True)
    document, passages = facts["arms"]["document"], facts["arms"]["passages"]
    assert facts["pieces"] >= 2
    assert document["words"] == passages["words"] == facts["words"]
    assert document["accepted"] >= 1
    saved = document["keystrokes_saved_per_100_characters"]
    kept = document["accepted_characters"] - document["accept_keys"]
    assert saved["value"] == pytest.approx(100 * kept / document["characters"], abs=0.001)
    assert saved["low"] <= saved["value"] <= saved["high"]
    assert facts["difference"]["keystrokes_saved_per_100_characters"]["value"] == 0
    again = json.loads(replay(manuscript, "--words", 160, "--json", "--arm", "document").stdout)
    assert again["arms"] == {"document": document}
    assert "difference" not in again


def test_for_a_person_it_says_how_it_was_typed(replay: Run, manuscript: Path) -> None:
    done = replay(manuscript, "--words", 50, COLUMNS="160")
    assert done.returncode == 0, done.stderr
    told = ("Keystrokes saved", "Document alone", "With your passages", "In front of each word the writer rests", "95%")
    for words in told:
        assert words in done.stdout
    assert "nobody's business" not in done.stdout + done.stderr


def test_help_is_its_own_and_the_rest_of_bench_goes_another_way(replay: Run, environment: dict[str, str]) -> None:
    text = replay("--help").stdout
    for words in ("ownhand bench replay", "--words", "--arm", "--seed", "--json"):
        assert words in text
    bench = [sys.executable, "-m", "ownhand", "bench", "--only", "nothing"]
    done = subprocess.run(bench, capture_output=True, text=True, env=environment, timeout=55, check=False)
    assert done.returncode != 0
    assert "--only" in done.stderr
    done = subprocess.run(
        [*bench[:4], "--help"], capture_output=True, text=True, env=environment, timeout=55, check=False
    )
    assert "--moments" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--words", 0), ("--words",)),
        (("--arm", "adapter"), ("adapter", "passages, document or both")),
    ],
)
def test_wrong_numbers_and_names(
    replay: Run, manuscript: Path, arguments: tuple[object, ...], words: tuple[str, ...]
) -> None:
    is_one_sentence_and_exit_1(replay(manuscript, *arguments), *words)


def test_no_folder_and_no_held_out_piece(replay: Run, tmp_path: Path) -> None:
    is_one_sentence_and_exit_1(replay(tmp_path / "nowhere"), "no folder")
    single = tmp_path / "single"
    single.mkdir()
    (single / "one.md").write_text("# One\n\nShe had the washing of him, and she knew.\n", encoding="utf-8")
    is_one_sentence_and_exit_1(replay(single), "kept aside", "a dozen")


def test_a_folder_that_nothing_is_learned_from(replay: Run, manuscript: Path, tmp_path: Path) -> None:
    grant(Home(tmp_path / "data"), manuscript, Consent.SUGGEST)
    is_one_sentence_and_exit_1(replay(manuscript), "not to learn", "in your editor")


def test_no_engine(replay: Run, manuscript: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o700)
    (tmp_path / "data" / "settings.toml").write_text('engine = "openai"\n')
    is_one_sentence_and_exit_1(replay(manuscript, OWNHAND_SCRIPTED=""), "openai.baseUrl")


@pytest.mark.skipif(sys.platform == "win32", reason="ctrl-C can't be sent to one process there")
def test_ctrl_c_reports_what_was_typed_so_far(environment: dict[str, str], manuscript: Path, tmp_path: Path) -> None:
    slow = {"OWNHAND_SCRIPTED": script(tmp_path, delay_ms=60, chunk=16)}
    process = subprocess.Popen(
        [*COMMAND, str(manuscript), "--words", "120", "--arm", "document", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment | slow,
    )
    assert process.stderr is not None
    typed = 0
    while typed <= 40:  # the first of some twenty words is done for certain
        line = process.stderr.readline()
        assert "seconds left" in line
        typed = int(re.match(r"\d+", line)[0])  # type: ignore[index]
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=40)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert "Interrupted" in err
    facts = json.loads(out)
    assert not facts["complete"]
    assert facts["pieces"] >= 1

"""`ownhand demo --quick` as a process: its second half, learning included, by the real engine and the real trainer."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

IN_ORDER = (
    "learning this hand",
    "Learned in",
    "Bits per byte on pages kept aside: the bare model",
    "the same places, with the voice",
    "The report, for a browser:",
    "What to do next",
)


@pytest.mark.embedded
@pytest.mark.timeout(900)
def test_the_demo_goes_through_the_whole_loop(tmp_path: Path) -> None:
    """One pass over eight samples is learned, which shows on pages that were kept aside."""
    done = subprocess.run(
        [sys.executable, "-m", "ownhand", "demo", "--quick"],
        env=os.environ | {"OWNHAND_HOME": str(tmp_path / "home"), "COLUMNS": "100"},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    at = [done.stdout.index(words) for words in IN_ORDER]
    assert at == sorted(at)
    bare, voice = (
        float(found[1])
        for found in (re.search(rf"{words} +(\d\.\d+)", done.stdout) for words in ("bare model", "on an empty page"))
        if found
    )
    assert voice < bare
    assert done.stdout.count("with your voice") >= 2
    assert "Learning: step 2 of 2" in done.stderr
    assert re.search(r"Measuring: step \d+ of \d+", done.stderr)
    report = Path(re.search(r"The report, for a browser:\n(.+)", done.stdout)[1])
    assert "manuscript" in report.read_text(encoding="utf-8")

"""`ownhand verdicts DIR --export FILE`: a file of the writer's alone, that takes no other's place."""

import json
import os
import stat
import sys
from pathlib import Path

import pytest

from ledger_facts import accepted, offered, shown
from ownhand.commands.verdicts import run
from ownhand.errors import WriterError
from ownhand.home import Home
from ownhand.manuscript.consent import Consent, grant
from ownhand.verdicts.ledger.ledger import Ledger


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pages").mkdir()
    ledger = Ledger(grant(Home(tmp_path / "home"), tmp_path / "pages", Consent.LEARN).ledger_path)
    for fact in (offered("s1"), shown("s1"), accepted("s1")):
        ledger.hand_over(fact)
    assert ledger.flush(10)
    ledger.close()
    return tmp_path / "pages"


def export(folder: Path, file: Path) -> int:
    return run(Home(folder.parent / "home"), folder, as_json=False, export_to=file)


def test_a_line_for_each_and_nobody_else_may_read_it(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "notes.jsonl"
    for _ in range(2):  # the second takes the place of the first
        assert export(folder, file) == 0
    (line,) = file.read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["suggestion"] == "s1"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 or sys.platform == "win32"
    assert "1 suggestion is in" in capsys.readouterr().err


def test_a_file_that_is_not_of_its_making_stays(folder: Path, tmp_path: Path) -> None:
    ferry = folder / "ferry.md"
    ferry.write_text("# The ferry\n", encoding="utf-8")
    with pytest.raises(WriterError, match="not of Ownhand's making"):
        export(folder, ferry)
    assert ferry.read_text(encoding="utf-8") == "# The ferry\n"
    assert [path.name for path in folder.iterdir()] == ["ferry.md"]


def test_where_no_file_can_be(folder: Path, tmp_path: Path) -> None:
    for place, words in ((folder, "is a folder"), (tmp_path / "no" / "notes.jsonl", "There is no folder")):
        with pytest.raises(WriterError, match=words):
            export(folder, place)


@pytest.mark.skipif(sys.platform == "win32", reason="no pipes in folders there")
def test_a_pipe_is_not_replaced(folder: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(WriterError, match="not of Ownhand's making"):
        export(folder, tmp_path / "pipe")
    assert (tmp_path / "pipe").is_fifo()

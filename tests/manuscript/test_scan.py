"""The scan child as a process, and manuscripts that go wrong."""

import asyncio
import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ownhand.errors import WriterError
from ownhand.home import Home, make_private_folder
from ownhand.manuscript import formats, index
from ownhand.manuscript import scanner as scanner_module
from ownhand.manuscript.consent import Consent, find_voice
from ownhand.manuscript.corpus import Corpus
from ownhand.manuscript.report import corpus_report
from ownhand.manuscript.scan import Job, Outcome, scan
from ownhand.manuscript.scanner import Scanner, refresh
from ownhand.settings import Settings

Maker = Callable[..., str]
SILENT = lambda files, of: None  # noqa: E731


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(WriterError, match="There is no folder"):
        scan(Job(make_private_folder(tmp_path / "v") / "index.sqlite3", tmp_path / "nothing"), SILENT)


def test_a_file_as_folder(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("x")
    with pytest.raises(WriterError, match="not a folder"):
        scan(Job(make_private_folder(tmp_path / "v") / "index.sqlite3", tmp_path / "page.md"), SILENT)


def test_an_empty_folder(manuscript: Any) -> None:
    assert manuscript.scan() == Outcome(0, 0, 0, 0)
    assert manuscript.corpus.counts().pieces == 0


def test_what_cannot_be_read_is_skipped_with_its_reason(manuscript: Any, make_prose: Maker) -> None:
    manuscript.write("good.md", make_prose(1))
    (manuscript.folder / "zeros.txt").write_bytes(b"one\0two\0\xff\0" * 100)
    (manuscript.folder / "broken.txt").write_bytes("Ein Märchen über Öfen.".encode() + b"\xc3\x28\xa0\xa1" * 3)
    (manuscript.folder / "link.md").symlink_to(manuscript.folder / "link.md")
    (manuscript.folder / "loop").symlink_to(manuscript.folder)
    manuscript.scan()
    corpus = manuscript.corpus
    assert "zeros.txt" in {item.path for item in corpus.skipped()}
    assert all(item.reason for item in corpus.skipped())
    assert "good.md" in {piece.path for piece in corpus.pieces()}


def test_a_folder_that_is_gone_costs_nothing(manuscript: Any, make_prose: Maker) -> None:
    manuscript.write("a.md", make_prose(1))
    manuscript.scan()
    before = {piece.id for piece in manuscript.corpus.pieces()}
    manuscript.folder.rename(manuscript.folder.with_name("away"))
    with pytest.raises(WriterError, match="There is no folder"):
        manuscript.scan()
    assert {piece.id for piece in manuscript.corpus.pieces()} == before != set()


def test_a_folder_that_vanishes_during_the_scan_costs_nothing(manuscript: Any, make_prose: Maker) -> None:
    manuscript.write("a.md", make_prose(1))
    manuscript.scan()
    before = {piece.id for piece in manuscript.corpus.pieces()}
    manuscript.write("b.md", make_prose(2))
    away = manuscript.folder.with_name("away")
    scan(manuscript.job, lambda files, of: None if away.exists() else manuscript.folder.rename(away))
    assert {piece.id for piece in manuscript.corpus.pieces()} == before
    away.rename(manuscript.folder)
    manuscript.scan()
    assert {piece.path for piece in manuscript.corpus.pieces()} == {"a.md", "b.md"}


def test_a_file_that_vanishes_during_the_scan_is_left_for_the_next(manuscript: Any, make_prose: Maker) -> None:
    page = manuscript.write("a.md", make_prose(1))
    manuscript.write("b.md", make_prose(2))
    scan(manuscript.job, lambda files, of: page.unlink(missing_ok=True))
    assert {piece.path for piece in manuscript.corpus.pieces()} == {"b.md"}


def test_a_page_that_says_off_is_left_out(manuscript: Any, make_prose: Maker) -> None:
    manuscript.write("a.md", f"---\nownhand: off\n---\n\n{make_prose(1)}\n")
    manuscript.scan()
    assert manuscript.corpus.counts().pieces == 0
    assert "ownhand: off" in manuscript.corpus.skipped()[0].reason


def test_two_scanners_at_once(manuscript: Any) -> None:
    with index.scan_lock(manuscript.job.index), pytest.raises(index.Busy):
        manuscript.scan()
    manuscript.scan()


def test_a_data_folder_that_cannot_be_written(manuscript: Any, tmp_path: Path) -> None:
    (tmp_path / "wall" / "index.sqlite3.lock").mkdir(parents=True)  # a folder where a file should be
    with pytest.raises(WriterError, match="can't write"):
        scan(Job(tmp_path / "wall" / "index.sqlite3", manuscript.folder), SILENT)


def test_a_voice_that_was_forgotten_is_not_brought_back(manuscript: Any, make_prose: Maker) -> None:
    manuscript.write("a.md", make_prose(900))
    manuscript.scan()
    shutil.rmtree(manuscript.job.index.parent)
    manuscript.write("b.md", make_prose(900))
    with pytest.raises(WriterError, match="was removed"):
        manuscript.scan()
    assert not manuscript.job.index.parent.exists()


def test_a_full_disk_is_one_sentence(manuscript: Any, make_prose: Maker) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    connection = index.open_for_writing(manuscript.job.index)
    with pytest.raises(WriterError, match="can't write its index"), index.writer_errors(manuscript.job.index):
        connection.execute("PRAGMA max_page_count = 1")
        connection.execute("CREATE TABLE big (x)")
        connection.execute("INSERT INTO big SELECT hex(zeroblob(1000000))")
    connection.close()


def child(job: Job) -> "subprocess.Popen[bytes]":
    process = subprocess.Popen(
        [sys.executable, "-m", "ownhand.manuscript.scan"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    process.stdin.write(json.dumps(job.to_json()).encode() + b"\n")  # type: ignore[union-attr]
    process.stdin.flush()  # type: ignore[union-attr]
    return process


def close(process: "subprocess.Popen[bytes]") -> None:
    for stream in (process.stdin, process.stdout, process.stderr):
        stream.close()  # type: ignore[union-attr]
    process.wait(10)


def test_the_child_reports_progress_and_ends_quietly(manuscript: Any, make_prose: Maker) -> None:
    for number in range(70):
        manuscript.write(f"{number}.md", make_prose(number, 80))
    process = child(manuscript.job)
    events = [json.loads(line) for line in process.stdout]  # type: ignore[union-attr]
    assert process.wait(30) == 0
    assert process.stderr.read() == b""  # type: ignore[union-attr]
    close(process)
    assert [event["event"] for event in events] == ["progress", "progress", "progress", "done"]
    assert events[-2] == {"event": "progress", "files": 70, "of": 70}
    assert events[-1]["changed"] == 70


def test_a_child_that_is_killed_in_mid_write_leaves_a_right_index(manuscript: Any, make_prose: Maker) -> None:
    for number in range(300):
        manuscript.write(f"{number:03}.md", make_prose(number, 150))
    process = child(manuscript.job)
    for line in process.stdout:  # type: ignore[union-attr]
        if json.loads(line).get("files"):
            os.kill(process.pid, signal.SIGKILL)
            break
    close(process)
    partly = manuscript.corpus.counts()
    assert 0 < partly.pieces < 300
    assert not any(piece.teaches for piece in manuscript.corpus.pieces())
    manuscript.scan()
    whole = {piece.path: (piece.id, piece.held_out) for piece in manuscript.corpus.pieces()}
    fresh = Job(make_private_folder(manuscript.job.index.with_name("fresh")) / "index.sqlite3", manuscript.folder)
    scan(fresh, SILENT)
    assert whole == {piece.path: (piece.id, piece.held_out) for piece in Corpus.open(fresh.index).pieces()}


def test_the_child_leaves_when_its_input_closes(manuscript: Any) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "ownhand.manuscript.scan"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    process.stdin.close()  # type: ignore[union-attr]
    assert process.wait(20) == 0
    process.stdout.close()  # type: ignore[union-attr]


async def test_a_scanner_coalesces_requests(manuscript: Any, make_prose: Maker) -> None:
    manuscript.write("a.md", make_prose(1))
    done: list[Outcome] = []
    progress: list[tuple[int, int]] = []
    scanner = Scanner(
        lambda: manuscript.job, on_done=done.append, on_progress=lambda files, of: progress.append((files, of))
    )
    for _ in range(5):
        scanner.start()
    await asyncio.sleep(0)
    for _ in range(5):
        scanner.start()
    await scanner.finished()
    assert len(done) == 2
    assert progress[0] == (0, 1)
    assert not scanner.running


async def test_a_scanner_can_be_cancelled(manuscript: Any, make_prose: Maker) -> None:
    for number in range(200):
        manuscript.write(f"{number}.md", make_prose(number, 100))
    begun = asyncio.Event()
    scanner = Scanner(lambda: manuscript.job, on_progress=lambda files, of: begun.set())
    scanner.start()
    await begun.wait()
    await scanner.cancel()
    assert not scanner.running
    assert manuscript.scan().files == 200


async def test_a_scanner_tells_of_trouble(manuscript: Any) -> None:
    manuscript.folder.rmdir()
    errors: list[WriterError] = []
    scanner = Scanner(lambda: manuscript.job, on_error=errors.append)
    scanner.start()
    await scanner.finished()
    assert "There is no folder" in errors[0].sentence


def test_refresh_counts_as_consent_and_reports(manuscript: Any, make_prose: Maker, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    manuscript.write("a.md", f"# Ferry\n\n{make_prose(1, 300)}")
    manuscript.write("b.txt", "\0\0\0")
    refresh(home, manuscript.folder, Settings(), SILENT)
    voice = find_voice(home, manuscript.folder)
    assert voice is not None
    assert voice.consent is Consent.LEARN
    report = corpus_report(home, manuscript.folder).to_json()
    json.dumps(report)
    assert report["totals"]["pieces"] == 1
    assert report["pieces"][0]["title"] == "Ferry"
    assert "text" not in report["pieces"][0]
    assert "Too little" in report["promise"]


def test_the_folder_gives_the_child_no_modules(
    manuscript: Any, make_prose: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that came from somebody else may hold an `ownhand/__init__.py`, or a `json.py` of the writer's."""
    ran = tmp_path / "ran"
    for name in ("ownhand/__init__.py", "json.py"):
        manuscript.write(name, f"open({str(ran)!r}, 'w').close()\n")
    manuscript.write("a.md", make_prose(1, 300))
    monkeypatch.chdir(manuscript.folder)
    refresh(Home(tmp_path / "home"), manuscript.folder, Settings(), SILENT)
    assert not ran.exists()


def test_refresh_obeys_include_and_exclude(manuscript: Any, make_prose: Maker, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    manuscript.write("a.md", make_prose(1))
    manuscript.write("notes/b.md", make_prose(2))
    refresh(home, manuscript.folder, Settings(manuscript_exclude=("notes/",)), SILENT)
    assert [piece.path for piece in corpus_report(home, manuscript.folder).pieces] == ["a.md"]


def test_refresh_of_a_missing_folder_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(WriterError, match="There is no folder"):
        refresh(Home(tmp_path / "home"), tmp_path / "nothing", Settings(), SILENT)
    assert not (tmp_path / "home").exists()


def test_a_file_that_no_parser_was_ready_for_is_skipped(
    manuscript: Any, make_prose: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    parse = formats.parse

    def stumbling(suffix: str, data: bytes) -> Any:
        if data.startswith(b"((("):
            raise RecursionError
        return parse(suffix, data)

    monkeypatch.setattr(formats, "parse", stumbling)
    manuscript.write("a.md", make_prose(1))
    manuscript.write("deep.md", "(((" * 10)
    manuscript.write("z.md", make_prose(2))
    manuscript.scan()
    assert {piece.path for piece in manuscript.corpus.pieces()} == {"a.md", "z.md"}
    assert [item.path for item in manuscript.corpus.skipped()] == ["deep.md"]


def test_patterns_that_mean_nothing_are_passed_over(manuscript: Any, make_prose: Maker) -> None:
    manuscript.write("a.md", make_prose(1))
    manuscript.write("notes/b.md", make_prose(2))
    job = Job(manuscript.job.index, manuscript.folder, include=("!", "*.md"), exclude=("!", "notes/"))
    assert scan(job, SILENT).files == 1


def test_a_disk_without_locks_is_not_taken_for_another_scan(manuscript: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    fcntl = pytest.importorskip("fcntl")

    def refuse(descriptor: int, how: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(WriterError, match="No locks available"):
        manuscript.scan()


async def test_a_scanner_that_cannot_start_a_child_tells_so(manuscript: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanner_module, "_COMMAND", ("/nonexistent/python",))
    errors: list[WriterError] = []
    scanner = Scanner(lambda: manuscript.job, on_error=errors.append)
    scanner.start()
    await scanner.finished()
    assert "stopped before it was done" in errors[0].sentence


def test_a_child_that_leaves_before_it_heard_its_job_is_one_sentence(
    manuscript: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    program = f"import os, pathlib; os.close(0); pathlib.Path({str(gone)!r}).touch()"
    line = scanner_module._line

    def late(job: Job) -> bytes:
        while not gone.exists():
            time.sleep(0.01)
        return line(job)

    monkeypatch.setattr(scanner_module, "_COMMAND", (sys.executable, "-c", program))
    monkeypatch.setattr(scanner_module, "_line", late)
    with pytest.raises(WriterError, match="stopped before it was done"):
        refresh(Home(tmp_path / "home"), manuscript.folder, Settings(), lambda *_: None)

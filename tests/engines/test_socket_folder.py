"""Where a child's socket lies, and what becomes of the folders of servers that were killed."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from ownhand.engines.socket_folder import SocketFolder

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows talks through a port with a key")


@pytest.fixture
def runtime_folder(monkeypatch):
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    yield folder
    for left in folder.iterdir():
        left.rmdir()
    folder.rmdir()


def aged(folder: Path) -> Path:
    """As if it had been made an hour ago."""
    then = time.time() - 3600
    os.utime(folder, (then, then))
    return folder


def test_a_killed_server_s_folder_goes_when_the_next_one_starts(runtime_folder):
    program = (
        "import time\nfrom ownhand.engines.socket_folder import SocketFolder\n"
        "folder = SocketFolder.make()\nfolder.socket.touch()\nprint(folder.path, flush=True)\ntime.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as server:
        left = aged(Path(server.stdout.readline().strip()))
        SocketFolder.make().remove()
        assert left.is_dir(), "its server lives"
        server.kill()
    SocketFolder.make().remove()
    assert not left.exists()


def test_what_is_young_or_no_socket_s_folder_stays(runtime_folder):
    young, filled, demo = (runtime_folder / f"ownhand-{name}" for name in ("engine-a", "engine-b", "demo-c"))
    for folder in (young, filled, demo):
        folder.mkdir()
    novel = filled / "novel.md"
    novel.write_text("The boats came in late.")
    aged(filled)
    aged(demo)
    SocketFolder.make().remove()
    assert set(runtime_folder.iterdir()) == {young, filled, demo}
    assert novel.exists()
    novel.unlink()


def test_a_long_temporary_folder_falls_back_to_a_short_one(tmp_path, monkeypatch):
    long = tmp_path / ("x" * 90)
    long.mkdir()
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    folder = SocketFolder.make()
    assert folder is not None
    assert folder.path.parent == Path("/tmp")
    folder.remove()
    assert not folder.path.exists()
    assert not list(long.iterdir())

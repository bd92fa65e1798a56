"""The data folder: private, never half written, and one sentence when the disk refuses."""

import os
import stat
from pathlib import Path

import pytest

from ownhand import home as home_module
from ownhand.errors import WriterError
from ownhand.home import Home, check_format, make_private_folder, write_json, write_private


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_everything_that_is_made_is_private(tmp_path: Path) -> None:
    home = Home(tmp_path / "share" / "ownhand")
    voice = home.new_voice_folder()
    write_private(voice / "deep" / "notes.md", b"a hand of its own")
    for folder in (tmp_path / "share", home.root, home.voices, voice, voice / "deep"):
        assert mode(folder) == 0o700, folder
    assert mode(voice / "deep" / "notes.md") == 0o600


def test_nothing_is_made_before_something_is_written(tmp_path: Path) -> None:
    home = Home(tmp_path / "data")
    assert (home.voices, home.weights, home.log_file) == (
        tmp_path / "data" / "voices",
        tmp_path / "data" / "weights",
        tmp_path / "data" / "server.log",
    )
    assert not home.root.exists()


def test_the_environment_moves_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OWNHAND_HOME", str(tmp_path / "elsewhere"))
    assert Home.default().root == tmp_path / "elsewhere"
    monkeypatch.setenv("OWNHAND_HOME", "~/writing")
    assert Home.default().root == Path.home() / "writing"
    monkeypatch.delenv("OWNHAND_HOME")
    assert Home.default().root.name == "ownhand"


def test_voices_never_share_a_folder(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert len({home.new_voice_folder() for _ in range(20)}) == 20


def test_a_write_that_breaks_leaves_the_old_file_and_no_litter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "card.json"
    write_json(target, {"format": 1, "title": "Ølhunden"})

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(home_module.os, "fsync", full)
    with pytest.raises(WriterError, match="No space left on device") as caught:
        write_json(target, {"format": 1, "title": "another"})
    assert "OWNHAND_HOME" in caught.value.next_step
    assert target.read_text(encoding="utf-8") == '{\n "format": 1,\n "title": "Ølhunden"\n}\n'
    assert list(tmp_path.iterdir()) == [target]


def test_a_link_is_replaced_and_its_target_left_alone(tmp_path: Path) -> None:
    target = tmp_path / "elsewhere"
    target.write_text("kept")
    (tmp_path / "note").symlink_to(target)
    write_private(tmp_path / "note", b"new")
    assert target.read_text() == "kept"
    assert (tmp_path / "note").read_bytes() == b"new"


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only for root")
def test_a_read_only_folder_is_one_sentence(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(WriterError, match="can't write"):
            write_private(tmp_path / "data" / "note", b"")
    finally:
        tmp_path.chmod(0o700)


def test_a_disk_that_takes_nothing_back_either_is_one_sentence(tmp_path: Path) -> None:
    """On a disk that is read-only, as with a name too long for it, removing the temporary file is refused too."""
    with pytest.raises(WriterError, match="can't write"):
        write_private(tmp_path / ("x" * 250), b"")


def test_a_file_in_the_way_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    for folder in (tmp_path / "data", tmp_path / "data" / "voices"):
        with pytest.raises(WriterError, match="can't write"):
            make_private_folder(folder)


@pytest.mark.parametrize("found", [2, 99, None, "1", 1.5])
def test_a_newer_or_unknown_format_is_refused(found: object) -> None:
    with pytest.raises(WriterError, match="newer Ownhand"):
        check_format(found, 1, Path("voice.toml"))


def test_a_known_format_is_accepted() -> None:
    check_format(1, 1, Path("voice.toml"))
    check_format(1, 3, Path("voice.toml"))

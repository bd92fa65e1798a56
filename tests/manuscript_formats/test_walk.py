"""Which files of a folder are the manuscript."""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from ownhand.errors import WriterError
from ownhand.manuscript import walk
from ownhand.manuscript.model import Skipped
from ownhand.manuscript.walk import FoundFile, find_files, is_network_drive, is_network_mount

Make = Callable[..., Path]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "novel"
    made.mkdir()
    return made


def write(folder: Path, *names: str, text: str = "The fen is a mile of sky.\n") -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def found(folder: Path, include: Sequence[str] = (), exclude: Sequence[str] = ()) -> list[str]:
    return [item.relative for item in find_files(folder, include, exclude) if isinstance(item, FoundFile)]


def skipped(folder: Path) -> dict[str, str]:
    return {item.path: item.reason for item in find_files(folder, [], []) if isinstance(item, Skipped)}


def test_files_come_with_size_and_time_in_the_order_of_names(folder: Path) -> None:
    write(folder, "b.txt", "a/2.md", "a/1.tex", "c.org", "d.fountain", "e.markdown", "F.MD")
    items = [item for item in find_files(folder, [], []) if isinstance(item, FoundFile)]
    assert [item.relative for item in items] == [
        "F.MD",
        "b.txt",
        "c.org",
        "d.fountain",
        "e.markdown",
        "a/1.tex",
        "a/2.md",
    ]
    status = (folder / "F.MD").stat()
    assert (items[0].size, items[0].mtime_ns) == (status.st_size, status.st_mtime_ns)
    assert items[-1].path.read_text(encoding="utf-8").startswith("The fen")


def test_hidden_and_foreign_files_are_left_out_without_a_word(folder: Path) -> None:
    write(folder, ".obsidian/notes.md", ".hidden.md", "~$story.docx", "photo.jpg", "Makefile", "story.md~", "a.md")
    assert found(folder) == ["a.md"]
    assert skipped(folder) == {}


def test_a_writers_other_formats_are_named(folder: Path) -> None:
    write(folder, "old.doc", "draft.odt")
    assert set(skipped(folder)) == {"old.doc", "draft.odt"}
    assert "save it as" in skipped(folder)["old.doc"]


def test_ignore_files_work_as_in_git(folder: Path) -> None:
    write(folder, "a.md", "build/b.md", "notes/c.md", "notes/keep.md", "deep/notes/d.md", "drafts/e.md", "x.draft.md")
    write(folder, ".gitignore", text="/build/\nnotes/*\n!keep.md\n*.draft.md\n# a comment\n!\n")
    write(folder, "deep/.gitignore", text="/notes\n")
    write(folder, ".ownhandignore", text="drafts\n!x.draft.md\n")
    assert found(folder) == ["a.md", "x.draft.md", "notes/keep.md"]


def test_rules_above_hold_inside_a_repository_only(tmp_path: Path) -> None:
    write(tmp_path, "repository/book/a.md", "repository/book/secret.md", ".gitignore", text="secret.md\n")
    write(tmp_path, "repository/.gitignore", text="/book/secret.md\n")
    assert found(tmp_path / "repository/book") == ["a.md", "secret.md"]
    (tmp_path / "repository/.git").mkdir()
    assert found(tmp_path / "repository/book") == ["a.md"]


def test_include_and_exclude(folder: Path) -> None:
    write(folder, "chapters/1.md", "chapters/notes/n.md", "poems/p.txt", "world.md")
    assert found(folder, include=["chapters/", "*.txt"]) == ["chapters/1.md", "chapters/notes/n.md", "poems/p.txt"]
    assert found(folder, include=["chapters/"], exclude=["notes"]) == ["chapters/1.md"]


def test_pages_that_ownhand_makes_are_never_corpus(folder: Path) -> None:
    write(folder, "pieces.md", text="---\nownhand-page: true\n---\n# Pieces\n")
    write(folder, "mention.md", text="# A note\n\nownhand-page: true\n")
    assert found(folder) == ["mention.md"]


def test_a_huge_file_is_skipped_and_a_long_chapter_is_not(folder: Path) -> None:
    write(folder, "chapter.md", text="word " * 1_000_000)
    with (folder / "export.txt").open("wb") as stream:
        stream.truncate(walk.LARGEST_FILE + 1)
    assert found(folder) == ["chapter.md"]
    assert skipped(folder) == {"export.txt": "larger than 32 MB"}


def test_links_are_followed_once_and_only_inside(folder: Path, tmp_path: Path) -> None:
    write(folder, "a/1.md", ".store/2.md")
    write(tmp_path, "elsewhere/secret.md")
    (folder / "a/loop").symlink_to(folder)
    (folder / "same.md").symlink_to(folder / "a/1.md")
    (folder / "stored").symlink_to(folder / ".store")
    (folder / "again").symlink_to(folder / ".store")
    (folder / "outside").symlink_to(tmp_path / "elsewhere")
    (folder / "outside.md").symlink_to(tmp_path / "elsewhere/secret.md")
    (folder / "dead.md").symlink_to(folder / "gone.md")
    (folder / "self.md").symlink_to(folder / "self.md")
    assert found(folder) == ["a/1.md", "again/2.md"]
    reasons = skipped(folder)
    assert set(reasons) == {"outside", "outside.md", "dead.md", "self.md"}
    assert "outside the manuscript folder" in reasons["outside.md"]
    assert "nowhere" in reasons["dead.md"]


def test_a_folder_that_is_itself_a_link(folder: Path, tmp_path: Path) -> None:
    write(folder, "a.md")
    (tmp_path / "link").symlink_to(folder)
    assert found(tmp_path / "link") == ["a.md"]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="the superuser reads everything")
def test_what_may_not_be_read_is_named(folder: Path) -> None:
    write(folder, "a.md", "closed.txt", "locked/b.md")
    (folder / "closed.txt").chmod(0)
    (folder / "locked").chmod(0)
    try:
        assert found(folder) == ["a.md"]
        assert set(skipped(folder)) == {"closed.txt", "locked"}
    finally:
        (folder / "locked").chmod(0o700)


def test_what_the_disk_refuses_is_named_and_the_walk_goes_on(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(folder, "a.md", "locked/b.md", "z/c.md")
    listing = os.scandir

    def refusing(path: str) -> Iterator[os.DirEntry[str]]:
        if path.endswith("locked"):
            raise PermissionError(13, "Permission denied")
        return listing(path)

    monkeypatch.setattr(os, "scandir", refusing)
    assert found(folder) == ["a.md", "z/c.md"]
    assert skipped(folder) == {"locked": "this folder can't be read (permission denied)"}


def test_a_folder_that_vanishes_ends_quietly(folder: Path) -> None:
    write(folder, "a.md", "later/b.md", "later/c.md")
    items = find_files(folder, [], [])
    assert isinstance(next(items), FoundFile)
    (folder / "later/b.md").unlink()
    (folder / "later/c.md").unlink()
    (folder / "later").rmdir()
    assert list(items) == []


def test_no_folder_and_a_file_as_folder_give_one_sentence(folder: Path) -> None:
    with pytest.raises(WriterError, match="no folder"):
        find_files(folder / "missing", [], [])
    write(folder, "a.md")
    with pytest.raises(WriterError, match="a file, not a folder"):
        find_files(folder / "a.md", [], [])


def test_an_empty_folder_has_nothing(folder: Path) -> None:
    assert list(find_files(folder, [], [])) == []


@pytest.mark.skipif(os.name == "nt", reason="names are Unicode there")
def test_a_name_that_is_no_unicode_is_skipped_and_printable(folder: Path) -> None:
    write(folder, "a.md")
    name = os.fsdecode(os.fsencode(folder) + b"/caf\xe9.md")
    try:
        Path(name).write_text("x", encoding="utf-8")
    except OSError:
        pytest.skip("this file system refuses such names")
    assert found(folder) == ["a.md"]
    (path,) = skipped(folder)
    assert path.encode("utf-8")


def test_a_pipe_is_not_opened(folder: Path) -> None:
    os.mkfifo(folder / "pipe.md")
    assert skipped(folder) == {"pipe.md": "not an ordinary file"}


def test_a_deep_tree(folder: Path) -> None:
    deep = "/".join("d" * 1 for _ in range(300))
    write(folder, f"{deep}/end.md")
    assert found(folder) == [f"{deep}/end.md"]


@pytest.mark.parametrize(
    ("path", "network"),
    [
        ("/home/mo/novel", False),
        ("/mnt/share/novel", True),
        ("/mnt/share", True),
        ("/mnt/shared/novel", False),
        ("/mnt/share/disk/novel", False),
        ("/run/sshfs/novel", True),
        ("/media/stick/novel", False),
        ("/mnt/c/Users/mo", True),
    ],
)
def test_the_deepest_mount_tells_a_network_drive(path: str, network: bool) -> None:
    mounts = [
        ("/", "ext4"),
        ("/mnt/share", "cifs"),
        ("/mnt/share/disk", "ext4"),
        ("/run/sshfs", "fuse.sshfs"),
        ("/media/stick", "fuseblk"),
        ("/mnt/c", "9p"),
    ]
    assert is_network_mount(path, mounts) is network


def test_this_machine_answers(folder: Path) -> None:
    assert is_network_drive(folder) in {True, False}

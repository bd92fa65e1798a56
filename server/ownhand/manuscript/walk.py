"""Which files of a folder are the manuscript.

Hidden files and folders, what `.gitignore` or `.ownhandignore` names, other formats and the pages that Ownhand
makes are left out without a word. What a writer might miss is reported as Skipped, with the reason.
"""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pathspec import GitIgnoreSpec

from ownhand.errors import WriterError
from ownhand.manuscript.formats import SUFFIXES
from ownhand.manuscript.formats.front_matter import is_own_page
from ownhand.manuscript.model import Skipped

LARGEST_FILE = 32 * 1024 * 1024
"""Bytes. The longest novels are a tenth of this."""

_IGNORE_FILES = (".gitignore", ".ownhandignore")
_FOREIGN_FORMATS = frozenset({"doc", "odt", "pages", "wpd", "wps", "epub", "pdf", "scrivx", "fdx", "gdoc", "mobi"})
_FOREIGN = "a format that Ownhand can't read; save it as .docx, .md or .txt"
_HEAD_BYTES = 2000
# File systems that report other machines' changes late or never. 9p and drvfs: a Windows drive seen from WSL.
_NETWORK = frozenset(
    {"nfs", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "sshfs", "9p", "drvfs", "afpfs", "webdav", "davfs", "ncpfs"}
    | {"afs", "ceph", "glusterfs", "vboxsf", "prl_fs", "vmhgfs", "virtiofs"}
)


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A manuscript file. `relative` is its path under the folder with "/"; `size` in bytes."""

    path: Path
    relative: str
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class _Rules:
    """Ignore patterns that hold below `base`, an absolute path."""

    base: str
    spec: GitIgnoreSpec

    def verdict(self, path: str, is_folder: bool) -> bool | None:
        """True: ignored, False: taken back by a `!` pattern, None: not named."""
        relative = os.path.relpath(path, self.base).replace(os.sep, "/")
        return self.spec.check_file(relative + "/" * is_folder).include


@dataclass
class _Walk:
    root: str
    include: GitIgnoreSpec | None
    exclude: GitIgnoreSpec
    seen: set[tuple[int, int]] = field(default_factory=set)
    links: list[tuple[str, tuple[_Rules, ...]]] = field(default_factory=list)


def find_files(folder: Path, include: Sequence[str], exclude: Sequence[str]) -> Iterator[FoundFile | Skipped]:
    """The manuscript files under `folder`, each once, in the order of their names.

    `include` and `exclude` are patterns as in .gitignore, relative to `folder`; no `include` means every file in a
    format that Ownhand reads. Raises WriterError (at once, not at the first item) when `folder` is no folder.
    """
    if not folder.exists():
        raise WriterError(f"There is no folder {folder}.", "Check the path and try again.")
    if not folder.is_dir():
        raise WriterError(f"{folder} is a file, not a folder.", "Name the folder that the manuscript lies in.")
    root = os.path.realpath(folder)
    return _found(_Walk(root, _lenient_spec(include) if include else None, _lenient_spec(exclude)))


def find_sample(path: Path) -> FoundFile | Skipped:
    """A file from anywhere that the writer added to the manuscript."""
    try:
        status = path.stat()
        reason = _FOREIGN if _suffix(str(path)) in _FOREIGN_FORMATS else _unfit(str(path), status)
        if reason is None and _is_own_page(str(path)):
            reason = "a page that Ownhand made"
    except OSError as error:
        reason = f"the added sample can't be read ({_reason(error)})"
    return (
        Skipped(path.as_posix(), reason)
        if reason
        else FoundFile(path, path.as_posix(), status.st_size, status.st_mtime_ns)
    )


def is_network_drive(folder: Path) -> bool:
    """Does this folder lie where changes must be looked for because nobody reports them?"""
    if sys.platform == "win32" and str(folder).startswith(("\\\\", "//")):
        return True
    import psutil

    try:
        mounts = [(mount.mountpoint, mount.fstype) for mount in psutil.disk_partitions(all=True)]
    except OSError:
        return False
    return is_network_mount(os.path.realpath(folder), mounts)


def is_network_mount(path: str, mounts: Iterable[tuple[str, str]]) -> bool:
    """As `is_network_drive`, for a real path and (mount point, file system) pairs; the deepest mount counts."""
    depth, kind = -1, ""
    for point, system in mounts:
        inside = path == point or path.startswith(point.rstrip("/\\") + os.sep)
        if inside and len(point) >= depth:
            depth, kind = len(point), system.lower()
    return kind in _NETWORK or kind.startswith(("fuse.", "osxfuse", "macfuse"))


def _found(walk: _Walk) -> Iterator[FoundFile | Skipped]:
    yield from _folder(walk, walk.root, _inherited(walk.root))
    # Links come last: what they point to is mostly found under its own name, and then not a second time.
    while walk.links:
        path, rules = walk.links.pop(0)
        yield from _link(walk, path, rules)


def _folder(walk: _Walk, top: str, rules: tuple[_Rules, ...]) -> Iterator[FoundFile | Skipped]:
    pending = [(top, rules)]
    while pending:
        path, inherited = pending.pop()
        try:
            status = Path(path).stat()
            with os.scandir(path) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except FileNotFoundError:
            continue
        except OSError as error:
            yield Skipped(_relative(walk, path), f"this folder can't be read ({_reason(error)})")
            continue
        if not _first_time(walk, status):
            continue
        rules_here = (*inherited, *_own_rules(path, {entry.name for entry in entries}))
        folders: list[tuple[str, tuple[_Rules, ...]]] = []
        for entry in entries:
            if entry.name.startswith((".", "~$")):
                continue
            if entry.is_symlink():
                walk.links.append((entry.path, rules_here))
            elif entry.is_dir():
                if not _ignored(walk, entry.path, rules_here, is_folder=True):
                    folders.append((entry.path, rules_here))
            else:
                yield from _file(walk, entry.path, rules_here)
        pending.extend(reversed(folders))


def _file(walk: _Walk, path: str, rules: tuple[_Rules, ...]) -> Iterator[FoundFile | Skipped]:
    suffix = _suffix(path)
    if suffix not in SUFFIXES | _FOREIGN_FORMATS or _ignored(walk, path, rules, is_folder=False):
        return
    relative = _relative(walk, path)
    if walk.include is not None and not walk.include.match_file(relative):
        return
    reason = None if suffix in SUFFIXES else _FOREIGN
    try:
        status = Path(path).stat()
        if reason is None:
            reason = _unfit(path, status)
        if reason is None and suffix in {"md", "markdown"} and _is_own_page(path):
            return
    except FileNotFoundError:
        return
    except OSError as error:
        reason = f"can't be read ({_reason(error)})"
    if reason is not None:
        yield Skipped(relative.encode("utf-8", "replace").decode(), reason)
    elif _first_time(walk, status):
        yield FoundFile(Path(path), relative, status.st_size, status.st_mtime_ns)


def _unfit(path: str, status: os.stat_result) -> str | None:
    if not Path(path).is_file():
        return "not an ordinary file"
    if status.st_size > LARGEST_FILE:
        return f"larger than {LARGEST_FILE // 1024 // 1024} MB"
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return "its name isn't valid Unicode; rename it"
    return None if os.access(path, os.R_OK) else "no permission to read it"


def _link(walk: _Walk, path: str, rules: tuple[_Rules, ...]) -> Iterator[FoundFile | Skipped]:
    """What a link points to, if that lies in the folder and wasn't found already."""
    target = os.path.realpath(path)
    is_folder = Path(target).is_dir()
    if _ignored(walk, path, rules, is_folder) or not (is_folder or _suffix(path) in SUFFIXES):
        return
    if target == path or not os.path.lexists(target):
        yield Skipped(_relative(walk, path), "a link that leads nowhere")
    elif target != walk.root and not target.startswith(walk.root + os.sep):
        yield Skipped(_relative(walk, path), "a link to somewhere outside the manuscript folder")
    elif is_folder:
        yield from _folder(walk, path, rules)
    else:
        yield from _file(walk, path, rules)


def _inherited(root: str) -> tuple[_Rules, ...]:
    """Rules from the folders above, up to the root of the repository that `root` lies in; none outside of one."""
    above: list[str] = []
    for folder in (root, *map(str, Path(root).parents)):
        if folder != root:
            above.append(folder)
        if (Path(folder) / ".git").exists():
            return tuple(rule for parent in reversed(above) for rule in _own_rules(parent, {".gitignore"}))
    return ()


def _own_rules(folder: str, names: set[str]) -> Iterator[_Rules]:
    for name in _IGNORE_FILES:
        if name not in names:
            continue
        try:
            lines = (Path(folder) / name).read_text(encoding="utf-8-sig", errors="replace").splitlines()
        except OSError:
            continue
        yield _Rules(folder, _lenient_spec(lines))


def _lenient_spec(lines: Sequence[str]) -> GitIgnoreSpec:
    """As git reads it: a pattern that means nothing (a lone `!`) is passed over."""
    try:
        return GitIgnoreSpec.from_lines(lines)
    except ValueError:
        return GitIgnoreSpec.from_lines([line for line in lines if _is_pattern(line)])


def _is_pattern(line: str) -> bool:
    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True


def _ignored(walk: _Walk, path: str, rules: tuple[_Rules, ...], is_folder: bool) -> bool:
    relative = os.path.relpath(path, walk.root).replace(os.sep, "/") + "/" * is_folder
    if walk.exclude.match_file(relative):
        return True
    verdicts = (rule.verdict(path, is_folder) for rule in reversed(rules))
    return next((verdict for verdict in verdicts if verdict is not None), False)


def _first_time(walk: _Walk, status: os.stat_result) -> bool:
    key = (status.st_dev, status.st_ino)
    if key in walk.seen:
        return False
    walk.seen.add(key)
    return True


def _is_own_page(path: str) -> bool:
    with Path(path).open("rb") as stream:
        return is_own_page(stream.read(_HEAD_BYTES).decode("utf-8-sig", "replace").replace("\r\n", "\n"))


def _relative(walk: _Walk, path: str) -> str:
    return os.path.relpath(path, walk.root).replace(os.sep, "/")


def _suffix(path: str) -> str:
    return os.path.splitext(path)[1][1:].lower()  # noqa: PTH122 - a walk of thousands of plain strings


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()

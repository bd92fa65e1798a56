"""Does a path lie on a drive of another machine? SQLite's WAL mode needs memory that all its users share."""

import sys
from collections.abc import Iterable
from pathlib import Path, PurePath, PureWindowsPath

_KINDS = frozenset(
    (
        *("9p", "acfs", "afpfs", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "davfs2", "drvfs", "gfs2"),
        *("glusterfs", "gpfs", "gvfsd-fuse", "lustre", "ncpfs", "nfs", "nfs3", "nfs4", "ocfs2", "prl_fs", "rclone"),
        *("s3fs", "smb", "smb2", "smb3", "smbfs", "sshfs", "vboxsf", "vmhgfs", "vmhgfs-fuse", "webdav"),
    )
)
_DRIVE_REMOTE = 4


def is_on_network(path: Path) -> bool:
    """False when it can't be told."""
    if sys.platform == "win32":
        return is_unc(str(path)) or _is_remote_drive(path)
    import psutil  # here: the reading commands do without it

    try:
        mounts = [(part.mountpoint, part.fstype) for part in psutil.disk_partitions(all=True)]
        return is_network_kind(kind_of_drive(path.resolve(), mounts))
    except (OSError, RuntimeError, psutil.Error):
        return False


def kind_of_drive(path: PurePath, mounts: Iterable[tuple[str, str]]) -> str:
    """The kind of the file system that holds `path`, from (mount point, kind); of two at one point the later counts."""
    kind, depth = "", -1
    for point, of_kind in mounts:
        parts = len(PurePath(point).parts)
        if path.is_relative_to(point) and parts >= depth:
            kind, depth = of_kind, parts
    return kind


def is_network_kind(kind: str) -> bool:
    return kind.lower().removeprefix("fuse.") in _KINDS


def is_unc(path: str) -> bool:
    r""" "\\server\share\..." as Windows names it."""
    drive = PureWindowsPath(path).drive
    return drive.startswith("\\\\") and not (drive.startswith("\\\\?\\") and drive.endswith(":"))


def _is_remote_drive(path: Path) -> bool:
    if sys.platform != "win32":
        return False
    import ctypes

    return bool(ctypes.windll.kernel32.GetDriveTypeW(path.absolute().anchor) == _DRIVE_REMOTE)

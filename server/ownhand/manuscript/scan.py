"""The scan child: `python -m ownhand.manuscript.scan`. Reads what changed in the folder into the saved index.

Runs at the lowest priority and speaks JSON lines. Its first line of standard input is the job: {"index", "folder",
"include": [...], "exclude": [...]}; it answers {"event": "progress", "files": n, "of": m} and at the end one of
{"event": "done", "files", "changed", "removed", "skipped"}, {"event": "busy"} (another scan runs), {"event": "error",
"sentence", "next_step"}. It leaves when its standard input closes; what was committed until then stays and is right.
"""

import json
import logging
import os
import queue
import sqlite3
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ownhand import processes
from ownhand.errors import WriterError
from ownhand.manuscript import formats, index, marks, upkeep
from ownhand.manuscript.encoding import Unreadable
from ownhand.manuscript.model import Skipped
from ownhand.manuscript.salvage import salvage
from ownhand.manuscript.upkeep import FileNow, ReadFile
from ownhand.manuscript.walk import FoundFile, find_files, find_sample

BATCH_FILES = 64
BATCH_BYTES = 1_000_000
"""Files and bytes per transaction: readers see the manuscript grow, memory stays bounded."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """What to scan, into which index."""

    index: Path
    folder: Path
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "index": str(self.index), "folder": str(self.folder)}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Job":
        return cls(Path(value["index"]), Path(value["folder"]), tuple(value["include"]), tuple(value["exclude"]))


@dataclass(frozen=True)
class Outcome:
    """Files of the manuscript, how many of them were read now, how many went, how many were skipped."""

    files: int
    changed: int
    removed: int
    skipped: int


Progress = Callable[[int, int], None]
"""Called with the number of files read and of files to read."""


def scan(job: Job, on_progress: Progress) -> Outcome:
    """Bring the index up to date; a damaged one is moved aside and made anew. Raises WriterError and index.Busy."""
    with index.scan_lock(job.index):
        if not index.is_noted_damaged(job.index):
            try:
                return _scan(job, on_progress)
            except sqlite3.DatabaseError as error:
                if not index.is_damage(error):
                    raise
        return _scan(job, on_progress, instead_of=index.move_aside(job.index))


def _scan(job: Job, on_progress: Progress, *, instead_of: Path | None = None) -> Outcome:
    connection = index.open_for_writing(job.index)
    try:
        with index.writer_errors(job.index):
            if instead_of is not None:
                salvage(instead_of, connection)
            return _Scan(job, connection, on_progress).run()
    finally:
        connection.close()


class _Scan:
    def __init__(self, job: Job, connection: sqlite3.Connection, on_progress: Progress) -> None:
        self.job = job
        self.connection = connection
        self.on_progress = on_progress

    def run(self) -> Outcome:
        found, skipped = self._walk()
        rows = self.connection.execute("SELECT path, mtime_ns, size, skipped FROM files").fetchall()
        known = {path: (mtime_ns, size) for path, mtime_ns, size, reason in rows if reason is None}
        changed = [item for item in found if known.get(item.relative) != (item.mtime_ns, item.size)]
        present = {item.relative for item in found} | {item.path for item in skipped}
        removed = [row[0] for row in rows if row[0] not in present]
        with upkeep.transaction(self.connection):
            upkeep.forget_files(self.connection, removed)
            upkeep.update_files(
                self.connection, [upkeep.read(FileNow(item.path, 0, 0, None, item.reason)) for item in skipped]
            )
        self._read(changed)
        with upkeep.transaction(self.connection):
            marks.decide(self.connection)
        self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return Outcome(len(found), len(changed), len(removed), len(skipped))

    def _walk(self) -> tuple[list[FoundFile], list[Skipped]]:
        found: list[FoundFile] = []
        skipped: list[Skipped] = []
        for item in find_files(self.job.folder, self.job.include, self.job.exclude):
            (found if isinstance(item, FoundFile) else skipped).append(item)  # type: ignore[arg-type]
        if not self.job.folder.is_dir():
            raise WriterError(
                f"The folder {self.job.folder} went away while it was read.", "Bring it back, then try again."
            )
        here = {str(item.path) for item in found}
        for (path,) in self.connection.execute("SELECT path FROM samples ORDER BY path").fetchall():
            if os.path.realpath(path) in here:
                continue  # a page of the manuscript itself
            sample = find_sample(Path(path))
            (found if isinstance(sample, FoundFile) else skipped).append(sample)  # type: ignore[arg-type]
        return found, skipped

    def _read(self, changed: Sequence[FoundFile]) -> None:
        done = 0
        self.on_progress(0, len(changed))
        for batch in _batches(changed):
            files = [file for item in batch if (file := _read(item)) is not None]
            with upkeep.transaction(self.connection):
                upkeep.update_files(self.connection, files)
            done += len(batch)
            self.on_progress(done, len(changed))


def _read(item: FoundFile) -> ReadFile | None:
    """None for a file that went away in between."""

    def skipped(why: str) -> ReadFile:
        return upkeep.read(FileNow(item.relative, item.mtime_ns, item.size, None, why))

    try:
        parsed = formats.parse(item.path.suffix, item.path.read_bytes())
        if parsed.off:
            return skipped("you wrote `ownhand: off` in it")
        return upkeep.read(FileNow(item.relative, item.mtime_ns, item.size, parsed))
    except FileNotFoundError:
        return None
    except Unreadable as error:
        return skipped(error.reason)
    except OSError as error:
        return skipped(f"it can't be read ({error.strerror})")
    except Exception as error:
        # A file that no parser was ready for must not keep the whole manuscript from being read.
        log.warning("A file could not be taken apart (%s).", type(error).__name__)
        return skipped("Ownhand can't make sense of it; save it anew or in another format")


def _batches(items: Sequence[FoundFile]) -> Iterator[list[FoundFile]]:
    batch: list[FoundFile] = []
    for item in items:
        if batch and (len(batch) == BATCH_FILES or sum(entry.size for entry in batch) + item.size > BATCH_BYTES):
            yield batch
            batch = []
        batch.append(item)
    if batch:
        yield batch


def _say(event: str, **values: Any) -> None:
    sys.stdout.write(json.dumps({"event": event, **values}) + "\n")
    sys.stdout.flush()


def main() -> int:
    """Exit status 0 unless the scan failed."""
    processes.die_with_parent()
    processes.lowest_priority()
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(message)s")
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    processes.leave_when_stdin_closes(lines.put)
    job = Job.from_json(json.loads(lines.get()))
    try:
        outcome = scan(job, lambda files, of: _say("progress", files=files, of=of))
    except index.Busy:
        _say("busy")
        return 0
    except WriterError as error:
        _say("error", sentence=error.sentence, next_step=error.next_step)
        return 1
    _say("done", **asdict(outcome))
    return 0


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    os._exit(status)  # at once: the thread that watches standard input must not hold up the interpreter's end

"""A ledger in a folder of its own, and a writer's sitting as facts."""

import itertools
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from ownhand.errors import WriterError
from ownhand.home import make_private_folder
from ownhand.verdicts.facts import Checked, Fact, Instead, Judged, Learned, Offered, Settled, Shown, Verdict
from ownhand.verdicts.ledger import ledger as ledger_module
from ownhand.verdicts.ledger.ledger import Ledger

BEFORE = (
    "The ferry came in under the lamp, and nobody got off. She had counted the steps down to the water, and there "
    "were eleven of them; the twelfth was under the tide.\n\nHer brother would have said that it was always there. "
)
AFTER = "\n\nIn the morning the boat was gone from its ring."
TEXT = "She went down to it with her shoes in her hand."
NOON = float(round(time.time()) - 7200)
"""When facts are noted in these tests: a while ago, and not so long that their texts would be dropped."""


def offered(name: str, at: float = NOON, **other: Any) -> Offered:
    values: dict[str, Any] = {
        "document": "chapters/02 the ferry.md",
        "position": len(BEFORE),
        "form": "prose",
        "length": "sentence",
        "characters": len(TEXT),
        "words": 11,
        "invoked": False,
        "engine": "embedded",
        "model": "smollm2-135m",
        "adapter": None,
        "sampling": '{"temperature": 0.7}',
        "prompt_digest": b"\x07" * 16,
        "milliseconds": 412.0,
        "first_token_ms": 96.5,
    }
    return Offered(name, at, **{**values, **other})


def shown(name: str, at: float = NOON + 1, **other: Any) -> Shown:
    return Shown(name, at, **{"learned": Learned.INFERRED, "text": TEXT, "before": BEFORE, "after": AFTER, **other})


def judged(name: str, verdict: Verdict, at: float = NOON + 3, **other: Any) -> Judged:
    return Judged(name, at, verdict, **{"learned": Learned.INFERRED, **other})


def accepted(name: str, at: float = NOON + 3, **other: Any) -> Judged:
    values: dict[str, Any] = {"learned": Learned.COMMAND, "characters": len(TEXT), "keys": 1}
    return judged(name, Verdict.ACCEPTED, at, **{**values, **other})


def looks(name: str, at: float = NOON + 3) -> list[Fact]:
    """Five looks that find the text untouched, and the settled text."""
    checks: list[Fact] = [Checked(name, at + due, due, due + 0.2, 0.0, True) for due in (15, 30, 120, 300, 600)]
    return [*checks, Settled(name, at + 600, TEXT)]


def kept(name: str, at: float = NOON, **other: Any) -> list[Fact]:
    """Offered, shown, accepted whole, still there at all looks."""
    return [offered(name, at, **other), shown(name, at + 1), accepted(name, at + 3), *looks(name, at + 3)]


def typed_past(name: str, at: float = NOON, instead: str = "He did not look back at the house.") -> list[Fact]:
    return [
        offered(name, at),
        shown(name, at + 1),
        judged(name, Verdict.TYPED_PAST, at + 4, sure=0.9),
        Instead(name, at + 30, instead),
    ]


class Ledgers:
    """Ledgers of one voice, as several processes have them; closed at the end of the test."""

    def __init__(self, path: Path) -> None:
        self.path = path
        make_private_folder(path.parent)
        self.said: list[WriterError] = []
        self._open: list[Ledger] = []

    def open(self, **other: Any) -> Ledger:
        ledger = Ledger(self.path, on_trouble=self.said.append, **other)
        self._open.append(ledger)
        return ledger

    def note(self, *facts: Fact, keep: bool = False) -> None:
        """Write facts in a sitting of their own."""
        ledger = self.open()
        if keep:
            ledger.keep()
        hand_over(ledger, *facts)
        assert ledger.flush(20)
        ledger.close(20)

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.path)) as connection:
            return connection.execute(query, values).fetchall()

    def change(self, script: str) -> None:
        with closing(sqlite3.connect(self.path)) as connection:
            connection.executescript(script)

    def sentences(self) -> list[str]:
        return [str(error) for error in self.said]

    def close(self) -> None:
        for ledger in self._open:
            ledger.close(20)


def hand_over(ledger: Ledger, *facts: Fact) -> None:
    for fact in facts:
        ledger.hand_over(fact)


def until(holds: Callable[[], object], seconds: float = 30) -> None:
    """Wait for what another thread or process does."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def spoil(path: Path, *, holding: bytes, most: int = 1000) -> int:
    """Overwrite the pages of a closed ledger that hold these bytes; returns how many."""
    with closing(sqlite3.connect(path)) as connection:
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    data = bytearray(path.read_bytes())
    pages = [start for start in range(size, len(data), size) if holding in data[start : start + size]][:most]
    for start in pages:
        data[start : start + size] = b"\xa5" * size
    path.write_bytes(bytes(data))
    return len(pages)


def write_until_killed(path: Path, sitting: int, acknowledged: Connection) -> None:
    """In a process of its own: note suggestions as fast as they are committed, and say how many are."""
    ledger_module.COMMIT_EVERY = 0.002
    ledger = Ledger(path)
    ledger.keep()
    for number in itertools.count():
        hand_over(ledger, *kept(f"{sitting}-{number}"))
        if number % 3 == 0 and ledger.flush(30):
            acknowledged.send_bytes(str(number + 1).encode())


def write_and_wait(path: Path, said: Connection) -> None:
    """In a process of its own: note an acceptance, say so, and go on until somebody ends it."""
    ledger = Ledger(path)
    hand_over(ledger, offered("a"), shown("a"), accepted("a"))
    said.send(ledger.flush(30))
    time.sleep(600)


def write_on_a_full_disk(path: Path, limit: int, said: Connection) -> None:
    """In a process of its own: note suggestions while no file may grow beyond `limit` bytes, then make room."""
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    ledger = Ledger(path, on_trouble=lambda error: said.send(str(error)))
    number = 0
    while ledger.flush(3):
        for _ in range(40):
            number += 1
            hand_over(ledger, *kept(f"{number}"))
    time.sleep(1.5)  # a few more attempts, about which nothing more is to be said
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    said.send(number if ledger.flush(30) else -1)
    ledger.close(20)

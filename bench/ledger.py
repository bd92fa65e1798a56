"""The ledger: what handing over costs the server, what a typed manuscript takes on disk, figures of a million."""

import secrets
import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from bench.figures import Figure, quantile
from bench.scan import write_manuscript
from ownhand.verdicts.facts import (
    MOST_BEFORE,
    SURVIVAL_AGES,
    Checked,
    Fact,
    Instead,
    Judged,
    Learned,
    Offered,
    Settled,
    Shown,
    Verdict,
)
from ownhand.verdicts.ledger import opening, schema
from ownhand.verdicts.ledger.ledger import Ledger
from ownhand.verdicts.reading.figures import read_statistics, recent

_SAMPLING = (
    '{"max_tokens": 48, "temperature": 0.7, "top_p": 0.95, "min_p": 0.05, "repeat_penalty": 1.05, "stop": ["\\n"]}'
)


def measure(scratch: Path, shown: int = 2000, many: int = 1_000_000) -> list[Figure]:
    """Type a manuscript with `shown` suggestions, then make up a ledger of `many`."""
    handed, size = _type_along(scratch, shown)
    took, latest, note = _figures_of(scratch / "many" / opening.LEDGER_NAME, many)
    return [
        Figure("ledger: a fact handed over, p99", 1000 * quantile(handed, 0.99), "ms", 1),
        Figure("ledger: on disk for 1,000 shown suggestions", size / shown / 1000, "MB", 3, note="texts and moments"),
        Figure("ledger: statistics over a million suggestions", 1000 * took, "ms", 300, note=note),
        Figure("ledger: the last 50 of them with context", 1000 * latest, "ms"),
    ]


def _type_along(scratch: Path, shown: int) -> tuple[list[float], int]:
    """Seconds for each handing over, and bytes on disk, with the server's own writing going on beside."""
    path, times = scratch / "typed" / opening.LEDGER_NAME, list[float]()
    ledger = Ledger(path, editor="bench")
    for facts in _sitting(scratch / "typed pages", shown):
        for fact in facts:
            started = time.perf_counter()
            ledger.hand_over(fact)
            times.append(time.perf_counter() - started)
        time.sleep(0.002)
    ledger.flush(120)
    ledger.close(120)
    return times, sum(file.stat().st_size for file in path.parent.iterdir())


def _sitting(folder: Path, shown: int) -> Iterator[list[Fact]]:
    """What is noted while a manuscript is typed: eight words, a suggestion of twelve that is taken or typed past. Each
    comes after one that nobody saw, and all five looks and the settled text are noted."""
    write_manuscript(folder, shown // 200 + 1, 4200)
    number = 0
    for page in sorted(folder.iterdir()):
        words = page.read_text(encoding="utf-8").split(" ")
        for place in range(8, len(words) - 12, 20):
            before, text = " ".join(words[:place]), " " + " ".join(words[place : place + 12])
            yield [
                _offer(secrets.token_hex(8), page.name, before, text),
                *_shown(page.name, before, text, number % 2 == 0),
            ]
            number += 1
            if number == shown:
                return


def _offer(name: str, document: str, before: str, text: str) -> Offered:
    return Offered(
        name,
        time.time(),
        document,
        len(before),
        "prose",
        "sentence",
        len(text),
        12,
        False,
        "embedded",
        "smollm2-135m",
        None,
        _SAMPLING,
        secrets.token_bytes(16),
        412.5,
        96.25,
    )


def _shown(document: str, before: str, text: str, taken: bool) -> Iterator[Fact]:
    name, now = secrets.token_hex(8), time.time()
    yield _offer(name, document, before, text)
    yield Shown(name, now, Learned.INFERRED, text, before[-MOST_BEFORE:], "")
    if taken:
        yield Judged(name, now, Verdict.ACCEPTED, Learned.COMMAND, 1.0, len(text), 1)
    else:
        yield Judged(name, now, Verdict.TYPED_PAST, Learned.INFERRED, 0.9)
        yield Instead(name, now, text)
    for age in SURVIVAL_AGES:
        yield Checked(name, now + age, age, age + 0.3, 0.1, True, 2)
    yield Settled(name, now, text)


_MANY = """
WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {many})
INSERT INTO offered SELECT n, printf('%016x', n), 1, n, 1 + n % 40, n, CASE WHEN n % 5 THEN 'prose' ELSE 'verse' END,
    'sentence', 60, 1 + n % 40, 0, 1 + n % 6, x'07', 400, 90 FROM numbers;
INSERT INTO shown SELECT NULL, id, 1, at, 'inferred' FROM offered WHERE id % 2;
INSERT INTO judged SELECT NULL, offered, 1, at, CASE WHEN offered % 3 THEN 'typed_past' ELSE 'accepted' END, 'inferred',
    1.0, 60, 1, '', 0, 60 FROM shown;
INSERT INTO checked SELECT NULL, offered, 1, at, 300, 300.2, 0.0, 1, 0 FROM judged WHERE verdict = 'accepted';
"""


def _figures_of(path: Path, many: int) -> tuple[float, float, str]:
    """Seconds for the statistics and for the last ones, as a command reads them: the file is opened each time."""
    path.parent.mkdir(mode=0o700)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        opening.set_up(connection, wal=True)
        with opening.transaction(connection):
            schema.make_tables(connection)
            connection.executemany("INSERT INTO documents VALUES (?, ?)", [(n, f"{n}.md") for n in range(1, 41)])
            sources = [(n, "embedded", f"model {n % 2}", f"{n % 3}", _SAMPLING) for n in range(1, 7)]
            connection.executemany("INSERT INTO sources VALUES (?, ?, ?, ?, ?)", sources)
            schema.run(connection, _MANY.format(many=many))
            started = time.perf_counter()
            schema.derive(connection)
            derived = time.perf_counter() - started
            connection.execute(f"PRAGMA user_version = {schema.FORMAT}")
    assert read_statistics(path).total.offered == many
    took = [_seconds(lambda: read_statistics(path)) for _ in range(9)]
    latest = [_seconds(lambda: recent(path, 50)) for _ in range(9)]
    return statistics.median(took), statistics.median(latest), f"made anew from the facts in {derived:.0f} s"


def _seconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started

"""Processes that are killed, and disks that are full, while the ledger is written."""

import multiprocessing
import os
import random
import sqlite3
import time
from contextlib import closing
from multiprocessing.connection import Connection
from typing import Any

import pytest

from ledger_facts import Ledgers, write_on_a_full_disk, write_until_killed
from ownhand.verdicts.reading.figures import read_statistics

pytestmark = pytest.mark.skipif(os.name == "nt", reason="processes are started otherwise there")


@pytest.fixture(scope="module")
def processes() -> Any:
    """Processes that have everything imported when they begin."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["ledger_facts"])
    return context


def last_of(acknowledged: Connection) -> int:
    """What a process that is no more had said last."""
    last = 0
    try:
        while True:
            last = int(acknowledged.recv_bytes())
    except EOFError:
        return last


@pytest.mark.timeout(180)
def test_a_process_killed_at_any_moment_loses_nothing_that_was_acknowledged(ledgers: Ledgers, processes: Any) -> None:
    ledgers.path.parent.mkdir(mode=0o700, exist_ok=True)
    dice = random.Random()
    promised: dict[int, int] = {}
    for sitting in range(50):
        here, there = processes.Pipe(duplex=False)
        process = processes.Process(target=write_until_killed, args=(ledgers.path, sitting, there))
        process.start()
        there.close()
        if dice.random() < 0.8:
            here.poll(30)  # else while it still opens the file
        time.sleep(dice.uniform(0, 0.1))
        process.kill()
        process.join()
        promised[sitting] = last_of(here)
        here.close()
    assert sum(promised.values()) > 100
    assert ledgers.rows("PRAGMA quick_check") == [("ok",)]
    for sitting, count in promised.items():
        rows = ledgers.rows(
            "SELECT count(*) FROM offered JOIN fates ON fates.offered = offered.id JOIN texts USING (offered) "
            "WHERE suggestion LIKE ? AND fate = 'accepted' AND kept = 1 AND texts.settled IS NOT NULL",
            f"{sitting}-%",
        )
        assert rows[0][0] >= count
    with closing(sqlite3.connect(ledgers.path)) as connection:
        assert connection.execute("SELECT count(*) FROM fates").fetchone() == (
            read_statistics(ledgers.path).total.offered,
        )


@pytest.mark.timeout(120)
def test_a_full_disk_is_said_once_and_nothing_is_lost(ledgers: Ledgers, processes: Any) -> None:
    ledgers.path.parent.mkdir(mode=0o700, exist_ok=True)
    here, there = processes.Pipe(duplex=False)
    process = processes.Process(target=write_on_a_full_disk, args=(ledgers.path, 400_000, there))
    process.start()
    there.close()
    sentence, written = here.recv(), here.recv()
    process.join()
    assert "can't write what becomes of suggestions" in sentence
    assert "Free some space" in sentence
    assert written > 40
    assert read_statistics(ledgers.path).total.kept_300s == written
    assert ledgers.rows("PRAGMA quick_check") == [("ok",)]

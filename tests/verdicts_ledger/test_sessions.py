"""Which sittings are over: known by a lock that the system takes back, and not by the clock or by numbers."""

import errno
import multiprocessing
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from multiprocessing.connection import Connection

import pytest

from ledger_facts import Ledgers, accepted, hand_over, kept, offered, shown, write_and_wait
from ownhand.verdicts.ledger import sessions
from ownhand.verdicts.ledger.ledger import Ledger
from ownhand.verdicts.reading.orphans import pending_checks

OPEN = (offered("a"), shown("a"), accepted("a"))
"""An acceptance whose looks are to come."""


def gone(ledgers: Ledgers) -> list[int]:
    with closing(sqlite3.connect(ledgers.path)) as connection:
        return sessions.ended_uncleanly(connection, ledgers.path)


def locks(ledgers: Ledgers) -> list[str]:
    return [file.name for file in sessions.lock_files(ledgers.path)[:-1]]


@pytest.fixture
def living(ledgers: Ledgers) -> Ledger:
    ledger = ledgers.open()
    hand_over(ledger, *OPEN)
    assert ledger.flush(20)
    return ledger


@contextmanager
def another_process(ledgers: Ledgers) -> Iterator[Callable[[], None]]:
    """A process that noted OPEN and goes on; what is yielded kills it."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=write_and_wait, args=(ledgers.path, there))
    process.start()
    there.close()
    said: Connection = here
    try:
        assert said.poll(50)

        def kill() -> None:
            process.kill()
            process.join()

        yield kill
    finally:
        process.kill()
        process.join()


def test_a_session_lives_until_its_clean_end(ledgers: Ledgers, living: Ledger) -> None:
    assert gone(ledgers) == pending_checks(ledgers.path) == []
    assert len(locks(ledgers)) == 1
    living.close(20)
    assert gone(ledgers) == locks(ledgers) == []
    assert [each.suggestion for each in pending_checks(ledgers.path)] == ["a"]


def test_a_clock_that_was_set_ends_no_session(ledgers: Ledgers, living: Ledger) -> None:
    """The start time of a process is reckoned from the clock: after a change, or from another container, a server that
    went on writing was taken for dead, and its looks were made twice."""
    ledgers.change(
        "UPDATE sessions SET process_started = process_started - 3600, process = 4194399, host = 'elsewhere'"
    )
    assert gone(ledgers) == pending_checks(ledgers.path) == []


def test_another_process_lives_until_it_is_killed(ledgers: Ledgers) -> None:
    with another_process(ledgers) as kill:
        ledgers.change("UPDATE sessions SET process_started = 0")
        assert gone(ledgers) == pending_checks(ledgers.path) == []
        assert len(locks(ledgers)) == 1
        kill()
        # Its number may be somebody else's by now, as it is in another container.
        ledgers.change(f"UPDATE sessions SET process = {os.getpid()}")
        assert gone(ledgers) == [1]
        assert [each.suggestion for each in pending_checks(ledgers.path)] == ["a"]
    ledgers.note(*kept("b"), keep=True)
    assert gone(ledgers) == locks(ledgers) == []


def test_where_there_are_no_locks_a_process_is_known_by_its_number(
    ledgers: Ledgers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(descriptor: int) -> bool:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(sessions, "lock", no_locks)
    ledger = ledgers.open()
    hand_over(ledger, *OPEN)
    assert ledger.flush(20)
    assert gone(ledgers) == locks(ledgers) == []
    ledgers.change("UPDATE sessions SET process = 4194399")
    assert gone(ledgers) == [1]
    ledgers.change("UPDATE sessions SET host = 'elsewhere'")
    assert gone(ledgers) == [], "numbers of another machine say nothing"
    ledgers.change("UPDATE sessions SET started = 0")
    assert gone(ledgers) == [1]


def test_a_lock_that_somebody_removed_is_taken_again_with_the_next_ledger(ledgers: Ledgers, living: Ledger) -> None:
    for file in [*ledgers.path.parent.glob("ledger*"), *sessions.lock_files(ledgers.path)]:
        file.rmdir() if file.is_dir() else file.unlink()
    hand_over(living, *OPEN)
    assert living.flush(20)
    assert len(locks(ledgers)) == 1
    assert gone(ledgers) == []

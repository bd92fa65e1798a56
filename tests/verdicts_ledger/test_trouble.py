"""A ledger that is damaged, locked, newer, or where nothing can be written: one sentence, and nothing is lost."""

import asyncio
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ledger_facts import NOON, TEXT, Ledgers, accepted, hand_over, kept, offered, shown, spoil, typed_past, until
from ownhand.errors import WriterError
from ownhand.verdicts.facts import Whose
from ownhand.verdicts.ledger import ledger as ledger_module
from ownhand.verdicts.ledger import opening, salvage, schema, waiting
from ownhand.verdicts.ledger.retention import purge
from ownhand.verdicts.reading.figures import accepted_texts, load_whose, read_statistics, recent


def end_uncleanly(ledgers: Ledgers) -> None:
    """As if the last sitting's process had been killed: its number is nobody's any more."""
    ledgers.change("UPDATE sessions SET ended = NULL, process = 4194399")


@pytest.fixture
def grown(ledgers: Ledgers) -> Ledgers:
    """Two hundred accepted suggestions and as many that were typed past."""
    facts = [fact for number in range(200) for fact in kept(f"kept-{number:03}", adapter="3")]
    others = [fact for number in range(200) for fact in typed_past(f"past-{number:03}")]
    ledgers.note(*facts, *others, Whose("a.md", NOON, b"1", b"runs", b"tokens"))
    end_uncleanly(ledgers)
    return ledgers


def broken(ledgers: Ledgers) -> list[str]:
    return [file.name for file in opening.broken_ones(ledgers.path) if not file.name.endswith("-wal")]


def test_what_can_be_read_of_a_damaged_ledger_is_saved_by_the_keeper(grown: Ledgers) -> None:
    assert spoil(grown.path, holding=b"kept-020", most=1) == 1
    grown.note(*kept("new"), keep=True)
    until(lambda: grown.said)
    (said,) = grown.sentences()
    (aside,) = broken(grown)
    assert aside in said
    assert "could be saved" in said
    found = read_statistics(grown.path)
    assert 300 < found.total.offered < 401
    assert found.total.accepted + found.total.typed_past == found.total.offered
    assert found.total.kept_300s == found.total.accepted
    assert found.by_adapter["3"].accepted > 100
    assert recent(grown.path, 1)[0].suggestion == "new"
    assert {row.text for row in recent(grown.path, 500)} == {TEXT}
    assert load_whose(grown.path, "a.md") == Whose("a.md", NOON, b"1", b"runs", b"tokens")
    assert grown.rows("PRAGMA integrity_check") == [("ok",)]


def test_damage_is_looked_for_only_after_an_unclean_end(grown: Ledgers) -> None:
    grown.change("UPDATE sessions SET ended = 1")
    spoil(grown.path, holding=b"kept-020", most=1)
    grown.note(offered("new"), keep=True)
    assert broken(grown) == []
    end_uncleanly(grown)
    grown.note(offered("newer"), keep=True)
    until(lambda: broken(grown))
    grown.note(offered("newest"), keep=True)
    assert len(broken(grown)) == 1, "a known end is not looked into again"


@pytest.mark.parametrize(
    "rubbish", [b"\0" * 8192, b"It was a dark night." * 900, b"SQLite format 3\0" + b"\x07" * 5000]
)
def test_a_file_that_is_no_database_is_moved_aside(ledgers: Ledgers, rubbish: bytes) -> None:
    ledgers.path.parent.mkdir(exist_ok=True)
    ledgers.path.write_bytes(rubbish)
    ledgers.note(*kept("a"), keep=True)
    assert len(broken(ledgers)) == 1
    assert read_statistics(ledgers.path).total.accepted == 1
    ledgers.path.write_bytes(rubbish)
    with pytest.raises(WriterError, match="damaged"):
        read_statistics(ledgers.path)
    ledgers.note(*kept("b"), keep=True)
    assert len(broken(ledgers)) == 1, "only the last damaged one is kept"


def test_who_is_not_the_keeper_waits_for_the_keeper_to_mend(ledgers: Ledgers) -> None:
    ledgers.path.parent.mkdir(exist_ok=True)
    ledgers.path.write_bytes(b"rubbish" * 2000)
    other = ledgers.open()
    hand_over(other, *kept("from the other"))
    assert not other.flush(1)
    assert ledgers.said == []
    assert ledgers.path.read_bytes() == b"rubbish" * 2000
    keeper = ledgers.open()
    keeper.keep()
    until(lambda: ledgers.said)
    assert other.flush(20)
    assert read_statistics(ledgers.path).total.accepted == 1
    assert len(ledgers.said) == 1


def test_a_ledger_that_is_mended_under_a_running_server_loses_nothing_of_it(grown: Ledgers) -> None:
    """The other server has the damaged file open, which the keeper moves aside."""
    other, keeper = grown.open(), grown.open()
    hand_over(other, offered("before"), shown("before"))
    assert other.flush(20)
    opening.note_damage(grown.path)
    with closing(sqlite3.connect(grown.path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with grown.path.open("r+b") as stream:
        data = grown.path.read_bytes()
        stream.seek(data.index(b"past-199") // 4096 * 4096)
        stream.write(b"\xa5" * 4096)
    keeper.keep()
    until(lambda: broken(grown))
    hand_over(other, accepted("before"))
    hand_over(other, *kept("after"))
    assert other.flush(20)
    assert {row.suggestion: row.fate for row in recent(grown.path, 2)} == {"after": "accepted", "before": "accepted"}


def test_a_newer_ledger_is_refused_and_left_as_it_is(grown: Ledgers) -> None:
    grown.change(f"PRAGMA user_version = {schema.FORMAT + 1}")
    before = grown.path.read_bytes()
    for keep in (False, True):
        ledger = grown.open()
        if keep:
            ledger.keep()
        hand_over(ledger, *kept("a"))
        assert not ledger.flush(1)
        ledger.close(20)
    with pytest.raises(WriterError, match="newer Ownhand"):
        read_statistics(grown.path)
    with pytest.raises(WriterError, match="newer Ownhand"):
        purge(grown.path, "a.md")
    assert grown.path.read_bytes() == before
    assert ["newer Ownhand" in sentence for sentence in grown.sentences()] == [True, True]


def test_a_newer_ledger_whose_server_was_killed_is_left_as_it_is(grown: Ledgers, tmp_path: Path) -> None:
    """The new format may stand in the WAL alone, which must not be tidied up."""
    with closing(sqlite3.connect(grown.path)) as connection:
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute(f"PRAGMA user_version = {schema.FORMAT + 1}")
        shutil.copytree(grown.path.parent, tmp_path / "killed")
    killed = Ledgers(tmp_path / "killed" / grown.path.name)
    files = [killed.path, killed.path.with_name(killed.path.name + "-wal")]
    before = [file.read_bytes() for file in files]
    ledger = killed.open()
    hand_over(ledger, offered("a"))
    assert not ledger.flush(1)
    killed.close()
    assert [file.read_bytes() for file in files] == before


def test_an_old_ledger_is_brought_up_by_the_keeper_alone(grown: Ledgers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, "CREATE TABLE moods (at REAL);\n"))
    monkeypatch.setattr(schema, "FORMAT", schema.FORMAT + 1)
    other = grown.open()
    hand_over(other, *kept("a"))
    assert not other.flush(0.5)
    with pytest.raises(WriterError, match="older Ownhand"):
        read_statistics(grown.path)
    grown.open().keep()
    assert other.flush(20)
    assert grown.rows("SELECT count(*) FROM moods") == [(0,)]
    assert read_statistics(grown.path).total.accepted == 201
    assert grown.said == []


@pytest.fixture
def of_format_1(ledgers: Ledgers) -> Ledgers:
    """An accepted suggestion, as the first format held it."""
    ledgers.path.parent.mkdir(exist_ok=True)
    with closing(sqlite3.connect(ledgers.path)) as connection:
        schema.run(connection, schema.MIGRATIONS[0])
        connection.executescript(f"""
            INSERT INTO sessions VALUES (1, 4194399, {NOON}, 'vscode', '0.1', {NOON}, NULL, NULL);
            INSERT INTO documents VALUES (1, 'a.md');
            INSERT INTO sources VALUES (1, 'embedded', 'smollm2-135m', '', '');
            INSERT INTO offered VALUES (1, 'old', 1, {NOON}, 1, 0, 'prose', 'sentence', 47, 11, 0, 1, x'07', 1.0, 1.0);
            INSERT INTO judged VALUES (1, 1, 1, {NOON}, 'accepted', 'command', 1.0, 8, 1, '');
            INSERT INTO texts VALUES (1, {NOON}, '{TEXT}', NULL, NULL, '');
            PRAGMA user_version = 1;
        """)
    return ledgers


@pytest.mark.parametrize("mend", [False, True])
def test_a_ledger_of_the_first_format(of_format_1: Ledgers, mend: bool) -> None:
    if mend:
        salvage.mend(of_format_1.path)
    of_format_1.note(offered("new"), keep=True)
    assert of_format_1.rows("PRAGMA user_version") == [(schema.FORMAT,)]
    assert of_format_1.rows("SELECT characters, first, last FROM judged") == [(8, 0, 0)]
    assert of_format_1.rows("SELECT host, token, gone IS NULL FROM sessions WHERE id = 1") == [("", "", 0)]
    assert accepted_texts(of_format_1.path) == ["She went"]
    assert read_statistics(of_format_1.path).total.offered == 2


def test_a_lock_that_another_program_holds(grown: Ledgers, monkeypatch: pytest.MonkeyPatch) -> None:
    """Facts wait; after some seconds one message; they are written when the lock is gone."""
    monkeypatch.setattr(ledger_module, "_LOCKED_LONG", 1.5)
    ledger = grown.open()
    with closing(sqlite3.connect(grown.path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        hand_over(ledger, *kept("a"))
        assert not ledger.flush(1)
        assert grown.said == []
        until(lambda: grown.said)
        hand_over(ledger, *kept("b"))
        assert not ledger.flush(1)
        assert read_statistics(grown.path).total.accepted == 200, "a lock keeps no reader out"
        connection.execute("ROLLBACK")
    assert ledger.flush(20)
    assert read_statistics(grown.path).total.accepted == 202
    (said,) = grown.sentences()
    assert "locked" in said


@pytest.fixture
def unwritable(grown: Ledgers) -> Iterator[Ledgers]:
    """A ledger in a folder that nobody may write to; for the superuser, seen with a plain user's eyes."""
    folder = Path(tempfile.mkdtemp())
    path = folder / "voice" / grown.path.name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(grown.path.read_bytes())
    path.chmod(0o444)
    path.parent.chmod(0o555)
    folder.chmod(0o755)
    superuser = os.geteuid() == 0
    if superuser:
        os.seteuid(65534)
    yield Ledgers(path)
    if superuser:
        os.seteuid(0)
    path.parent.chmod(0o755)
    shutil.rmtree(folder)


@pytest.mark.skipif(os.name == "nt", reason="permissions work otherwise there")
def test_where_nobody_may_write_figures_are_read_and_facts_wait(unwritable: Ledgers) -> None:
    assert read_statistics(unwritable.path).total.accepted == 200
    assert len(accepted_texts(unwritable.path)) == 200
    ledger = unwritable.open()
    hand_over(ledger, *kept("a"))
    assert not ledger.flush(2)
    (said,) = unwritable.sentences()
    assert "can't write" in said
    ledger.close(20)


def test_a_folder_that_cannot_be_made_and_then_can(ledgers: Ledgers) -> None:
    ledgers.path.parent.rmdir()
    ledgers.path.parent.write_text("a file in the way")
    ledger = ledgers.open()
    ledger.keep()
    hand_over(ledger, *kept("a"))
    until(lambda: ledgers.said)
    assert not ledger.flush(1)
    ledgers.path.parent.unlink()
    ledgers.path.parent.mkdir()
    assert ledger.flush(30)
    assert read_statistics(ledgers.path).total.accepted == 1
    assert len(ledgers.said) == 1


def test_a_ledger_that_is_taken_away_is_begun_anew(grown: Ledgers) -> None:
    ledger = grown.open()
    hand_over(ledger, offered("a"))
    assert ledger.flush(20)
    opening.note_damage(grown.path)
    (grown.path.parent / f"{grown.path.name}.broken-20250101-120000").write_text("old")
    removed = opening.forget(grown.path)
    assert {"ledger.sqlite3", "ledger.sqlite3.damaged", "ledger.sqlite3.broken-20250101-120000"} <= set(removed)
    assert list(grown.path.parent.iterdir()) == []
    hand_over(ledger, *kept("b"))
    assert ledger.flush(20)
    assert [row.suggestion for row in recent(grown.path, 9)] == ["b"]
    assert grown.said == []


def test_a_ledger_of_a_voice_that_was_forgotten_is_not_begun_anew(grown: Ledgers) -> None:
    ledger = grown.open()
    hand_over(ledger, offered("a"))
    assert ledger.flush(20)
    shutil.rmtree(grown.path.parent)
    hand_over(ledger, *kept("b"))
    assert not ledger.flush(1)
    ledger.close(2)
    assert not grown.path.parent.exists()


def test_what_waits_for_the_disk_is_bounded(ledgers: Ledgers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "MOST_WITH_TEXT", 20)
    monkeypatch.setattr(waiting, "MOST", 40)
    ledgers.path.parent.rmdir()
    ledgers.path.parent.write_text("a file in the way")
    ledger = ledgers.open()
    for number in range(30):
        hand_over(ledger, offered(f"{number}"), shown(f"{number}"))
    assert ledger.lost == 20
    ledgers.path.parent.unlink()
    ledgers.path.parent.mkdir()
    assert not ledger.flush(30), "what was lost is not acknowledged"
    assert not ledger.flush(30), "whoever asks"
    assert [row.text for row in recent(ledgers.path, 99)] == [None] * 10 + [TEXT] * 10
    hand_over(ledger, *kept("later"))
    assert ledger.flush(30)


async def test_all_that_wait_hear_of_a_loss(ledgers: Ledgers, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first to ask was told, and the next one that all was on disk, though its own facts were lost."""
    monkeypatch.setattr(waiting, "MOST", 4)
    ledgers.path.parent.rmdir()
    ledgers.path.parent.write_text("a file in the way")
    ledger = ledgers.open()
    hand_over(ledger, *kept("a"))
    asked = [asyncio.create_task(ledger.committed(30)) for _ in range(3)]
    await asyncio.sleep(0)
    ledgers.path.parent.unlink()
    ledgers.path.parent.mkdir()
    assert await asyncio.gather(*asked) == [False] * 3
    hand_over(ledger, offered("b"))
    assert await ledger.committed(30)

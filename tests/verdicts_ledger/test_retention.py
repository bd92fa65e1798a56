"""Texts go when their time is over or the writer says so, and they are gone from the disk; figures stay."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from ledger_facts import AFTER, BEFORE, TEXT, Ledgers, hand_over, judged, kept, offered, shown, spoil, typed_past, until
from ownhand.verdicts.facts import Instead, Settled, Verdict, Whose
from ownhand.verdicts.ledger import chores, opening
from ownhand.verdicts.ledger.retention import drop_old, purge
from ownhand.verdicts.reading.figures import all_whose, load_whose, read_statistics, recent, rejections

DAY = 86_400.0
RARE = "The heron stood in the sluice like a furled umbrella"
"""A sentence that stands nowhere else."""


def texts(ledgers: Ledgers) -> dict[str, str | None]:
    return {row.suggestion: row.text for row in recent(ledgers.path, 999)}


def on_disk(ledgers: Ledgers, words: str) -> bool:
    return any(words.encode() in file.read_bytes() for file in ledgers.path.parent.rglob("*") if file.is_file())


def test_texts_are_dropped_and_figures_stay(ledgers: Ledgers) -> None:
    now = time.time()
    reason = "she says sluice gate"
    ledgers.note(
        *[offered("old", now - 100 * DAY), shown("old", now - 100 * DAY, text=RARE, before=f"{RARE}. {BEFORE}")],
        *[judged("old", Verdict.REJECTED, now - 99 * DAY, reason=reason), Instead("old", now - 98 * DAY, f"{RARE}!")],
        *typed_past("young", now - 80 * DAY),
    )
    before = read_statistics(ledgers.path)
    assert on_disk(ledgers, RARE)
    ledgers.note(offered("new", now), keep=True)
    after = read_statistics(ledgers.path)
    assert texts(ledgers) == {"old": None, "young": TEXT}
    assert rejections(ledgers.path) == []
    assert (after.total.rejected, after.total.typed_past) == (before.total.rejected, before.total.typed_past) == (1, 1)
    assert not on_disk(ledgers, RARE)
    assert not on_disk(ledgers, reason)
    assert recent(ledgers.path, 9)[0].before == BEFORE[-200:]


def test_the_time_runs_from_the_day_the_text_settled(ledgers: Ledgers) -> None:
    now = time.time()
    facts = [*kept("a", now - 100 * DAY), Settled("a", now - 89 * DAY, "She went down to it")]
    ledgers.note(*facts, *kept("b", now - 95 * DAY), keep=True)
    assert texts(ledgers)["a"] == TEXT
    with closing(sqlite3.connect(ledgers.path, isolation_level=None)) as connection:
        assert drop_old(connection, days=90, now=now + 2 * DAY) == 2
    assert set(texts(ledgers).values()) == {None}
    assert ledgers.rows("SELECT count(*) FROM chunks") == ledgers.rows("SELECT count(*) FROM moments") == [(0,)]


def test_a_clock_that_was_wrong_neither_keeps_texts_for_ever_nor_drops_them_at_once(ledgers: Ledgers) -> None:
    now = time.time()
    ledgers.note(*kept("right", now - 10 * DAY), *kept("back in 1970", 5 * DAY))
    ledgers.note(*kept("far ahead", now + 9000 * DAY), keep=True)
    assert set(texts(ledgers).values()) == {TEXT}
    with closing(sqlite3.connect(ledgers.path, isolation_level=None)) as connection:
        assert drop_old(connection, now=now + 91 * DAY) == 3
    assert set(texts(ledgers).values()) == {None}


def test_chunks_that_younger_moments_need_stay(ledgers: Ledgers) -> None:
    now = time.time()
    facts = [fact for number in range(500) for fact in kept(f"{number}", now - (150 - number / 5) * DAY)]
    ledgers.note(*facts)
    with closing(sqlite3.connect(ledgers.path, isolation_level=None)) as connection:
        dropped = drop_old(connection, now=now)
    left = [row for row in recent(ledgers.path, 999) if row.text is not None]
    assert 200 < dropped < 500
    assert len(left) == 500 - dropped > 0
    assert all(row.before == BEFORE[-200:] for row in left)


def test_whose_words_a_page_was_made_of_is_dropped_when_nobody_opened_it_for_as_long(ledgers: Ledgers) -> None:
    """Fingerprints of a text's words were kept for ever, those of pages that were thrown away long ago too."""
    now, tokens = time.time(), b"fingerprints of every word"
    ledgers.note(
        Whose("thrown away.md", now - 91 * DAY, b"1", b"runs", tokens),
        Whose("open yesterday.md", now - DAY, b"2", b"runs", b"others"),
        Whose("clock ahead.md", now + 9000 * DAY, b"3", b"runs", b"others"),
        *kept("a", now),
        keep=True,
    )
    assert [whose.document for whose in all_whose(ledgers.path)] == ["clock ahead.md", "open yesterday.md"]
    assert not on_disk(ledgers, tokens.decode())
    with closing(sqlite3.connect(ledgers.path, isolation_level=None)) as connection:
        assert drop_old(connection, now=now + 92 * DAY) == 3
    assert all_whose(ledgers.path) == []


def test_what_a_reader_keeps_in_the_wal_is_taken_out_of_it_later(
    ledgers: Ledgers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page of figures that was being read when a piece was left out kept the piece's texts in the WAL, and nobody
    came back for them."""
    monkeypatch.setattr(chores, "_AGAIN", 0.05)
    keeper = ledgers.open()
    keeper.keep()
    hand_over(keeper, offered("a"), shown("a", text=RARE))
    assert keeper.flush(20)
    with closing(sqlite3.connect(ledgers.path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT text FROM texts").fetchone() == (RARE,)
        assert purge(ledgers.path, "chapters/02 the ferry.md") == 1
        assert on_disk(ledgers, RARE)
        assert opening.is_noted_purged(ledgers.path)
    until(lambda: not opening.is_noted_purged(ledgers.path))
    assert not on_disk(ledgers, RARE)


def test_old_damaged_ledgers_go_as_well(ledgers: Ledgers) -> None:
    ledgers.path.parent.mkdir(exist_ok=True)
    ledgers.path.write_bytes(b"no database" * 900)
    ledgers.note(*kept("a"), keep=True)
    (aside,) = opening.broken_ones(ledgers.path)
    assert aside.exists()
    sooner = ledgers.open(keep_days=0)
    sooner.keep()
    hand_over(sooner, offered("b"))
    assert sooner.flush(20)
    sooner.close(20)
    assert not aside.exists()


def test_a_document_that_is_left_out(ledgers: Ledgers) -> None:
    ledgers.note(
        *[offered("a", document="poems/heron.md"), shown("a", text=RARE, before=f"{RARE};\n", after=AFTER)],
        *kept("b"),
        Whose("poems/heron.md", 1.0, b"1", b"", b""),
    )
    assert purge(ledgers.path, "nowhere.md") == 0
    assert purge(ledgers.path, "poems/heron.md") == 1
    assert texts(ledgers) == {"a": None, "b": TEXT}
    assert load_whose(ledgers.path, "poems/heron.md") is None
    assert not on_disk(ledgers, RARE)
    assert read_statistics(ledgers.path).total.shown == 2


def test_a_piece_that_is_left_out_takes_what_stands_in_it_wherever_it_was_written(ledgers: Ledgers) -> None:
    piece = f"{RARE},\r\n    and would not be asked.\n\nIt had been there since the flood, or since before it."
    other = "Nobody came along the dyke that evening, and the lamp was lit for nobody."
    ledgers.note(
        *[offered("text"), shown("text", text="and  would not\nbe asked", before=other, after="")],
        *[offered("before"), shown("before", before=f"{other}\n\n{RARE},\n    and would", after="")],
        *[offered("instead"), shown("instead", before=other), Instead("instead", 2.0, "since the flood, or")],
        *[offered("both"), shown("both", before=f"{other}\nIt had been there since\n# The lamp\n", after="")],
        *[offered("common"), shown("common", text="It had", before=other, after="")],
        *[offered("elsewhere", document="poems/heron.md"), shown("elsewhere", before=other)],
    )
    ledgers.note(
        Whose("poems/heron.md", time.time(), b"1", b"runs", b"tokens"), Whose("b.md", time.time(), b"", b"", b"")
    )
    assert purge(ledgers.path, "poems/heron.md", holds=piece) == 0
    # The fingerprints of a piece's words stayed when it was one of several in its file.
    assert [whose.document for whose in all_whose(ledgers.path)] == ["b.md"]
    assert purge(ledgers.path, holds=piece) == 4
    assert {name for name, text in texts(ledgers).items() if text} == {"common", "elsewhere"}
    assert not on_disk(ledgers, "since the flood")
    assert not on_disk(ledgers, "heron stood")


def test_purging_beside_a_running_server(ledgers: Ledgers, tmp_path: Path) -> None:
    ledger = ledgers.open()
    hand_over(ledger, offered("a"), shown("a", text=RARE))
    assert ledger.flush(20)
    assert purge(ledgers.path, "chapters/02 the ferry.md") == 1
    assert not on_disk(ledgers, RARE)
    hand_over(ledger, *kept("b"))
    assert ledger.flush(20)
    assert texts(ledgers) == {"a": None, "b": TEXT}
    assert purge(tmp_path / "no ledger", "a.md") == 0


@pytest.mark.parametrize("days", [0, 1])
def test_a_damaged_place_does_not_end_the_keeper(ledgers: Ledgers, days: int) -> None:
    ledgers.note(*[fact for number in range(200) for fact in kept(f"{number:03}", time.time() - 30 * DAY)])
    spoil(ledgers.path, holding=TEXT.encode(), most=1)
    ledger = ledgers.open(keep_days=days)
    ledger.keep()
    hand_over(ledger, *kept("new", time.time()))
    assert ledger.flush(20)
    ledger.close(20)
    assert read_statistics(ledgers.path).total.offered > 150
    assert recent(ledgers.path, 1)[0].suggestion == "new"
    assert ledgers.rows("PRAGMA integrity_check") == [("ok",)]

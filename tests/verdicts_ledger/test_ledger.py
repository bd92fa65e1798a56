"""Facts go into the ledger and come out as figures, whoever writes them and in whatever order."""

import asyncio
import json
import math
import random
import sqlite3
import stat
from contextlib import closing
from io import StringIO
from typing import Any

import pytest

from ledger_facts import (
    AFTER,
    BEFORE,
    NOON,
    TEXT,
    Ledgers,
    accepted,
    hand_over,
    judged,
    kept,
    looks,
    offered,
    shown,
    typed_past,
)
from ownhand.verdicts.facts import (
    PRECEDENCE,
    Checked,
    Fact,
    Instead,
    Judged,
    Learned,
    Offered,
    Removed,
    Settled,
    Shown,
    Verdict,
    Whose,
)
from ownhand.verdicts.ledger import schema
from ownhand.verdicts.ledger.opening import transaction
from ownhand.verdicts.reading.export import export
from ownhand.verdicts.reading.figures import (
    Statistics,
    Tally,
    accepted_texts,
    all_whose,
    load_whose,
    read_statistics,
    recent,
    rejections,
)
from ownhand.verdicts.reading.orphans import pending_checks


def total(ledgers: Ledgers) -> Tally:
    return read_statistics(ledgers.path).total


def test_a_voice_without_a_ledger_reads_as_an_empty_one_and_gets_none_by_reading(ledgers: Ledgers) -> None:
    assert read_statistics(ledgers.path) == Statistics()
    assert read_statistics(ledgers.path).to_json()["acceptance_rate"] == 0
    assert recent(ledgers.path, 10) == []
    assert rejections(ledgers.path) == accepted_texts(ledgers.path) == pending_checks(ledgers.path) == []
    assert export(ledgers.path, StringIO()) == 0
    assert list(ledgers.path.parent.iterdir()) == []


def test_a_sitting_becomes_figures(ledgers: Ledgers) -> None:
    ledgers.note(
        *kept("a"),
        *typed_past("b"),
        offered("unseen"),
        *[offered("c", form="verse", words=3, adapter="4"), shown("c"), judged("c", Verdict.DISMISSED)],
        *[offered("d"), shown("d"), accepted("d", characters=8)],
        *[offered("e"), judged("e", Verdict.TYPED_THROUGH)],
        *[offered("f"), judged("f", Verdict.UNKNOWN)],
    )
    found = read_statistics(ledgers.path)
    assert found.total == Tally(
        offered=7,
        shown=5,
        accepted=2,
        typed_past=1,
        dismissed=1,
        typed_through=1,
        kept_300s=1,
        looked_300s=1,
        keystrokes_saved=len(TEXT) - 1 + 8 - 1,
    )
    assert found.by_form["verse"] == found.by_length["2-3"] == found.by_adapter["4"]
    assert found.by_adapter["4"] == Tally(offered=1, shown=1, dismissed=1)
    assert set(found.by_length) == {"2-3", "8-15"}
    said = found.to_json()
    assert said["unseen"] == 2
    assert said["acceptance_rate"] == pytest.approx(2 / 5)
    assert said["by_adapter"]["none"]["accepted"] == 2
    assert json.loads(json.dumps(said)) == said


def test_the_first_in_precedence_is_the_fate_and_a_whole_accept_after_parts_is_one(ledgers: Ledgers) -> None:
    ledgers.note(
        offered("a"),
        shown("a"),
        judged("a", Verdict.PARTIAL, characters=3, keys=1),
        judged("a", Verdict.PARTIAL, characters=8, keys=2),
        accepted("a", characters=len(TEXT), keys=3),
        judged("a", Verdict.TYPED_PAST),
        *[offered("b"), shown("b"), judged("b", Verdict.TYPED_PAST), judged("b", Verdict.IGNORED)],
        *[offered("c"), judged("c", Verdict.PARTIAL, characters=4, keys=1), judged("c", Verdict.REJECTED)],
    )
    assert total(ledgers) == Tally(
        offered=3, shown=3, accepted=1, typed_past=1, rejected=1, keystrokes_saved=len(TEXT) - 3
    )
    assert [(row.suggestion, row.fate) for row in recent(ledgers.path, 9)] == [
        ("c", "rejected"),
        ("b", "typed_past"),
        ("a", "accepted"),
    ]


def test_the_tables_know_the_precedence_of_the_facts(ledgers: Ledgers) -> None:
    ledgers.note(offered("a"))
    rows = ledgers.rows("SELECT verdict FROM precedence ORDER BY place")
    assert [verdict for (verdict,) in rows] == [verdict.value for verdict in PRECEDENCE]


def look(name: str, due: int, age: float, there: bool | None, deleted: int = 0) -> Checked:
    return Checked(name, NOON + 3 + age, due, age, None if there is None else 1.0 - there, there, deleted)


@pytest.mark.parametrize(
    ("checks", "counted"),
    [
        ([(300, 300.4, True)], True),
        ([(300, 300.4, False)], False),
        ([(300, 300.4, None)], None),
        ([(120, 121, True)], None),
        ([(300, 301, False), (600, 600.1, True)], True),
        ([(300, 301, None), (600, 603, True)], True),
        ([(15, 86_400, True)], True),
        ([(300, 86_400, False)], None),
        ([(300, 86_400, True)], True),
        ([(300, -7200, True)], True),
    ],
)
def test_kept_at_five_minutes_or_at_a_later_look(
    ledgers: Ledgers, checks: list[tuple[int, float, bool | None]], counted: bool | None
) -> None:
    """A look that came late says only that the text was still there, not when it went."""
    ledgers.note(offered("a"), shown("a"), accepted("a"), *(look("a", *values) for values in checks))
    assert recent(ledgers.path, 1)[0].kept_300s is counted
    assert total(ledgers).kept_300s == (counted is True)
    assert total(ledgers).looked_300s == (counted is not None)


def test_what_is_deleted_within_thirty_seconds_saved_no_keystrokes(ledgers: Ledgers) -> None:
    ledgers.note(
        *[offered("a"), accepted("a"), look("a", 15, 15, True, 5), look("a", 30, 30, True, 12)],
        *[offered("b"), accepted("b"), look("b", 30, 30, True, 0), look("b", 600, 600, False, len(TEXT))],
        *[offered("c"), accepted("c"), look("c", 30, 30, False, 9_000_000)],
    )
    assert total(ledgers).keystrokes_saved == (len(TEXT) - 1 - 12) + (len(TEXT) - 1) - 1


def test_a_look_that_came_late_says_nothing_about_the_first_thirty_seconds(ledgers: Ledgers) -> None:
    """A laptop that slept through a look, or a page that was closed, had it made up for hours later, and all that was
    deleted meanwhile was taken off the keystrokes saved."""
    ledgers.note(offered("a"), accepted("a"), look("a", 15, 16, True, 4), look("a", 30, 7200, False, len(TEXT)))
    assert total(ledgers).keystrokes_saved == len(TEXT) - 1 - 4


def test_what_was_taken_back_and_redone_is_not_removed(ledgers: Ledgers) -> None:
    ledgers.note(
        *[offered("a"), accepted("a"), Removed("a", NOON + 9), Removed("a", NOON + 12, back=True)],
        *[offered("b"), accepted("b"), Removed("b", NOON + 9)],
    )
    assert total(ledgers).removed == 1
    assert accepted_texts(ledgers.path) == []


def random_facts(dice: random.Random) -> list[Fact]:
    """All kinds of facts about forty suggestions, in no sensible order but that each is offered first."""
    facts: list[Fact] = []
    for number in range(40):
        form, words = dice.choice(["prose", "verse"]), dice.randint(1, 40)
        facts.append(offered(f"{number}", form=form, words=words, adapter=dice.choice([None, "1", "2"])))
    for _ in range(400):
        name, at = f"{dice.randrange(42)}", NOON + dice.randint(-9000, 9000)
        due = dice.choice([15, 30, 120, 300, 600])
        age, there = due * dice.choice([1.0, 1.0, 1.2, 90.0, -1.0]), dice.choice([True, False, None])
        verdict, characters = dice.choice(list(Verdict)), dice.randint(-9, 90)
        facts.append(
            dice.choice(
                [
                    shown(name, at),
                    judged(name, verdict, at, characters=characters, keys=dice.randint(0, 3)),
                    Checked(name, at, due, age, None, there, dice.randint(0, 60)),
                    Removed(name, at, dice.random() < 0.3),
                    Settled(name, at, TEXT),
                    Instead(name, at, "Nobody came."),
                ]
            )
        )
    return facts


@pytest.mark.parametrize("seed", range(5))
def test_what_is_derived_can_be_made_anew_from_the_facts(ledgers: Ledgers, seed: int) -> None:
    ledgers.note(*random_facts(random.Random(seed)))
    before = read_statistics(ledgers.path)
    fates = ledgers.rows("SELECT * FROM fates ORDER BY offered")
    assert before.total.shown > 20
    with closing(sqlite3.connect(ledgers.path, isolation_level=None)) as connection, transaction(connection):
        schema.derive(connection)
    after = read_statistics(ledgers.path)
    assert after.total == before.total
    assert (after.by_form, after.by_length, after.by_adapter) == (before.by_form, before.by_length, before.by_adapter)
    columns = "offered, seen, fate, judged, characters, kept, removed, saved, open"
    assert ledgers.rows(f"SELECT {columns} FROM fates ORDER BY offered") == ledgers.rows(
        f"SELECT {columns} FROM fate_of ORDER BY offered"
    )
    assert len(fates) == 40


def test_moments_and_texts_come_back_as_they_were(ledgers: Ledgers) -> None:
    reason = "my grandmother would never say that"
    ledgers.note(
        *typed_past("a"),
        *[offered("b"), shown("b"), judged("b", Verdict.REJECTED, learned=Learned.COMMAND, reason="cliché")],
        *[offered("c"), shown("c"), judged("c", Verdict.REJECTED, learned=Learned.COMMAND, reason=reason)],
        *[offered("d"), shown("d"), accepted("d", characters=12), Settled("d", NOON + 600, "She went up")],
        *[offered("e"), shown("e"), accepted("e", characters=8)],
    )
    last, past = recent(ledgers.path, 9)[0], recent(ledgers.path, 9)[-1]
    assert (last.suggestion, last.before, last.text) == ("e", BEFORE[-200:], TEXT)
    assert (past.fate, past.learned, past.sure, past.instead) == (
        "typed_past",
        "inferred",
        0.9,
        "He did not look back at the house.",
    )
    found = rejections(ledgers.path)
    assert [(each.text, each.before, each.reason) for each in found] == [
        (TEXT, BEFORE, reason),
        (TEXT, BEFORE, "cliché"),
    ]
    assert accepted_texts(ledgers.path) == ["She went", "She went up"]
    assert recent(ledgers.path, 2)[1].settled == "She went up"


def test_the_accepted_text_is_the_part_that_came_in_by_keys(ledgers: Ledgers) -> None:
    """Where the writer typed the first letters and took the rest, the beginning was taken for what was accepted: as
    many characters, but others."""
    rest, middle = len("She went down "), (len("She "), len("She went down to it"))
    ledgers.note(
        *[offered("rest"), shown("rest"), accepted("rest", characters=len(TEXT) - rest, first=rest, last=len(TEXT))],
        *[offered("middle"), shown("middle")],
        judged("middle", Verdict.PARTIAL, characters=4, keys=1, first=middle[0], last=middle[0] + 4),
        judged("middle", Verdict.PARTIAL, characters=10, keys=2, first=middle[0], last=middle[1]),
        *[offered("beyond"), shown("beyond"), accepted("beyond", first=-7, last=10**9)],
        *[offered("unknown"), shown("unknown"), accepted("unknown", characters=8)],
    )
    assert accepted_texts(ledgers.path) == ["She went", TEXT, "went down to it", TEXT[rest:]]
    pending = {each.suggestion: each for each in pending_checks(ledgers.path)}
    assert (pending["rest"].text, pending["rest"].before) == (TEXT[rest:], BEFORE + TEXT[:rest])
    assert (pending["unknown"].text, pending["unknown"].before) == ("She went", BEFORE)
    stream = StringIO()
    export(ledgers.path, stream)
    first = json.loads(stream.getvalue().splitlines()[0])
    assert (first["verdicts"][0]["first"], first["verdicts"][0]["last"]) == (rest, len(TEXT))


def test_what_may_not_be_kept_and_what_nobody_saw_leave_no_text(ledgers: Ledgers) -> None:
    ledgers.note(
        *[offered("a"), shown("a", text=None, before=None, after=None), accepted("a"), Settled("a", NOON, None)],
        *[offered("b"), offered("c"), Instead("b", NOON, None)],
    )
    assert ledgers.rows("SELECT count(*) FROM texts") == ledgers.rows("SELECT count(*) FROM chunks") == [(0,)]
    assert total(ledgers).accepted == 1
    assert recent(ledgers.path, 1)[0].text is None


def test_everything_that_is_known_is_exported(ledgers: Ledgers) -> None:
    ledgers.note(*kept("a", adapter="7"), *typed_past("b"), offered("c"))
    stream = StringIO()
    assert export(ledgers.path, stream) == 3
    first, second, third = map(json.loads, stream.getvalue().splitlines())
    assert first["before"] + first["text"] + first["after"] == BEFORE + TEXT + AFTER
    assert first["adapter"] == "7"
    assert first["prompt_digest"] == "07" * 16
    assert [check["due"] for check in first["checks"]] == [15, 30, 120, 300, 600]
    assert first["kept_300s"] is True
    assert first["verdicts"][0]["verdict"] == "accepted"
    assert (second["fate"], second["instead"]) == ("typed_past", "He did not look back at the house.")
    assert (third["shown"], third["text"], third["fate"]) == (False, None, None)


def test_whose_words_a_document_is_made_of_is_replaced(ledgers: Ledgers) -> None:
    ledgers.note(
        Whose("a.md", NOON, b"1", b"runs", b"tokens"),
        Whose("b.md", NOON, b"2", b"", b""),
        Whose("a.md", NOON - 50, b"3", b"other", b"tokens"),
    )
    assert load_whose(ledgers.path, "a.md") == Whose("a.md", NOON - 50, b"3", b"other", b"tokens")
    assert load_whose(ledgers.path, "c.md") is None
    assert [whose.document for whose in all_whose(ledgers.path)] == ["a.md", "b.md"]


@pytest.mark.parametrize(
    "bad",
    [
        offered("bad", at=NOON, position=10**40),
        offered("bad", characters=None),
        shown("a", text=7),
        judged("a", Verdict.ACCEPTED, characters=2**80),
        judged("a", "conquered"),  # type: ignore[arg-type]
        Checked("a", NOON, 300, math.nan, math.inf, True, 10**30),
        Whose("a.md", NOON, None, b"", b""),  # type: ignore[arg-type]
        "not a fact",
        None,
    ],
)
def test_one_bad_fact_costs_nothing_but_itself(ledgers: Ledgers, bad: Any) -> None:
    ledgers.note(offered("a"), shown("a"), bad, accepted("a"), offered("b"))
    assert total(ledgers) == Tally(offered=2, shown=1, accepted=1, keystrokes_saved=len(TEXT) - 1)
    assert not ledgers.said


def test_unknown_ids_are_passed_over(ledgers: Ledgers) -> None:
    ledgers.note(
        *[accepted("nobody offered this"), shown("nor this"), Settled("nor that", NOON, TEXT), Removed("x", NOON)],
        *kept("a"),
        *looks("gone"),
    )
    assert total(ledgers).offered == total(ledgers).shown == 1
    assert ledgers.rows("SELECT count(*) FROM texts") == [(1,)]


def test_absurd_values_are_held_to_what_can_be(ledgers: Ledgers) -> None:
    ledgers.note(
        *[offered("a", at=math.nan), shown("a", at=math.inf), accepted("a", at=-1e300, characters=10**9, sure=40.0)],
        *[
            offered("b" * 5000),
            shown("b" * 5000, before="x\ud800y\0 z", after="\udfff"),
            Instead("a", NOON, "é" * 10**6),
        ],
        *[offered("c", document="no\udcffname.md"), shown("c"), judged("c", Verdict.PARTIAL, characters=-5, keys=-5)],
    )
    assert total(ledgers) == Tally(offered=3, shown=3, accepted=1, partial=1, keystrokes_saved=len(TEXT) - 1)
    last, second, first = recent(ledgers.path, 9)
    assert first.sure == 1.0
    assert len(first.instead or "") == 20_000
    assert second.before == "x\ufffdy\0 z"
    assert last.document == "no\ufffdname.md"


def test_a_clock_that_was_set_back_changes_no_order(ledgers: Ledgers) -> None:
    ledgers.note(*kept("first", at=NOON), *kept("second", at=NOON - 10 * 86_400))
    assert [row.suggestion for row in recent(ledgers.path, 9)] == ["second", "first"]
    assert total(ledgers).kept_300s == 2


def test_servers_side_by_side_and_one_that_comes_back(ledgers: Ledgers) -> None:
    """A suggestion that one server offered may be judged through another, after a restart for example."""
    one, other = ledgers.open(editor="vscode"), ledgers.open(editor="nvim")
    one.keep()
    hand_over(one, offered("a"), shown("a"))
    assert one.flush(20)
    for number in range(30):
        hand_over(one, *kept(f"one {number}"))
        hand_over(other, *typed_past(f"other {number}"))
    hand_over(other, accepted("a"))
    assert one.flush(20)
    assert other.flush(20)
    assert total(ledgers).offered == 61
    assert total(ledgers).accepted == 31
    assert ledgers.rows("SELECT editor, ended IS NULL FROM sessions ORDER BY id") == [("vscode", 1), ("nvim", 1)]
    assert len(ledgers.rows("SELECT DISTINCT session FROM offered")) == 2
    one.close(20)
    assert ledgers.rows("SELECT ended IS NULL FROM sessions ORDER BY id") == [(0,), (1,)]


def test_the_file_is_the_writer_s_alone_and_readable_while_it_is_written(ledgers: Ledgers) -> None:
    ledger = ledgers.open()
    hand_over(ledger, *kept("a"))
    assert ledger.flush(20)
    assert total(ledgers).accepted == 1
    for file in ledgers.path.parent.rglob("*"):
        assert stat.S_IMODE(file.stat().st_mode) == (0o700 if file.is_dir() else 0o600)
    with closing(sqlite3.connect(ledgers.path)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        connection.execute("BEGIN")
        assert connection.execute("SELECT count(*) FROM offered").fetchone() == (1,)
        hand_over(ledger, offered("b"))
        assert ledger.flush(20), "a reader in the middle of its reading keeps nobody waiting"


async def test_acknowledged_means_committed(ledgers: Ledgers) -> None:
    ledger = ledgers.open()
    assert await ledger.committed(), "nothing was handed over"
    assert not ledgers.path.exists()
    hand_over(ledger, *kept("a"))
    waiting = [asyncio.create_task(ledger.committed(20)) for _ in range(3)]
    assert all(await asyncio.gather(*waiting))
    assert total(ledgers).accepted == 1


def test_a_ledger_that_is_closed_writes_what_waits(ledgers: Ledgers) -> None:
    ledger = ledgers.open()
    for number in range(3000):
        ledger.hand_over(offered(f"{number}"))
    ledger.close(30)
    assert total(ledgers).offered == 3000
    ledger.hand_over(offered("too late"))
    assert not ledger.flush(0.1)


def test_the_checks_of_sittings_that_ended_are_known(ledgers: Ledgers) -> None:
    ledgers.note(
        *kept("all looked at"),
        *[offered("a"), shown("a"), accepted("a", characters=8), look("a", 15, 15, True), look("a", 30, 30, True)],
        *[offered("given up"), accepted("given up"), Settled("given up", NOON, None)],
        *typed_past("b"),
    )
    living = ledgers.open()
    hand_over(living, offered("still followed"), shown("still followed"), accepted("still followed"))
    assert living.flush(20)
    (pending,) = pending_checks(ledgers.path)
    assert (pending.suggestion, pending.text, pending.looked) == ("a", "She went", (15, 30))
    assert (pending.document, pending.at, pending.before) == ("chapters/02 the ferry.md", NOON + 3, BEFORE)


def test_ten_thousand_pending_checks(ledgers: Ledgers) -> None:
    facts: list[Offered | Shown | Judged] = []
    for number in range(10_050):
        facts += [offered(f"{number}"), accepted(f"{number}")]
    ledgers.note(*facts)
    pending = pending_checks(ledgers.path)
    assert len(pending) == 10_000
    assert pending[0].suggestion == "10049"

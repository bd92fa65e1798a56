"""Reasons that come again are offered as notes, once, and the writer's own notes are never touched."""

import errno
import os
import stat
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ownhand.errors import WriterError
from ownhand.verdicts.facts import REASONS
from ownhand.verdicts.reading import notes
from ownhand.verdicts.reading.notes import (
    NOTES_FILE,
    OFFERED_FILE,
    Offers,
    append_note,
    next_offer,
    note_offer,
    read_offers,
)

LINE = "No clichés. Not like “a silver moon”."


@dataclass(frozen=True)
class Said:
    reason: str
    text: str
    at: float = 0.0


MOONS = [
    Said("cliché", " a silver moon hung over the silent harbour like a promise.", 1.0),
    Said("Cliché", " her heart skipped a beat.", 2.0),
    Said("cliché ", "\n    the night was dark,\n    the stars were bright", 3.0),
]


def test_three_times_the_same_reason_is_worth_a_note() -> None:
    assert next_offer(MOONS[:2], Offers()) is None
    offer = next_offer(
        [*MOONS, Said("wrong word", " the azure deep"), Said("", " nothing"), *[Said("", " a")] * 9], Offers()
    )
    assert offer is not None
    assert offer.sentence == "You called three suggestions a cliché."
    assert offer.line == (
        "No clichés. Not like “the night was dark, / the stars were bright”, “her heart skipped a beat”, "
        "“a silver moon hung over the silent harbour…”."
    )


@pytest.mark.parametrize("reason", [*REASONS, "too sweet"])
def test_every_reason_has_its_words(reason: str) -> None:
    offer = next_offer([Said(reason, f" the {word} sea.") for word in ("old", "cold", "grey", "grey")], Offers())
    assert offer is not None
    assert "four suggestions" in offer.sentence
    assert "{" not in offer.sentence + offer.line
    assert "\n" not in offer.line
    assert offer.line[0].isupper()


def test_at_most_one_and_the_commonest_first() -> None:
    said = [Said("wrong word", f" word {n}") for n in range(3)] + [Said("too sweet", f" syrup {n}") for n in range(20)]
    offer = next_offer(said, Offers())
    assert offer is not None
    assert offer.sentence == "You said “too sweet” of 20 suggestions."
    assert offer.line.startswith("Too sweet: not like “syrup 0”, ")


def test_passed_over_it_comes_again_much_later_and_taken_never(tmp_path: Path) -> None:
    offer = next_offer(MOONS, read_offers(tmp_path))
    assert offer is not None
    note_offer(tmp_path, offer, taken=False)
    assert next_offer(MOONS * 2, read_offers(tmp_path)) is None
    again = next_offer(MOONS * 3, read_offers(tmp_path))
    assert again is not None
    note_offer(tmp_path, again, taken=True)
    assert next_offer(MOONS * 300, read_offers(tmp_path)) is None
    assert stat.S_IMODE((tmp_path / OFFERED_FILE).stat().st_mode) == 0o600


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 1}', '{"format": 1, "counts": [], "taken": 3}'])
def test_a_damaged_memory_counts_as_empty(tmp_path: Path, content: str) -> None:
    (tmp_path / OFFERED_FILE).write_text(content)
    assert read_offers(tmp_path) == Offers()


def test_a_newer_memory_is_refused(tmp_path: Path) -> None:
    (tmp_path / OFFERED_FILE).write_text('{"format": 99, "counts": {}, "taken": []}')
    with pytest.raises(WriterError, match="newer Ownhand"):
        read_offers(tmp_path)


def test_the_first_note_makes_the_file(tmp_path: Path) -> None:
    voice = tmp_path / "voices" / "one"
    assert append_note(voice, LINE)
    assert (voice / NOTES_FILE).read_text(encoding="utf-8") == f"- {LINE}\n"
    assert not append_note(voice, f"  {LINE}\n")
    assert stat.S_IMODE((voice / NOTES_FILE).stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("# How I write\n\n- No adverbs.\n", f"# How I write\n\n- No adverbs.\n- {LINE}\n"),
        ("- No adverbs.", f"- No adverbs.\n- {LINE}\n"),
        ("- No adverbs.\r\n- Short.\r\n", f"- No adverbs.\r\n- Short.\r\n- {LINE}\r\n"),
        ("\ufeffPlain.\n\n\n", f"\ufeffPlain.\n\n\n- {LINE}\n"),
    ],
)
def test_the_writer_s_notes_stay_as_they_are(tmp_path: Path, before: str, after: str) -> None:
    (tmp_path / NOTES_FILE).write_bytes(before.encode())
    assert append_note(tmp_path, LINE)
    assert (tmp_path / NOTES_FILE).read_bytes().decode() == after


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_whatever_was_written_is_kept(tmp_path_factory: pytest.TempPathFactory, before: str) -> None:
    voice = tmp_path_factory.mktemp("voice")
    (voice / NOTES_FILE).write_bytes(before.encode())
    append_note(voice, LINE)
    after = (voice / NOTES_FILE).read_bytes()
    assert after.startswith(before.encode())
    assert f"- {LINE}" in after.decode().splitlines()


def test_saved_in_an_editor_meanwhile_the_file_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, read, saved = tmp_path / NOTES_FILE, notes._read, []
    file.write_text("- No adverbs.\n")

    def read_then_saved(path: Path):
        found = read(path)
        if not saved:
            saved.append(True)
            path.write_text("- No adverbs.\n- Nor adjectives.\n")
        return found

    monkeypatch.setattr(notes, "_read", read_then_saved)
    assert append_note(tmp_path, LINE)
    assert file.read_text(encoding="utf-8") == f"- No adverbs.\n- Nor adjectives.\n- {LINE}\n"


def test_a_linked_file_stays_linked(tmp_path: Path) -> None:
    real = tmp_path / "elsewhere.md"
    real.write_text("- No adverbs.\n")
    (tmp_path / NOTES_FILE).symlink_to(real)
    append_note(tmp_path, LINE)
    assert (tmp_path / NOTES_FILE).is_symlink()
    assert real.read_text(encoding="utf-8").endswith(f"- {LINE}\n")


def test_what_is_no_utf8_is_left_alone(tmp_path: Path) -> None:
    written = "- keine Gedankenstriche für mich".encode("utf-16")
    (tmp_path / NOTES_FILE).write_bytes(written)
    with pytest.raises(WriterError, match="not UTF-8"):
        append_note(tmp_path, LINE)
    assert (tmp_path / NOTES_FILE).read_bytes() == written


def test_a_full_disk_leaves_the_notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / NOTES_FILE).write_text("- No adverbs.\n")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(WriterError, match="No space left"):
        append_note(tmp_path, LINE)
    assert (tmp_path / NOTES_FILE).read_text() == "- No adverbs.\n"
    assert [path.name for path in tmp_path.iterdir()] == [NOTES_FILE]

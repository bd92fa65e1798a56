"""The text around a place is stored once for the moments that share it; where a drive is, decides how it is written."""

import random
import sqlite3
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_facts import Ledgers, kept, offered, shown
from ownhand.verdicts.facts import MOST_AFTER, MOST_BEFORE
from ownhand.verdicts.ledger import chunks, opening
from ownhand.verdicts.ledger.network import is_network_kind, is_unc, kind_of_drive
from ownhand.verdicts.reading.figures import read_statistics

SENTENCE = "the ferry lamp came under salt bell orchard stair crow kettle and nobody would have said it was theirs"
VERSE = "".join(f"    and the {word} of the {other},\n" for word in SENTENCE.split() for other in SENTENCE.split())


def page(seed: int, words: int = 3000, sentence: int = 14, paragraph: int = 60) -> str:
    dice = random.Random(seed)
    made = []
    for number in range(words):
        word = dice.choice(SENTENCE.split())
        made.append(word + (".\n\n" if number % paragraph == 0 else ". " if number % sentence == 0 else " "))
    return "".join(made)


@given(st.text(alphabet=st.sampled_from("ab .\n!”。é\u3000"), max_size=400))
def test_chunks_are_the_text(text: str) -> None:
    assert "".join(chunks.cut(text)) == text


@pytest.mark.parametrize(
    "text",
    [page(1), page(2, sentence=10**6, paragraph=10**6), VERSE, "潮が満ちる。誰も来ない。" * 300],
    ids=["prose", "one long sentence", "verse", "Japanese"],
)
def test_moments_that_follow_each_other_share_nearly_everything(text: str) -> None:
    stored: set[str] = set()
    end = len(text) - 400
    whole = chunks.window(text[end - MOST_BEFORE : end], "")[0]
    for place in range(end, end + 400, 20):
        before, _ = chunks.window(text[place - MOST_BEFORE : place], "")
        stored |= set(before)
        assert text[:place].endswith("".join(before))
        assert len("".join(before)) > MOST_BEFORE / 3
    assert sum(map(len, stored)) < sum(map(len, whole)) + 20 * 400


def test_a_window_is_no_longer_than_it_may_be() -> None:
    before, after = chunks.window(page(3), page(4))
    assert len("".join(before)) <= MOST_BEFORE
    assert "".join(after) == page(4)[:MOST_AFTER]
    assert chunks.window("x" * 3000, "") == (["x" * 2000], [])
    assert chunks.window("", "") == ([], [])


def test_the_beginning_of_a_page_is_kept_whole(ledgers: Ledgers) -> None:
    text = page(5, words=200)
    ledgers.note(offered("a"), shown("a", before=text, after="The end."))
    connection = sqlite3.connect(ledgers.path)
    assert chunks.load(connection, 1) == (text, "The end.")
    connection.close()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/ida/.local/share/ownhand", "ext4"),
        ("/home/ida/cloud/voices", "fuse.sshfs"),
        ("/mnt/nas/ida", "nfs4"),
        ("/mnt/nasty", "ext4"),
        ("/srv", "overlay"),
    ],
)
def test_the_drive_of_a_path_is_the_one_mounted_last_around_it(path: str, kind: str) -> None:
    mounts = [
        ("/", "overlay"),
        ("/", "ext4"),
        ("/mnt/nas", "nfs4"),
        ("/home/ida/cloud", "fuse.sshfs"),
        ("/srv", "overlay"),
    ]
    assert kind_of_drive(PurePosixPath(path), mounts) == kind


def test_drives_of_other_machines_are_known_by_their_kind() -> None:
    assert all(
        map(is_network_kind, ["nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "afpfs", "fuse.rclone"])
    )
    assert not any(map(is_network_kind, ["ext4", "apfs", "btrfs", "overlay", "NTFS", "tmpfs", "fuseblk", ""]))
    assert is_unc(r"\\nas\ida\ownhand")
    assert is_unc(r"\\?\UNC\nas\ida")
    assert not any(map(is_unc, [r"C:\Users\ida", r"\\?\C:\Users\ida", "/home/ida"]))


def test_on_a_network_drive_a_journal_is_used(ledgers: Ledgers, monkeypatch: pytest.MonkeyPatch) -> None:
    ledgers.note(*kept("local"))
    monkeypatch.setattr(opening, "is_on_network", lambda path: True)
    ledger = ledgers.open()
    for fact in kept("far away"):
        ledger.hand_over(fact)
    assert ledger.flush(20)
    assert ledgers.rows("PRAGMA journal_mode") == [("delete",)]
    assert read_statistics(ledgers.path).total.accepted == 2
    assert sorted(file.name for file in Path(ledgers.path.parent).iterdir()) == [ledgers.path.name, "sessions"]

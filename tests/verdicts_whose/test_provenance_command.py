"""`ownhand verdicts DIR --provenance [FILE]` and the page for a publisher, from files and a ledger on disk."""

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from ownhand.commands.provenance import run
from ownhand.errors import WriterError
from ownhand.home import Home
from ownhand.manuscript.consent import Consent, VoiceFolder, grant
from ownhand.verdicts.facts import Fact, Judged, Learned, Offered, Shown, Verdict, Whose
from ownhand.verdicts.ledger.ledger import Ledger
from ownhand.verdicts.whose.packing import pack
from ownhand.verdicts.whose.words import WhoseWords

QUAY = "# The ferry\n\nThe ferry left at six. My aunt stood on the quay with her hat in both hands"
WIND = ", and the wind had it before she did."
FERRY = QUAY + WIND + "\n"
LETTER = "Dear Ida, [the parcel] came on Tuesday & it was wet through; we dried what there was to dry.\n"
Tell = Callable[..., None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "Kettle <& Co>"
    (folder / "letters").mkdir(parents=True)
    (folder / "ferry.md").write_text(FERRY, encoding="utf-8")
    (folder / "letters" / "ida.txt").write_text(LETTER, encoding="utf-8")
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "data")


@pytest.fixture
def voice(home: Home, folder: Path) -> VoiceFolder:
    return grant(home, folder, Consent.LEARN)


@pytest.fixture
def tell(voice: VoiceFolder) -> Tell:
    def tell(*facts: Fact) -> None:
        ledger = Ledger(voice.ledger_path)
        for fact in facts:
            ledger.hand_over(fact)
        assert ledger.flush(10)
        ledger.close()

    return tell


def followed(document: str = "ferry.md", text: str = FERRY, ours: str = WIND) -> Whose:
    """The document as it was written before an editor's eyes, with an accepted suggestion in it."""
    words = WhoseWords.unobserved(0)
    words.edit(0, "", text, pasted=not ours)
    if ours:
        words.mark(text.index(ours), text.index(ours) + len(ours), "s1")
    return Whose(document, 1_790_000_000.0, *pack(words, text))


def suggestion(name: str, verdict: Verdict, adapter: str | None = None) -> list[Fact]:
    at = 1_790_000_000.0
    offer = Offered(
        name, at, "ferry.md", len(QUAY), "prose", "sentence", len(WIND), 9, False, "embedded", "smol <b>lm", adapter,
        "{}", b"\1" * 16, 300.0, 40.0,
    )  # fmt: skip
    return [
        offer,
        Shown(name, at + 1, Learned.EDITOR, WIND, QUAY, "\n"),
        Judged(name, at + 2, verdict, Learned.COMMAND),
    ]


def asked(home: Home, folder: Path, capsys: pytest.CaptureFixture[str], file: Path | None = None) -> dict[str, object]:
    capsys.readouterr()
    assert run(home, folder, file, as_json=True) == 0
    answer: dict[str, object] = json.loads(capsys.readouterr().out)
    return answer


def is_refused(home: Home, folder: Path, file: Path | None, *words: str) -> None:
    with pytest.raises(WriterError) as refused:
        run(home, folder, file, as_json=True)
    said = str(refused.value)
    for word in words:
        assert word in said
    assert "\n" not in said
    assert refused.value.next_step


def test_shares_and_spans_of_every_file(
    home: Home, folder: Path, tell: Tell, capsys: pytest.CaptureFixture[str]
) -> None:
    tell(followed())
    answer = asked(home, folder, capsys)
    ferry, ida = answer["files"]  # type: ignore[misc]
    ours = len(WIND) / len(FERRY)
    assert ferry["path"] == "ferry.md"
    assert ferry["characters"] == len(FERRY)
    assert ferry["shares"]["from Ownhand"] == pytest.approx(ours, abs=1e-4)
    assert sum(ferry["shares"].values()) == pytest.approx(1, abs=1e-3)
    assert ferry["spans"] == [
        {"start": 0, "end": len(QUAY), "line": 1, "kind": "not from Ownhand"},
        {"start": len(QUAY), "end": len(QUAY + WIND), "line": 3, "kind": "from Ownhand", "suggestion": "s1"},
        {"start": len(QUAY + WIND), "end": len(FERRY), "line": 3, "kind": "not from Ownhand"},
    ]
    assert ida["shares"] == dict.fromkeys(ida["shares"], 0.0) | {"not observed": 1.0}
    assert answer["shares"]["from Ownhand"] == pytest.approx(len(WIND) / len(FERRY + LETTER), abs=1e-4)  # type: ignore[index]


def test_one_file_named_from_here_or_from_the_folder(
    home: Home, folder: Path, tell: Tell, capsys: pytest.CaptureFixture[str]
) -> None:
    tell(followed())
    for name in (Path("ferry.md"), folder / "ferry.md", folder / "letters" / ".." / "ferry.md"):
        files = asked(home, folder, capsys, name)["files"]
        assert [file["path"] for file in files] == ["ferry.md"]  # type: ignore[attr-defined]


def test_a_person_reads_where_each_stretch_begins(
    home: Home, folder: Path, tell: Tell, capsys: pytest.CaptureFixture[str]
) -> None:
    tell(followed(), followed("letters/ida.txt", LETTER, ours=""))
    assert run(home, folder, Path("letters/ida.txt")) == 0
    out = capsys.readouterr().out
    assert "[the parcel]" in out
    assert "pasted" in out
    assert run(home, folder) == 0
    out = capsys.readouterr().out
    assert "Together" in out
    assert "[the parcel]" not in out
    assert "doesn't mean typed" in out


def test_a_file_that_was_changed_and_renamed_elsewhere(
    home: Home, folder: Path, tell: Tell, capsys: pytest.CaptureFixture[str]
) -> None:
    tell(followed())
    (folder / "ferry.md").rename(folder / "01 the ferry.md")
    (folder / "01 the ferry.md").write_bytes(b"\xef\xbb\xbf" + FERRY.replace("\n", "\r\n").encode() + b"Then rain.\r\n")
    shares = asked(home, folder, capsys, Path("01 the ferry.md"))["shares"]
    length = len(FERRY) + len("Then rain.\n")
    assert shares["from Ownhand"] == pytest.approx(len(WIND) / length, abs=1e-4)  # type: ignore[index]
    assert 0 < shares["not observed"] < 0.1  # type: ignore[index]


def test_nothing_was_ever_observed(home: Home, folder: Path, tell: Tell) -> None:
    is_refused(home, folder, None, "No editor has told", "Write in it")
    tell(*suggestion("s1", Verdict.DISMISSED))
    is_refused(home, folder, None, "No editor has told")
    tell(followed())
    is_refused(home, folder, folder / "letters" / "ida.txt", "ida.txt", "Open it in an editor")


def test_a_folder_that_was_never_asked_about(home: Home, folder: Path) -> None:
    is_refused(home, folder, None, "No editor has told")
    is_refused(home, folder / "nowhere", None, "There is no folder")
    is_refused(home, folder / "ferry.md", None, "is a file")


def test_what_is_no_file_of_the_manuscript(home: Home, folder: Path, tell: Tell, tmp_path: Path) -> None:
    tell(followed())
    (tmp_path / "elsewhere.md").write_text("It rained.", encoding="utf-8")
    (folder / "link.md").symlink_to(tmp_path / "elsewhere.md")
    (folder / "cover.png").write_bytes(b"\x89PNG\r\n")
    (folder / "binary.md").write_bytes(bytes(range(256)) * 9)
    is_refused(home, folder, Path("gone.md"), "There is no file gone.md")
    is_refused(home, folder, tmp_path / "elsewhere.md", "doesn't lie in")
    is_refused(home, folder, folder / "link.md", "doesn't lie in")
    is_refused(home, folder, Path("letters"), "is a folder")
    is_refused(home, folder, Path("cover.png"), "none of the formats", ".md")
    is_refused(home, folder, Path("binary.md"), "can't be read: not a text file")


def test_unreadable_files_are_named_and_the_others_counted(
    home: Home, folder: Path, tell: Tell, capsys: pytest.CaptureFixture[str]
) -> None:
    tell(followed())
    (folder / "binary.md").write_bytes(bytes(range(256)) * 9)
    (folder / "huge.txt").write_text("The tide came in. " * 600_000, encoding="utf-8")
    (folder / "broken.txt").write_bytes("Bäume und Flüsse, ".encode() * 300 + b"\xff\xfe\xff" + "Öl".encode())
    answer = asked(home, folder, capsys)
    assert [file["path"] for file in answer["files"]] == ["broken.txt", "ferry.md", "letters/ida.txt"]  # type: ignore[attr-defined]
    assert answer["skipped"] == [
        {"path": "binary.md", "reason": "not a text file"},
        {"path": "huge.txt", "reason": "larger than 10 MB"},
    ]
    is_refused(home, folder, Path("huge.txt"), "larger than 10 MB")


def test_a_file_of_five_megabytes(home: Home, folder: Path, tell: Tell, capsys: pytest.CaptureFixture[str]) -> None:
    text = "".join(f"The tide came in for the {number}th time, and nobody counted.\n" for number in range(90_000))
    assert len(text) > 4_900_000
    (folder / "tide.txt").write_text(text.replace("the 40000th", "the last"), encoding="utf-8")
    tell(followed("tide.txt", text, "and nobody counted.\n"))
    shares = asked(home, folder, capsys, Path("tide.txt"))["shares"]
    assert shares["not from Ownhand"] > 0.9999  # type: ignore[index]


def test_the_page_holds_no_text_and_nothing_unescaped(
    home: Home, folder: Path, tell: Tell, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tell(followed(), *suggestion("s1", Verdict.ACCEPTED, "7"), *suggestion("s2", Verdict.TYPED_THROUGH))
    page = tmp_path / "whose words.html"
    assert run(home, folder, page=page) == 0
    html = page.read_text(encoding="utf-8")
    assert "Kettle &lt;&amp; Co&gt;" in html
    assert "smol &lt;b&gt;lm" in html
    assert "letters/ida.txt" in html
    assert "2 suggestions" in html
    assert "1 was typed by hand as suggested" in html
    assert "doesn’t mean that a person typed it" in html
    for word in ("aunt", "parcel", "<script", "http:", "https:", "src=", "Co>", "<b>"):
        assert word not in html
    assert stat.S_IMODE(page.stat().st_mode) == 0o600
    assert str(page) in capsys.readouterr().err


def test_a_page_that_can_t_be_written(home: Home, folder: Path, tell: Tell, tmp_path: Path) -> None:
    tell(followed())
    for page, words in ((tmp_path, "is a folder"), (tmp_path / "no" / "page.html", "There is no folder")):
        with pytest.raises(WriterError, match=words):
            run(home, folder, page=page)


def test_the_page_replaces_its_like_and_no_piece_of_the_writer(
    home: Home, folder: Path, tell: Tell, tmp_path: Path
) -> None:
    tell(followed())
    for _ in range(2):
        assert run(home, folder, page=tmp_path / "page.html") == 0
    with pytest.raises(WriterError, match="not of Ownhand's making"):
        run(home, folder, page=folder / "ferry.md")
    assert (folder / "ferry.md").read_text(encoding="utf-8") == FERRY


def test_an_empty_file_has_no_shares(
    home: Home, folder: Path, tell: Tell, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tell(followed(), followed("empty.md", "", ours=""))
    (folder / "empty.md").write_text("", encoding="utf-8")
    answer = asked(home, folder, capsys, Path("empty.md"))
    assert answer["files"] == [
        {"path": "empty.md", "characters": 0, "shares": dict.fromkeys(answer["shares"], 0.0), "spans": []}  # type: ignore[call-overload]
    ]
    assert run(home, folder, Path("empty.md"), page=tmp_path / "empty.html") == 0


def test_chapters_of_a_file_that_was_split(
    home: Home, folder: Path, tell: Tell, capsys: pytest.CaptureFixture[str]
) -> None:
    lamps = (
        "# The lamps\n\nI counted the lamps along the mole: nine, ten, and one that was the moon, as it was always.\n"
    )
    tell(followed(text=FERRY + "\n" + lamps))
    (folder / "ferry.md").unlink()
    (folder / "1.md").write_text(FERRY, encoding="utf-8")
    (folder / "2.md").write_text(lamps, encoding="utf-8")
    one, two, ida = (file["shares"] for file in asked(home, folder, capsys)["files"])  # type: ignore[attr-defined]
    assert one["from Ownhand"] == pytest.approx(len(WIND) / len(FERRY), abs=1e-4)
    assert two["not from Ownhand"] > 0.98
    assert ida["not observed"] == 1.0

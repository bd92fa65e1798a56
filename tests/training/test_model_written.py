"""From the ledger to what is learned: text that a model wrote is known in its file, and after the file was renamed."""

from pathlib import Path

import pytest

from ownhand.errors import WriterError
from ownhand.manuscript.model import Form, Piece
from ownhand.text.words import count_words
from ownhand.training.model_written import by_model
from ownhand.verdicts.facts import Whose
from ownhand.verdicts.ledger.ledger import Ledger
from ownhand.verdicts.whose.packing import pack
from ownhand.verdicts.whose.words import WhoseWords

QUAY = (
    "The ferry left at six. My aunt stood on the quay with her hat in both hands, and nobody on the deck took off his "
    "own, though every one of them knew what she had come for and what it was that they carried below"
)
WIND = ", and the wind had it before she did."


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """`ferry.md` was written before an editor's eyes; its end is a suggestion that was taken."""
    words = WhoseWords.unobserved(0)
    words.edit(0, "", QUAY + WIND)
    words.mark(len(QUAY), len(QUAY + WIND), "s1")
    written = Ledger(tmp_path / "ledger.sqlite3")
    written.hand_over(Whose("ferry.md", 0.0, *pack(words, QUAY + WIND)))
    assert written.flush(10)
    written.close()
    return tmp_path / "ledger.sqlite3"


def piece(path: str, text: str = QUAY + WIND) -> Piece:
    return Piece("p1", path, 0, "The ferry", Form.PROSE, text, count_words(text), 0.0)


@pytest.mark.parametrize("path", ["ferry.md", "part one/the ferry.md"], ids=["as it was", "renamed"])
def test_what_a_model_wrote_is_known(ledger: Path, path: str) -> None:
    assert by_model(ledger, [piece(path)]) == {"p1": ((len(QUAY), len(QUAY + WIND)),)}


def test_another_text_has_none_of_it(ledger: Path) -> None:
    other = "I counted the lamps along the mole: nine, ten, and one that was the moon. " * 4
    assert by_model(ledger, [piece("lamps.md", other)]) == {}


def test_without_a_ledger_nothing_was_noted(tmp_path: Path) -> None:
    assert by_model(tmp_path / "ledger.sqlite3", [piece("ferry.md")]) == {}


def test_a_ledger_that_can_not_be_read_stops_the_learning(ledger: Path) -> None:
    for file in ledger.parent.glob("ledger.sqlite3*"):
        file.write_bytes(b"no database at all" * 400)
    with pytest.raises(WriterError):
        by_model(ledger, [piece("ferry.md")])

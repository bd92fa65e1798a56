"""What `ownhand corpus DIR` shows: the pieces, the sums, what was skipped and why, and what it can promise."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ownhand.errors import WriterError
from ownhand.home import Home
from ownhand.manuscript.consent import Consent, find_voice
from ownhand.manuscript.corpus import Corpus, Counts
from ownhand.manuscript.model import Form, Piece, Skipped
from ownhand.manuscript.promise import promise, promise_for_form


@dataclass(frozen=True)
class CorpusReport:
    """One manuscript at a glance. `pieces` come in the order of files, without their text."""

    folder: Path
    consent: Consent
    pieces: tuple[Piece, ...]
    counts: Counts
    skipped: tuple[Skipped, ...]
    promise: str

    def to_json(self) -> dict[str, Any]:
        return {
            "folder": str(self.folder),
            "consent": self.consent.value,
            "pieces": [_piece_json(piece) for piece in self.pieces],
            "totals": asdict(self.counts),
            "skipped": [asdict(item) for item in self.skipped],
            "promise": self.promise,
        }


def corpus_report(home: Home, folder: Path) -> CorpusReport:
    """The report from the saved index; call `scanner.refresh` first for the newest state.

    Raises WriterError when the folder was never read.
    """
    voice = find_voice(home, folder)
    if voice is None:
        raise WriterError(f"Ownhand has not read {folder} yet.", f"Run `ownhand corpus {folder}` to let it.")
    corpus = Corpus.open(voice.index_path)
    try:
        counts, pieces = corpus.counts(), tuple(corpus.pieces())
        return CorpusReport(voice.folder, voice.consent, pieces, counts, tuple(corpus.skipped()), _promise(pieces))
    finally:
        corpus.close()


def _promise(pieces: tuple[Piece, ...]) -> str:
    words = {form: sum(piece.words for piece in pieces if piece.teaches and piece.form is form) for form in Form}
    total = sum(words.values())
    thin = [promise_for_form(form, count) for form, count in words.items() if count < total]
    return " ".join([promise(total), *filter(None, thin)])


def _piece_json(piece: Piece) -> dict[str, Any]:
    shown = {key: value for key, value in asdict(piece).items() if key not in ("text", "modified")}
    return {**shown, "form": piece.form.value, "mine": piece.mine.value, "teaches": piece.teaches}

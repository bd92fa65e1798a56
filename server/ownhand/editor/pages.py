"""What the editor asks about a manuscript: its pieces and whose they are, verdicts, whose words a page is made of."""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ownhand.editor.documents import Documents
from ownhand.editor.folder import Folder
from ownhand.editor.folders import Folders
from ownhand.editor.mirror import Place
from ownhand.editor.own_text import OwnTextLedger
from ownhand.editor.provenance import Provenance
from ownhand.editor.spans import run_ranges
from ownhand.errors import WriterError
from ownhand.home import Home
from ownhand.manuscript.consent import Consent
from ownhand.manuscript.corpus import Corpus
from ownhand.manuscript.model import Mine, Piece
from ownhand.manuscript.report import corpus_report
from ownhand.verdicts.ledger.retention import purge
from ownhand.verdicts.reading.report import verdict_report
from ownhand.verdicts.whose.words import Run
from ownhand.voices.report.writing import REPORT
from ownhand.voices.reveal import no_longer_quoted

NOT_LEARNED = "Ownhand does not learn from this folder, so it has read no pieces."
_NOT_NOTED = "Ownhand does not learn from this folder, so it notes nothing of its suggestions here."
_NOT_FOLLOWED = (
    "Ownhand follows whose words a text is made of only in the writer's own files of a folder that it learns from."
)
_NOT_GONE_YET = WriterError(
    "The notes on suggestions can't be written just now, so texts of this piece may still come into them.",
    "Leave the piece out again in a moment.",
)

Answer = dict[str, Any] | None


class Pages:
    """Raises WriterError where something can't be read or written."""

    def __init__(self, home: Home, documents: Documents, folders: Folders, provenance: Provenance) -> None:
        self._home, self._documents, self._folders, self._provenance = home, documents, folders, provenance

    async def corpus(self, folder: Folder) -> Answer:
        """What `ownhand corpus --json` prints, of a folder that Ownhand learns from."""
        await self._folders.settle(folder)
        if folder.consent is not Consent.LEARN:
            nothing: dict[str, Any] = {"pieces": [], "skipped": [], "sentence": NOT_LEARNED}
            return {"folder": str(folder.path), "consent": folder.consent.value, **nothing}
        report = await asyncio.to_thread(lambda: corpus_report(self._home, folder.root).to_json())
        return {**report, "words": folder.words}

    async def mine(self, folder: Folder, name: str, answer: Any) -> Answer:
        """Whose text a piece is: "mine" or "not mine". A path in the folder stands for every piece of that file.

        Of what is not the writer's the texts go from the ledger, and no more come into it; so does a reveal with them.
        """
        corpus, ledger, keeper, voice = folder.corpus, folder.ledger, folder.keeper, folder.voice
        if not (corpus and ledger and keeper and voice) or answer not in (Mine.MINE, Mine.NOT_MINE):
            return {"sentence": NOT_LEARNED}
        left_out = await asyncio.to_thread(_set_mine, corpus, name, Mine(answer))
        await asyncio.to_thread(ledger.left_out.read)
        self._provenance.folder_changed(folder)
        keeper.recount()
        if answer == Mine.NOT_MINE:
            await _forget(ledger, name, left_out)
            await asyncio.to_thread(no_longer_quoted, voice.path, [piece.text for piece in left_out], REPORT)
        return {"mine": str(answer)}

    async def verdicts(self, folder: Folder) -> Answer:
        """What `ownhand verdicts --json` prints, of a folder that Ownhand learns from."""
        await self._folders.settle(folder)
        if folder.ledger is None:
            return {"sentence": _NOT_NOTED}
        await folder.ledger.committed()
        report = await asyncio.to_thread(verdict_report, folder.root, folder.ledger.path)
        return report.to_json()

    async def provenance(self, uri: Any = None, *_: Any) -> Answer:
        """Whose words an open document is made of: `spans` with ranges in the editor's units, and `shares`."""
        document = self._documents.get(uri) if isinstance(uri, str) else None
        folder = self._folders.of(document) if document is not None else None
        if folder is not None:
            await self._folders.settle(folder)
        words = await self._provenance.words(document) if document is not None else None
        if document is None or words is None:
            return {"sentence": _NOT_FOLLOWED}
        spans = [_span(*found) for found in run_ranges(document.mirror, words.runs, self._documents.encoding)]
        shares = {kind.value: share for kind, share in words.shares().items()}
        return {"spans": spans, "shares": shares, "version": document.version}


def _span(start: Place, end: Place, run: Run) -> dict[str, Any]:
    places = {name: {"line": line, "character": column} for name, (line, column) in (("start", start), ("end", end))}
    return {"range": places, "kind": run.kind.value, **({"suggestion": run.suggestion} if run.suggestion else {})}


def _set_mine(corpus: Corpus, name: str, answer: Mine) -> list[Piece]:
    """Note the answer; returns the pieces, with their texts, that are left out by it: drafts of a piece go with it."""
    out_before = {piece.id for piece in corpus.pieces() if piece.mine is Mine.NOT_MINE}
    corpus.set_mine(name, answer)
    out = [piece.id for piece in corpus.pieces() if piece.mine is Mine.NOT_MINE]
    found = (corpus.piece(piece) for piece in out if piece not in out_before or piece == name)
    return [piece for piece in found if piece is not None]


async def _forget(ledger: OwnTextLedger, name: str, left_out: Iterable[Piece]) -> None:
    """Texts of pieces that were left out go from the ledger, those on their way to it included. Raises WriterError."""
    committed = await ledger.committed()
    await asyncio.to_thread(_purge, ledger.path, name, left_out)
    if not committed:
        raise _NOT_GONE_YET


def _purge(ledger: Path, name: str, left_out: Iterable[Piece]) -> None:
    """`name` may be that of a file: all that was noted in it goes."""
    purge(ledger, document=name)
    for piece in left_out:
        if piece.path != name:
            purge(ledger, document=piece.path, holds=piece.text)

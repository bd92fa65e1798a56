"""What `workspace/executeCommand` can do."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from ownhand.editor.answers import QUIET, Answers
from ownhand.editor.documents import Documents, path_of
from ownhand.editor.folders import Folder, Folders
from ownhand.editor.gestures import Gestures
from ownhand.editor.log import log_error
from ownhand.editor.mirror import Place
from ownhand.editor.provenance import Provenance
from ownhand.editor.spans import run_ranges
from ownhand.editor.status import Status
from ownhand.engines.short_list import short_list
from ownhand.errors import WriterError
from ownhand.home import Home
from ownhand.manuscript.consent import Consent
from ownhand.manuscript.corpus import Corpus
from ownhand.manuscript.model import Mine
from ownhand.manuscript.report import corpus_report
from ownhand.verdicts.ledger.retention import purge
from ownhand.verdicts.reading.report import verdict_report
from ownhand.verdicts.whose.words import Run

_NO_FOLDER = WriterError("No manuscript folder is open.", "Open the folder that your writing lies in.")
_NOT_NOTED = "Ownhand does not learn from this folder, so it notes nothing of its suggestions here."
_NOT_FOLLOWED = "Ownhand follows whose words a text is made of only in files of a folder that it learns from."
_NOT_LEARNED = "Ownhand does not learn from this folder, so it has read no pieces."

Answer = dict[str, Any] | None


class Commands:
    """One method per command. Arguments come from outside: what makes no sense is passed over.

    A folder is named by its URI; null means the only one that is open. What went wrong is said to the writer and
    comes back as {"sentence": ...}; a command never answers with an error.
    """

    def __init__(
        self,
        home: Home,
        documents: Documents,
        folders: Folders,
        answers: Answers,
        gestures: Gestures,
        provenance: Provenance,
        status: Status,
        say: Callable[[str], None],
    ) -> None:
        self._home, self._folders, self._answers, self._status, self._say = home, folders, answers, status, say
        self._documents, self._gestures, self._provenance = documents, gestures, provenance

    def run(self, name: str, arguments: tuple[Any, ...]) -> Answer | Coroutine[Any, Any, Answer]:
        """Start a command. Gestures take effect before the next message is read, the rest when awaited."""
        now: dict[str, Callable[..., Answer]] = {
            "ownhand.quiet": self.quiet,
            "ownhand.status": self.status,
        }
        if name in now:
            return now[name](*arguments)
        later: dict[str, Callable[..., Coroutine[Any, Any, Answer]]] = {
            "ownhand.accept": self._gestures.accept,
            "ownhand.dismiss": self._gestures.dismiss,
            "ownhand.reject": self._gestures.reject,
            "ownhand.consent": self.consent,
            "ownhand.corpus": self.corpus,
            "ownhand.mine": self.mine,
            "ownhand.addSamples": self.add_samples,
            "ownhand.removeSamples": self.remove_samples,
            "ownhand.models": self.models,
            "ownhand.verdicts": self.verdicts,
            "ownhand.provenance": self.provenance,
        }
        return self._finish(later[name](*arguments))

    async def _finish(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        try:
            return await work
        except WriterError as error:
            self._say(str(error))
            return {"sentence": str(error)}
        except Exception as error:
            log_error("a command", error)
            return {"sentence": "Something went wrong inside Ownhand; its log says where."}

    def quiet(self, uri: Any = None, wanted: Any = None, *_: Any) -> Answer:
        """Stop suggesting or begin again, in one document (its URI) or everywhere (null). Without `wanted`: toggle."""
        documents = self._answers.quiet_documents
        if isinstance(uri, str):
            now = wanted if isinstance(wanted, bool) else uri not in documents
            (documents.add if now else documents.discard)(uri)
        else:
            now = wanted if isinstance(wanted, bool) else not self._answers.quiet
            self._answers.quiet = now
            self._status.update(why=QUIET if now else "")
        self._status.update(quiet=self._answers.quiet)
        return {"quiet": now}

    def status(self, *_: Any) -> Answer:
        return self._status.current()

    async def consent(self, uri: Any = None, answer: Any = None, *_: Any) -> Answer:
        """Note the answer ("learn", "suggest" or "neither") for a folder; without one, put the question again."""
        folder = self._folder(uri)
        if answer in (Consent.LEARN, Consent.SUGGEST, Consent.NEITHER):
            await self._folders.answer(folder, Consent(answer))
        else:
            await self._folders.ask_again(folder)
        return {"consent": folder.consent.value}

    async def corpus(self, uri: Any = None, *_: Any) -> Answer:
        """What `ownhand corpus --json` prints, of a folder that Ownhand learns from."""
        folder = self._folder(uri)
        await self._folders.settle(folder)
        if folder.consent is not Consent.LEARN:
            consent = folder.consent.value
            return {
                "folder": str(folder.path),
                "consent": consent,
                "pieces": [],
                "skipped": [],
                "sentence": _NOT_LEARNED,
            }
        report = await asyncio.to_thread(lambda: corpus_report(self._home, folder.root).to_json())
        return {**report, "words": folder.words}

    async def mine(self, uri: Any = None, piece: Any = None, answer: Any = None, *_: Any) -> Answer:
        """Whose text a piece is: "mine" or "not mine". A path in the folder stands for every piece of that file."""
        folder = self._folder(uri)
        if folder.corpus is None or folder.keeper is None or answer not in (Mine.MINE, Mine.NOT_MINE):
            return {"sentence": _NOT_LEARNED}
        await asyncio.to_thread(folder.corpus.set_mine, str(piece), Mine(answer))
        if answer == Mine.NOT_MINE and folder.ledger is not None:
            await asyncio.to_thread(_forget_piece, folder.corpus, folder.ledger.path, str(piece))
        folder.keeper.recount()
        return {"mine": str(answer)}

    async def add_samples(self, uri: Any = None, samples: Any = None, *_: Any) -> Answer:
        """Learn from texts elsewhere too, read in place: a list of file URIs or paths."""
        return await self._change_samples(uri, samples, Corpus.add_samples)

    async def remove_samples(self, uri: Any = None, samples: Any = None, *_: Any) -> Answer:
        """Forget texts that were added: a list of file URIs or paths."""
        return await self._change_samples(uri, samples, Corpus.remove_samples)

    async def _change_samples(self, uri: Any, samples: Any, change: Callable[[Corpus, list[Path]], None]) -> Answer:
        folder = self._folder(uri)
        if folder.corpus is None or folder.keeper is None or not isinstance(samples, list):
            return {"sentence": _NOT_LEARNED}
        paths = [path_of(str(sample)) or Path(str(sample)) for sample in samples]
        await asyncio.to_thread(change, folder.corpus, paths)
        folder.keeper.scanner.start()
        return {"samples": len(paths)}

    async def models(self, *_: Any) -> Answer:
        """The short list to pick a model from: the keys of `ShortList.to_json`."""
        return (await short_list(self._folders.settings, self._home)).to_json()

    async def verdicts(self, uri: Any = None, *_: Any) -> Answer:
        """What `ownhand verdicts --json` prints, of a folder that Ownhand learns from."""
        folder = self._folder(uri)
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

    def _folder(self, uri: Any) -> Folder:
        folder = self._folders.get(uri if isinstance(uri, str) else None)
        if folder is None:
            raise _NO_FOLDER
        return folder


def _span(start: Place, end: Place, run: Run) -> dict[str, Any]:
    places = {name: {"line": line, "character": column} for name, (line, column) in (("start", start), ("end", end))}
    return {"range": places, "kind": run.kind.value, **({"suggestion": run.suggestion} if run.suggestion else {})}


def _forget_piece(corpus: Corpus, ledger: Path, name: str) -> None:
    """Texts of a piece that was left out, or of all in a file, go from the ledger. Raises WriterError."""
    piece = corpus.piece(name)
    if piece is None:
        purge(ledger, document=name)
    else:
        purge(ledger, document=piece.path, holds=piece.text)

"""What `workspace/executeCommand` can do."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from ownhand.editor.answers import QUIET, Answers
from ownhand.editor.documents import path_of
from ownhand.editor.folders import Folder, Folders
from ownhand.editor.gestures import Gestures
from ownhand.editor.log import log_error
from ownhand.editor.pages import NOT_LEARNED, Pages
from ownhand.editor.status import Status
from ownhand.engines.short_list import short_list
from ownhand.errors import WriterError
from ownhand.home import Home
from ownhand.manuscript.consent import Consent
from ownhand.manuscript.corpus import Corpus

_NO_FOLDER = WriterError("No manuscript folder is open.", "Open the folder that your writing lies in.")

Answer = dict[str, Any] | None


class Commands:
    """One method per command. Arguments come from outside: what makes no sense is passed over.

    A folder is named by its URI; null means the only one that is open. What went wrong is said to the writer and
    comes back as {"sentence": ...}; a command never answers with an error.
    """

    def __init__(
        self,
        home: Home,
        folders: Folders,
        answers: Answers,
        gestures: Gestures,
        pages: Pages,
        status: Status,
        say: Callable[[str], None],
    ) -> None:
        self._home, self._folders, self._answers, self._status, self._say = home, folders, answers, status, say
        self._gestures, self._pages = gestures, pages

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
            "ownhand.provenance": self._pages.provenance,
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
        return await self._pages.corpus(self._folder(uri))

    async def mine(self, uri: Any = None, piece: Any = None, answer: Any = None, *_: Any) -> Answer:
        return await self._pages.mine(self._folder(uri), str(piece), answer)

    async def verdicts(self, uri: Any = None, *_: Any) -> Answer:
        return await self._pages.verdicts(self._folder(uri))

    async def add_samples(self, uri: Any = None, samples: Any = None, *_: Any) -> Answer:
        """Learn from texts elsewhere too, read in place: a list of file URIs or paths."""
        return await self._change_samples(uri, samples, Corpus.add_samples)

    async def remove_samples(self, uri: Any = None, samples: Any = None, *_: Any) -> Answer:
        """Forget texts that were added: a list of file URIs or paths."""
        return await self._change_samples(uri, samples, Corpus.remove_samples)

    async def _change_samples(self, uri: Any, samples: Any, change: Callable[[Corpus, list[Path]], None]) -> Answer:
        folder = self._folder(uri)
        if folder.corpus is None or folder.keeper is None or not isinstance(samples, list):
            return {"sentence": NOT_LEARNED}
        paths = [path_of(str(sample)) or Path(str(sample)) for sample in samples]
        await asyncio.to_thread(change, folder.corpus, paths)
        folder.keeper.scanner.start()
        return {"samples": len(paths)}

    async def models(self, *_: Any) -> Answer:
        """The short list to pick a model from: the keys of `ShortList.to_json`."""
        return (await short_list(self._folders.settings, self._home)).to_json()

    def _folder(self, uri: Any) -> Folder:
        folder = self._folders.get(uri if isinstance(uri, str) else None)
        if folder is None:
            raise _NO_FOLDER
        return folder

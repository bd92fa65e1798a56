"""What `workspace/executeCommand` can do."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from ownhand.editor.answers import QUIET, Answers
from ownhand.editor.documents import path_of
from ownhand.editor.folder import Folder
from ownhand.editor.folders import Folders
from ownhand.editor.gestures import Gestures
from ownhand.editor.learning import Learning
from ownhand.editor.log import log_error
from ownhand.editor.pages import NOT_LEARNED, Pages
from ownhand.editor.status import Status
from ownhand.editor.voice_desk import VoiceDesk
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
        learning: Learning,
        voice_desk: VoiceDesk,
        status: Status,
        say: Callable[[str], None],
    ) -> None:
        self._home, self._folders, self._answers, self._status, self._say = home, folders, answers, status, say
        self._gestures, self._pages, self._voice_desk = gestures, pages, voice_desk
        self._of_folder: dict[str, tuple[Callable[..., Coroutine[Any, Any, Answer]], int]] = {
            "ownhand.corpus": (pages.corpus, 0),
            "ownhand.verdicts": (pages.verdicts, 0),
            "ownhand.train": (learning.train, 0),
            "ownhand.pause": (learning.pause, 0),
            "ownhand.resume": (learning.resume, 0),
            "ownhand.cancel": (learning.cancel, 0),
            "ownhand.voices": (voice_desk.voices, 0),
            "ownhand.activate": (voice_desk.activate, 1),
            "ownhand.rollback": (voice_desk.rollback, 0),
            "ownhand.reveal": (voice_desk.reveal, 1),
            "ownhand.notYet": (voice_desk.not_yet, 1),
            "ownhand.report": (voice_desk.report, 0),
            "ownhand.forget": (voice_desk.forget, 1),
        }
        """With the number of arguments after the folder."""

    def run(self, name: str, arguments: tuple[Any, ...]) -> Answer | Coroutine[Any, Any, Answer]:
        """Start a command. Gestures take effect before the next message is read, the rest when awaited."""
        now: dict[str, Callable[..., Answer]] = {
            "ownhand.quiet": self.quiet,
            "ownhand.status": self.status,
        }
        if name in now:
            return now[name](*arguments)
        if name in self._of_folder:
            return self._finish(self._in_folder(name, *arguments))
        later: dict[str, Callable[..., Coroutine[Any, Any, Answer]]] = {
            "ownhand.accept": self._gestures.accept,
            "ownhand.dismiss": self._gestures.dismiss,
            "ownhand.reject": self._gestures.reject,
            "ownhand.consent": self.consent,
            "ownhand.mine": self.mine,
            "ownhand.addSamples": self.add_samples,
            "ownhand.removeSamples": self.remove_samples,
            "ownhand.models": self.models,
            "ownhand.provenance": self._pages.provenance,
            "ownhand.withoutVoice": self.without_voice,
        }
        return self._finish(later[name](*arguments))

    async def _in_folder(self, name: str, uri: Any = None, *arguments: Any) -> Answer:
        """A command of which the room that it is for knows all but the folder."""
        work, takes = self._of_folder[name]
        folder = self._folder(uri)
        await self._folders.settle(folder)
        return await work(folder, *(*arguments, *[None] * takes)[:takes])

    async def _finish(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        try:
            return await work
        except WriterError as error:
            self._say(str(error))
            return {"sentence": str(error)}
        except Exception as error:
            log_error("a command", error)
            sentence = "Something went wrong inside Ownhand; its log says where."
            self._say(sentence)
            return {"sentence": sentence}

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

    async def mine(self, uri: Any = None, piece: Any = None, answer: Any = None, *_: Any) -> Answer:
        return await self._pages.mine(self._folder(uri), str(piece), answer)

    async def without_voice(self, uri: Any = None, wanted: Any = None, *_: Any) -> Answer:
        """Let the bare model write, in every folder, or the voices again."""
        return await self._voice_desk.without_voice(self._folders.get(uri if isinstance(uri, str) else None), wanted)

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

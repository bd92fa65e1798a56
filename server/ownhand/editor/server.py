"""The language server: registers what it understands, and runs the conversation."""

import asyncio
import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer

import ownhand
from ownhand.editor.aftercare import Aftercare
from ownhand.editor.answers import SUGGESTED_IN, Answers
from ownhand.editor.commands import Commands
from ownhand.editor.configuration import Configuration
from ownhand.editor.documents import Document, Documents
from ownhand.editor.folder import Doors, Folder
from ownhand.editor.folders import Folders
from ownhand.editor.gestures import Gestures
from ownhand.editor.greeting import Client
from ownhand.editor.learning import Learning
from ownhand.editor.learning_progress import LearningProgress
from ownhand.editor.life import Ending, StallWatch, editor_gone
from ownhand.editor.log import log_error
from ownhand.editor.opening import COMMANDS
from ownhand.editor.pages import Pages
from ownhand.editor.protocol import OwnhandProtocol, our_converter
from ownhand.editor.provenance import Provenance
from ownhand.editor.questions import ScanProgress, ask_consent, ask_note, ask_same
from ownhand.editor.serving import Serving
from ownhand.editor.status import Status
from ownhand.editor.sync import Sync
from ownhand.editor.voice_desk import VoiceDesk
from ownhand.editor.wire import Inbox, Outbox
from ownhand.editor.witness import Witness
from ownhand.errors import WriterError
from ownhand.home import Home
from ownhand.manuscript.consent import Consent, VoiceFolder
from ownhand.verdicts.reading.notes import Offer

_CONFIGURATION_SECONDS = 5.0
_LAST_FACTS = 0.3
"""Seconds."""


class OwnhandServer(LanguageServer):
    """One editor's server. `converse` returns when the conversation is over."""

    protocol: OwnhandProtocol

    def __init__(self, home: Home, client: Client, ending: Ending) -> None:
        super().__init__("ownhand", ownhand.__version__, protocol_cls=OwnhandProtocol, converter_factory=our_converter)
        self.client, self._ending = client, ending
        self._complained: set[str] = set()
        self._background: set[asyncio.Task[Any]] = set()
        self._shut_down = False
        self.status = Status(
            lambda state: self.protocol.notify("ownhand/status", state),
            lambda work: asyncio.get_running_loop().call_soon(work),
        )
        self.configuration = Configuration(client.options, self.complain)
        self.documents = Documents(client.encoding)
        self.scan_progress = ScanProgress(self.protocol, self.in_background)
        self._configured = asyncio.Event()
        doors = Doors(
            self._configured.wait,
            self._ask_consent,
            self._ask_same,
            self.complain,
            self._folder_changed,
            self._scanning,
            self._learns,
            lambda folder, ledger: self.aftercare.keep(folder, ledger),
            self._leaving,
        )
        self.folders = Folders(home, self.configuration, doors, client.name)
        self.serving = Serving(
            home,
            self.folders.corpus_of,
            can_ask=client.can_ask,
            voice_of=self.folders.voice_of,
            say=self.complain,
            voice_changed=self._voice_changed,
        )
        self.serving.use(self.configuration.settings)
        self.provenance = Provenance(self.documents, self.folders, self.in_background)
        self.witness = Witness(
            self.documents,
            self.folders,
            self.status,
            self.provenance.mark,
            editor_reports=client.reports_shown,
        )
        self.aftercare = Aftercare(self.serving.rejections, self._ask_note, self.in_background)
        self.gestures = Gestures(self.witness, self.serving, self._rejected)
        self.witness.on_judged = self.gestures.judged
        self.answers = Answers(self.documents, self.folders, self.serving, self.witness, self.status, self.complain)
        progress = LearningProgress(self.protocol, self.in_background, shows=client.progress)
        self.learning = Learning(home, self.folders, self.status, progress, self.say, self.in_background)
        self.learning.on_end = lambda folder, _: self.in_background(self.voice_desk.look(folder))
        self.voice_desk = VoiceDesk(home, self.folders, self.serving, self.learning, self.status)
        self.sync = Sync(
            self.documents, self.answers, self.witness, self.provenance, self.opened, typed=self.learning.typed
        )
        self.commands = Commands(
            home,
            self.folders,
            self.answers,
            self.gestures,
            Pages(home, self.documents, self.folders, self.provenance),
            self.learning,
            self.voice_desk,
            self.status,
            self.say,
        )
        for uri in client.folders:
            self.folders.add(uri)
        self._register()

    def _register(self) -> None:
        handlers: dict[str, Callable[..., Any]] = {
            types.INITIALIZED: self.initialized,
            types.SHUTDOWN: self.shut_down,
            types.EXIT: self.exit,
            types.TEXT_DOCUMENT_DID_OPEN: self.sync.did_open,
            types.TEXT_DOCUMENT_DID_CHANGE: self.sync.did_change,
            types.TEXT_DOCUMENT_DID_CLOSE: self.sync.did_close,
            types.TEXT_DOCUMENT_INLINE_COMPLETION: self.answers.inline_completion,
            types.TEXT_DOCUMENT_COMPLETION: self.answers.completion,
            types.WORKSPACE_DID_CHANGE_CONFIGURATION: self.configuration_changed,
            types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS: self.folders_changed,
            "textDocument/didShowCompletion": self.gestures.shown,
            "textDocument/didPartiallyAcceptCompletion": self.gestures.partly_accepted,
        }
        for method, handler in handlers.items():
            self.feature(method)(functools.partial(handler))
        for name in COMMANDS:
            self.command(name)(_command(self.commands, name))

    def converse(self, inbox: Inbox, outbox: Outbox) -> int:
        self.protocol.set_writer(outbox)
        return asyncio.run(self._live(inbox))

    async def _live(self, inbox: Inbox) -> int:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(_unattended)
        self._over: asyncio.Future[int] = loop.create_future()
        stalls = self._watch_stalls()
        if self.client.process_id is not None:
            self.in_background(self._leave_with(self.client.process_id))

        def take(body: bytes | None) -> None:
            work = self.protocol.decode(body) if body is not None else self._input_ended
            loop.call_soon_threadsafe(work)

        inbox.hand_to(take)
        code = await self._over
        self._ending.begin()
        self.learning.close()
        await asyncio.gather(self.serving.close(), self.folders.close(), return_exceptions=True)
        if stalls is not None:
            stalls.write()
        return code

    def _watch_stalls(self) -> StallWatch | None:
        path = os.environ.get("OWNHAND_STALLS")
        if not path:
            return None
        watch = StallWatch(Path(path))
        self.in_background(watch.run())
        return watch

    async def _leave_with(self, process_id: int) -> None:
        await editor_gone(process_id)
        self._leave(1)

    def _input_ended(self) -> None:
        self._leave(0 if self._shut_down else 1)

    def _leave(self, code: int) -> None:
        if not self._over.done():
            self._ending.code = code
            self._over.set_result(code)

    # Lifecycle

    def initialized(self, *_: Any) -> None:
        self.serving.warm_up()
        self.in_background(self.configure())
        self.in_background(self.learning.watch())
        self.in_background(self.folders.heed_others())
        if self.client.registers_configuration:
            self.in_background(self._hear_of_settings())

    def shut_down(self, *_: Any) -> None:
        self._shut_down = True

    def exit(self, *_: Any) -> None:
        self._leave(0 if self._shut_down else 1)

    # Settings and folders

    def configuration_changed(self, params: types.DidChangeConfigurationParams) -> None:
        self.configuration.pushed(params.settings)
        self.in_background(self.configure())

    async def configure(self) -> None:
        try:
            if self.client.pulls_configuration:
                await self.configuration.pull(self._ask_settings, [folder.uri for folder in self.folders.all()])
        finally:
            self._configured.set()
        self.folders.settings_changed()
        if self.serving.use(self.configuration.settings):
            await self._show_engine()

    async def _show_engine(self) -> None:
        """The writer has just chosen another engine or model: say at once which serves now, or why none does."""
        try:
            engine = await self.serving.chosen()
        except WriterError as error:
            self.status.update(engine="", model="", why=str(error))
            self.complain(str(error))
        else:
            self.status.update(engine=engine.name, model=engine.model, why="")

    async def _hear_of_settings(self) -> None:
        """VS Code's client, for one, tells of changed settings only a server that registered for them."""
        section = types.DidChangeConfigurationRegistrationOptions("ownhand")
        wanted = types.Registration("ownhand.settings", types.WORKSPACE_DID_CHANGE_CONFIGURATION, section)
        params = types.RegistrationParams([wanted])
        await self.protocol.ask(types.CLIENT_REGISTER_CAPABILITY, params, _CONFIGURATION_SECONDS)

    async def _ask_settings(self, scopes: list[str | None]) -> list[Any] | None:
        items = [types.ConfigurationItem(scope_uri=scope, section="ownhand") for scope in scopes]
        params = types.ConfigurationParams(items)
        answer = await self.protocol.ask(types.WORKSPACE_CONFIGURATION, params, _CONFIGURATION_SECONDS)
        return list(answer) if answer is not None else None

    def folders_changed(self, params: types.DidChangeWorkspaceFoldersParams) -> None:
        for folder in params.event.removed:
            if (rest := self.folders.remove(folder.uri)) is not None:
                self.in_background(rest)
                self.serving.forbidden(folder.uri.rstrip("/"))
        for folder in params.event.added:
            self.folders.add(folder.uri)
        self._configured.clear()
        self.in_background(self.configure())

    def opened(self, document: Document) -> None:
        """The first page of a folder that Ownhand could write in brings up the question about the folder."""
        folder = self.folders.of(document)
        if folder is not None and document.refusal(SUGGESTED_IN) is None:
            self.folders.settle(folder)

    async def _ask_consent(self, folder: Folder) -> Consent | None:
        """The status says that a question is open: editors hide questions that nobody answers within seconds."""
        if not self.client.can_ask:
            return None
        self.status.update_folder(folder.uri, voice=Consent.UNASKED.value)
        answer = await ask_consent(self.protocol, folder)
        self.status.update(why="")
        self.status.update_folder(folder.uri, voice=folder.consent.value)
        return answer

    async def _ask_same(self, folder: Folder, voice: VoiceFolder) -> bool | None:
        return await ask_same(self.protocol, folder, voice) if self.client.can_ask else None

    def _folder_changed(self, folder: Folder) -> None:
        self.status.update_folder(folder.uri, voice=folder.consent.value, words=folder.words)
        self.serving.forbidden(folder.uri)
        self.provenance.folder_changed(folder)
        if folder.consent is not Consent.LEARN and not folder.gone:
            self.in_background(self.voice_desk.look(folder))

    def _learns(self, folder: Folder) -> None:
        """A voice was opened for the folder."""
        self.aftercare.remember(folder)
        self.in_background(self.learning.look(folder))
        self.in_background(self.voice_desk.look(folder))

    def _voice_changed(self, key: str | None) -> None:
        if (folder := self.folders.get(key)) is not None:
            self.in_background(self.voice_desk.look(folder))

    async def _leaving(self, folder: Folder) -> None:
        """What is known of suggestions comes first, and is on disk before the pages' notes are made."""
        try:
            self.witness.left(folder.uri)
        except Exception as error:
            log_error("the last words on suggestions", error)
        if folder.ledger is not None:
            await folder.ledger.committed(_LAST_FACTS)
        await self.provenance.leave(folder)
        await self.learning.left(folder)

    def _scanning(self, folder: Folder, files: int, of: int) -> None:
        if self.client.progress:
            self.scan_progress.scanning(folder, files, of)

    def _rejected(self, key: str) -> None:
        if (folder := self.folders.get(key)) is not None:
            self.aftercare.rejected(folder)

    async def _ask_note(self, offer: Offer) -> bool:
        return self.client.can_ask and await ask_note(self.protocol, offer)

    # Speaking to the writer

    def say(self, sentence: str) -> None:
        """Show a sentence."""
        self.window_show_message(types.ShowMessageParams(types.MessageType.Warning, sentence))

    def complain(self, sentence: str) -> None:
        """Show a sentence once, however often it comes up."""
        if sentence not in self._complained:
            self._complained.add(sentence)
            self.say(sentence)

    def report_server_error(self, error: Exception, _source: Any) -> None:
        """Errors in handlers are ours to mend: they go to the log and never interrupt the writer."""
        log_error("a handler", error)

    def in_background(self, work: "asyncio._CoroutineLike[Any]") -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._background.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._background.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log_error("work in the background", error)


def _unattended(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What failed while nobody waited for it. asyncio's own words for that may quote the manuscript."""
    error = context.get("exception")
    if isinstance(error, Exception):
        log_error("work that nobody waited for", error)


def _command(commands: Commands, name: str) -> Callable[..., Any]:
    def run(*arguments: Any) -> Any:
        return commands.run(name, arguments)

    return run

"""A page that a simulated writer works on, in a plain client before a real server."""

import asyncio
from collections.abc import Awaitable, Callable

from lsprotocol import types

from lsp_editor import Editor
from ownhand.text.utf16 import utf16_length
from simulated_writer import (
    Ask,
    Chunk,
    Compose,
    Elsewhere,
    Gesture,
    Keys,
    Redo,
    Reopen,
    Step,
    Swap,
    Take,
    Together,
    Undo,
    Wait,
    Whole,
)

SEEN = 0.9
"""Seconds after which the server presumes that an answer was seen."""

Change = tuple[int, str, str]
"""Offset, what goes, what comes, in code points."""


class WriterPage:
    """The document as the editor has it, and what a writer does in it. `suggestion` is the one that was offered."""

    def __init__(self, editor: Editor, uri: str, text: str) -> None:
        self.editor, self.uri, self.text = editor, uri, text
        self.cursor, self.start = len(text), len(text)
        self.suggestion, self.id = "", ""
        self._undo: list[tuple[Change, int]] = []
        self._redo: list[tuple[Change, int]] = []
        self._ends = "\n"

    async def ask(self) -> str:
        items = await self.editor.ask(self.uri, *self._place(self.cursor))
        assert items, await self.editor.why()
        self.suggestion, self.start = items[0].insert_text, self.cursor
        (self.id,) = items[0].command.arguments
        return self.suggestion

    async def _ask_again(self) -> None:
        await self.ask()

    async def act(self, step: Step) -> None:
        acts: dict[type, Callable[..., Awaitable[None]]] = {
            Keys: self._keys,
            Together: self._together,
            Chunk: lambda it: self._put(it.text),
            Swap: lambda it: self._put(it.text, removing=it.count),
            Compose: self._compose,
            Elsewhere: self._elsewhere,
            Take: self._take,
            Gesture: self._gesture,
            Undo: lambda _: self._step_back(),
            Redo: lambda _: self._step_on(),
            Whole: self._whole,
            Reopen: self._reopen,
            Ask: lambda _: self._ask_again(),
            Wait: lambda _: asyncio.sleep(SEEN),
        }
        await acts[type(step)](step)

    def _place(self, offset: int) -> tuple[int, int]:
        head = self.text[:offset]
        return head.count("\n"), utf16_length(head[head.rfind("\n") + 1 :])

    def _tell(self, changes: list[Change]) -> None:
        """One notification; each change refers to the text that the ones before it left."""
        sent: list[types.TextDocumentContentChangeEvent] = []
        for offset, gone, come in changes:
            start, end = self._place(offset), self._place(offset + len(gone))
            place = types.Range(types.Position(*start), types.Position(*end))
            text = come.replace("\n", self._ends)
            sent.append(types.TextDocumentContentChangePartial(range=place, text=text))
            self.text = self.text[:offset] + come + self.text[offset + len(gone) :]
        self._send(sent)

    def _send(self, changes: list[types.TextDocumentContentChangeEvent]) -> None:
        self.editor.versions[self.uri] += 1
        document = types.VersionedTextDocumentIdentifier(uri=self.uri, version=self.editor.versions[self.uri])
        self.editor.client.text_document_did_change(types.DidChangeTextDocumentParams(document, changes))

    async def _put(self, text: str, removing: int = 0) -> None:
        at = self.cursor - removing
        change = (at, self.text[at : self.cursor], text)
        self._undo.append((change, self.cursor))
        self.cursor = at + len(text)
        self._tell([change])
        await asyncio.sleep(0)

    async def _keys(self, step: Keys) -> None:
        for at in range(0, len(step.text), step.batch):
            await self._put(step.text[at : at + step.batch])

    async def _together(self, step: Together) -> None:
        self._tell([(self.cursor + at, "", letter) for at, letter in enumerate(step.text)])
        self.cursor += len(step.text)

    async def _compose(self, step: Compose) -> None:
        former = 0
        for stage in step.stages:
            await self._put(stage, removing=former)
            former = len(stage)

    async def _elsewhere(self, step: Elsewhere) -> None:
        for at, letter in enumerate(step.text):
            self._tell([(at, "", letter)])
        self.cursor += len(step.text)
        self.start += len(step.text)

    async def _take(self, step: Take) -> None:
        rest = self.suggestion[self.cursor - self.start :]
        accept = lambda: self.editor.execute("ownhand.accept", self.id)  # noqa: E731
        if step.command_first:
            await accept()
        await self._put(rest)
        if not step.command_first:
            await accept()

    async def _gesture(self, step: Gesture) -> None:
        arguments = [self.id, step.reason or None] if step.name == "reject" else [self.id]
        await self.editor.execute(f"ownhand.{step.name}", *arguments)

    async def _step_back(self) -> None:
        (offset, gone, come), cursor = self._undo.pop()
        self._redo.append(((offset, gone, come), self.cursor))
        self.cursor = cursor
        self._tell([(offset, come, gone)])

    async def _step_on(self) -> None:
        change, cursor = self._redo.pop()
        self.cursor = cursor
        self._tell([change])

    async def _whole(self, step: Whole) -> None:
        self._ends = step.line_ends
        text = self.text.replace("\n", self._ends)
        self._send([types.TextDocumentContentChangeWholeDocument(text)])

    async def _reopen(self, _: Reopen) -> None:
        self.editor.close(self.uri)
        self.editor.open(self.uri, self.text.replace("\n", self._ends), "markdown")

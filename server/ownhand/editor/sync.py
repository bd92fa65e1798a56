"""Notifications that keep the server's copy of the documents in step with the editor's."""

from collections.abc import Callable
from typing import Any

from lsprotocol import types

from ownhand.editor.answers import Answers
from ownhand.editor.documents import Document, Documents
from ownhand.editor.log import log_error
from ownhand.editor.provenance import Provenance
from ownhand.editor.witness import Witness
from ownhand.verdicts.observer.edits import Edit, difference


class Sync:
    """`opened` is told of each document, for the question about its folder; `typed` of every change."""

    def __init__(
        self,
        documents: Documents,
        answers: Answers,
        witness: Witness,
        provenance: Provenance,
        opened: Callable[[Document], None],
        typed: Callable[[], None],
    ) -> None:
        self._documents, self._answers, self._opened, self._typed = documents, answers, opened, typed
        self._witness, self._provenance = witness, provenance

    def did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        item = params.text_document
        document = self._documents.open(item.uri, str(item.language_id), item.version, item.text)
        _safely(self._witness.opened, document)
        _safely(self._provenance.opened, document)
        self._opened(document)

    def did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        document = self._documents.get(params.text_document.uri)
        if document is None:
            return
        changes = params.content_changes
        whole = any(isinstance(change, types.TextDocumentContentChangeWholeDocument) for change in changes)
        if not self._documents.accepts(document, params.text_document.version, whole):
            return
        _safely(self._typed)
        edits = [edit for change in changes for edit in _apply(document, change)]
        _safely(self._provenance.changed, document, edits)
        _safely(self._witness.changed, document, edits)
        self._answers.changed(document)

    def did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        document = self._documents.get(params.text_document.uri)
        if document is not None:
            self._answers.closed(document)
            _safely(self._witness.closed, document)
            _safely(self._provenance.closed, document)
            self._documents.close(document.uri)


def _safely(follow: Callable[..., None], *arguments: Any) -> None:
    """What goes wrong where a document is followed keeps nobody else from hearing of it."""
    try:
        follow(*arguments)
    except Exception as error:
        log_error("following a document", error)


def _apply(document: Document, change: types.TextDocumentContentChangeEvent) -> list[Edit]:
    mirror = document.mirror
    if isinstance(change, types.TextDocumentContentChangePartial):
        start, end = change.range.start, change.range.end
        return [mirror.replace((start.line, start.character), (end.line, end.character), change.text)]
    before = mirror.plain
    mirror.replace_all(change.text)
    return difference(before, mirror.plain)

"""Notifications that keep the server's copy of the documents in step with the editor's."""

from collections.abc import Callable

from lsprotocol import types

from ownhand.editor.answers import Answers
from ownhand.editor.documents import Document, Documents


class Sync:
    """`opened` is told of each document, for the question about its folder."""

    def __init__(self, documents: Documents, answers: Answers, opened: Callable[[Document], None]) -> None:
        self._documents, self._answers, self._opened = documents, answers, opened

    def did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        item = params.text_document
        self._opened(self._documents.open(item.uri, str(item.language_id), item.version, item.text))

    def did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        document = self._documents.get(params.text_document.uri)
        if document is None:
            return
        changes = params.content_changes
        whole = any(isinstance(change, types.TextDocumentContentChangeWholeDocument) for change in changes)
        if not self._documents.accepts(document, params.text_document.version, whole):
            return
        for change in changes:
            _apply(document, change)
        self._answers.changed(document)

    def did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        document = self._documents.get(params.text_document.uri)
        if document is not None:
            self._answers.closed(document)
            self._documents.close(document.uri)


def _apply(document: Document, change: types.TextDocumentContentChangeEvent) -> None:
    if isinstance(change, types.TextDocumentContentChangePartial):
        start, end = change.range.start, change.range.end
        document.mirror.replace((start.line, start.character), (end.line, end.character), change.text)
    else:
        document.mirror.replace_all(change.text)

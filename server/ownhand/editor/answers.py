"""What inline completion answers: a list, always. Nothing to offer or engine trouble is an empty one.

The moment is frozen before the first await: these functions freeze at once and return a coroutine for the rest.
A superseded request is answered with RequestCancelled. One request for the same version and place as a running one
joins it; the suggester sees to that.
"""

import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcRequestCancelled

from ownhand.editor.documents import LARGEST, LONGEST_LINE, Document, Documents
from ownhand.editor.folder import Folder
from ownhand.editor.folders import Folders
from ownhand.editor.log import log_error
from ownhand.editor.serving import Serving
from ownhand.editor.status import Status
from ownhand.editor.witness import Witness
from ownhand.errors import WriterError
from ownhand.manuscript.formats import READ_ONLY, SUFFIXES
from ownhand.manuscript.formats.place import switched_off
from ownhand.suggestions.moment import Moment, Silence, Suggestion
from ownhand.suggestions.place import SWITCHED_OFF
from ownhand.suggestions.suggester import Superseded

SUGGESTED_IN = SUFFIXES - READ_ONLY
"""Formats that an editor shows as text."""
QUIET = "You asked Ownhand to be quiet."
_HEAD_LINES, _HEAD_WIDTH = 200, 80
"""How much of the document's start is looked at for `ownhand: off`, wherever the cursor is."""
_TITLE = "Accept the suggestion"
_LABEL = 60


@dataclass(frozen=True)
class Frozen:
    """A moment and the folder it belongs to, None for a loose document."""

    moment: Moment
    folder: Folder | None


class Answers:
    """Answers requests; the witness is told of what was asked and offered."""

    def __init__(
        self,
        documents: Documents,
        folders: Folders,
        serving: Serving,
        witness: Witness,
        status: Status,
        complain: Callable[[str], None],
    ) -> None:
        self._documents, self._folders, self._serving = documents, folders, serving
        self._witness = witness
        self._status, self._complain = status, complain
        self.quiet = False
        self.quiet_documents: set[str] = set()

    def inline_completion(
        self, params: types.InlineCompletionParams
    ) -> Coroutine[Any, Any, list[types.InlineCompletionItem]]:
        invoked = params.context.trigger_kind is types.InlineCompletionTriggerKind.Invoked
        frozen: Frozen | Silence = Silence("A list of words is open.")
        if params.context.selected_completion_info is None or invoked:
            frozen = self._freeze(params.text_document.uri, params.position, invoked=invoked)
        return self._inline_items(frozen, params.position)

    def completion(self, params: types.CompletionParams) -> Coroutine[Any, Any, types.CompletionList]:
        """For an editor without inline completion: the whole suggestion as one item of its list.

        Such editors say "invoked" for their own typing too, so only `manual` takes their word for it.
        """
        asked = params.context is not None and params.context.trigger_kind is types.CompletionTriggerKind.Invoked
        invoked = asked and self._folders.settings.suggestion_trigger == "manual"
        frozen = self._freeze(params.text_document.uri, params.position, invoked=invoked)
        return self._completion_list(frozen, params.position)

    async def _inline_items(
        self, frozen: Frozen | Silence, position: types.Position
    ) -> list[types.InlineCompletionItem]:
        suggestion = await self._answer(frozen)
        if suggestion is None:
            return []
        place = types.Range(position, position)
        return [types.InlineCompletionItem(suggestion.text, range=place, command=_accept(suggestion))]

    async def _completion_list(self, frozen: Frozen | Silence, position: types.Position) -> types.CompletionList:
        suggestion = await self._answer(frozen)
        items = []
        if suggestion is not None and isinstance(frozen, Frozen):
            items.append(_list_item(suggestion, frozen.moment.before, position))
        return types.CompletionList(is_incomplete=True, items=items)

    def _freeze(self, uri: str, position: types.Position, *, invoked: bool) -> Frozen | Silence:
        document = self._documents.get(uri)
        if document is None:
            return Silence("The editor has not opened this document with Ownhand.")
        why = self._rests(document, position)
        if why is not None:
            return Silence(why)
        folder = self._folders.of(document)
        settings = self._folders.settings_for(folder)
        window = document.mirror.window((position.line, position.character))
        moment = Moment(
            document=uri,
            version=document.version,
            before=window.before,
            after=window.after,
            language=document.suffix,
            path=folder.relative(document.path) if folder and document.path else None,
            before_offset=window.before_offset,
            invoked=invoked,
            length=settings.suggestion_length,
        )
        return Frozen(moment, folder)

    def _rests(self, document: Document, position: types.Position) -> str | None:
        """Why nothing can be offered at this place, whoever asks."""
        mirror = document.mirror
        if self.quiet or document.uri in self.quiet_documents:
            return QUIET if self.quiet else "You asked Ownhand to be quiet in this file."
        if (refusal := document.refusal(SUGGESTED_IN)) is not None:
            return refusal
        if not document.in_step:
            return "The editor's changes came out of order; close this document and open it again."
        if mirror.size > LARGEST:
            return "This document is larger than 2 MB; suggestions rest here. Split it into chapters."
        if position.line >= mirror.line_count:
            return "The cursor lies beyond the end of the text that the editor sent."
        if len(mirror.line(position.line)) > LONGEST_LINE:
            return "This line is longer than 100 kB; suggestions rest on it."
        if switched_off("\n".join(line[:_HEAD_WIDTH] for line in mirror.head(_HEAD_LINES))):
            return SWITCHED_OFF.why
        return None

    async def _answer(self, frozen: Frozen | Silence) -> Suggestion | None:
        """The suggestion, or None after the status was told why there is none. Raises JsonRpcRequestCancelled."""
        try:
            answer = await self._ask(frozen) if isinstance(frozen, Frozen) else frozen
        except Superseded:
            raise JsonRpcRequestCancelled("A newer request took its place.") from None
        except WriterError as error:
            self._complain(str(error))
            answer = Silence(str(error))
        except Exception as error:
            log_error("a suggestion", error)
            answer = Silence("Something went wrong inside Ownhand; its log says where.")
        if isinstance(answer, Silence):
            self._status.update(why=answer.why)
            return None
        self._status.update(why="", form=answer.form.value)
        return answer

    async def _ask(self, frozen: Frozen) -> Suggestion | Silence:
        folder = frozen.folder
        key = folder.uri if folder else None
        self._status.asked_in(key)
        allowed = await self._folders.allows_suggestions(folder)
        if allowed is not None:
            return allowed
        suggester = await self._serving.suggester(key)
        self._status.update(engine=suggester.engine.name, model=suggester.engine.model)
        moment = replace(frozen.moment, length=self._folders.settings_for(folder).suggestion_length)
        self._witness.asked(moment)
        answer = await suggester.suggest(moment)
        if isinstance(answer, Suggestion):
            self._witness.offered(answer, moment)
        return answer

    # Documents

    def changed(self, document: Document) -> None:
        suggester = self._suggester_of(document)
        if suggester is not None:
            suggester.changed(document.uri)

    def closed(self, document: Document) -> None:
        if document.path is None:
            self.quiet_documents.discard(document.uri)  # the next untitled page may get the same name
        suggester = self._suggester_of(document)
        if suggester is not None:
            suggester.closed(document.uri)

    def _suggester_of(self, document: Document) -> Any:
        folder = self._folders.of(document)
        return self._serving.known(folder.uri if folder else None)


def _accept(suggestion: Suggestion) -> types.Command:
    return types.Command(_TITLE, "ownhand.accept", arguments=[suggestion.id])


def _list_item(suggestion: Suggestion, before: str, position: types.Position) -> types.CompletionItem:
    word = re.search(r"\w*$", before)
    typed = word.group() if word else ""
    # eglot writes the label over the word before the cursor, so the label has to begin with that word.
    label = " ".join((typed + suggestion.text).split())
    return types.CompletionItem(
        label=label if len(label) <= _LABEL else label[: _LABEL - 1] + "…",
        kind=types.CompletionItemKind.Text,
        detail="Ownhand",
        documentation=suggestion.text,
        filter_text=typed + suggestion.text,
        insert_text_mode=types.InsertTextMode.AsIs,
        text_edit=types.TextEdit(types.Range(position, position), suggestion.text),
        command=_accept(suggestion),
    )

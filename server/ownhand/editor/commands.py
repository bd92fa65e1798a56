"""What `workspace/executeCommand` can do."""

from typing import Any

from ownhand.editor.answers import Answers
from ownhand.editor.documents import Documents
from ownhand.editor.status import Status


class Commands:
    """One method per command. Arguments come from outside: what makes no sense is passed over."""

    def __init__(self, documents: Documents, answers: Answers, status: Status) -> None:
        self._documents, self._answers, self._status = documents, answers, status

    def run(self, name: str, arguments: tuple[Any, ...]) -> Any:
        return getattr(self, name.removeprefix("ownhand."))(*arguments)

    def accept(self, suggestion_id: Any = None, *_: Any) -> None:
        self._answers.accepted(str(suggestion_id))

    def dismiss(self, suggestion_id: Any = None, *_: Any) -> None:
        self._answers.dismissed(str(suggestion_id))

    def quiet(self, uri: Any = None, wanted: Any = None, *_: Any) -> dict[str, bool]:
        """Stop suggesting, or begin again: in one document (its URI) or everywhere (null). Without `wanted`: toggle."""
        quiet = self._answers.quiet_documents
        if isinstance(uri, str):
            now = wanted if isinstance(wanted, bool) else uri not in quiet
            (quiet.add if now else quiet.discard)(uri)
        else:
            now = wanted if isinstance(wanted, bool) else not self._answers.quiet
            self._answers.quiet = now
        self._status.update(quiet=self._answers.quiet)
        return {"quiet": now}

    def status(self, *_: Any) -> dict[str, Any]:
        return self._status.current()

    def corpus(self, *_: Any) -> dict[str, Any]:
        return {}

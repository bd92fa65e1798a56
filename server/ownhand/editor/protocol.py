"""pygls's protocol with our document handling, our error policy, and no mirror of its own.

pygls keeps a second copy of every document that splits lines where LSP doesn't, and re-splits it on every change;
its built-in handlers for documents are therefore taken out. Handlers may be plain functions that freeze what they
need at once and return a coroutine for the rest: pygls starts coroutine functions only in the loop's next round, when
the next change may already be in.
"""

import asyncio
import inspect
import json
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from cattrs import Converter
from lsprotocol import types
from lsprotocol.converters import get_converter
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams
from pygls.protocol import JsonRPCNotification, LanguageServerProtocol

from ownhand.editor.log import log_error, logger

if TYPE_CHECKING:
    from ownhand.editor.server import OwnhandServer

_OURS = (
    types.INITIALIZE,
    types.INITIALIZED,
    types.EXIT,
    types.TEXT_DOCUMENT_DID_OPEN,
    types.TEXT_DOCUMENT_DID_CHANGE,
    types.TEXT_DOCUMENT_DID_CLOSE,
    types.NOTEBOOK_DOCUMENT_DID_OPEN,
    types.NOTEBOOK_DOCUMENT_DID_CHANGE,
    types.NOTEBOOK_DOCUMENT_DID_CLOSE,
    types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS,
)
_WANTS_A_LIST = (types.TEXT_DOCUMENT_INLINE_COMPLETION, types.TEXT_DOCUMENT_COMPLETION)

Handler = Callable[..., Any]


class OwnhandProtocol(LanguageServerProtocol):
    """The conversation. `take` may be called in any thread; everything else belongs to the event loop."""

    def __init__(self, server: "OwnhandServer", converter: Converter) -> None:
        super().__init__(server, converter)
        for method in _OURS:
            self.fm.builtin_features.pop(method, None)

    def decode(self, body: bytes) -> Callable[[], None]:
        """Parse one message; what it returns is to be called in the event loop. Never raises."""
        try:
            data = json.loads(body)
        except (ValueError, RecursionError):
            logger.warning("A message was not JSON and was passed over.")
            return _nothing
        if not isinstance(data, dict) or "jsonrpc" not in data:
            logger.warning("A message was not JSON-RPC and was passed over.")
            return _nothing
        try:
            message = self.structure_message(_mended(data))
        except Exception as error:
            log_error("reading a message", error)
            return lambda: self._refuse(data)
        return lambda: self._take(message)

    def _take(self, message: Any) -> None:
        try:
            self.handle_message(message)
        except asyncio.InvalidStateError:
            logger.info("An answer came after nobody waited for it any more.")
        except Exception as error:
            log_error("handling a message", error)

    def structure_message(self, data: dict[str, Any]) -> Any:
        """Our own notifications have no type in lsprotocol; their params stay plain JSON."""
        if "method" in data and "id" not in data and self.get_message_type(data["method"]) is None:
            return JsonRPCNotification(data["method"], data["jsonrpc"], data.get("params"))
        return super().structure_message(data)

    def _refuse(self, data: dict[str, Any]) -> None:
        """Answer a request whose parameters make no sense."""
        message_id, method = data.get("id"), data.get("method")
        if not isinstance(message_id, (int, str)) or not isinstance(method, str):
            return
        if method in _WANTS_A_LIST:
            self._send_response(message_id, result=[])
        else:
            self._send_response(message_id, error=JsonRpcInvalidParams().to_response_error())

    def _execute_handler(
        self,
        msg_id: int | str,
        handler: Handler,
        callback: Callable[[Any], None],
        args: tuple[Any, ...] | None = None,
        kwargs: dict[str, Any] | None = None,
    ) -> None:
        if inspect.isgeneratorfunction(handler):
            super()._execute_handler(msg_id, handler, callback, args, kwargs)
            return
        future: Future[Any] | asyncio.Task[Any] = Future()
        try:
            result = handler(*(args or ()), **(kwargs or {}))
        except Exception as error:
            future.add_done_callback(callback)
            future.set_exception(error)
            return
        if inspect.iscoroutine(result):
            future = asyncio.get_running_loop().create_task(result)
            self._request_futures[msg_id] = future  # type: ignore[assignment]  # pygls keeps both kinds here
            future.add_done_callback(lambda _: self._request_futures.pop(msg_id, None))
            future.add_done_callback(callback)
        else:
            future.add_done_callback(callback)
            future.set_result(result)

    async def ask(self, method: str, params: Any, seconds: float | None = None) -> Any:
        """Send a request to the client. Returns None when it answers with an error or not in time."""
        try:
            async with asyncio.timeout(seconds):
                return await self.send_request_async(method, params)
        except (TimeoutError, JsonRpcException) as error:
            logger.info("The editor did not answer %s (%s).", method, type(error).__name__)
            return None


def our_converter() -> Converter:
    """lsprotocol's converter, without pygls's hooks that turn plain JSON into named tuples."""
    return get_converter()


def _mended(data: dict[str, Any]) -> dict[str, Any]:
    """Drafts of LSP 3.18 counted trigger kinds from 0 (invoked); the specification counts them from 1."""
    if data.get("method") == types.TEXT_DOCUMENT_INLINE_COMPLETION:
        params = data.get("params")
        context = params.get("context") if isinstance(params, dict) else None
        kind = context.get("triggerKind") if isinstance(context, dict) else None
        if isinstance(params, dict) and kind not in (1, 2):
            params["context"] = {**(context or {}), "triggerKind": 1 if kind == 0 else 2}
    return data


def _nothing() -> None:
    return None

"""From the start of the process to the end of the conversation.

`initialize` is answered before the protocol's library is imported (which takes several times as long as everything
up to there); what the editor sends meanwhile waits in order.
"""

import json
import os
import sys
from typing import Any

from ownhand.editor.greeting import Client, initialize_result, read_client
from ownhand.editor.life import Ending
from ownhand.editor.wire import Inbox, Outbox, framed, read_bodies, take_standard_streams
from ownhand.home import Home

COMMANDS = (
    "ownhand.accept",
    "ownhand.dismiss",
    "ownhand.reject",
    "ownhand.quiet",
    "ownhand.status",
    "ownhand.consent",
    "ownhand.corpus",
    "ownhand.mine",
    "ownhand.addSamples",
    "ownhand.removeSamples",
    "ownhand.models",
    "ownhand.verdicts",
    "ownhand.provenance",
    "ownhand.train",
    "ownhand.pause",
    "ownhand.resume",
    "ownhand.cancel",
    "ownhand.voices",
    "ownhand.activate",
    "ownhand.rollback",
    "ownhand.withoutVoice",
    "ownhand.reveal",
    "ownhand.notYet",
    "ownhand.report",
    "ownhand.forget",
)
"""The commands that work today, of those the design names."""

_NOT_INITIALIZED = -32002


def run(home: Home) -> int:
    reading, writing = take_standard_streams()
    outbox = Outbox(writing)
    client = _greet(read_bodies(reading), outbox)
    if client is None:
        outbox.close()
        return 1
    ending = Ending()
    inbox = Inbox(reading, on_end=ending.begin)
    # Imported here rather than when they are first needed: an import in the event loop makes everybody wait.
    import ownhand.engines.embedded  # noqa: F401 - the engine of most
    from ownhand.editor.log import start_log
    from ownhand.editor.server import OwnhandServer

    start_log(home.log_file)

    code = OwnhandServer(home, client, ending).converse(inbox, outbox)
    outbox.close()
    sys.stderr.flush()
    # Threads that still wait for a disk or a socket must not hold the process; nothing is left to write.
    os._exit(code)


def _greet(bodies: Any, outbox: Outbox) -> Client | None:
    """Answer messages until `initialize` came. None: the editor left, or said `exit`, before."""
    for body in bodies:
        message = _parsed(body)
        method, number = message.get("method"), message.get("id")
        if method == "initialize" and number is not None:
            client = read_client(message.get("params"))
            _reply(outbox, number, result=initialize_result(client, COMMANDS))
            return client
        if method == "exit":
            return None
        if number is not None and method is not None:
            _reply(outbox, number, error={"code": _NOT_INITIALIZED, "message": "Send initialize first."})
    return None


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return message if isinstance(message, dict) else {}


def _reply(outbox: Outbox, number: Any, **answer: Any) -> None:
    outbox.write(framed(json.dumps({"jsonrpc": "2.0", "id": number, **answer}).encode()))

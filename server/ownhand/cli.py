"""The door from a terminal: picks the command, and turns what went wrong into one plain sentence.

`serve` is what editors start, and it has to answer within a blink: it is picked here by hand, before anything
that builds a command line is imported.
"""

import io
import logging
import os
import sys
from collections.abc import Sequence

from ownhand.errors import INTERRUPTED, WriterError

_EDITOR_SWITCHES = ("--stdio", "--clientProcessId=")
"""What language clients add to a server's command line by themselves; standard input and output is the only way."""


def main() -> None:
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """One command; returns the exit code: 0, 1 after a sentence on standard error, 130 when interrupted."""
    try:
        if _is_plain_serve(arguments):
            return _serve()
        return _command(arguments)
    except WriterError as error:
        return _say(str(error))
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader (`head`, a pager) has seen enough. Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _is_plain_serve(arguments: Sequence[str]) -> bool:
    return arguments[:1] == ["serve"] and all(switch.startswith(_EDITOR_SWITCHES) for switch in arguments[1:])


def _serve() -> int:
    from ownhand.editor import serve
    from ownhand.home import Home

    return serve(Home.default())


def _command(arguments: Sequence[str]) -> int:
    from ownhand.commands.app import invoke

    _write_utf8()
    # What a person has to know comes as a sentence. Log lines of libraries (the event loop's about a connection that
    # was closed while it had news, for one) would be printed as tracebacks where nobody handles them.
    logging.getLogger().addHandler(logging.NullHandler())
    code = invoke(arguments)
    sys.stdout.flush()  # now, while a reader that is gone is no surprise
    return code


def _write_utf8() -> None:
    """What is piped on is UTF-8 on every system; a terminal that lacks a sign shows another one instead."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding=None if stream.isatty() else "utf-8", errors="replace")


def _say(sentence: str) -> int:
    sys.stderr.write(f"{sentence}\n")
    return 1

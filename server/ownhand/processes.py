"""Child processes that never outlive their parent, and locks that never outlive their holder, whatever ends it.

A child hangs on two cords: it reads its standard input and leaves when that closes (every platform), and on Linux the
kernel kills it when its parent dies (`PR_SET_PDEATHSIG`), which also covers a child that is busy in C code.
"""

import contextlib
import ctypes
import errno
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncio.subprocess import Process

_PR_SET_PDEATHSIG = 1
_GRACE_SECONDS = 2.0
_HELD_BY_ANOTHER = frozenset({errno.EAGAIN, errno.EACCES, errno.EDEADLK})


def die_with_parent(parent: int | None = None) -> None:
    """Call first thing in a child. `parent` is the process id it expects; it leaves at once if that is gone already.

    Uses prctl(2) where there is one. The signal follows the *thread* that started the child, so a child must be
    started from the main thread (asyncio's subprocess functions do).
    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if parent is not None and os.getppid() != parent:
        os._exit(1)


def leave_when_stdin_closes(on_line: Callable[[bytes], None] | None = None) -> threading.Thread:
    """Watch standard input in a daemon thread: hand lines to `on_line`, end the process at its end."""

    def watch() -> None:
        for line in sys.stdin.buffer:
            if on_line is not None:
                on_line(line)
        os._exit(0)

    thread = threading.Thread(target=watch, name="stdin-watch", daemon=True)
    thread.start()
    return thread


async def end_child(process: "Process") -> None:
    """End a child and wait for it. Closing its standard input is the request; after two seconds it is killed."""
    import asyncio  # here, because children import this module and need no event loop

    if process.stdin is not None:
        process.stdin.close()
    try:
        async with asyncio.timeout(_GRACE_SECONDS):
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def lock(descriptor: int) -> bool:
    """Lock an open file until the descriptor is closed or this process dies; False while somebody else holds it.

    Raises OSError where there are no locks (some network drives).
    """
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _HELD_BY_ANOTHER:
            return False
        raise
    return True


def lowest_priority() -> None:
    """Give way to everything else: nice 19 (and idle I/O where the system has it). For background work alone."""
    import psutil

    process = psutil.Process()
    if sys.platform == "win32":
        process.nice(psutil.IDLE_PRIORITY_CLASS)
        return
    process.nice(19)
    if sys.platform == "linux":
        process.ionice(psutil.IOPRIO_CLASS_IDLE)

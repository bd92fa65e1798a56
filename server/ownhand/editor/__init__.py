"""The only room that knows the Language Server Protocol: handlers translate, other rooms decide."""

from ownhand.home import Home


def serve(home: Home) -> int:
    """Speak the Language Server Protocol on standard input and output until the editor goes. Returns the exit code.

    Takes the standard streams for itself, and ends the process by itself when something hangs at the end.
    """
    from ownhand.editor.opening import run

    return run(home)

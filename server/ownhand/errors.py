"""The one kind of error that a writer gets to read."""

INTERRUPTED = 130
"""The exit code of a command that Ctrl-C ended."""


class WriterError(Exception):
    """Something a person can cause and mend.

    `sentence` says what is wrong, `next_step` what to do about it. Both are plain language, hold no
    manuscript text and no traceback; the command line prints them and exits 1, the server shows them once.
    """

    def __init__(self, sentence: str, next_step: str) -> None:
        super().__init__(f"{sentence} {next_step}".strip())
        self.sentence = sentence
        self.next_step = next_step

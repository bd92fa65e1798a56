"""Writing the report down, for this account alone."""

from pathlib import Path

from ownhand.errors import WriterError
from ownhand.home import Home, write_private
from ownhand.manuscript.consent import VoiceFolder
from ownhand.voices.report.facts import Report, gather
from ownhand.voices.report.page import page

REPORT = "report.html"


def write_report(home: Home, voice: VoiceFolder) -> Path:
    """The report of `voice` as it is now, in the voice's own folder. Reads the disk: takes a moment.

    Raises WriterError when it can't be read or written.
    """
    return write_to(voice.path / REPORT, gather(home, voice))


def write_to(path: Path, report: Report) -> Path:
    """The same anywhere else. Raises WriterError."""
    try:
        write_private(path, page(report).encode("utf-8", "replace"))
    except WriterError as error:
        raise WriterError(error.sentence, "Free some space, or name another place for the page.") from error
    return path

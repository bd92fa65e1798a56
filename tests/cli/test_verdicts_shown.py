"""What `ownhand verdicts` says to a person of its figures."""

from pathlib import Path

from rich.console import Console

from ownhand.commands.verdicts import show
from ownhand.verdicts.reading.figures import Statistics, Tally
from ownhand.verdicts.reading.report import VerdictReport

ONE = Tally(offered=1, shown=1, accepted=1, kept_300s=1, looked_300s=1)


def test_one_is_said_otherwise_than_many() -> None:
    console = Console(record=True, width=120)
    lengths = {"1": ONE, "2-3": ONE}
    show(VerdictReport(Path("book"), Statistics(ONE, {"verse": ONE}, lengths), ()), console)
    shown = console.export_text()
    assert "1 suggestion was offered and 1 of them seen" in shown
    assert "Of 1 that was looked at after five minutes, 1 was still there." in shown
    assert "1 word " in shown
    assert "2-3 words " in shown

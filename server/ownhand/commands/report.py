"""`ownhand report`: one page that tells what was learned of a manuscript, and how it was proved."""

from pathlib import Path

from ownhand.commands.context import print_json, print_line, say, terminal_settings
from ownhand.commands.corpus import read_manuscript
from ownhand.commands.target import check_target
from ownhand.errors import WriterError
from ownhand.home import Home
from ownhand.manuscript.consent import find_voice
from ownhand.text.page import BEGINNING
from ownhand.voices.report import gather, write_report
from ownhand.voices.report.writing import write_to


def run(home: Home, folder: Path, *, out: Path | None, as_json: bool) -> int:
    target = out and out.expanduser().absolute()
    if target:
        check_target(target, BEGINNING, "report.html")
    read_manuscript(home, folder, terminal_settings(home))
    voice = find_voice(home, folder)
    if voice is None:
        raise WriterError(f"Ownhand has not read {folder} yet.", f"Run `ownhand corpus {folder}`.")
    report = gather(home, voice)
    path = write_to(target, report) if target else write_report(home, voice)
    if as_json:
        print_json({"page": str(path), **report.to_json()})
        return 0
    told = report.told
    print_line(told.card.why if told else "Nothing has been learned yet; the page says what is missing.")
    say(f"The page is {path}")
    return 0

"""Everything that is kept of a voice, gone, and told what it was."""

import shutil
import tomllib
from pathlib import Path

from ownhand.errors import WriterError
from ownhand.manuscript import index
from ownhand.manuscript.consent import VOICE_FILE
from ownhand.text.counted import counted
from ownhand.voices.learning_lock import BEING_LEARNED, alone
from ownhand.voices.store import VoiceStore

_KNOWN = {
    "ledger.sqlite3": "the notes about suggestions",
    index.INDEX_NAME: "the index of the manuscript",
    "notes.md": "your notes",
    "jobs": "what was left of trainings",
    "reveal.json": "the places that were compared",
    "report.html": "the report of what was learned",
}


def what_is_kept(voice: Path) -> list[str]:
    """What would be removed, in a few words each."""
    kept = []
    if adapters := len(VoiceStore(voice).adapters()):
        kept.append(counted(adapters, "voice that was learned", "voices that were learned"))
    kept += [words for name, words in _KNOWN.items() if (voice / name).exists()]
    return [*kept, "your answer about the folder"]


def with_predecessors(voice: Path) -> list[Path]:
    """The voice, and those whose place it took in its folder (see `consent.grant`)."""
    found, new = [voice], [voice]
    others = {place.parent: _replaced_by(place) for place in voice.parent.glob(f"*/{VOICE_FILE}")}
    while new:
        names = {each.name for each in new}
        new = [place for place, successor in others.items() if successor in names and place not in found]
        found += new
    return found


def _replaced_by(file: Path) -> str:
    try:
        return str(tomllib.loads(file.read_text(encoding="utf-8")).get("replaced_by", ""))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return ""


def forget_voice(voice: Path) -> list[str]:
    """Remove it. The manuscript stays. Returns what was removed.

    Raises WriterError when something is left, and while it is being learned: a checkpoint would bring it back.
    """
    removed = what_is_kept(voice)
    with alone(voice) as nobody_learns:
        if not nobody_learns:
            raise BEING_LEARNED
        shutil.rmtree(voice, ignore_errors=True)
    shutil.rmtree(voice, ignore_errors=True)  # Windows keeps a file that is open, as the lock was
    if voice.exists():
        raise WriterError(
            f"Something of the voice could not be removed: {voice}.", "Close your editors, then try again."
        )
    return removed

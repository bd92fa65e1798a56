"""Everything that is kept of a voice, gone, and told what it was."""

import shutil
from pathlib import Path

from ownhand.errors import WriterError
from ownhand.manuscript import index
from ownhand.voices.store import VoiceStore

_KNOWN = {
    "ledger.sqlite3": "the notes about suggestions",
    index.INDEX_NAME: "the index of the manuscript",
    "notes.md": "your notes",
    "jobs": "what was left of trainings",
}


def what_is_kept(voice: Path) -> list[str]:
    """What would be removed, in a few words each."""
    kept = []
    if adapters := len(VoiceStore(voice).adapters()):
        kept.append("1 adapter" if adapters == 1 else f"{adapters} adapters")
    kept += [words for name, words in _KNOWN.items() if (voice / name).exists()]
    return [*kept, "your answer about the folder"]


def forget_voice(voice: Path) -> list[str]:
    """Remove it. The manuscript stays. Returns what was removed; raises WriterError when something is left."""
    removed = what_is_kept(voice)
    shutil.rmtree(voice, ignore_errors=True)
    if voice.exists():
        raise WriterError(
            f"Something of the voice could not be removed: {voice}.", "Close your editors, then try again."
        )
    return removed

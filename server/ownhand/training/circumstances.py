"""What the schedule goes by, gathered: the manuscript, what was learned of it, the machine."""

from pathlib import Path

from ownhand.errors import WriterError
from ownhand.manuscript.consent import VoiceFolder
from ownhand.manuscript.corpus import Corpus
from ownhand.training.job import jobs
from ownhand.training.runner import is_installed
from ownhand.training.schedule import Circumstances
from ownhand.verdicts.reading.figures import verdicts_since
from ownhand.voices.learning_lock import is_being_learned
from ownhand.voices.store import StoredAdapter, VoiceStore


def circumstances(voice: VoiceFolder, corpus: Corpus) -> Circumstances:
    """Reads the disk. For a server that keeps the voice."""
    last = _last(voice.path)
    return Circumstances(
        words=sum(piece.words for piece in corpus.pieces() if piece.teaches),
        learned=last.card.words if last else None,
        new_verdicts=_verdicts_since(voice.ledger_path, last.card.made) if last else 0,
        on_mains=on_mains(),
        installed=is_installed(),
        unfinished=any(jobs(voice.path)),
        being_learned=is_being_learned(voice.path),
    )


def on_mains() -> bool:
    """True too where there is no battery, or nothing is known of one."""
    import psutil

    battery = psutil.sensors_battery() if hasattr(psutil, "sensors_battery") else None
    return battery is None or battery.power_plugged is not False


def _last(voice: Path) -> StoredAdapter | None:
    try:
        made = VoiceStore(voice).adapters()
    except WriterError:
        return None
    return made[-1] if made else None


def _verdicts_since(ledger: Path, made: str) -> int:
    try:
        return verdicts_since(ledger, made)
    except (WriterError, ValueError):
        return 0

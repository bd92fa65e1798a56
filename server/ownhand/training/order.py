"""What a conductor is told to do."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ownhand.errors import WriterError
from ownhand.home import Home
from ownhand.manuscript.consent import VoiceFolder, find_voice
from ownhand.settings import Settings, as_configuration, read_settings


@dataclass(frozen=True)
class Order:
    """What to learn: the manuscript in `folder`, whose voice lies in `home`."""

    home: Home
    folder: Path
    settings: Settings
    quick: bool = False
    """As `Wishes.quickly` says."""

    def to_json(self) -> dict[str, Any]:
        settings = as_configuration(self.settings)
        return {"home": str(self.home.root), "folder": str(self.folder), "settings": settings, "quick": self.quick}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Order":
        settings, _ = read_settings(value["settings"])
        return cls(Home(Path(value["home"])), Path(value["folder"]), settings, value["quick"])

    def voice(self) -> VoiceFolder:
        """Raises WriterError when there is none."""
        voice = find_voice(self.home, self.folder)
        if voice is None:
            raise WriterError(f"Ownhand knows no voice for {self.folder}.", "Open one of its texts once.")
        return voice

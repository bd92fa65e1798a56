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
    """What to learn: the manuscript in `folder`, whose voice lies in `home`. With `show`, an adapter of it that was
    learned: nothing is learned, and written at the places that show it."""

    home: Home
    folder: Path
    settings: Settings
    quick: bool = False
    """As `Wishes.quickly` says."""
    show: str = ""

    def to_json(self) -> dict[str, Any]:
        settings = as_configuration(self.settings)
        return {
            "home": str(self.home.root),
            "folder": str(self.folder),
            "settings": settings,
            "quick": self.quick,
            "show": self.show,
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Order":
        settings, _ = read_settings(value["settings"])
        return cls(Home(Path(value["home"])), Path(value["folder"]), settings, value["quick"], value["show"])

    def voice(self) -> VoiceFolder:
        """Raises WriterError when there is none."""
        voice = find_voice(self.home, self.folder)
        if voice is None:
            raise WriterError(f"Ownhand knows no voice for {self.folder}.", "Open one of its texts once.")
        return voice

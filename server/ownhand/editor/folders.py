"""The manuscript folders that are open, and what the writer allows in each."""

from dataclasses import dataclass
from pathlib import Path

from ownhand.editor.configuration import Configuration
from ownhand.editor.documents import Document, path_of
from ownhand.settings import Settings
from ownhand.suggestions.moment import Silence


@dataclass
class Folder:
    """A workspace folder. `uri` is the editor's name for it."""

    uri: str
    path: Path

    def relative(self, path: Path) -> str:
        return path.relative_to(self.path).as_posix()


class Folders:
    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._folders: dict[str, Folder] = {}

    @property
    def settings(self) -> Settings:
        return self._configuration.settings

    def settings_for(self, folder: Folder | None) -> Settings:
        return self._configuration.of_folder(folder.uri) if folder else self.settings

    def all(self) -> list[Folder]:
        return list(self._folders.values())

    def add(self, uri: str) -> None:
        path = path_of(uri)
        if path is not None:
            self._folders[uri] = Folder(uri, path)

    def remove(self, uri: str) -> None:
        self._folders.pop(uri, None)

    def of(self, document: Document) -> Folder | None:
        """The innermost folder that holds the document; None for a loose or an untitled one."""
        path = document.path
        if path is None:
            return None
        holding = [folder for folder in self._folders.values() if path.is_relative_to(folder.path)]
        return max(holding, key=lambda folder: len(folder.path.parts), default=None)

    async def allows_suggestions(self, folder: Folder | None) -> Silence | None:
        return None

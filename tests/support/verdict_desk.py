"""A manuscript folder that Ownhand learns from, and acts in a plain client on a page of it."""

from pathlib import Path
from typing import Any

from lsp_editor import Editor, Start, until
from ownhand.home import Home
from ownhand.manuscript.consent import Consent, VoiceFolder, find_voice, grant
from ownhand.verdicts.reading.figures import Recent, recent

SAID = " and the bell rang twice."
PAGE = "The lamp had been lit since noon. Nobody in the house would say who had lit it, or for whom. Ida waited"
SCRIPT = {"rules": [], "default": SAID}


class Desk:
    """A manuscript folder that Ownhand learns from, and an editor with its page open."""

    def __init__(self, tmp_path: Path, start: Start) -> None:
        self.folder, self.home = tmp_path / "The Lamp", Home(tmp_path / "home")
        self.folder.mkdir(exist_ok=True)
        (self.folder / "lamp.md").write_text(PAGE)
        grant(self.home, self.folder, Consent.LEARN)
        self._start = start

    async def editor(self, **wanted: Any) -> Editor:
        script = wanted.pop("script", SCRIPT)
        options = wanted.pop("options", None)
        capabilities = wanted.pop("capabilities", None)
        editor = await self._start(script=script, home=self.home.root, **wanted)
        if capabilities:
            await editor.initialize([self.folder], capabilities, options=options)
        else:
            await editor.initialize([self.folder], options=options)
        return editor

    def open(self, editor: Editor, text: str = PAGE, name: str = "lamp.md") -> str:
        return editor.open(self.folder / name, text)

    @property
    def voice(self) -> VoiceFolder:
        voice = find_voice(self.home, self.folder)
        assert voice is not None
        return voice

    def told(self) -> list[Recent]:
        return recent(self.voice.ledger_path)

    async def fate(self, suggestion: str, wanted: str) -> Recent:
        """The suggestion's entry, once the ledger says that this became of it."""

        def found() -> Recent | None:
            return next((one for one in self.told() if one.suggestion == suggestion and one.fate == wanted), None)

        entry = await until(found)
        assert isinstance(entry, Recent)
        return entry


async def take(editor: Editor, uri: str, text: str = PAGE) -> str:
    """Ask at the end of the page's only line, put the suggestion in and run its command."""
    (item,) = await editor.ask(uri, 0, len(text))
    editor.insert(uri, 0, len(text), item.insert_text)
    (suggestion,) = item.command.arguments
    assert await editor.execute("ownhand.accept", suggestion) == {"recorded": True}
    return str(suggestion)

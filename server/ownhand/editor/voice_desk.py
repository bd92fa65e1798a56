"""What the editor asks about a folder's voice: its adapters, which of them writes, the reveal, the report, the end."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Any

from ownhand.editor.folder import Folder
from ownhand.editor.folders import Folders
from ownhand.editor.learning import NOT_LEARNED, Learning
from ownhand.editor.serving import Serving
from ownhand.editor.status import NO_VOICE, Status
from ownhand.editor.voicing import Refusal
from ownhand.errors import WriterError
from ownhand.home import Home
from ownhand.manuscript.consent import Consent, VoiceFolder
from ownhand.voices import steps
from ownhand.voices.forget import what_is_kept
from ownhand.voices.report import write_report
from ownhand.voices.reveal import Reveal, waiting
from ownhand.voices.store import VoiceStore

_NO_PLACES = "There is nothing to compare: no new voice waits for you."
_DECIDE = "There are no places to compare, so you decide by that alone."
_SOON = "Ownhand has still to write at the places that you compare. It does so as soon as you rest from writing."
_NOT_YET = "The voice does not write. It is kept, and you can let it write from the list of voices."

_OTHER_PLACES = WriterError(
    "Another voice was learned meanwhile, and this page shows the one before it.", "Open the comparison again."
)

Answer = dict[str, Any] | None


class VoiceDesk:
    """Raises WriterError where something can't be read or written, or is not there."""

    def __init__(self, home: Home, folders: Folders, serving: Serving, learning: Learning, status: Status) -> None:
        self._home, self._folders, self._serving, self._learning = home, folders, serving, learning
        self._status = status

    async def voices(self, folder: Folder) -> Answer:
        """What `ownhand voices DIR list --json` prints, and what waits for the writer."""
        voice = _voice(folder)
        listing = await asyncio.to_thread(steps.listing, voice.path, self._serving.known_base)
        waits = await asyncio.to_thread(waiting, voice.path)
        return {**listing, "withoutVoice": self._serving.without_voice, "reveal": waits}

    async def activate(self, folder: Folder, adapter: Any) -> Answer:
        voice = _voice(folder)
        answer = await asyncio.to_thread(steps.activate, voice.path, str(adapter), self._serving.known_base)
        await asyncio.to_thread(_answer_reveal, voice.path, str(adapter), "use")
        await self._changed(folder)
        return answer

    async def rollback(self, folder: Folder) -> Answer:
        voice = _voice(folder)
        answer = await asyncio.to_thread(steps.rollback, voice.path, await self._serving.base())
        await self._changed(folder)
        return answer

    async def without_voice(self, folder: Folder | None, wanted: Any) -> Answer:
        """Let the bare model write, or the voice again. Without `wanted`: toggle."""
        serving = self._serving
        serving.without_voice = wanted if isinstance(wanted, bool) else not serving.without_voice
        if folder is not None:
            serving.make_ready(folder.uri)
        for each in self._folders.all():
            await self.look(each)
        return {"withoutVoice": serving.without_voice}

    async def reveal(self, folder: Folder, answer: Any) -> Answer:
        """The places without labels; with what was chosen, the labels. Where there are none, what the exam found."""
        voice = _voice(folder)
        shown = await asyncio.to_thread(Reveal.read, voice.path)
        if shown is None or not (shown.places or shown.waits):
            return {"sentence": _NO_PLACES if shown is None or shown.written else _SOON}
        if not shown.places:
            why = (await asyncio.to_thread(VoiceStore(voice.path).adapter, shown.adapter)).card.why
            return {"adapter": shown.adapter, "places": [], "sentence": f"{why} {_DECIDE}"}
        if not isinstance(answer, dict):
            return {"adapter": shown.adapter, "places": [place.blind() for place in shown.places]}
        if str(answer.get("adapter", shown.adapter)) != shown.adapter:
            raise _OTHER_PLACES
        chosen = answer.get("chosen")
        shown = shown.choose(chosen if isinstance(chosen, list) else [])
        await asyncio.to_thread(shown.write, voice.path)
        labels = [list(place.labels) for place in shown.places]
        return {"labels": labels, "chosen": shown.liked, "sentence": shown.in_words()}

    async def not_yet(self, folder: Folder, adapter: Any) -> Answer:
        await asyncio.to_thread(_answer_reveal, _voice(folder).path, str(adapter), "not yet")
        await self.look(folder)
        return {"sentence": _NOT_YET}

    async def report(self, folder: Folder) -> Answer:
        page = await asyncio.to_thread(write_report, self._home, _voice(folder))
        return {"page": page.as_uri()}

    async def forget(self, folder: Folder, sure: Any) -> Answer:
        """Everything that is kept of the voice goes; without "yes" it is said what that is."""
        voice = _voice(folder)
        if sure != "yes":
            kept = await asyncio.to_thread(what_is_kept, voice.path)
            return {"removes": kept, "sentence": f"This removes for good: {', '.join(kept)}. Your own files stay."}
        await self._learning.cancel(folder)
        async with self._folders.emptied(folder):
            answer = await steps.forget(voice.path, self._folders.settings.ollama_host)
        await self._learning.left(folder)
        self._status.update_folder(folder.uri, ownVoice=NO_VOICE)
        return answer

    async def _changed(self, folder: Folder) -> None:
        self._serving.make_ready(folder.uri)
        await self.look(folder)

    async def look(self, folder: Folder) -> None:
        """Bring the status up to date."""
        if folder.gone:
            return
        if folder.voice is None or folder.consent is not Consent.LEARN:
            self._status.update_folder(folder.uri, ownVoice=NO_VOICE)
            return
        serving = self._serving
        found = await asyncio.to_thread(_own_voice, folder.voice.path, serving.refusal(folder.uri), serving.known_base)
        self._status.update_folder(folder.uri, ownVoice={**found, "withoutVoice": serving.without_voice})


def _voice(folder: Folder) -> VoiceFolder:
    if folder.voice is None or folder.consent is not Consent.LEARN:
        raise NOT_LEARNED
    return folder.voice


def _own_voice(voice: Path, refusal: Refusal | None, base: str | None) -> dict[str, Any]:
    """Which adapter writes, and since when; what waits for the writer's choice. One that the engine does not apply
    does not write. `base`: digest of the model that serves, where it is known."""
    store = VoiceStore(voice)
    try:
        base = store.latest_base if base is None else base
        champion = store.champion(base) if base is not None else None
        since = store.since(base) if base is not None and champion else ""
    except WriterError:
        champion, since = None, ""
    sentence = f"Since {_day(since)} your voice {champion.id} writes." if champion and since else ""
    if refusal and champion and refusal.adapter in ("", champion.id):
        sentence = f"Your voice {champion.id} does not write: {refusal.why}"
        champion = None
    elif refusal and not refusal.adapter:
        sentence = refusal.why
    return {
        "voice": voice.name,
        "adapter": champion.id if champion else None,
        "reveal": waiting(voice),
        "sentence": sentence,
    }


def _answer_reveal(voice: Path, adapter: str, answer: str) -> None:
    shown = Reveal.read(voice)
    if shown is not None and shown.adapter == adapter:
        shown.answered(answer).write(voice)


def _day(moment: str) -> str:
    """ "26 November" of a date with time in UTC, where the writer is."""
    day = datetime.fromisoformat(moment).astimezone()
    return f"{day.day} {day:%B}"

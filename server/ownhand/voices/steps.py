"""What can be done with a voice's adapters, each step with the sentence that says what came of it.

The terminal and the editors do the same by these.
"""

import asyncio
from pathlib import Path
from typing import Any

from ownhand.engines.ollama import OllamaEngine
from ownhand.engines.protocol import EngineError
from ownhand.errors import WriterError
from ownhand.voices.forget import forget_voice, with_predecessors
from ownhand.voices.store import StoredAdapter, VoiceStore

Answer = dict[str, Any]


def listing(voice: Path | None) -> Answer:
    """The voice's adapters, oldest first; no voice has none."""
    adapters = VoiceStore(voice).adapters() if voice else []
    return {"voice": voice.name if voice else None, "adapters": [_facts(adapter) for adapter in adapters]}


def activate(voice: Path, adapter_id: str) -> Answer:
    """Let it write. Raises WriterError."""
    adapter = VoiceStore(voice).activate(adapter_id)
    sentence = f"Voice {adapter.id} writes with {adapter.card.base.name or 'its model'} from now on."
    return {"active": adapter.id, "sentence": sentence}


def rollback(voice: Path) -> Answer:
    """Back to what wrote before the last change. Raises WriterError."""
    store = VoiceStore(voice)
    base = store.latest_base
    if base is None:
        raise WriterError("There is no voice before this one.", "See `ownhand voices DIR list`.")
    former = store.rollback(base)
    if former is None:
        return {"active": None, "sentence": "The bare model writes from now on; the voice is kept."}
    return {"active": former.id, "sentence": f"Back to voice {former.id}."}


async def forget(voice: Path, ollama_host: str) -> Answer:
    """Remove everything that is kept of it, with Ollama's models of it. Raises WriterError when something is left."""
    voices = await asyncio.to_thread(with_predecessors, voice)
    removed = await asyncio.to_thread(_removed, voices)
    removed += [f"Ollama's model {name}" for name in await _forget_in_ollama(ollama_host, voices)]
    return {"removed": removed, "sentence": f"Removed: {', '.join(removed)}. Your own files were not touched."}


def _removed(voices: list[Path]) -> list[str]:
    return list(dict.fromkeys(words for voice in voices for words in forget_voice(voice)))


async def _forget_in_ollama(host: str, voices: list[Path]) -> list[str]:
    """The models that Ollama made of these voices' adapters; none where no Ollama answers."""
    engine = OllamaEngine("any", host)
    try:
        return [name for voice in voices for name in await engine.remove_derived(voice.name)]
    except EngineError:
        return []
    finally:
        await engine.close()


def _facts(adapter: StoredAdapter) -> Answer:
    card = adapter.card
    return {
        "id": adapter.id,
        "active": adapter.active,
        "made": card.made,
        "model": card.base.name,
        "base": card.base.digest,
        "decision": card.decision,
        "why": card.why,
        "context": card.context,
        "gain_over_context": card.metrics.get("gain_over_context"),
        "pieces": [{"id": piece.id, "title": piece.title} for piece in card.pieces],
        "licence": card.base.licence,
        "adapter_mb": round(adapter.size / 1e6, 2),
    }

"""What can be done with a voice's adapters, each step with the sentence that says what came of it.

The terminal and the editors do the same by these.
"""

import asyncio
from pathlib import Path
from typing import Any

from ownhand.engines.ollama import OllamaEngine
from ownhand.engines.ollama_blobs import derived_models
from ownhand.engines.protocol import EngineError
from ownhand.errors import WriterError
from ownhand.voices.forget import forget_voice, with_predecessors
from ownhand.voices.store import StoredAdapter, VoiceStore

Answer = dict[str, Any]


def listing(voice: Path | None, base: str | None = None) -> Answer:
    """The voice's adapters, oldest first; no voice has none. `base`: digest of the model that serves, where it is
    known; of another's adapters none is active then."""
    adapters = VoiceStore(voice).adapters() if voice else []
    facts = [_facts(adapter) for adapter in adapters]
    if base is not None:
        facts = [each | {"active": each["active"] and each["base"] == base} for each in facts]
    return {"voice": voice.name if voice else None, "adapters": facts}


def activate(voice: Path, adapter_id: str, base: str | None = None) -> Answer:
    """Let it write. `base` as for `listing`. Raises WriterError."""
    adapter = VoiceStore(voice).activate(adapter_id)
    card = adapter.card
    sentence = f"Voice {adapter.id} writes with {card.base.name or 'its model'} from now on."
    if card.decision == "declined":
        sentence = f"{sentence.removesuffix('.')}, though it did not pass: {card.why} To go back, roll back."
    if base is not None and base != card.base.digest:
        sentence += " Another model is in use now: choose that one (ownhand.model) to have it write."
    return {"active": adapter.id, "sentence": sentence}


def rollback(voice: Path, base: str | None = None) -> Answer:
    """Back to what wrote before the last change. `base` as for `listing`; else the model whose voice was changed last.

    Raises WriterError.
    """
    store = VoiceStore(voice)
    base = store.latest_base if base is None else base
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
    gone, left = await _forget_in_ollama(ollama_host, voices)
    removed += [f"Ollama's model {name}" for name in gone]
    sentence = f"Removed: {', '.join(removed)}. Your own files were not touched."
    if left:
        commands = ", ".join(f"`ollama rm {name}`" for name in left)
        sentence += f" Ollama doesn't answer and still has a model with this voice: start it, then run {commands}."
    return {"removed": removed, "sentence": sentence}


def _removed(voices: list[Path]) -> list[str]:
    return list(dict.fromkeys(words for voice in voices for words in forget_voice(voice)))


async def _forget_in_ollama(host: str, voices: list[Path]) -> tuple[list[str], list[str]]:
    """The models that Ollama made of these voices' adapters: those that were removed, and where no Ollama answers those
    that its folder shows."""
    engine = OllamaEngine("any", host)
    try:
        return [name for voice in voices for name in await engine.remove_derived(voice.name)], []
    except EngineError:
        return [], [name for voice in voices for name in await asyncio.to_thread(derived_models, voice.name)]
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

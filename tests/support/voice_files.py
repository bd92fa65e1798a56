"""Voices with adapters, made without training, and what a training leaves behind."""

from pathlib import Path

from ownhand.engines.gguf_header import Header
from ownhand.engines.protocol import SpecialTokens
from ownhand.training.job import JOBS, BaseModel, Job, State
from ownhand.training.recipe import Recipe
from ownhand.voices.card import Base, Card, Context, LearnedFrom
from ownhand.voices.gguf_export import export_gguf
from ownhand.voices.store import GGUF, StoredAdapter, VoiceStore
from peft_files import write_peft


def card(digest: str, *, context: Context = "document", **changes: object) -> Card:
    facts = {
        "made": "2026-11-25T10:00:00+00:00",
        "base": Base(digest, "llama", "SmolLM2-135M-Instruct", "Apache-2.0"),
        "recipe": {"rank": 4},
        "pieces": (LearnedFrom("a1", "Suet"), LearnedFrom("b2", "The Gone [draft]")),
        "held_out_digest": "h1",
        "metrics": {"challenger_bpb": 1.37, "gain_over_context": 4.2},
        "decision": "passed",
        "why": "It is better.",
        "context": context,
    }
    return Card(**{**facts, **changes})


def add_adapter(store: VoiceStore, base: Header, digest: str, workshop: Path, *, seed=1, **changes) -> StoredAdapter:
    """A random adapter that shows: strong enough to change what is said."""
    made = write_peft(workshop / f"made-{seed}", base, strength=0.25, seed=seed)
    export_gguf(made, base, made / GGUF)
    return store.add(made, card(digest, **changes))


def leave_unfinished(voice: Path, *, step: int, steps: int) -> Job:
    """What is left where a training is broken off a little after it kept `step`."""
    base = BaseModel(voice, "sha256:5a", "llama", voice, SpecialTokens(1, 2, False))
    job = Job(voice / JOBS / "20261126-080000", base, Recipe())
    job.write()
    if step:
        job.checkpoint(step).mkdir()
    State("training", step + 3, steps).note(job.folder)
    return job

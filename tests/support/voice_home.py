"""A voice of the packaged model in a folder, made without training: its adapter is real, and random."""

from pathlib import Path

from ownhand.engines.gguf_header import read_header
from ownhand.engines.weights import packaged_weights
from ownhand.home import Home
from ownhand.manuscript.consent import Consent, grant
from ownhand.training.base import digest_of
from ownhand.voices.gguf_export import export_gguf
from ownhand.voices.store import GGUF, StoredAdapter, VoiceStore
from peft_files import write_peft
from voice_files import card

LOUD, LIGHT = 0.25, 0.02
"""How far an adapter departs from the bare model: so that it says something else at once, or writes much like it."""


def give_voice(
    home: Home, folder: Path, workshop: Path, *, active: bool = False, seed: int = 1, strength: float = LOUD, **on_card
) -> StoredAdapter:
    """Let `folder` be learned from, and lay one adapter more into its voice; `active`: it is the champion.

    `workshop` is any folder outside of both. Another `seed` makes an adapter that says something else. `on_card`
    changes what the card says, see `voice_files.card`; it has passed unless told otherwise.
    """
    base = read_header(packaged_weights(home))
    made = write_peft(workshop / f"made-{seed}", base, strength=strength, seed=seed)
    export_gguf(made, base, made / GGUF)
    store = VoiceStore(grant(home, folder, Consent.LEARN).path)
    added = store.add(made, card(digest_of(base.path, home), **on_card))
    return store.activate(added.id) if active else added

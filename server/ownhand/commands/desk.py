"""An engine and a suggester for one command, put away when it is done."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ownhand.commands.context import say
from ownhand.engines.choice import choose_engine
from ownhand.engines.protocol import Engine
from ownhand.errors import WriterError
from ownhand.home import Home
from ownhand.manuscript.consent import Consent, VoiceFolder
from ownhand.manuscript.corpus import Corpus
from ownhand.settings import Settings
from ownhand.suggestions.suggester import Suggester
from ownhand.training.serving_base import base_digest
from ownhand.voices.store import VoiceStore


@asynccontextmanager
async def desk(home: Home, settings: Settings, voice: VoiceFolder | None) -> AsyncIterator[Suggester]:
    """A suggester over the settings' engine and, where the writer lets Ownhand learn, the manuscript of `voice`.

    Weights are looked up in `home`. Where the voice has an adapter for the engine's model, that one answers. Raises
    EngineError when the engine can't be had.
    """
    corpus = Corpus.open(voice.index_path) if voice and voice.consent is Consent.LEARN else None
    engine = await choose_engine(settings, home)
    suggester = Suggester(engine, corpus)
    try:
        if corpus is not None and voice is not None:
            await serve_champion(engine, home, voice)
        yield suggester
    finally:
        await suggester.close()
        await engine.close()
        if corpus is not None:
            corpus.close()


async def serve_champion(engine: Engine, home: Home, voice: VoiceFolder) -> None:
    """Let the voice's champion for this engine's model answer. One that can't is said; the bare model answers then."""
    store = VoiceStore(voice.path)
    try:
        champion = store.champion(await base_digest(engine, home)) if store.was_used else None
        if champion is not None:
            await engine.use_adapter(champion.for_engine())
    except WriterError as error:
        say(str(error))

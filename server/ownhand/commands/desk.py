"""An engine and a suggester for one command, put away when it is done."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ownhand.engines.choice import choose_engine
from ownhand.home import Home
from ownhand.manuscript.consent import Consent, VoiceFolder
from ownhand.manuscript.corpus import Corpus
from ownhand.settings import Settings
from ownhand.suggestions.suggester import Suggester


@asynccontextmanager
async def desk(home: Home, settings: Settings, voice: VoiceFolder | None) -> AsyncIterator[Suggester]:
    """A suggester over the settings' engine and, where the writer lets Ownhand learn, the manuscript of `voice`.

    Weights are looked up in `home`. Raises EngineError when the engine can't be had.
    """
    corpus = Corpus.open(voice.index_path) if voice and voice.consent is Consent.LEARN else None
    engine = await choose_engine(settings, home)
    suggester = Suggester(engine, corpus)
    try:
        yield suggester
    finally:
        await suggester.close()
        await engine.close()
        if corpus is not None:
            corpus.close()

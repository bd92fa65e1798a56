"""Who writes: the packaged model, the engine that the settings choose, and the writer's Ollama."""

import asyncio

from ownhand.commands.checks.finding import Finding, State
from ownhand.engines.choice import choose_engine
from ownhand.engines.ollama import OllamaEngine
from ownhand.engines.ollama_client import LocalClient, explained
from ownhand.engines.protocol import Engine, EngineError, Sampling
from ownhand.engines.suitable import BETTER_SIZE, PULL
from ownhand.engines.weights import PACKAGED_NAME, packaged_weights
from ownhand.home import Home
from ownhand.provision.weights import installed_weights
from ownhand.settings import Settings, is_loopback

PATIENCE = 60.0
"""Seconds for the engine to load and to say a word."""


def weights(home: Home, settings: Settings) -> Finding:
    """The packaged model is needed as long as no other is chosen."""
    missing = State.NOTE if settings.model else State.BROKEN
    if path := installed_weights(home):
        return Finding("Packaged model", State.FINE, f"{PACKAGED_NAME} is whole: {path}")
    try:
        damaged = packaged_weights(home)
    except EngineError as error:
        return Finding("Packaged model", missing, error.sentence, "Run `ownhand setup`.")
    return Finding(
        "Packaged model", missing, f"{damaged} is damaged: its SHA-256 differs.", "Run `ownhand setup`; it is replaced."
    )


async def chosen_engine(home: Home, settings: Settings) -> Finding:
    """Does the engine that would write suggestions answer? It is asked for one word."""
    try:
        async with asyncio.timeout(PATIENCE):
            engine = await choose_engine(settings, home)
            try:
                async for _ in engine.stream("The door was open, and", Sampling(max_tokens=2)):
                    pass
                return _answers(engine, settings)
            finally:
                await engine.close()
    except EngineError as error:
        return Finding("Engine", State.BROKEN, error.sentence, error.next_step)
    except TimeoutError:
        return Finding("Engine", State.BROKEN, "The engine did not answer within a minute.", "Choose a smaller model.")


def _answers(engine: Engine, settings: Settings) -> Finding:
    """Whether it answers on this machine is worth a word where Ownhand is meant to keep all text here."""
    said = f"{engine.model} answers ({engine.name})"
    name, address = {
        "ollama": ("ollama.host", settings.ollama_host),
        "openai": ("openai.baseUrl", settings.openai_base_url),
    }.get(engine.name, ("", ""))
    if not address or is_loopback(address):
        return Finding("Engine", State.FINE, f"{said}.")
    return Finding(
        "Engine",
        State.NOTE,
        f"{said} at {address}, which is not this machine: your text goes there.",
        f"If you don't want that, set ownhand.{name} to an address of this machine.",
    )


async def ollama(settings: Settings, *, needed: bool) -> Finding:
    """The writer's own Ollama: no must, unless what the settings ask for can't be had without it."""
    try:
        version, suitable, others = await _ask_ollama(settings)
    except EngineError as error:
        fix = error.next_step if needed else "Nothing to do, unless you want to use Ollama's models."
        return Finding("Ollama", State.BROKEN if needed else State.NOTE, error.sentence, fix)
    where = "" if is_loopback(settings.ollama_host) else f" at {settings.ollama_host}, which is not this machine"
    models = f"suitable: {', '.join(suitable)}" if suitable else "no suitable model"
    left_out = f"; left out: {', '.join(others)}" if others else ""
    sentence = f"Ollama {version}{where}; {models}{left_out}."
    if suitable:
        return Finding("Ollama", State.FINE, sentence)
    return Finding(
        "Ollama", State.NOTE, sentence, f"For a better one, run `{PULL}`, which fetches {BETTER_SIZE / 1e9:.1f} GB."
    )


async def _ask_ollama(settings: Settings) -> tuple[str, list[str], list[str]]:
    """Version, suitable models by name, the others with the reason."""
    engine = OllamaEngine("any", settings.ollama_host)
    try:
        models = await engine.models()
    finally:
        await engine.close()
    suitable = [model.name for model in models if model.suitable]
    others = [f"{model.name} ({model.why_not})" for model in models if not model.suitable]
    return await _version(settings.ollama_host), suitable, others


async def _version(host: str) -> str:
    client = LocalClient(host)
    try:
        async with explained(host, "any"):
            return str((await client.ask("GET", "/api/version")).get("version", "of unknown version"))
    finally:
        await client.close()  # type: ignore[no-untyped-call]

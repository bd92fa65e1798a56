"""The engines under measurement, each with its bare twin: the same weights and options, asked without Ownhand."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from bench.overhead import RawCall
from ownhand.engines.completion import completion_request
from ownhand.engines.embedded import DEFAULT_CONTEXT, EmbeddedEngine
from ownhand.engines.llama_child import start_child
from ownhand.engines.protocol import Engine, Sampling


@asynccontextmanager
async def embedded(weights: Path) -> AsyncGenerator[tuple[Engine, RawCall]]:
    """The embedded engine, and a second llama.cpp child asked over plain HTTP."""
    engine, bare = await EmbeddedEngine.open(weights), await start_child(weights, DEFAULT_CONTEXT, None)

    async def raw(prompt: str, sampling: Sampling) -> None:
        async with bare.client.stream("POST", "/completion", json=completion_request(prompt, sampling, None)) as answer:
            answer.raise_for_status()
            async for _ in answer.aiter_lines():
                pass

    try:
        await engine.load()
        yield engine, raw
    finally:
        await engine.close()
        await bare.close()


@asynccontextmanager
async def bare_ollama(host: str, options: dict[str, object], model: str) -> AsyncGenerator[RawCall]:
    """Plain `/api/generate` with the options that Ownhand sends, so that Ollama doesn't load the model anew."""
    async with httpx.AsyncClient(base_url=host, trust_env=False, timeout=120) as client:

        async def raw(prompt: str, sampling: Sampling) -> None:
            asked = options | {"num_predict": sampling.max_tokens, "temperature": sampling.temperature}
            request = {"model": model, "prompt": prompt, "raw": True, "stream": True, "options": asked}
            async with client.stream("POST", "/api/generate", json=request) as answer:
                answer.raise_for_status()
                async for line in answer.aiter_lines():
                    json.loads(line)

        yield raw

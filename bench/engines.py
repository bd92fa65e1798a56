"""The engines under measurement, each with its bare twin: the same weights and options, asked without Ownhand."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from bench.overhead import RawCall
from ollama_server import running_ollama
from ownhand.engines.completion import completion_request
from ownhand.engines.embedded import DEFAULT_CONTEXT, EmbeddedEngine
from ownhand.engines.llama_child import start_child
from ownhand.engines.ollama import OllamaEngine
from ownhand.engines.protocol import Engine, Sampling


@asynccontextmanager
async def embedded(weights: Path) -> AsyncGenerator[tuple[Engine, RawCall]]:
    """The embedded engine, and a second llama.cpp child asked over plain HTTP."""
    engine, bare = await EmbeddedEngine.open(weights), await start_child(weights, DEFAULT_CONTEXT, None)

    async def raw(prompt: str, sampling: Sampling) -> int:
        request, chunks = completion_request(prompt, sampling, None), 0
        async with bare.client.stream("POST", "/completion", json=request) as answer:
            answer.raise_for_status()
            async for line in answer.aiter_lines():
                chunks += bool(line) and bool(json.loads(line.removeprefix("data:"))["content"])
        return chunks

    try:
        await engine.load()
        yield engine, raw
    finally:
        await engine.close()
        await bare.close()


@asynccontextmanager
async def ollama(weights: Path, scratch: Path) -> AsyncGenerator[tuple[Engine, RawCall]]:
    """Ollama behind the engine, and the `/api/generate` of a second one (one alone would share its prefix cache)."""
    folders = [scratch / name for name in ("ollama", "ollama-bare")]
    for folder in folders:
        folder.mkdir()
    with running_ollama(folders[0], weights) as ours, running_ollama(folders[1], weights) as bare:
        engine = OllamaEngine(ours.model, ours.host)
        async with httpx.AsyncClient(base_url=bare.host, trust_env=False, timeout=120) as client:

            async def raw(prompt: str, sampling: Sampling) -> int:
                chunks = 0
                async with client.stream("POST", "/api/generate", json=engine.request(prompt, sampling)) as answer:
                    answer.raise_for_status()
                    async for line in answer.aiter_lines():
                        chunks += bool(json.loads(line)["response"])
                return chunks

            try:
                await engine.load()
                yield engine, raw
            finally:
                await engine.close()

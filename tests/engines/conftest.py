"""The four engines, all real, and what they are tested with."""

import contextlib
import os
import signal
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from children import children_called
from engine_files import LlamaServer, start_llama_server, write_lora
from ownhand.engines.embedded import EmbeddedEngine
from ownhand.engines.gguf_header import Header, read_header
from ownhand.engines.ollama import OllamaEngine
from ownhand.engines.openai import OpenAIEngine
from ownhand.engines.protocol import Engine
from ownhand.engines.scripted import ScriptedEngine


@pytest.fixture(scope="session")
def base_header(packaged_gguf: Path) -> Header:
    return read_header(packaged_gguf)


@pytest.fixture(scope="session")
def lora(tmp_path_factory: pytest.TempPathFactory, base_header: Header) -> Path:
    return write_lora(tmp_path_factory.mktemp("lora") / "probe.gguf", base_header)


@pytest.fixture(scope="session")
def llama_server(packaged_gguf: Path, lora: Path) -> Iterator[LlamaServer]:
    server = start_llama_server(packaged_gguf, lora)
    yield server
    server.close()


@dataclass
class Case:
    """One engine under the contract. `kill` ends what generates for it, as a crash would."""

    engine: Engine
    real: bool = True

    async def kill(self) -> None:
        """SIGKILL to the process that generates."""
        if self.engine.name == "embedded":
            os.kill((await self.engine.health()).facts["pid"], signal.SIGKILL)
        elif self.engine.name == "ollama":
            _kill_ollama_runner()


def _kill_ollama_runner() -> None:
    for process in children_called(lambda command: "runner" in command):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()


def story(prompt: str) -> str:
    """The scripted engine's answer: a loop, as the small model falls into one, so that streams can be long."""
    return " the sea, the sea and the 🐋 — naïve, cafe\u0301 —" * 200


@pytest.fixture(
    params=[
        "scripted",
        pytest.param("embedded", marks=pytest.mark.embedded),
        pytest.param("ollama", marks=pytest.mark.ollama),
        pytest.param("openai", marks=pytest.mark.embedded),
    ]
)
async def case(request: pytest.FixtureRequest) -> AsyncIterator[Case]:
    made = await _made(request)
    yield made
    await made.engine.close()


async def _made(request: pytest.FixtureRequest) -> Case:
    if request.param == "embedded":
        return Case(await EmbeddedEngine.open(request.getfixturevalue("packaged_gguf")))
    if request.param == "ollama":
        server = request.getfixturevalue("ollama_server")
        return Case(OllamaEngine(server.model, server.host))
    if request.param == "openai":
        return Case(OpenAIEngine(request.getfixturevalue("llama_server").base_url))
    return Case(ScriptedEngine(story), real=False)


@pytest.fixture
def no_child_left() -> Iterator[None]:
    before = {process.pid for process in psutil.Process().children(recursive=True)}
    yield
    after = {process.pid for process in psutil.Process().children(recursive=True)}
    assert after <= before

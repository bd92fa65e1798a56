"""The four engines, all real, and what they are tested with."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import gguf
import numpy as np
import psutil
import pytest
from ownhand.engines.embedded import EmbeddedEngine
from ownhand.engines.gguf_header import Header, read_header
from ownhand.engines.ollama import OllamaEngine
from ownhand.engines.openai import OpenAIEngine
from ownhand.engines.protocol import Engine
from ownhand.engines.scripted import ScriptedEngine

LLAMA_SERVER = Path(__file__).with_name("llama_server_program.py")
RANK = 4


def write_lora(path: Path, base: Header, *, seed: int = 7, strength: float = 0.3, **changes: object) -> Path:
    """A random LoRA on attention outputs and feed-forward parts. `changes`: architecture, target, dtype, type."""
    random = np.random.default_rng(seed)
    writer = gguf.GGUFWriter(path, str(changes.get("architecture", base.architecture)))
    writer.add_type(str(changes.get("type", "adapter")))
    writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
    writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, float(RANK))
    dtype = changes.get("dtype", np.float32)
    targets = [changes["target"]] if "target" in changes else ["attn_output.weight", "ffn_down.weight"]
    for tensor in base.tensors:
        if any(tensor.name.endswith(str(target)) for target in targets):
            fan_in, fan_out = tensor.shape
            a = random.normal(0, 1 / np.sqrt(fan_in), (RANK, fan_in)).astype(dtype)
            b = random.normal(0, strength, (fan_out, RANK)).astype(dtype)
            writer.add_tensor(f"{tensor.name}.lora_a", a)
            writer.add_tensor(f"{tensor.name}.lora_b", b)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.fixture(scope="session")
def base_header(packaged_gguf: Path) -> Header:
    return read_header(packaged_gguf)


@pytest.fixture(scope="session")
def lora(tmp_path_factory: pytest.TempPathFactory, base_header: Header) -> Path:
    return write_lora(tmp_path_factory.mktemp("lora") / "probe.gguf", base_header)


@dataclass
class LlamaServer:
    """llama.cpp's own HTTP server, started by the tests from the installed library."""

    process: subprocess.Popen[bytes]
    base_url: str

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()


def start_llama_server(model: Path, lora: Path) -> LlamaServer:
    process = subprocess.Popen(
        [sys.executable, "-P", LLAMA_SERVER, model, lora],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    return LlamaServer(process, f"{json.loads(process.stdout.readline())['address']}/v1")


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
    for process in psutil.Process().children(recursive=True):
        if process.is_running() and "runner" in process.cmdline():
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

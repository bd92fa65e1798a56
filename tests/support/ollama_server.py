"""A real Ollama of our own on a free loopback port, for tests and benchmarks."""

import contextlib
import hashlib
import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dev_cache import CACHE
from ports import free_port

OLLAMA_VERSION = "0.17.4"


@dataclass(frozen=True)
class OllamaServer:
    """A running Ollama. `model` is SmolLM2 made from the packaged GGUF."""

    host: str
    model: str
    models_folder: Path

    def ask(self, method: str, path: str, content: bytes = b"") -> bytes:
        request = urllib.request.Request(f"{self.host}{path}", content or None, method=method)
        with urllib.request.urlopen(request, timeout=50) as response:
            return response.read()

    def unload(self) -> None:
        """Let the model go that an earlier test may have left in memory."""
        self.ask("POST", "/api/generate", json.dumps({"model": self.model, "keep_alive": 0, "stream": False}).encode())
        while b'"models":[]' not in self.ask("GET", "/api/ps"):
            time.sleep(0.05)

    def create(self, name: str, gguf: Path) -> None:
        """Upload `gguf` and make a model of it."""
        digest = f"sha256:{hashlib.sha256(gguf.read_bytes()).hexdigest()}"
        self.ask("POST", f"/api/blobs/{digest}", gguf.read_bytes())
        made = {"model": name, "files": {gguf.name: digest}, "stream": False}
        assert json.loads(self.ask("POST", "/api/create", json.dumps(made).encode())) == {"status": "success"}


@contextlib.contextmanager
def running_ollama(folder: Path, weights: Path) -> Iterator[OllamaServer]:
    """Start Ollama with models and home in `folder`, serving `weights`; it ends with the block.

    Raises RuntimeError, with what to do, when Ollama isn't there or doesn't start.
    """
    server = OllamaServer(f"http://127.0.0.1:{free_port()}", "smollm2-test", folder / "models")
    process = _start(server, folder)
    try:
        _wait_for(server, process)
        server.create(server.model, weights)
        yield server
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()
        process.wait()


def _start(server: OllamaServer, folder: Path) -> subprocess.Popen[bytes]:
    program = CACHE / f"ollama-{OLLAMA_VERSION}" / "bin" / "ollama"
    if not program.is_file():
        raise RuntimeError(f"{program} is not there: tools/provision-ollama brings it.")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "OLLAMA_HOST": server.host.removeprefix("http://"),
        "OLLAMA_MODELS": str(server.models_folder),
        "OLLAMA_NO_CLOUD": "1",
    }
    with (folder / "log").open("wb") as log:
        return subprocess.Popen([program, "serve"], env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL)


def _wait_for(server: OllamaServer, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            server.ask("GET", "/api/version")
            return
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError("Ollama did not start.")

"""What several rooms' tests share: a private data folder, the packaged weights, a trained voice, a real Ollama."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from ollama_server import OllamaServer, running_ollama
from ownhand.engines.weights import packaged_weights
from ownhand.home import Home
from trained_voice import TrainedVoice, train_voice

# How long an example takes says nothing on a machine that is shared.
settings.register_profile("shared machine", deadline=None)
settings.load_profile("shared machine")


@pytest.fixture
def engine_home(tmp_path: Path) -> Home:
    """A data folder of the test's own; the packaged weights are found in the environment."""
    return Home(tmp_path / "home")


@pytest.fixture(scope="session")
def packaged_gguf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return packaged_weights(Home(tmp_path_factory.mktemp("no-home")))


@pytest.fixture(scope="session")
def trained_voice(tmp_path_factory: pytest.TempPathFactory, packaged_gguf: Path) -> TrainedVoice:
    """Trained once for all who need one: see `trained_voice.py` for what it learned."""
    return train_voice(tmp_path_factory.mktemp("trained-voice"), packaged_gguf)


@pytest.fixture(scope="session")
def ollama_server(tmp_path_factory: pytest.TempPathFactory, packaged_gguf: Path) -> Iterator[OllamaServer]:
    with running_ollama(tmp_path_factory.mktemp("ollama"), packaged_gguf) as server:
        yield server

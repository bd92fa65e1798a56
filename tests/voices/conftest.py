"""The packaged model's head, for adapters that are made for it."""

from pathlib import Path

import pytest

from ownhand.engines.gguf_header import Header, read_header


@pytest.fixture(scope="session")
def base_header(packaged_gguf: Path) -> Header:
    return read_header(packaged_gguf)

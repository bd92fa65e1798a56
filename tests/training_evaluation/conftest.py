"""The packaged model as transformers reads it, made once, and a model of it that is small enough for quick tests."""

from pathlib import Path

import pytest

from ownhand.engines.gguf_header import Header, read_header
from ownhand.training.base_weights import write_base

THREADS = 1


@pytest.fixture(scope="session")
def base_header(packaged_gguf: Path) -> Header:
    return read_header(packaged_gguf)


@pytest.fixture(scope="session")
def plain_base(tmp_path_factory: pytest.TempPathFactory, base_header: Header) -> Path:
    """The packaged model's weights in 32 bits, as the trainer has them."""
    folder = tmp_path_factory.mktemp("base")
    write_base(base_header, folder, 4)
    return folder


@pytest.fixture(scope="session")
def model(plain_base: Path):
    import torch
    from transformers import AutoModelForCausalLM

    torch.set_num_threads(THREADS)
    return AutoModelForCausalLM.from_pretrained(plain_base, dtype=torch.float32).eval().requires_grad_(False)

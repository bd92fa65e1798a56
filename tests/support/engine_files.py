"""Adapters made by chance and a llama.cpp HTTP server, for tests that need real ones."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import gguf
import numpy as np

from ownhand.engines.gguf_header import Header

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

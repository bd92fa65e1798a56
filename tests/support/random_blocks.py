"""Weights in the kinds of quantization that Ollama's models come in, which no library at hand can write: random blocks,
with scales that bring them to the spread of the weights they stand for."""

import gguf
import numpy as np

_SCALES = {
    # kind: (offset of the scale, offset of the least value's scale or None, their ratio for a mean of 0)
    "Q2_K": (80, 82, 1.5),
    "Q3_K": (108, None, 0.0),
    "Q4_K": (0, 2, 7.5),
    "Q5_K": (0, 2, 15.5),
    "Q6_K": (208, None, 0.0),
    "IQ4_NL": (0, None, 0.0),
    "IQ4_XS": (0, None, 0.0),
}
KINDS = tuple(_SCALES)
_TRIAL = 2.0**-10


def random_blocks(values: np.ndarray, name: str) -> tuple[np.ndarray, gguf.GGMLQuantizationType]:
    """Bytes of the shape and the spread of `values`, (rows, columns), and their kind."""
    kind = gguf.GGMLQuantizationType[name]
    values_each, bytes_each = gguf.GGML_QUANT_SIZES[kind]
    rows, columns = values.shape
    random = np.random.default_rng(rows * columns)
    blocks = random.integers(0, 256, (rows, columns // values_each, bytes_each), np.uint8)
    _scale(blocks, name, _TRIAL)
    spread = gguf.quants.dequantize(blocks[:256].reshape(min(rows, 256), -1), kind).std()
    _scale(blocks, name, _TRIAL * float(values.std() / spread))
    return blocks.reshape(rows, -1), kind


def _scale(blocks: np.ndarray, name: str, scale: float) -> None:
    at, least_at, ratio = _SCALES[name]
    blocks[..., at : at + 2] = np.frombuffer(np.float16(scale).tobytes(), np.uint8)
    if least_at is not None:
        blocks[..., least_at : least_at + 2] = np.frombuffer(np.float16(scale * ratio).tobytes(), np.uint8)

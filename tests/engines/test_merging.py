"""A LoRA merged into a model's file: what the engine says of it, what stays as it was, and what is refused."""

import io
from dataclasses import replace
from pathlib import Path
from statistics import mean

import gguf
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine_files import write_lora
from ownhand.engines import merging
from ownhand.engines.embedded import EmbeddedEngine
from ownhand.engines.gguf_header import BF16, F16, Q8_0, read_header
from ownhand.engines.merge_child import merged_file
from ownhand.engines.merging import MARK, planned, write_merged
from ownhand.engines.protocol import Adapter, EngineError
from tiny_models import write_tiny

DIGEST = f"sha256:{'0' * 64}"
PROMPTS = (
    "The tide went out, and the",
    "Nobody had told the ferryman that the bridge was",
    "She folded the letter twice and put it under the",
    "In the morning the snow lay on the sills, and every",
)
KINDS = ("attn_q.weight", "attn_k.weight", "attn_v.weight", "attn_output.weight", "ffn_up.weight", "ffn_down.weight")


@pytest.fixture(scope="session")
def tiny(tmp_path_factory, packaged_gguf):
    return write_tiny(tmp_path_factory.mktemp("tiny") / "tiny.gguf", "llama", packaged_gguf)


@pytest.fixture(scope="session")
def tiny_lora(tmp_path_factory, tiny):
    return write_lora(tmp_path_factory.mktemp("lora") / "lora.gguf", read_header(tiny))


def merged(base, lora, target, scale=1.0):
    plan = planned(base, DIGEST, Adapter("a", lora, scale))
    with target.open("wb") as stream:
        write_merged(plan, stream)
    assert target.stat().st_size == plan.size
    return target


def raw(path, tensor):
    header = read_header(path)
    with path.open("rb") as stream:
        stream.seek(header.data_start + tensor.offset)
        return stream.read(tensor.size)


def numbers(path, tensor):
    kind = gguf.GGMLQuantizationType(tensor.type)
    rows = np.frombuffer(raw(path, tensor), np.uint8).reshape(*reversed(tensor.shape[1:]), -1)
    return gguf.quants.dequantize(rows, kind).reshape(tuple(reversed(tensor.shape)))


def small(path, kind):
    """A model's file with two blocks, whose matrices are of one type, and keys of many types; nothing to write with."""
    random, writer = np.random.default_rng(11), gguf.GGUFWriter(path, "llama")
    writer.add_array("tokenizer.ggml.tokens", ["<s>", "the", "whale", "né"])
    writer.add_array("tokenizer.ggml.scores", [0.5, -1.0, 2.0])
    writer.add_add_bos_token(True)
    writer.add_uint64("some.count", 1 << 40)
    writer.add_custom_alignment(64)
    for block in range(2):
        for name in ("attn_output", "ffn_down", "ffn_up"):
            values = gguf.quants.quantize(random.normal(0, 1, (24, 96)).astype(np.float32), kind)
            writer.add_tensor(f"blk.{block}.{name}.weight", values, raw_dtype=kind)
        writer.add_tensor(f"blk.{block}.attn_norm.weight", random.normal(1, 0.1, 97).astype(np.float32))
    finish(writer)
    return path


def finish(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


@pytest.mark.parametrize("kind", ["F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_1", "Q8_0"])
def test_each_changed_weight_is_base_and_adapter_and_all_else_is_the_same_bytes(kind, tmp_path):
    base = small(tmp_path / "base.gguf", gguf.GGMLQuantizationType[kind])
    before = read_header(base)
    lora = write_lora(tmp_path / "lora.gguf", before)
    target = merged(base, lora, tmp_path / "merged.gguf", scale=0.5)
    after = read_header(target)
    halves = {tensor.name: numbers(lora, tensor) for tensor in read_header(lora).tensors}
    changed = 0
    for old, new in zip(before.tensors, after.tensors, strict=True):
        assert (old.name, old.shape) == (new.name, new.shape)
        if f"{old.name}.lora_a" not in halves:
            assert new.type == old.type
            assert raw(target, new) == raw(base, old)
            continue
        changed += 1
        assert new.type == (F16 if old.type in (0, 1, BF16) else Q8_0)
        wanted = numbers(base, old) + 0.5 * halves[f"{old.name}.lora_b"] @ halves[f"{old.name}.lora_a"]
        step = np.abs(wanted).max() / (1000 if new.type == F16 else 250)
        assert np.abs(numbers(target, new) - wanted).max() < step
    assert changed == 4
    keys = base.read_bytes()[24 : before.keys_end]
    assert target.read_bytes()[24 : 24 + len(keys)] == keys
    fields = gguf.GGUFReader(target).fields
    assert fields[MARK].contents() == after.metadata[MARK]
    assert fields["tokenizer.ggml.tokens"].contents() == ["<s>", "the", "whale", "né"]


@given(
    rows=st.integers(1, 70),
    inner=st.sampled_from([8, 31, 32, 64, 96]),
    rank=st.integers(1, 9),
    at_once=st.integers(1, 900),
)
def test_however_the_rows_fall(rows, inner, rank, at_once):
    """Of any size and rank, in pieces of any size."""
    import tempfile

    random = np.random.default_rng(rows * 1000 + inner)
    weight = random.normal(0, 1, (rows, inner)).astype(np.float32)
    a, b = random.normal(0, 1, (rank, inner)).astype(np.float32), random.normal(0, 1, (rows, rank)).astype(np.float32)
    with tempfile.TemporaryDirectory() as place, pytest.MonkeyPatch.context() as patch:
        patch.setattr(merging, "_AT_ONCE", at_once)
        base, lora = Path(place) / "b.gguf", Path(place) / "a.gguf"
        write_plain(base, {"blk.0.w.weight": weight})
        write_plain(lora, {"blk.0.w.weight.lora_a": a, "blk.0.w.weight.lora_b": b}, alpha=2.0 * rank)
        target = merged(base, lora, Path(place) / "m.gguf")
        (tensor,) = read_header(target).tensors
        np.testing.assert_allclose(numbers(target, tensor), weight + 2 * b @ a, rtol=2e-3, atol=2e-2)


def write_plain(path, tensors, alpha=None, architecture="llama"):
    writer = gguf.GGUFWriter(path, architecture)
    if alpha is not None:
        writer.add_type("adapter")
        writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
        writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, alpha)
    for name, values in tensors.items():
        writer.add_tensor(name, values)
    finish(writer)


async def likely(path, lora=None):
    """For each prompt the likeliest tokens with the adapter applied at run time, or of the file as it is."""
    engine = await EmbeddedEngine.open(path)
    try:
        if lora:
            await engine.use_adapter(Adapter("a", lora))
        return [{token.id: token.logprob for token in await engine.next_tokens(prompt, 60)} for prompt in PROMPTS]
    finally:
        await engine.close()


def apart(one, other):
    """Mean absolute difference of log-probabilities over the ten likeliest tokens of `one`; a token that `other` does
    not tell of counts as its least likely one."""
    return mean(
        abs(ours[token] - theirs.get(token, min(theirs.values())))
        for ours, theirs in zip(one, other, strict=True)
        for token in list(ours)[:10]
    )


@pytest.mark.embedded
@pytest.mark.timeout(300)
@pytest.mark.parametrize("architecture", ["llama", "qwen2", "qwen3", "gemma3"])
async def test_the_engine_says_of_the_merged_file_what_it_says_with_the_adapter(architecture, tmp_path, packaged_gguf):
    base = write_tiny(tmp_path / "tiny.gguf", architecture, packaged_gguf)
    lora = tmp_path / "lora.gguf"
    write_many(lora, read_header(base), strength=0.1)
    wanted = await likely(base, lora)
    once = apart(wanted, await likely(merged(base, lora, tmp_path / "once.gguf")))
    twice = apart(wanted, await likely(merged(base, lora, tmp_path / "twice.gguf", scale=2.0)))
    assert once < 0.05 < twice


def write_many(path, header, strength):
    """A LoRA on every kind of matrix."""
    random, tensors = np.random.default_rng(5), {}
    for tensor in header.tensors:
        if tensor.name.endswith(KINDS):
            fan_in, out = tensor.shape
            tensors[f"{tensor.name}.lora_a"] = random.normal(0, fan_in**-0.5, (4, fan_in)).astype(np.float16)
            tensors[f"{tensor.name}.lora_b"] = random.normal(0, strength, (out, 4)).astype(np.float16)
    write_plain(path, tensors, 4.0, header.architecture)


@pytest.mark.embedded
@pytest.mark.timeout(300)
async def test_the_packaged_models_four_bits(tmp_path, packaged_gguf, base_header):
    """A changed weight has 8 bits where it had 4, so activations are rounded otherwise: that is the noise."""
    lora = tmp_path / "lora.gguf"
    write_many(lora, base_header, strength=0.08)
    wanted = await likely(packaged_gguf, lora)
    once = apart(wanted, await likely(merged(packaged_gguf, lora, tmp_path / "once.gguf")))
    twice = apart(wanted, await likely(merged(packaged_gguf, lora, tmp_path / "twice.gguf", scale=2.0)))
    bare = apart(wanted, await likely(packaged_gguf))
    assert once < 0.15 < min(twice, bare)


def test_the_mark_tells_adapter_scale_and_base_apart(tmp_path, tiny, tiny_lora):
    other = write_lora(tmp_path / "other.gguf", read_header(tiny), seed=8)
    plans = [planned(tiny, DIGEST, Adapter("a", tiny_lora, scale)) for scale in (1.0, 0.5)]
    plans += [
        planned(tiny, DIGEST, Adapter("a", other)),
        planned(tiny, DIGEST.replace("0", "1"), Adapter("a", tiny_lora)),
    ]
    assert len({plan.mark for plan in plans}) == 4
    assert planned(tiny, DIGEST, Adapter("b", tiny_lora)).mark == plans[0].mark


def lora_of(a, b, alpha=4.0):
    """Writes a LoRA of these halves for one weight."""

    def write(path, header):
        name = "blk.0.ffn_down.weight"
        parts = {f"{name}.lora_a": a, f"{name}.lora_b": b}
        write_plain(path, {key: values for key, values in parts.items() if values is not None}, alpha)

    return write


def ones(*shape, times=1.0):
    return np.full(shape, times, np.float32)


@pytest.mark.parametrize(
    ("write", "words"),
    [
        (lora_of(ones(4, 96), None), "lacks half"),
        (lora_of(ones(4, 96), ones(64, 3)), "lacks half"),
        (lora_of(ones(4, 96, times=np.nan), ones(64, 4)), "numbers that are none"),
        (lora_of(ones(4, 96, times=3e38), ones(64, 4)), "beyond all measure"),
        (lora_of(ones(4, 96), ones(64, 4), alpha=float("nan")), "how strong"),
        (lambda path, header: write_lora(path, header, architecture="gemma3"), "was made for a gemma3 model"),
        (lambda path, header: write_lora(path, header, type="model"), "is not a LoRA"),
        (lambda path, header: write_lora(path, header, dtype=np.float64), "64-bit"),
        (lambda path, header: path.write_bytes(b"GGUF\x03\x00\x00\x00" + b"\xff" * 64), "damaged"),
    ],
)
async def test_a_bad_adapter_is_one_sentence_in_the_child_too(write, words, tmp_path, tiny, tiny_lora):
    plan = planned(tiny, DIGEST, Adapter("a", tiny_lora))
    bad = tmp_path / "bad.gguf"
    write(bad, read_header(tiny))
    with pytest.raises(EngineError, match=words) as refused:
        write_merged(planned(tiny, DIGEST, Adapter("a", bad)), io.BytesIO())
    assert refused.value.next_step
    told = replace(plan, adapter=replace(plan.adapter, path=bad))
    with pytest.raises(EngineError, match=words):
        async with merged_file(told, DIGEST, tmp_path):
            pass


def test_an_adapter_of_another_size_does_not_fit(tiny, lora):
    with pytest.raises(EngineError, match=r"does not fit|lacks"):
        planned(tiny, DIGEST, Adapter("a", lora))


async def test_the_childs_file_is_whole_private_and_leaves_nothing(tmp_path, tiny, tiny_lora):
    plan = planned(tiny, DIGEST, Adapter("a", tiny_lora))
    wanted = io.BytesIO()
    digest = write_merged(plan, wanted)
    folder = tmp_path / "private"
    folder.mkdir()
    async with merged_file(plan, DIGEST, folder) as file:
        file.stream.seek(0)
        assert file.stream.read() == wanted.getvalue()
        assert file.digest == digest
        assert not list(folder.iterdir()), "it has no name that could stay behind"
    assert not list(folder.iterdir())


async def test_cancelling_ends_the_child(tmp_path, packaged_gguf, lora, no_child_left):
    import asyncio

    plan = planned(packaged_gguf, DIGEST, Adapter("a", lora))

    async def make():
        async with merged_file(plan, DIGEST, tmp_path):
            raise AssertionError("it was cancelled before")

    task = asyncio.create_task(make())
    await asyncio.sleep(0.2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_full_disk_is_one_sentence(monkeypatch, tmp_path, tiny, tiny_lora):
    """/dev/full is a disk without room."""
    from ownhand.engines import merge_child

    def full(_):
        return Path("/dev/full").open("r+b", buffering=0)

    monkeypatch.setattr(merge_child, "_nameless", full)
    with pytest.raises(EngineError, match="No space left on device") as refused:
        async with merged_file(planned(tiny, DIGEST, Adapter("a", tiny_lora)), DIGEST, tmp_path):
            pass
    assert "Free some space" in refused.value.next_step
